/**
 * What is allowed, in a file that changes only on purpose and is reviewed as a diff. Instruction counts belong to one compiler
 * and processor family; everything else holds everywhere.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Claim, Estimate, Limit } from '../bench.js';
import { within } from '../statistics.js';

/** Share by which a count may differ from its limit. */
export const TOLERANCE = 0.02;

/** Instructions a unit, by work, corpus and code path. */
export type Counts = Readonly<Record<string, number>>;

export interface Limits {
  /** By `hostKey`. */
  readonly instructions: Readonly<Record<string, Counts>>;
  /** Greatest counts that do not depend on the machine. */
  readonly exact: Readonly<Record<string, number>>;
  /** Ratios of one run, by what the bench's claim says. */
  readonly ratios: readonly RatioLimit[];
}

export interface RatioLimit extends Limit {
  readonly bench: string;
  readonly claim: string;
  /** Where the bench claims this instead, for the machine was another one this time, `claim` is not asked for. */
  readonly instead?: string;
}

/** One line of the gate's answer. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly text: string;
}

export function readLimits(path: string): Limits {
  return JSON.parse(readFileSync(path, 'utf8')) as Limits;
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Puts new counts in the place of the old ones; what was not counted this time (no recordings here) keeps its limit. */
export function updated(limits: Limits, key: string, counts: Counts): Limits {
  const rounded = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Math.round(count * 10) / 10]));
  const own = sorted({ ...limits.instructions[key], ...rounded });
  return { ...limits, instructions: sorted({ ...limits.instructions, [key]: own }) };
}

export function writeLimits(path: string, limits: Limits): void {
  writeFileSync(path, `${JSON.stringify(limits, null, 2)}\n`);
}

function percent(share: number): string {
  return `${share >= 0 ? '+' : ''}${(100 * share).toFixed(2)} %`;
}

/**
 * Too many instructions fail, and too few as well: an improvement that is not recorded is room in which the next change could
 * get slower unseen.
 */
export function judgeCount(name: string, count: number, limit: number | undefined): Finding {
  const figure = `${count.toFixed(1)} instructions`;
  if (limit === undefined) return { what: name, ok: false, text: `${figure}, and no limit is recorded` };
  const share = count / limit - 1;
  const beside = `${figure}, limit ${limit} (${percent(share)})`;
  // Written so that a count that is no number fails.
  if (!(share <= TOLERANCE)) return { what: name, ok: false, text: `${beside}: slower` };
  if (share < -TOLERANCE) return { what: name, ok: false, text: `${beside}: faster, and the limit does not say so yet` };
  return { what: name, ok: true, text: beside };
}

export function judgeExact(name: string, value: number, limit: number | undefined): Finding {
  if (limit === undefined) return { what: name, ok: false, text: `${value}, and no limit is recorded` };
  return { what: name, ok: value <= limit, text: `${value}, at most ${limit}` };
}

/** Whether anybody has counted on a host's processor family. */
export function isKnownFamily({ instructions }: Limits, key: string): boolean {
  const family = (host: string): string | undefined => host.split('-')[0];
  return Object.keys(instructions).some((host) => family(host) === family(key));
}

/** Whether a run that made these claims says something about a limit. */
export function isAsked({ claim, instead }: RatioLimit, claims: readonly Claim[]): boolean {
  const made = (name: string): boolean => claims.some(({ what }) => what === name);
  return instead === undefined || made(claim) || !made(instead);
}

/** Whether another run may tell more: a pause of the machine moves all blocks of one run, a slower engine those of each. */
export function isFailing(limit: RatioLimit, claims: readonly Claim[]): boolean {
  return isAsked(limit, claims) && !judgeRatio(limit, ratioOf(limit, claims)).ok;
}

export function ratioOf({ claim }: RatioLimit, claims: readonly Claim[]): Estimate | undefined {
  return claims.find(({ what }) => what === claim)?.control?.ratio;
}

/** A ratio fails where its whole 95 % interval lies outside. */
export function judgeRatio({ claim, most, least }: RatioLimit, ratio: Estimate | undefined): Finding {
  if (ratio === undefined || Number.isNaN(ratio.median)) return { what: claim, ok: false, text: 'was not measured' };
  const limit = { ...(most === undefined ? {} : { most }), ...(least === undefined ? {} : { least }) };
  const asked = [most === undefined ? '' : `at most ${most}`, least === undefined ? '' : `at least ${least}`].join('');
  const inside = within(ratio, limit);
  const interval = `${ratio.median.toFixed(3)} [${ratio.low.toFixed(3)}, ${ratio.high.toFixed(3)}]`;
  const verdict = inside === undefined ? ': this run cannot tell' : inside ? '' : ': the whole interval is outside';
  return { what: claim, ok: inside !== false, text: `${interval}, ${asked}${verdict}` };
}
