/** What of a trade or a quote a `spike` multiplies. */
export const spikeKinds = ['price', 'quantity', 'ask'] as const;
export type SpikeKind = (typeof spikeKinds)[number];

/** The number in the spellings of all venues; levels of books are in lists, which only that of an ask meets. */
const PLACES: Readonly<Record<SpikeKind, RegExp>> = {
  price: /("(?:p|px|price)":"?)(\d+(?:\.\d+)?)/,
  quantity: /("(?:q|v|sz|qty|size|amount)":"?)(\d+(?:\.\d+)?)/,
  // Some venues tell quotes as books of one level.
  ask: /("(?:a|ask|best_ask|best_ask_price)":"?|"(?:a|asks)":\[\[")(\d+(?:\.\d+)?)/,
};

/** Multiplies one number of a message, which stays a valid one of the venue. */
export function spike(kind: SpikeKind, factor: number): (bytes: Buffer) => Buffer {
  return (bytes) =>
    Buffer.from(
      bytes.toString('latin1').replace(PLACES[kind], (_, name: string, number: string) => name + times(number, factor)),
      'latin1',
    );
}

/** Exactly, with as many decimals. */
function times(number: string, factor: number): string {
  const decimals = number.split('.')[1]?.length ?? 0;
  const digits = String(BigInt(number.replace('.', '')) * BigInt(factor)).padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
