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

const ZERO = 0x30;

/** The same of a whole number of 0 to 2^53 − 1 and a negative exponent, in a fifth of the time; undefined for any other. */
export function shortDecimalText(mantissa: number, exponent: number): string | undefined {
  if (!(mantissa >= 0 && mantissa <= Number.MAX_SAFE_INTEGER && exponent < 0)) return undefined;
  let digits = String(mantissa);
  if (digits.length <= -exponent) digits = digits.padStart(1 - exponent, '0');
  const point = digits.length + exponent;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === ZERO) end -= 1;
  return end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
}

/** Mantissa × 10^exponent as the nearest number: the one that its decimal text reads as. */
export function toNumber(mantissa: bigint | number, exponent: number): number {
  const number = Number(mantissa);
  const power = Number.isSafeInteger(number) ? POWERS[-exponent] : undefined;
  // One division of exact numbers rounds once; what is larger is read as text.
  return power === undefined ? Number(`${mantissa}e${exponent}`) : number / power;
}
