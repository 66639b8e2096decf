/** The table of logs, and what PERFORMANCE asks of the journal beside them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Estimate } from '../bench.js';
import { environment } from '../environment.js';
import { estimate, ratios, within } from '../statistics.js';
import { type Cost, type LogRun, RECORDS, type Series } from './journal.js';
import { WORKS, type Work } from './logs.js';

const RECORD_BYTES = 1_200;

type Measure = keyof Cost;

/** A work and what of its cost. */
type Column = readonly [Work, Measure];

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0 });
}

function interval({ median, low, high }: Estimate): string {
  return `${number(median)} [${number(low)}, ${number(high)}]`;
}

/** ns a record in each round. */
function values(series: Series, [work, measure]: Column): number[] {
  return series.blocks[work].map((cost) => cost[measure] ?? Number.NaN);
}

interface Shown {
  readonly head: string;
  readonly column: Column;
  readonly of: (ns: number) => number;
}

const COLUMNS: readonly Shown[] = [
  { head: 'append p50, ns', column: ['append', 'p50'], of: (ns) => ns },
  { head: 'p99', column: ['append', 'p99'], of: (ns) => ns },
  { head: 'mean', column: ['append', 'mean'], of: (ns) => ns },
  { head: 'CPU', column: ['append', 'cpu'], of: (ns) => ns },
  { head: 'each durable p50, us', column: ['each', 'p50'], of: (ns) => ns / 1_000 },
  { head: 'CPU', column: ['each', 'cpu'], of: (ns) => ns / 1_000 },
  { head: 'batched, GB/s', column: ['batch', 'mean'], of: (ns) => RECORD_BYTES / ns },
  { head: 'CPU a record, ns', column: ['batch', 'cpu'], of: (ns) => ns },
];

function row(series: Series): string {
  const { log, version, given, found, reason } = series;
  const head = `| ${`${log.name} ${version}`.trim()} |`;
  if (reason !== undefined) return `${head} not measured: ${reason} |${' |'.repeat(COLUMNS.length)}`;
  const figures = COLUMNS.map(({ column, of }) => {
    const all = values(series, column).map(of);
    return all.length === 0 || all.some(Number.isNaN) ? '' : interval(estimate(all));
  });
  return `${head} ${figures.join(' | ')} | ${log.isControl ? '' : `${number(found)} of ${number(given)}`} |`;
}

/** A log's cost as so many times that of our journal; `least` where a target says how many. */
interface Claim {
  readonly log: string;
  readonly theirs: Column;
  readonly ours: Column;
  readonly least?: number;
}

const CLAIMS: readonly Claim[] = [
  { log: 'control', theirs: ['append', 'p50'], ours: ['append', 'p50'] },
  { log: 'chronicle', theirs: ['append', 'p50'], ours: ['append', 'p50'], least: 1 },
  { log: 'chronicle', theirs: ['append', 'mean'], ours: ['append', 'mean'] },
  ...['sqlite', 'rocksdb'].map((log): Claim => ({ log, theirs: ['append', 'p50'], ours: ['append', 'p50'], least: 15 })),
  ...['control', 'sqlite', 'rocksdb'].map((log): Claim => ({ log, theirs: ['each', 'p50'], ours: ['each', 'p50'] })),
  ...['sqlite', 'rocksdb'].map((log): Claim => ({ log, theirs: ['each', 'mean'], ours: ['batch', 'mean'], least: 15 })),
  ...['control', 'sqlite', 'rocksdb'].map((log): Claim => ({ log, theirs: ['batch', 'mean'], ours: ['batch', 'mean'] })),
];

const ASKED = { true: 'reached', false: 'not reached', undefined: 'undecided' } as const;

const NAMES: Readonly<Record<Work, string>> = {
  append: 'append to the page cache',
  each: 'each durable',
  batch: 'batched',
};

function named([work, measure]: Column): string {
  return `${NAMES[work]}, ${measure}`;
}

/** Ratios of the same round. */
export function claims({ series }: LogRun): string[] {
  const find = (name: string) => series.find(({ log, reason }) => log.name === name && reason === undefined);
  const ours = find('tickring');
  if (ours === undefined) return [];
  return CLAIMS.flatMap((claim) => {
    const theirs = find(claim.log);
    if (theirs === undefined) return [];
    const ratio = estimate(ratios({ a: values(theirs, claim.theirs), b: values(ours, claim.ours) }));
    const { least } = claim;
    const asked = least === undefined ? ' | ' : `≥ ${least} | ${ASKED[`${within(ratio, { least })}`]}`;
    return [`| ${claim.log}, ${named(claim.theirs)} | ${named(claim.ours)} | ${interval(ratio)} | ${asked} |`];
  });
}

export function journalMarkdown(run: LogRun): string {
  const env = environment();
  const how = run.series.map(
    ({ log }) => `- ${log.name}: ${WORKS.flatMap((work) => (log.how[work] ? `${work}: ${log.how[work]}` : [])).join('; ')}`,
  );
  return `# Records on a disk

${env.cpu}, ${env.cores} cores${env.hypervisor ? ' (virtual machine)' : ''}, Linux ${env.kernel}, ${env.rustc}, ${env.scheduling}, load ${env.load}; commit ${env.commit}; ${env.date.slice(0, 16)}. Printed by \`npm run bench:peers -- journal\`.

Records of ${number(RECORD_BYTES)} bytes; medians of ${run.rounds} blocks (of ${WORKS.map((work) => `${number(RECORDS[work])} ${work}`).join(', ')}) with bootstrap 95 % intervals, all on one file system. Append: from one reading of the clock to the next. CPU: all threads of the program in the block (of Chronicle the one that appends), none of the kernel's. Found: every record read back and compared.

${how.join('\n')}

| log | ${COLUMNS.map(({ head }) => head).join(' | ')} | found |
|---|${COLUMNS.map(() => '---').join('|')}|---|
${run.series.map(row).join('\n')}

| of another | of the journal | as many times as long, same round [95 %] | asked for | verdict |
|---|---|---|---|---|
${claims(run).join('\n')}
`;
}

export function writeJournal(directory: string, run: LogRun): string {
  mkdirSync(directory, { recursive: true });
  const rows = run.series.map(({ log, ...rest }) => ({ log: log.name, ...rest }));
  const json = JSON.stringify({ environment: environment(), rounds: run.rounds, records: RECORDS, rows });
  writeFileSync(join(directory, 'journal.json'), `${json}\n`);
  const path = join(directory, 'journal.md');
  writeFileSync(path, journalMarkdown(run));
  return path;
}
