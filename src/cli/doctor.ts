/** `tickring doctor`: looks at this host and says what stands between it and low, steady latency. */
import { existsSync, readFileSync, type StatsFs, statfsSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../model/config.js';
import { EXIT } from '../model/errors.js';
import { version } from '../native/index.js';
import { loadConfig } from './config.js';

type Verdict = 'ok' | 'warn' | 'fail';

/** One line of the report. */
export interface Finding {
  readonly name: string;
  readonly verdict: Verdict;
  readonly value: string;
  /** What to do about it; empty where nothing is needed. */
  readonly advice: string;
}

const NODE_MAJOR_MIN = 20;
const NOFILE_MIN = 1_024;
/** Two busy processes (engine and gateway) and the user's own reader. */
const CORES_MIN = 2;
/** Room beside the rings: tables, counters, and a successor's segment while a shard restarts. */
const SEGMENTS_PER_SHARD = 2;
const TABLES_BYTES = 16 * 2 ** 20;
/** One that is written, one made ahead, one that is compressed and its compressed form. */
const SEGMENTS_PER_JOURNAL = 4;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function finding(name: string, verdict: Verdict, value: string, advice = ''): Finding {
  return { name, verdict, value, advice: verdict === 'ok' ? '' : advice };
}

/** The choice in brackets of files such as `always [madvise] never`. */
function chosen(text: string | undefined): string | undefined {
  return /\[([^\]]+)\]/.exec(text ?? '')?.[1];
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20).toLocaleString('en-US')} MiB`;
}

function kernel(): Finding {
  const isLinux = process.platform === 'linux';
  return finding('kernel', isLinux ? 'ok' : 'fail', `${process.platform} ${release()}`, 'shared memory needs Linux');
}

function processor(): Finding[] {
  const info = read('/proc/cpuinfo') ?? '';
  const field = (name: RegExp): string => (name.exec(info)?.[1] ?? '').trim();
  const model = field(/^model name\s*:(.*)$/m) || (cpus()[0]?.model ?? 'unknown');
  const flags = new Set(field(/^(?:flags|Features)\s*:(.*)$/m).split(/\s+/));
  const known = [
    'sse4_2',
    'avx2',
    'avx512f',
    'avx512_vbmi2',
    'pclmulqdq',
    'constant_tsc',
    'nonstop_tsc',
    'hypervisor',
    'asimd',
    'crc32',
    'atomics',
  ];
  const cores = cpus().length;
  const isShared = flags.has('hypervisor');
  return [
    finding(
      'cpu',
      cores >= CORES_MIN ? 'ok' : 'warn',
      `${model}, ${cores} cores`,
      `${CORES_MIN} cores or more: engine and gateway would share one`,
    ),
    finding('cpu features', 'ok', known.filter((flag) => flags.has(flag)).join(' ') || 'none that are looked for'),
    finding(
      'virtual machine',
      isShared ? 'warn' : 'ok',
      isShared ? 'yes' : 'no',
      'the hypervisor adds pauses of milliseconds; measure tails on bare metal',
    ),
  ];
}

function governor(): Finding {
  const value = read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor');
  if (value === undefined) return finding('cpu governor', 'ok', 'not under control of this system');
  return finding('cpu governor', value === 'performance' ? 'ok' : 'warn', value, 'cpupower frequency-set -g performance');
}

const TMPFS = 0x01021994;

/** File system of a path: that of its nearest directory that exists. */
function fileSystem(path: string): StatsFs {
  let place = resolve(path);
  while (!existsSync(place) && place !== '/') place = dirname(place);
  return statfsSync(place);
}

function sharedMemory(config: Config): Finding[] {
  const { shmRoot, shards, ringBytes, booksBytes = ringBytes / 4 } = config.engine;
  const { type, bsize, blocks, bavail } = fileSystem(shmRoot);
  const needed = shards * (SEGMENTS_PER_SHARD * (ringBytes + booksBytes) + TABLES_BYTES);
  const free = bavail * bsize;
  return [
    finding(
      'shared memory',
      type === TMPFS ? 'ok' : 'fail',
      `${shmRoot} on ${type === TMPFS ? 'tmpfs' : `file system ${type.toString(16)}`}`,
      'shm_root belongs on a tmpfs such as /dev/shm',
    ),
    finding(
      'shared memory room',
      free >= needed ? 'ok' : 'fail',
      `${mib(free)} free of ${mib(blocks * bsize)}, ${mib(needed)} wanted`,
      'mount -o remount,size=… /dev/shm, docker run --shm-size, or smaller ring_bytes and books_bytes',
    ),
  ];
}

/** The journal outlives a power cut, so it cannot lie in memory. */
function journal({ engine: { journal: kept, shards } }: Config): Finding[] {
  if (kept === undefined || kept === null)
    return [finding('journal', 'warn', 'off', 'journal.enabled: nothing is kept of what is received')];
  const { type, bsize, bavail } = fileSystem(kept.dir);
  const free = bavail * bsize;
  const needed = shards * SEGMENTS_PER_JOURNAL * kept.segmentBytes + kept.diskFloorBytes;
  const [isMemory, isShort] = [type === TMPFS, free < needed];
  return [
    finding(
      'journal',
      isMemory ? 'warn' : 'ok',
      `${kept.dir}${isMemory ? ' on tmpfs' : ''}`,
      'journal.dir in memory is gone with the machine: name a folder on a disk',
    ),
    finding(
      'journal room',
      isShort ? 'warn' : 'ok',
      `${mib(free)} free, ${mib(needed)} wanted`,
      'free the disk, or smaller journal.segment_bytes: without room inputs are shed',
    ),
  ];
}

/** Soft limits of this process by name, as /proc shows them. */
function limits(): Finding[] {
  const text = read('/proc/self/limits') ?? '';
  const soft = (name: string): string => new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(text)?.[1] ?? 'unknown';
  const files = soft('Max open files');
  const locked = soft('Max locked memory');
  const core = soft('Max core file size');
  return [
    finding(
      'limit nofile',
      files === 'unlimited' || Number(files) >= NOFILE_MIN ? 'ok' : 'warn',
      files,
      `ulimit -n ${NOFILE_MIN} or more: each client is one file`,
    ),
    finding(
      'limit memlock',
      'ok',
      locked === 'unlimited' ? locked : `${locked} bytes (pages are touched at the start, not locked)`,
    ),
    finding(
      'limit core',
      core === '0' ? 'ok' : 'warn',
      core === '0' ? '0' : `${core} bytes`,
      'ulimit -c 0: a core file would hold the whole ring',
    ),
  ];
}

function clock(): Finding {
  const source = read('/sys/devices/system/clocksource/clocksource0/current_clocksource') ?? 'unknown';
  const isFast = ['tsc', 'kvm-clock', 'arch_sys_counter', 'hyperv_clocksource_tsc_page'].includes(source);
  return finding(
    'clock source',
    isFast ? 'ok' : 'warn',
    source,
    'reading this clock is a system call of about 1 us; boot with clocksource=tsc where the processor allows it',
  );
}

function memory(): Finding[] {
  const thp = chosen(read('/sys/kernel/mm/transparent_hugepage/enabled'));
  const shm = chosen(read('/sys/kernel/mm/transparent_hugepage/shmem_enabled'));
  const swappiness = read('/proc/sys/vm/swappiness');
  const swap = /^SwapTotal:\s+(\d+)/m.exec(read('/proc/meminfo') ?? '')?.[1] ?? '0';
  const numa = existsSync('/sys/devices/system/node/node1');
  return [
    finding(
      'huge pages',
      thp === 'always' ? 'warn' : 'ok',
      `${thp ?? 'unknown'}, shared memory ${shm ?? 'unknown'}`,
      'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled: `always` compacts memory while the engine runs',
    ),
    finding(
      'swap',
      swap === '0' ? 'ok' : 'warn',
      swap === '0' ? 'none' : `${mib(Number(swap) * 1024)}, swappiness ${swappiness}`,
      'swapoff -a, or vm.swappiness=0: a swapped page costs milliseconds',
    ),
    finding(
      'numa',
      numa ? 'warn' : 'ok',
      numa ? 'several nodes' : 'one node',
      'numactl --cpunodebind=N --membind=N: keep engine and readers on one node',
    ),
  ];
}

function runtime(): Finding[] {
  const major = Number(process.versions.node.split('.')[0]);
  const { glibcVersionRuntime: glibc } = (process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } })
    .header;
  return [
    finding('node', major >= NODE_MAJOR_MIN ? 'ok' : 'fail', process.version, `Node ${NODE_MAJOR_MIN}.19 or newer`),
    // Reaching this line means that the addon was loaded and answers.
    finding('addon', 'ok', `tickring ${version()} loaded`),
    finding(
      'glibc',
      glibc === undefined ? 'warn' : 'ok',
      glibc ?? 'none',
      'the gateway needs glibc (uWebSockets.js has no build for musl)',
    ),
  ];
}

/** All findings about this host for this configuration. */
export function examine(config: Config): Finding[] {
  return [
    kernel(),
    ...processor(),
    governor(),
    ...sharedMemory(config),
    ...journal(config),
    ...limits(),
    clock(),
    ...memory(),
    ...runtime(),
  ];
}

/** Adds `doctor`. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look at this host, say what to change')
    .option('-c, --config <file>', 'YAML configuration')
    .option('--json', 'print JSON')
    .action((flags: { config?: string; json?: boolean }) => {
      const { config } = loadConfig({ ...(flags.config === undefined ? {} : { file: flags.config }), env: process.env });
      const findings = examine(config);
      if (flags.json === true) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
      else {
        for (const { name, verdict, value, advice } of findings)
          process.stdout.write(
            `${verdict.padEnd(4)}  ${name.padEnd(18)}  ${value}${advice === '' ? '' : `\n${' '.repeat(26)}→ ${advice}`}\n`,
          );
      }
      process.exitCode = findings.some(({ verdict }) => verdict === 'fail') ? EXIT.failure : EXIT.ok;
    });
}
