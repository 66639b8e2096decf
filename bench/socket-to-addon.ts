// Question   What does it cost to receive a frame, from the socket to the addon?
// Includes   the kernel's read, TLS, Node's stream, WebSocket framing, the call into the addon.   Excludes  parsing, sending.
// Workload   text frames of 1,188 bytes at full rate over loopback, TLS in records of 16 KiB; the addon counts frames and bytes.
// Run        npm run bench -- socket-to-addon      Read  CPU time of the receiving process a frame; the ratio to `ws`.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchResult, Claim, Size } from './bench.js';
import { certificate } from './certificate.js';
import { FRAMES_A_WRITE, type Ports, type ReceiverName, type Series, type Work } from './socket-work.js';
import { control, estimate, median } from './statistics.js';

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

async function measure(size: Size): Promise<Series[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tickring-bench-'));
  const { key, cert } = certificate();
  writeFileSync(join(folder, 'authority.pem'), cert);
  const server = start('socket-server.js');
  // Only so does Node trust another authority: nothing in the product may be told to trust more.
  const receiver = start('socket-receiver.js', { NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem') });
  try {
    const ports = await ask<Ports>(server, { key, cert });
    const bursts = size === 'smoke' ? { plain: 5, secure: 5 } : { plain: 500, secure: 250 };
    const frames = { plain: bursts.plain * FRAMES_A_WRITE, secure: bursts.secure * FRAMES_A_WRITE };
    const work: Work = { ...ports, blocks: size === 'smoke' ? 2 : 30, frames };
    return await ask<Series[]>(receiver, work);
  } finally {
    server.kill();
    receiver.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(size: Size): Promise<BenchResult> {
  const all = await measure(size);
  const of = (scheme: 'ws' | 'wss', name: ReceiverName): Series => {
    const series = all.find((one) => one.scheme === scheme && one.receiver === name);
    if (series === undefined) throw new Error(`no series of ${scheme} ${name}`);
    return series;
  };
  const claims = (['ws', 'wss'] as const).flatMap((scheme): Claim[] => {
    const what = `socket to addon, ${scheme === 'ws' ? 'plain' : 'TLS'}, CPU time a frame`;
    const own = of(scheme, 'native').cpu;
    const against = (name: 'ws' | 'undici', least: number): Claim => {
      const other = of(scheme, name).cpu;
      // The peer's time over ours; TLS itself costs both alike, so that there is no target for its ratio.
      const { ratio } = control(name, 'ns', other, own);
      const beside = { label: `${name} / own reader`, unit: 'ns', figure: estimate(other), ratio };
      const target = scheme === 'ws' ? { must: { least } } : {};
      return { row: '11', what, unit: 'ns', figure: estimate(own), control: beside, judged: 'ratio', ...target };
    };
    const [must, moonshot] = scheme === 'ws' ? [450, 300] : [1_400, 1_100];
    const figure: Claim = {
      row: '11',
      what,
      unit: 'ns',
      figure: estimate(own),
      must: { most: must },
      moonshot: { most: moonshot },
    };
    return [figure, against('ws', 2), against('undici', 4)];
  });
  return {
    claims,
    distributions: [],
    ratios: [],
    figures: [
      ...all.map(({ scheme, receiver, wall }) => ({
        label: `${receiver}, ${scheme}: frames/s of the median block`,
        value: Math.round(1e9 / median(wall)),
        unit: 'frames/s',
      })),
      { label: 'pinning', value: 'none', unit: `server and receiver are processes on ${availableParallelism()} cores` },
    ],
  };
}

export const bench: Bench = { name: 'socket-to-addon', question: 'what does receiving a frame cost?', run };
