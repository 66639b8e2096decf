/** Mantissas as JSON numbers. */
import { decimalText } from '../model/decimal.js';

/** Up to this, a mantissa's shortest text as a number has exactly its own digits. */
const EXACT_MAX = 1e15;
/** Below this numbers are written with an exponent. */
const PLAIN_MIN = 1e-6;
const POWERS = Array.from({ length: 23 }, (_, digits) => Number(`1e${digits}`));

/** A mantissa as a JSON number without an exponent, exactly. */
export function numberText(mantissa: number | bigint, exponent: number): string {
  const number = Number(mantissa);
  const power = POWERS[-exponent];
  if (power !== undefined && Math.abs(number) < EXACT_MAX) {
    const value = number / power;
    if (value === 0) return '0';
    if (Math.abs(value) >= PLAIN_MIN) return String(value);
  }
  return decimalText(BigInt(mantissa), exponent);
}
