/** Times as existing consumers read them. */

const NS_PER_SECOND = 1_000_000_000n;

let second = -1n;
let prefix = '';

/** Nanoseconds since the UNIX epoch as RFC 3339, in full. */
export function rfc3339(ns: bigint): string {
  const whole = ns / NS_PER_SECOND;
  // Most records share their second with the one before.
  if (whole !== second) {
    prefix = new Date(Number(whole) * 1_000).toISOString().slice(0, 20);
    second = whole;
  }
  return `${prefix}${String(ns % NS_PER_SECOND).padStart(9, '0')}+00:00`;
}

/** Now, by the clock on the wall. */
export function wallNs(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n;
}
