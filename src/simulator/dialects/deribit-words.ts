/** A number as the venue writes it: at least one decimal, small ones with an exponent. */
export function number(text: string): string {
  const value = Number(text);
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential();
  const trimmed = text.includes('.') ? text.replace(/0+$/, '') : `${text}.`;
  return trimmed.endsWith('.') ? `${trimmed}0` : trimmed;
}

/** One message of a channel. */
export function message(channel: string, data: string): string {
  return `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`;
}
