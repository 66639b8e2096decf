/** Decimal numbers as the product keeps them: a whole mantissa and an exponent of ten. */

const EXPONENT_MIN = -22;
/** Powers of ten that are exact as numbers. */
const POWERS = Array.from({ length: 1 - EXPONENT_MIN }, (_, digits) => Number(`1e${digits}`));

/** Mantissa × 10^exponent as plain decimal text without trailing zeros. */
export function decimalText(mantissa: bigint, exponent: number): string {
  if (exponent >= 0) return String(mantissa * 10n ** BigInt(exponent));
  const digits = String(mantissa < 0n ? -mantissa : mantissa).padStart(1 - exponent, '0');
  const fraction = digits.slice(exponent).replace(/0+$/, '');
  return `${mantissa < 0n ? '-' : ''}${digits.slice(0, exponent)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Mantissa × 10^exponent as the nearest number: the one that its decimal text reads as. */
export function toNumber(mantissa: bigint | number, exponent: number): number {
  const number = Number(mantissa);
  const power = Number.isSafeInteger(number) ? POWERS[-exponent] : undefined;
  // One division of exact numbers rounds once; what is larger is read as text.
  return power === undefined ? Number(`${mantissa}e${exponent}`) : number / power;
}
