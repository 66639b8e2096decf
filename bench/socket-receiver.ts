/**
 * Receiving side of `socket-to-addon`, in a process of its own, so that its CPU time is that of receiving alone. Work comes in
 * the first message, the series go out in the answer.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocket as UndiciSocket } from 'undici';
import type { SocketInputs } from '#dist/engine/socket.js';
import { openSocket } from '#dist/engine/transports.js';
import { FrameProbe } from '#dist/native/index.js';
import {
  FRAME_BYTES,
  RECEIVERS,
  type Received,
  type ReceiverName,
  type Series,
  WORKLOADS,
  type Work,
  type WorkloadName,
} from './socket-work.js';
import { turns } from './statistics.js';

/** Receives until `isDone`, which is looked at every `lookMs`, says so. */
type Receive = (url: string, probe: FrameProbe, isDone: () => boolean, lookMs: number) => Promise<void>;

/** The engine's own socket, in both of its transports; only the shard is replaced by a counter. */
function engine(transport: 'native' | 'ws'): Receive {
  return (url, probe, isDone, lookMs) =>
    new Promise((resolve, reject) => {
      const ingest = probe.ingester();
      const inputs: SocketInputs = {
        frame: (connection, bytes) => {
          ingest(connection, bytes, bytes.length);
        },
        frames: (connection) => probe.socket(connection, false),
        sample: () => {},
        attend: () => {},
      };
      const events = { open: () => {}, closed: ({ text }: { text: string }) => reject(new Error(`${transport}: ${text}`)) };
      const socket = openSocket({ url, transport, connection: 1, inputs, events });
      const timer = setInterval(() => {
        if (!isDone()) return;
        clearInterval(timer);
        resolve();
        socket.end(4, 'done');
      }, lookMs);
    });
}

/** The standard's interface: text arrives as a string, which must become bytes again for the addon. */
const undici: Receive = (url, probe, isDone, lookMs) =>
  new Promise((resolve, reject) => {
    const ingest = probe.ingester();
    const socket = new UndiciSocket(url);
    socket.addEventListener('message', ({ data }) => {
      const bytes = Buffer.from(data as string);
      ingest(1, bytes, bytes.length);
    });
    socket.addEventListener('error', () => reject(new Error('undici: the socket failed')));
    const timer = setInterval(() => {
      if (!isDone()) return;
      clearInterval(timer);
      resolve();
      socket.close();
    }, lookMs);
  });

const RECEIVE: Readonly<Record<ReceiverName, Receive>> = { native: engine('native'), ws: engine('ws'), undici };

/** Address at which the server sends so many frames in the manner of the workload. */
function address(workload: WorkloadName, { plain, secure, frames }: Work, count = frames[workload]): string {
  const [scheme, port] = workload === 'TLS' ? ['wss', secure] : ['ws', plain];
  return `${scheme}://127.0.0.1:${port}/${count}${workload === 'paced' ? '/paced' : ''}`;
}

async function block({ workload, receiver, cpu, wall }: Series, work: Work): Promise<number> {
  const frames = work.frames[workload];
  const probe = new FrameProbe(false);
  const before = process.cpuUsage();
  const started = performance.now();
  await RECEIVE[receiver](address(workload, work), probe, () => probe.frames >= frames, 1);
  wall.push(((performance.now() - started) * 1e6) / frames);
  const { user, system } = process.cpuUsage(before);
  if (probe.frames !== frames || probe.bytes !== frames * FRAME_BYTES)
    throw new Error(`${receiver}: ${probe.frames} frames, ${probe.bytes} bytes of ${frames} × ${FRAME_BYTES}`);
  cpu.push(((user + system) * 1e3) / frames);
  // What a block leaves to be collected or closed must not fall on the next one.
  await new Promise((resolve) => setTimeout(resolve, 5));
  return cpu.at(-1) ?? Number.NaN;
}

/** Ten blocks' worth of frames on one connection. */
async function countCollections(work: Work): Promise<Received['collections']> {
  const frames = work.frames.plain * 10;
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    count += list.getEntries().length;
  });
  const probe = new FrameProbe(false);
  // What loading this program left is not the frames' garbage.
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.observe({ entryTypes: ['gc'] });
  // Each look costs a little garbage of its own.
  await RECEIVE.native(address('plain', work, frames), probe, () => probe.frames >= frames, 50);
  // Entries are told in a later turn.
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  return { count, frames };
}

process.once('message', async (work: Work) => {
  const collections = await countCollections(work);
  const all: Series[] = WORKLOADS.flatMap((workload) =>
    RECEIVERS.map((receiver) => ({ workload, receiver, cpu: [], wall: [] })),
  );
  const works = all.map((series) => () => block(series, work));
  for (const each of works) await each();
  for (const series of all) for (const values of [series.cpu, series.wall]) values.length = 0;
  await turns(work.blocks, works);
  const received: Received = { all, collections };
  process.send?.(received, () => process.exit(0));
});
