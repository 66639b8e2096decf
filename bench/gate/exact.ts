/** Counts that must be nothing a frame: allocations, system calls, collections of garbage; and the memory of a symbol. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rustProgram } from '../rust.js';
import { type Answer, answer, argumentsOf, type Work } from './callgrind.js';

const FRAMES = 1_000_000;
/** Small enough that a few bytes a frame show as a collection. */
const GC_FLAGS = ['--trace-gc', '--max-semi-space-size=1', '--min-semi-space-size=1', '--expose-gc'];

function whole(corpus: 'reference' | 'mix', units: number, codePath: string): Work {
  return { work: 'whole', corpus, units, codePath };
}

function run(command: string, args: readonly string[]): { stdout: string; stderr: string } {
  const { status, signal, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal}:\n${stderr}`);
  return { stdout, stderr };
}

/** Allocations while 10^6 frames go from memory to ring and latest slot, on the code path of this machine. */
export function allocations(corpus: 'reference' | 'mix', codePath: string, fault?: string): Answer {
  const units = fault === undefined ? FRAMES : 1;
  return answer(run(rustProgram(), argumentsOf(whole(corpus, units, codePath), fault)).stdout);
}

/** System calls of a whole run, its start and its end included. */
function syscallsOf(frames: number, codePath: string, fault?: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'tickring-strace-'));
  const out = join(folder, 'counts');
  try {
    const program = [rustProgram(), ...argumentsOf(whole('reference', frames, codePath), fault)];
    const { stdout } = run('strace', ['-f', '-qq', '-e', 'trace=all', '-e', 'signal=none', '-o', out, ...program]);
    if (answer(stdout).units !== frames) throw new Error(`${answer(stdout).units} frames were applied, not ${frames}`);
    return Number(/^(\d+)/.exec(execFileSync('wc', ['-l', out], { encoding: 'utf8' }))?.[1]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `frames` more frames add. */
export function syscalls(codePath: string, fault?: string): { more: number; frames: number } {
  const frames = fault === undefined ? FRAMES : 2_000;
  return { more: syscallsOf(2 * frames, codePath, fault) - syscallsOf(frames, codePath, fault), frames };
}

/** A round of the synthetic feed as a file, for programs in other languages. */
export function withFeed<T>(shape: 'reference' | 'mix', work: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'tickring-feed-'));
  const path = join(folder, 'feed.txt');
  try {
    writeFileSync(path, run(rustProgram(), ['gate', 'corpus', shape]).stdout);
    return work(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function collectionsOf(path: string, frames: number, fault?: string): number {
  const child = 'dist/bench/gate/gc-child.js';
  const { stdout } = run(process.execPath, [...GC_FLAGS, child, path, String(frames), ...(fault === undefined ? [] : [fault])]);
  if (!stdout.includes(`applied ${frames}`)) throw new Error(`the frames did not arrive: ${stdout.slice(-500)}`);
  return stdout.split('\n').filter((line) => /ms: (Scavenge|Mark-Compact|Minor)/.test(line)).length;
}

/** Collections of garbage that 10^6 more frames through the addon make. */
export function collections(fault?: string): { more: number; frames: number } {
  return withFeed('reference', (path) => {
    const more = collectionsOf(path, 2 * FRAMES, fault) - collectionsOf(path, FRAMES, fault);
    return { more, frames: FRAMES };
  });
}

/** Bytes of one more symbol with its latest slot. */
export function memoryOfSymbol(): number {
  return withFeed('mix', (path) => {
    const { stdout } = run(rustProgram(), ['memory', '--corpus', path]);
    const { heap, slots } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { heap: number; slots: number };
    return heap + slots;
  });
}
