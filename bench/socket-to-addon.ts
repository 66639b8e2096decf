// Question   What does it cost to receive a frame, from the socket to the addon?
// Includes   the kernel's read, TLS, Node's stream, WebSocket framing, the call into the addon.   Excludes  parsing, sending.
// Workload   text frames of 1,188 bytes over loopback: at full rate, plain and in TLS records of 16 KiB; and one every 50 µs.
// Run        npm run bench -- socket-to-addon      Read  CPU time of the receiving process a frame; the ratio to `ws`.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchResult, Claim, Limit, Size } from './bench.js';
import { certificate } from './certificate.js';
import {
  FRAMES_A_WRITE,
  type Ports,
  type Received,
  type ReceiverName,
  WORKLOADS,
  type Work,
  type WorkloadName,
} from './socket-work.js';
import { control, estimate, exact, median } from './statistics.js';

const TARGETS: Readonly<Record<WorkloadName, { readonly must?: Limit; readonly moonshot?: Limit }>> = {
  plain: { must: { most: 450 }, moonshot: { most: 300 } },
  TLS: { must: { most: 1_400 }, moonshot: { most: 1_100 } },
  paced: {},
};

function start(file: string, env: Record<string, string> = {}): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), { env: { ...process.env, ...env } });
}

/** Sends a message, and waits for the one answer. */
async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${child.spawnfile} ended with ${code} before it answered`);
  });
  ended.catch(() => {});
  child.send(message);
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  return answer as T;
}

async function measure(size: Size): Promise<Received> {
  const folder = mkdtempSync(join(tmpdir(), 'tickring-bench-'));
  const { key, cert } = certificate();
  writeFileSync(join(folder, 'authority.pem'), cert);
  const server = start('socket-server.js');
  // Only so does Node trust another authority: nothing in the product may be told to trust more.
  const receiver = start('socket-receiver.js', { NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem') });
  try {
    const ports = await ask<Ports>(server, { key, cert });
    const bursts = size === 'smoke' ? 5 : 500;
    const frames = { plain: bursts * FRAMES_A_WRITE, TLS: (bursts / 5) * 2 * FRAMES_A_WRITE, paced: bursts * 10 };
    const work: Work = { ...ports, blocks: size === 'smoke' ? 2 : 30, frames };
    return await ask<Received>(receiver, work);
  } finally {
    server.kill();
    receiver.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What one workload cost our reader, and the peers beside it. */
function claimsOf(workload: WorkloadName, { all }: Received): Claim[] {
  const cpu = (name: ReceiverName): readonly number[] =>
    all.find((one) => one.workload === workload && one.receiver === name)?.cpu ?? [];
  const own = cpu('native');
  const what = `socket to addon, ${workload === 'paced' ? 'a frame every 50 µs' : workload}, CPU time a frame`;
  const claim = { row: '11', what, unit: 'ns', figure: estimate(own) };
  const against = (name: 'ws' | 'undici', least: number): Claim => {
    const other = cpu(name);
    // The peer's time over ours. TLS costs both alike, a wake-up too: targets are for what is left without them.
    const { ratio } = control(name, 'ns', other, own);
    const beside = { label: `${name} / own reader`, unit: 'ns', figure: estimate(other), ratio };
    return { ...claim, control: beside, judged: 'ratio', ...(workload === 'plain' ? { must: { least } } : {}) };
  };
  return [{ ...claim, ...TARGETS[workload] }, against('ws', 2), against('undici', 4)];
}

async function run(size: Size): Promise<BenchResult> {
  const received = await measure(size);
  const { count, frames } = received.collections;
  return {
    claims: [
      ...WORKLOADS.flatMap((workload) => claimsOf(workload, received)),
      {
        row: '16',
        what: `garbage collections while ${frames.toLocaleString('en')} frames are received`,
        unit: '',
        figure: exact(count),
        must: { most: 0 },
      },
    ],
    distributions: [],
    ratios: [],
    figures: [
      ...received.all.map(({ workload, receiver, wall }) => ({
        label: `${receiver}, ${workload}: frames/s of the median block`,
        value: Math.round(1e9 / median(wall)),
        unit: 'frames/s',
      })),
      { label: 'pinning', value: 'none', unit: `server and receiver are processes on ${availableParallelism()} cores` },
    ],
  };
}

export const bench: Bench = { name: 'socket-to-addon', question: 'what does receiving a frame cost?', run };
