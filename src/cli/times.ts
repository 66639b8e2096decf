/** Instants on the command line: ns since the UNIX epoch, or as people write them. */
import { TickringError } from '../model/errors.js';

const MS = 1_000_000n;
const SECOND = 1_000_000_000n;
/** Digits of a count since the UNIX epoch → ns in one. */
const UNITS: Readonly<Record<number, bigint>> = { 10: SECOND, 13: MS, 16: 1_000n, 19: 1n };
const NS_MAX = 2n ** 64n - 1n;

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?$/;

function parsed(text: string): bigint | undefined {
  if (text === 'now') return BigInt(Date.now()) * MS;
  if (/^\d+$/.test(text)) return BigInt(text) * (UNITS[text.length] ?? -1n);
  const [, date, time = '00:00:00', fraction = '', zone = 'Z'] = ISO.exec(text) ?? [];
  const ms = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * MS + BigInt(fraction.padEnd(9, '0'));
}

/**
 * `now`, 10, 13, 16 or 19 digits (s, ms, us, ns), or ISO 8601 with up to nine digits behind the second, in UTC unless it says otherwise.
 *
 * @throws TickringError `USAGE_INVALID`
 */
export function nanosecondsAt(flag: string, text: string): bigint {
  const ns = parsed(text.trim());
  if (ns !== undefined && ns >= 0n && ns <= NS_MAX) return ns;
  throw new TickringError(
    'USAGE_INVALID',
    `--${flag} ${text.slice(0, 40)} is no time, such as 2026-11-22T10:00:00.123456789Z, or 10, 13, 16 or 19 digits since 1970`,
  );
}

/** ISO 8601 in UTC with nine digits behind the second. */
export function timeText(ns: bigint): string {
  const second = new Date(Number(ns / SECOND) * 1_000).toISOString().slice(0, 19);
  return `${second}.${String(ns % SECOND).padStart(9, '0')}Z`;
}
