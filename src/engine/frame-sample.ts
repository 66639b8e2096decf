/** A message found in what a socket brought, for those who want to look at one now and then. */

/** Longest message that is looked at, bytes. */
const SAMPLE_SIZE_MAX = 65_536;
/** Of text, and of bytes. */
const WHOLE: ReadonlySet<number | undefined> = new Set([0x81, 0x82]);

/**
 * The message that `bytes` begin with between `from` and `to`, copied; undefined where they begin with none. Most reads begin where a frame
 * does; what only looks like one is no message that the venue is known to send.
 */
export function firstMessage(bytes: Buffer, from: number, to: number): Buffer | undefined {
  if (to - from < 4 || !WHOLE.has(bytes[from])) return undefined;
  const short = bytes[from + 1] ?? 0;
  if (short > 126) return undefined;
  const start = from + (short === 126 ? 4 : 2);
  const size = short === 126 ? bytes.readUInt16BE(from + 2) : short;
  if (size > SAMPLE_SIZE_MAX || start + size > to) return undefined;
  return Buffer.from(bytes.subarray(start, start + size));
}
