import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';

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
  readonly node: string;
  readonly rustc: string;
  readonly notMeasured: readonly string[];
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

export function environment(): Environment {
  const dirty = output('git', ['status', '--porcelain', '--', 'native', 'src', 'bench/native']) === '' ? '' : ' (modified)';
  return {
    date: new Date().toISOString(),
    commit: `${output('git', ['rev-parse', '--short', 'HEAD'])}${dirty}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    arch: arch(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    governor: file('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    hypervisor: /\bhypervisor\b/.test(file('/proc/cpuinfo')),
    node: process.version,
    rustc: output('rustc', ['--version']),
    notMeasured: ['ARM64 (needs real hardware)', 'hardware counters'],
  };
}
