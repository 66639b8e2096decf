/** The best levels of a book in one spelling, so that programs that write numbers differently can be compared. */
import { createHash } from 'node:crypto';

/** Price, quantity. */
export type Level = readonly [string, string];

/** Bids, asks. */
export type Top = readonly [readonly Level[], readonly Level[]];

/** Levels a side that are compared. */
const TOP_LEVELS = 20;

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The shortest plain spelling: no exponent, no zeros at the ends. Programs that keep floating-point numbers may use exponents. */
export function plain(text: string): string {
  const match = /^(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text);
  if (match === null) throw new Error(`${JSON.stringify(text)} is no decimal number`);
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const point = whole.length + Number(exponent);
  const digits = `${whole}${fraction}`;
  const padded = point < 0 ? digits.padStart(digits.length - point, '0') : digits.padEnd(point, '0');
  const at = Math.max(point, 0);
  const [left, right] = [padded.slice(0, at).replace(/^0+/, ''), padded.slice(at).replace(/0+$/, '')];
  return right === '' ? left || '0' : `${left || '0'}.${right}`;
}

/** Sorts exactly, without going through floating point. */
function byPrice(one: string, other: string): number {
  const [[oneWhole = '', oneRest = ''], [otherWhole = '', otherRest = '']] = [one.split('.'), other.split('.')];
  if (oneWhole.length !== otherWhole.length) return oneWhole.length - otherWhole.length;
  if (oneWhole !== otherWhole) return oneWhole < otherWhole ? -1 : 1;
  return oneRest === otherRest ? 0 : oneRest < otherRest ? -1 : 1;
}

/** `B <price> <qty>` lines best first, then `A` lines best first, each ended by a line feed; `limit` levels a side. */
export function bookText(sides: Top, limit = TOP_LEVELS): string {
  const lines = sides.flatMap((side, index) => {
    const levels = side.map(([price, qty]) => [plain(price), plain(qty)] as const);
    levels.sort(([one], [other]) => (index === 0 ? byPrice(other, one) : byPrice(one, other)));
    return levels.slice(0, limit).map(([price, qty]) => `${index === 0 ? 'B' : 'A'} ${price} ${qty}\n`);
  });
  return lines.join('');
}
