/** Instructions that a work takes, followed one by one by valgrind: the same from run to run on any machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rustProgram } from '../rust.js';

/** The function of bench/native/src/gate.rs in which everything counts. */
const MEASURED = 'tickring_bench::gate::measured*';

/** Profiles of the last run. */
export const PROFILES = 'bench/results/local/gate';

export interface Work {
  readonly work: string;
  readonly corpus: 'reference' | 'mix' | 'recorded' | 'none';
  readonly units: number;
  /** Of a recording: its file. */
  readonly file?: string;
  /** Empty for the best of this machine. */
  readonly codePath: string;
}

export interface Answer {
  readonly units: number;
  readonly allocations: number;
  readonly code_path: string;
  readonly corpus_sha256: string | null;
}

export function nameOf({ work, corpus, codePath }: Work): string {
  return corpus === 'none' ? work : `${work} ${corpus} ${codePath}`;
}

export function profileOf(work: Work): string {
  return join(PROFILES, `${nameOf(work).replaceAll(' ', '-')}.callgrind`);
}

export function argumentsOf(work: Work, fault?: string): string[] {
  const words = ['gate', work.work, work.corpus, String(work.units), ...(fault === undefined ? [] : [fault])];
  const path = work.codePath === '' ? [] : ['--code-path', work.codePath];
  return [...words, ...path, ...(work.file === undefined ? [] : ['--corpus', work.file])];
}

/** The last line of the program's output. */
export function answer(output: string): Answer {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Answer;
}

export function hasProgram(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Counts belong to what compiled the program and to the processor that it was compiled for. */
export function hostKey(): string {
  const text = execFileSync('rustc', ['-vV'], { encoding: 'utf8' });
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${field('host')}, rustc ${field('release')}`;
}

/** Total of a profile. */
export function totalOf(profile: string): number {
  const total = /^(?:totals|summary): (\d+)$/m.exec(profile)?.[1];
  if (total === undefined) throw new Error('the profile has no total: did valgrind end early?');
  return Number(total);
}

/** Instructions a unit. */
export function instructions(work: Work, fault?: string): number {
  mkdirSync(PROFILES, { recursive: true });
  const out = profileOf(work) + (fault === undefined ? '' : `.${fault}`);
  const options = [`--callgrind-out-file=${out}`, '--collect-atstart=no', `--toggle-collect=${MEASURED}`];
  const command = ['--tool=callgrind', '--quiet', ...options, rustProgram(), ...argumentsOf(work, fault), '--standing-clock'];
  const { status, signal, stdout, stderr } = spawnSync('valgrind', command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${nameOf(work)} under valgrind ended with ${status ?? signal}:\n${stderr}`);
  const total = totalOf(readFileSync(out, 'utf8'));
  // A measured part that the compiler has inlined would collect nothing.
  if (total === 0) throw new Error(`${nameOf(work)}: nothing was counted: is ${MEASURED} still a function?`);
  return total / answer(stdout).units;
}

/** The code paths to count, the best first: valgrind follows no AVX-512. */
export function codePaths(available: readonly string[]): string[] {
  const vectors = available.filter((path) => path !== 'avx512' && path !== 'scalar');
  return [...vectors, 'scalar'];
}

/** What is counted; the recording where there is one. */
export function works(paths: readonly string[], recording: string): Work[] {
  const list: Work[] = [];
  for (const codePath of paths) {
    for (const corpus of ['reference', 'mix'] as const) {
      list.push({ work: 'whole', corpus, units: 2_000, codePath });
      list.push({ work: 'parse', corpus, units: 2_000, codePath });
    }
    if (existsSync(recording)) list.push({ work: 'whole', corpus: 'recorded', units: 1_500, file: recording, codePath });
  }
  const codePath = paths[0] ?? 'scalar';
  // What the rules of validation cost a delta is the difference to `whole`.
  list.push({ work: 'validated', corpus: 'reference', units: 2_000, codePath });
  list.push({ work: 'validated', corpus: 'mix', units: 2_000, codePath });
  list.push({ work: 'book', corpus: 'mix', units: 10_000, codePath });
  list.push({ work: 'latest', corpus: 'mix', units: 10_000, codePath });
  for (const work of ['publish64', 'publish256', 'poll64', 'poll256']) {
    list.push({ work, corpus: 'none', units: 10_000, codePath });
  }
  return list;
}
