/** Reads Prometheus text: what `/metrics` says, by name and labels. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples by name. A histogram's are under `…_bucket`, `…_sum` and `…_count`. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

export interface Parsed {
  readonly samples: Samples;
  /** Names of histograms with their help texts. */
  readonly histograms: ReadonlyMap<string, string>;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

const unescaped = (text: string): string =>
  text.includes('\\') ? text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)) : text;

function numberOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** Lines that are none of the format are passed over: a newer gateway may say more. */
export function parse(text: string): Parsed {
  const samples = new Map<string, Sample[]>();
  const help = new Map<string, string>();
  const histograms = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      const [, what, name = '', ...rest] = line.split(' ');
      if (what === 'HELP') help.set(name, rest.join(' '));
      else if (what === 'TYPE' && rest[0] === 'histogram') histograms.set(name, help.get(name) ?? name);
      continue;
    }
    const [, name, labelText, value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const labels: Record<string, string> = {};
    for (const [, label = '', quoted = ''] of labelText?.matchAll(LABEL) ?? []) labels[label] = unescaped(quoted);
    const known = samples.get(name);
    if (known === undefined) samples.set(name, [{ labels, value: numberOf(value) }]);
    else known.push({ labels, value: numberOf(value) });
  }
  return { samples, histograms };
}

/** All samples of a name together; 0 where there is none. */
export function sum(samples: Samples, name: string): number {
  return (samples.get(name) ?? []).reduce((total, { value }) => total + value, 0);
}

/** How many values were at most each bound, ascending, seconds. The last bound is infinite. */
export interface Histogram {
  readonly key: string;
  readonly name: string;
  /** Labels but `le`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly help: string;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export function histogramsOf({ samples, histograms }: Parsed): Histogram[] {
  return [...histograms].flatMap(([name, help]) => {
    const series = new Map<string, { labels: Record<string, string>; bounds: number[]; counts: number[] }>();
    for (const { labels, value } of samples.get(`${name}_bucket`) ?? []) {
      const { le = '', ...rest } = labels;
      const key = `${name}${JSON.stringify(rest)}`;
      const one = series.get(key) ?? { labels: rest, bounds: [], counts: [] };
      series.set(key, one);
      one.bounds.push(numberOf(le));
      one.counts.push(value);
    }
    return [...series].map(([key, one]) => ({ key, name, help, ...one }));
  });
}

/** Values in each bucket since `before`; all of them where that is missing or of another engine. */
export function increase(now: Histogram, before: Histogram | undefined): number[] {
  const last = before?.counts.at(-1) ?? 0;
  const isSame = before !== undefined && before.bounds.length === now.bounds.length && last <= (now.counts.at(-1) ?? 0);
  const counts = now.counts.map((count, index) => count - (isSame ? (before.counts[index] ?? 0) : 0));
  return counts.map((count, index) => Math.max(0, count - (counts[index - 1] ?? 0)));
}

/** The value that `share` of all values do not exceed, evenly spread within their bucket; null where there are none. */
export function quantile(bounds: readonly number[], counts: readonly number[], share: number): number | null {
  const rank = counts.reduce((total, count) => total + count, 0) * share;
  let seen = 0;
  for (const [index, count] of counts.entries()) {
    if (count === 0 || seen + count < rank) {
      seen += count;
      continue;
    }
    const from = index === 0 ? 0 : (bounds[index - 1] ?? 0);
    const to = bounds[index] ?? 0;
    return Number.isFinite(to) ? from + ((to - from) * (rank - seen)) / count : from;
  }
  return null;
}
