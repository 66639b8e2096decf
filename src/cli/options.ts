import { TickringError } from '../model/errors.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const DURATION_MS_MAX = 7 * 86_400_000;

/** A duration such as `15s`, `500ms`, `2m`, in ms. */
export function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
  if (!(ms > 0 && ms <= DURATION_MS_MAX))
    throw new TickringError('USAGE_INVALID', `duration ${text} is none of 1ms ..= 168h, such as 15s`);
  return ms;
}

/** The whole number that a flag gives; undefined where the flag is absent. */
export function integer(name: string, text: string | undefined, from: number, to: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < from || value > to) {
    throw new TickringError('USAGE_INVALID', `--${name} ${text} is no whole number of ${from} ..= ${to}`);
  }
  return value;
}
