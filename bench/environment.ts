import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, getPriority, release, totalmem } from 'node:os';
import { depthWorkload } from './workload.js';

/** What a report must name so that its figures mean something elsewhere. */
export interface Environment {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly arch: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly governor: string;
  readonly hypervisor: boolean;
  /** Mean number of runnable tasks in the minute before: a loaded machine gives loaded figures. */
  readonly load: string;
  /** Policy of the kernel's scheduler for this run. */
  readonly scheduling: string;
  readonly node: string;
  readonly rustc: string;
  readonly rustFlags: string;
  readonly pinning: string;
  readonly codePath: string;
  readonly corpus: string;
  readonly corpusSha256: string;
}

function output(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

function file(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

const POLICIES: readonly (string | undefined)[] = [
  'SCHED_OTHER',
  'SCHED_FIFO',
  'SCHED_RR',
  'SCHED_BATCH',
  undefined,
  'SCHED_IDLE',
];

/** Number of the scheduling policy: field 41 of `/proc/self/stat`, counted from behind the name, which may hold anything. */
function policy(): number {
  const fields = file('/proc/self/stat').split(') ').at(-1)?.split(' ') ?? [];
  return Number(fields[41 - 3]);
}

/** The release profile as it stands in Cargo.toml, and flags from outside. */
function rustFlags(): string {
  const profile = /\[profile\.release\]\n((?:.+\n)*)/.exec(file('Cargo.toml'))?.[1] ?? '';
  const outside = process.env['RUSTFLAGS'] ?? '';
  return `release: ${profile.trim().replaceAll('\n', ', ')}${outside === '' ? '' : `; RUSTFLAGS ${outside}`}`;
}

export function environment(): Environment {
  const status = output('git', ['status', '--porcelain', '--', 'native', 'src', 'bench', ':!bench/results']);
  const workload = depthWorkload(Number.POSITIVE_INFINITY);
  const pinnable = output('taskset', ['-cp', String(process.pid)]) !== 'unknown';
  return {
    date: new Date().toISOString(),
    commit: `${output('git', ['rev-parse', '--short', 'HEAD'])}${status === '' ? '' : ' (modified)'}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    arch: arch(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    governor: file('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    hypervisor: /\bhypervisor\b/.test(file('/proc/cpuinfo')),
    load: file('/proc/loadavg').split(' ')[0] ?? 'unknown',
    scheduling: `${POLICIES[policy()] ?? 'unknown'}, niceness ${getPriority()}`,
    node: process.version,
    rustc: output('rustc', ['--version']),
    rustFlags: rustFlags(),
    pinning: `Rust by sched_setaffinity, Node by taskset${pinnable ? '' : ' (not there: Node is not pinned)'}`,
    codePath: process.env['TICKRING_CODE_PATH'] ?? 'the best that the processor has',
    corpus: `${workload.source}: ${workload.frames.length} items, ${workload.bytes} bytes`,
    corpusSha256: workload.sha256,
  };
}

/** Whether others had more than a core between them: figures that no ratio stands beside are then theirs as well. */
export function isBusy({ load }: Environment): boolean {
  return Number(load) > 1;
}

/** What no run on this machine can say. */
export function notMeasured(env: Environment): string[] {
  return [
    ...(env.arch === 'arm64' ? [] : ['ARM64: it needs real hardware']),
    'hardware counters: the benches use none',
    'peers: `npm run bench:peers` measures them',
    'instruction and syscall counts (rows 16, 17): `npm run bench:gate` takes them',
    'instrument look-up (row 14): not built yet',
    ...(env.corpus.startsWith('recording')
      ? []
      : ['recorded feeds: no captures here, the workload comes from the simulated venue']),
  ];
}
