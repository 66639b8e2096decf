/** What the rules of validation said of a recording. */

/** Counters by rule, as in `SHARD_COUNTERS`. */
const RULES = ['price_range', 'outlier', 'volume', 'time', 'spread', 'completeness'] as const;

export interface Verdicts {
  /** Trades, quotes and book deltas that were looked at. */
  readonly checked: number;
  readonly suspects: number;
  /** Of those looked at; a minute of ids for `completeness`. */
  readonly rules: Readonly<Record<(typeof RULES)[number], number>>;
  /** Of the trades. */
  readonly outlier_share: number;
  readonly ids_expected: number;
  readonly ids_missing: number;
}

export function verdictsOf(counters: Readonly<Record<string, number>>): Verdicts {
  const of = (name: string): number => counters[name] ?? 0;
  const rules = Object.fromEntries(RULES.map((rule) => [rule, of(`suspect_${rule}`)]));
  return {
    checked: of('checked'),
    suspects: of('suspects'),
    rules: rules as Verdicts['rules'],
    outlier_share: of('trades') === 0 ? 0 : of('suspect_outlier') / of('trades'),
    ids_expected: of('ids_expected'),
    ids_missing: of('ids_missing'),
  };
}

export function verdictLines({ checked, suspects, rules, outlier_share, ids_expected, ids_missing }: Verdicts): string[] {
  const share = checked === 0 ? 0 : suspects / checked;
  const each = Object.entries(rules).map(([rule, count]) => `${rule} ${count}`);
  return [
    `suspect ${suspects} of ${checked} events (${(100 * share).toFixed(4)} %)  ·  ${each.join('  ·  ')}`,
    `outliers ${(100 * outlier_share).toFixed(4)} % of trades  ·  ids missing ${ids_missing} of ${ids_expected}`,
  ];
}
