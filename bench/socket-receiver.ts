/**
 * Receiving side of `socket-to-addon`, in a process of its own, so that its CPU time is that of receiving alone. Work comes in
 * the first message, the series go out in the answer.
 */
import { WebSocket as UndiciSocket } from 'undici';
import type { SocketInputs } from '#dist/engine/socket.js';
import { openSocket } from '#dist/engine/transports.js';
import { FrameProbe } from '#dist/native/index.js';
import { FRAME_BYTES, RECEIVERS, type ReceiverName, type Series, type Work } from './socket-work.js';
import { turns } from './statistics.js';

/** Calls `arrived` after each chunk or message until the connection is ended by what it returns. */
type Receive = (url: string, probe: FrameProbe, isDone: () => boolean) => Promise<void>;

/** The engine's own socket, in both of its transports; only the shard is replaced by a counter. */
function engine(transport: 'native' | 'ws'): Receive {
  return (url, probe, isDone) =>
    new Promise((resolve, reject) => {
      const ingest = probe.ingester();
      const inputs: SocketInputs = {
        frame: (connection, bytes) => {
          ingest(connection, bytes, bytes.length);
        },
        frames: (connection) => probe.socket(connection, false),
        attend: () => {},
      };
      const events = { open: () => {}, closed: ({ text }: { text: string }) => reject(new Error(`${transport}: ${text}`)) };
      const socket = openSocket({ url, transport, connection: 1, inputs, events });
      const timer = setInterval(() => {
        if (!isDone()) return;
        clearInterval(timer);
        resolve();
        socket.end(4, 'done');
      }, 1);
    });
}

/** The standard's interface: text arrives as a string, which must become bytes again for the addon. */
const undici: Receive = (url, probe, isDone) =>
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
    }, 1);
  });

const RECEIVE: Readonly<Record<ReceiverName, Receive>> = { native: engine('native'), ws: engine('ws'), undici };

async function block(series: Series, port: number, frames: number): Promise<number> {
  const probe = new FrameProbe(false);
  const cpu = process.cpuUsage();
  const started = performance.now();
  await RECEIVE[series.receiver](`${series.scheme}://127.0.0.1:${port}/${frames}`, probe, () => probe.frames >= frames);
  series.wall.push(((performance.now() - started) * 1e6) / frames);
  const { user, system } = process.cpuUsage(cpu);
  if (probe.frames !== frames || probe.bytes !== frames * FRAME_BYTES)
    throw new Error(`${series.receiver}: ${probe.frames} frames, ${probe.bytes} bytes of ${frames} × ${FRAME_BYTES}`);
  series.cpu.push(((user + system) * 1e3) / frames);
  // What a block leaves to be collected or closed must not fall on the next one.
  await new Promise((resolve) => setTimeout(resolve, 5));
  return series.cpu.at(-1) ?? Number.NaN;
}

process.once('message', async ({ plain, secure, blocks, frames }: Work) => {
  const all: Series[] = (['ws', 'wss'] as const).flatMap((scheme) =>
    RECEIVERS.map((receiver) => ({ scheme, receiver, cpu: [], wall: [] })),
  );
  const works = all.map(
    (series) => () => (series.scheme === 'ws' ? block(series, plain, frames.plain) : block(series, secure, frames.secure)),
  );
  for (const work of works) await work();
  for (const series of all) for (const values of [series.cpu, series.wall]) values.length = 0;
  await turns(blocks, works);
  process.send?.(all, () => process.exit(0));
});
