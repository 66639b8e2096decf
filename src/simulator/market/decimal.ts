/** `mantissa` × 10^−`places` with exactly `places` decimals. `mantissa` is a non-negative safe integer. */
export function fixedDecimal(mantissa: number, places: number): string {
  const digits = String(mantissa);
  if (places === 0) return digits;
  const padded = digits.length > places ? digits : '0'.repeat(places + 1 - digits.length) + digits;
  const dot = padded.length - places;
  return `${padded.slice(0, dot)}.${padded.slice(dot)}`;
}

/** The same value as a plain decimal without trailing zeros: the form of canonical book texts. */
export function plainDecimal(mantissa: number, places: number): string {
  const text = fixedDecimal(mantissa, places);
  if (places === 0) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 0x30) end -= 1;
  if (text.charCodeAt(end - 1) === 0x2e) end -= 1;
  return text.slice(0, end);
}
