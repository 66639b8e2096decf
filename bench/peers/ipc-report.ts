/** The table of transports, and what PERFORMANCE asks of the ring beside them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Estimate } from '../bench.js';
import { environment } from '../environment.js';
import { estimate, ratios, within } from '../statistics.js';
import { counted, type Run, type Series, timesOurs, WORKS, type Work } from './ipc.js';

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
}

function interval({ median, low, high }: Estimate): string {
  return `${number(median)} [${number(low)}, ${number(high)}]`;
}

const ASKED = { true: 'reached', false: 'not reached', undefined: 'undecided' } as const;

function verdict(ratio: Estimate, limit: { most?: number; least?: number }): string {
  return ASKED[`${within(ratio, limit)}`];
}

/** ns for times, M messages/s for throughput. */
function figure(run: Run, series: Series, work: Work): string {
  const ns = counted(run, series, work);
  if (series.reason !== undefined || ns.some(Number.isNaN)) return '';
  return interval(estimate(work.startsWith('flood') ? ns.map((each) => 1_000 / each) : ns));
}

/** Our ring against the bare line, and each peer against our ring. */
function targets(run: Run): string[] {
  const judge = (ratio: Estimate, limit: { most?: number; least?: number }): string =>
    run.isOneCore ? 'not judged: one core' : verdict(ratio, limit);
  const [ours, line, ...peers] = run.series;
  if (ours === undefined || line === undefined) return [];
  const control = (work: Work, most: number): string => {
    const ratio = estimate(ratios({ a: counted(run, ours, work), b: counted(run, line, work) }));
    return `| our ring to the bare line, ${work} B | ${interval(ratio)} | ≤ ${most} | ${judge(ratio, { most })} |`;
  };
  const rows = [control('closed 64', 1.1), control('open 64', 1.3), control('open 256', 1.41)];
  for (const peer of peers.filter(({ reason }) => reason === undefined)) {
    const { name, atLeast, isOutrun } = peer.transport;
    const row = (work: Work, least: number): void => {
      const ratio = timesOurs(run, peer, work);
      rows.push(`| ${name} to our ring, ${work} B | ${interval(ratio)} | ≥ ${least} | ${judge(ratio, { least })} |`);
    };
    if (atLeast !== undefined) row('open 64', atLeast);
    if (isOutrun) for (const work of ['flood 64', 'flood 256'] as const) row(work, 1);
  }
  return rows;
}

const HEADS: Readonly<Record<Work, string>> = {
  'open 64': 'open loop 64 B, ns',
  'open 256': '256 B',
  'closed 64': 'there and back 64 B, ns',
  'closed 256': '256 B',
  'flood 64': '64 B, M/s',
  'flood 256': '256 B, M/s',
  'paced 64': 'publish, ns of CPU',
};

export function ipcMarkdown(run: Run): string {
  const env = environment();
  const rows = run.series.map((series) => {
    const { name, what } = series.transport;
    const head = `| ${`${name} ${series.version}`.trim()} | ${what} |`;
    if (series.reason !== undefined) return `${head} not measured: ${series.reason} | | | | | | | |`;
    return `${head} ${WORKS.map((work) => figure(run, series, work)).join(' | ')} | ${series.lost} |`;
  });
  const where = run.isOneCore ? 'two threads of one core' : 'two cores';
  return `# A message to another process

${env.cpu}, ${env.cores} cores${env.hypervisor ? ' (virtual machine)' : ''}, Linux ${env.kernel}, ${env.rustc}, ${env.scheduling}, load ${env.load}; commit ${env.commit}; ${env.date.slice(0, 16)}. Printed by \`npm run bench:peers -- ipc\`.

The processors were ${where} in ${run.counted.length} of ${run.rounds} rounds; those count. Medians of blocks with bootstrap 95 % intervals. One writer, one reader on another core. Open loop: visible − due. There and back: the acknowledgement is a bare line for all. Throughput: nothing lost. Publish: what a message adds to 600 ns of computing. A peer's message is 64 or 256 bytes of words; ours is a record of that size in the ring, encoded and decoded.

| transport | message | ${WORKS.map((work) => HEADS[work]).join(' | ')} | lost |
|---|---|${WORKS.map(() => '---').join('|')}|---|
${rows.join('\n')}

| asked for | ratio of the same round [95 %] | limit | verdict |
|---|---|---|---|
${targets(run).join('\n')}
`;
}

export function writeIpc(directory: string, run: Run): string {
  mkdirSync(directory, { recursive: true });
  const rows = run.series.map(({ transport, ...rest }) => ({ transport: transport.name, ...rest }));
  const { isOneCore, counted: rounds } = run;
  writeFileSync(join(directory, 'ipc.json'), `${JSON.stringify({ environment: environment(), isOneCore, rounds, rows })}\n`);
  const path = join(directory, 'ipc.md');
  writeFileSync(path, ipcMarkdown(run));
  return path;
}
