/** Rows as JSON lines and as a Markdown table. A row that could not be measured says why. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../environment.js';
import type { Measured, Ratio } from './measure.js';
import { PEERS, type Peer } from './peers.js';
import type { Expected } from './prepare.js';

/** Whether the best levels after the recording are those expected. */
export type SameBook = 'yes' | 'NO' | 'no book';

export interface Row {
  readonly peer: string;
  readonly version: string;
  readonly what: string;
  readonly target: Peer['target'];
  readonly keeps: Peer['keeps'];
  readonly measured: Measured | undefined;
  /** By recording. */
  readonly sameBook: Readonly<Record<string, SameBook>>;
  /** Why it was not measured. */
  readonly reason: string | undefined;
  readonly environment: Environment;
  readonly recording: Expected;
  readonly pinned: string;
  readonly codePath: string;
}

/** A target is missed only if the interval excludes it. */
export function verdict(row: Row): string {
  if (row.target === undefined || row.measured === undefined) return '';
  const { low, high } = row.measured.ratio;
  if (Object.values(row.sameBook).includes('NO')) return 'void: another book';
  if (low >= row.target.ratio) return 'met';
  return high < row.target.ratio ? 'missed' : 'open: the interval spans it';
}

function times({ median, low, high }: Ratio): string {
  const text = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  return `${text(median)}× [${text(low)}, ${text(high)}]`;
}

function line(row: Row): string {
  const name = `${row.peer} ${row.version}`.trim();
  const target = row.target === undefined ? '' : `row ${row.target.row}: ≥ ${row.target.ratio}×`;
  if (row.measured === undefined) return `| ${name} | ${row.what} | not measured: ${row.reason} | | | | ${target} | |`;
  const { measured } = row;
  const books = [...new Set(Object.values(row.sameBook))].join(', ');
  const ofFloor = row.peer.startsWith('floor') ? '' : 'absent';
  const floor = measured.floorRatio === undefined ? ofFloor : times(measured.floorRatio);
  const ns = measured.ns.toLocaleString('en-US', { maximumFractionDigits: 0 });
  return `| ${name} | ${row.what} | ${ns} | ${times(measured.ratio)} | ${floor} | ${books} | ${target} | ${verdict(row)} |`;
}

function table(rows: readonly Row[], keeps: Peer['keeps']): string {
  const ours = rows.filter((row) => row.keeps === keeps).map(line);
  const reference = { book: 'our whole path', nothing: 'our parser', levels: 'our book' }[keeps];
  const head = `| peer | what it does | ns a frame | × ${reference} [95 %] | × floor [95 %] | same book | target | verdict |`;
  return `${head}\n|---|---|---|---|---|---|---|---|\n${ours.join('\n')}\n`;
}

export function markdown(rows: readonly Row[]): string {
  const first = rows[0];
  if (first === undefined) return '';
  const { environment: env, recording } = first;
  const dates = rows.map((row) => row.environment.date.slice(0, 16)).sort();
  const commits = [...new Set(rows.map((row) => row.environment.commit))].join(', ');
  const oursOf = (keeps: Peer['keeps']) => {
    const values = rows.filter((row) => row.keeps === keeps).flatMap((row) => row.measured?.oursNs ?? []);
    return `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} ns`;
  };
  return `# Tickring and its peers

${env.cpu}, ${env.cores} cores${env.hypervisor ? ' (virtual machine)' : ''}, Linux ${env.kernel}, Node ${env.node}, ${env.rustc}; ${first.pinned}; code path ${first.codePath}; commit ${commits}; ${dates[0]} to ${dates.at(-1)}. Printed by \`npm run bench:peers\`.

Recording ${recording.source} (SHA-256 ${recording.sourceSha256.slice(0, 16)}…): ${recording.frames} depth frames, mean ${(recording.bytes / recording.frames).toFixed(0)} bytes and ${(recording.levels / recording.frames).toFixed(1)} levels. A ratio is how many times as long as Tickring the peer takes: the median of the ratios of alternating blocks, with a bootstrap 95 % interval; time is CPU time of the process. "Same book": SHA-256 of the best 20 levels a side after ${Object.keys(first.sameBook).join(' and ') || 'the recordings'}.

## Bytes to book

Ours: validated, sequenced, in the book, every level in the ring, 20×2 in the latest slot: ${oursOf('book')} a frame, the blocks beside each peer.

${table(rows, 'book')}
## Bytes to numbers

Ours: validated, levels as integers: ${oursOf('nothing')} a frame.

${table(rows, 'nothing')}
## Levels to book

Ours: levels that were parsed beforehand into the book, best prices looked at after every frame: ${oursOf('levels')} a frame.

${table(rows, 'levels')}`;
}

/** Adds the rows to those that lie in `directory` already: a run of one peer replaces one row. */
export function write(directory: string, rows: readonly Row[]): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'peers.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').filter(Boolean) : [];
  const all = new Map(lines.map((text) => JSON.parse(text) as Row).map((row) => [row.peer, row]));
  for (const row of rows) all.set(row.peer, row);
  const ordered = PEERS.flatMap(({ name }) => all.get(name) ?? []);
  writeFileSync(path, ordered.map((row) => `${JSON.stringify(row)}\n`).join(''));
  writeFileSync(join(directory, 'peers.md'), markdown(ordered));
  return path;
}
