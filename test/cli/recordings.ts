/** Recordings of the simulated venue in the layouts that `replay` reads, and the true book at their end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';
import { startSimulator } from '../../src/simulator/index.js';
import { venueByName } from '../../src/venues/index.js';
import { ROOT } from './program.js';

export interface Recorded {
  readonly tsRecv: bigint;
  readonly text: string;
  readonly kind: 'frame' | 'depth';
}

export interface Recording {
  readonly symbol: string;
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly streams: readonly string[];
  readonly listings: string;
  readonly lines: readonly Recorded[];
  readonly book: string;
  readonly lastUpdateId: number;
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
}

/** Between the calls the server may close a connection that waits: under an emulator seconds pass. */
const ONE_CALL = { headers: { connection: 'close' } };

/** Deltas after the snapshot's state; a busy machine may deliver the snapshot late. */
const NEWER_MIN = 8;

/**
 * Listens to one symbol of a simulated venue until at least `deltas` book deltas have come, some of them newer than the
 * snapshot, which is asked for after the third.
 */
export async function record(venueName: 'binance-spot' | 'binance-usdm', symbol: string, deltas: number): Promise<Recording> {
  const venue = venueByName(venueName);
  if (venue === undefined) throw new Error(`no venue ${venueName}`);
  const simulator = await startSimulator({ venues: [venueName], symbols: [symbol], seed: 11 });
  try {
    const { wsUrl, restUrl } = simulator.venues[0] ?? { wsUrl: '', restUrl: '' };
    const lines: Recorded[] = [];
    const channels = venue.classes[0]?.channels ?? [];
    const streams = venue.streams(symbol, channels);
    const socket = new WebSocket(`${wsUrl}${venue.classes[0]?.path}?streams=${streams.join('/')}`);
    let last = 0n;
    const keep = (kind: Recorded['kind'], text: string): void => {
      const at = now();
      // Times of a recording only go forward.
      last = at > last ? at : last + 1n;
      lines.push({ tsRecv: last, text, kind });
    };
    let lastUpdateId = 0;
    const listings = await (await fetch(restUrl + venue.listingRequest().path, ONE_CALL)).text();
    await new Promise<void>((resolve, reject) => {
      let count = 0;
      let newer = 0;
      let snapshotId = Number.POSITIVE_INFINITY;
      let isDone = false;
      const snapshot = async (): Promise<void> => {
        const text = await (await fetch(restUrl + (venue.snapshotRequest?.(symbol).path ?? ''), ONE_CALL)).text();
        keep('depth', text);
        snapshotId = JSON.parse(text).lastUpdateId;
      };
      socket.on('error', reject);
      socket.on('message', (bytes: Buffer) => {
        if (isDone) return;
        const text = bytes.toString('utf8');
        keep('frame', text);
        const { data } = JSON.parse(text);
        if (data?.e !== 'depthUpdate') return;
        count += 1;
        if (data.U > snapshotId) newer += 1;
        lastUpdateId = data.u;
        if (count === 3) snapshot().catch(reject);
        isDone = count >= deltas && newer >= NEWER_MIN;
        if (isDone) resolve();
      });
    });
    socket.terminate();
    const book = simulator.bookAt(venueName, symbol, lastUpdateId) ?? '';
    return { symbol, wsUrl, restUrl, streams, listings, lines, book, lastUpdateId };
  } finally {
    await simulator.close();
  }
}

export function hftbacktestText({ lines }: Recording): string {
  return lines.map(({ tsRecv, text }) => `${tsRecv} ${text}\n`).join('');
}

/** HTTP answers first, as that recorder writes them. */
export function cryptofeedText(recording: Recording): string {
  const { lines, listings, restUrl, wsUrl, streams, symbol } = recording;
  const seconds = (ns: bigint): string => `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
  const line = (ns: bigint, rest: object): string =>
    JSON.stringify({ ts: 0, ...rest }).replace('"ts":0', `"ts":${seconds(ns)}`);
  const first = (lines[0]?.tsRecv ?? 0n) - 2n;
  const depth = lines.filter(({ kind }) => kind === 'depth');
  const frames = lines.filter(({ kind }) => kind === 'frame');
  return [
    JSON.stringify({ t: 'header', format: 2, exchange: 'TEST' }),
    line(first, { t: 'http', conn: 'http', url: `${restUrl}/api/v3/exchangeInfo`, data: listings }),
    ...depth.map(({ tsRecv, text }) =>
      line(tsRecv, { t: 'http', conn: 'http', url: `${restUrl}/depth?symbol=${symbol}`, data: text }),
    ),
    line(first + 1n, { t: 'connect', conn: 'ws.1', addr: `${wsUrl}/stream?streams=${streams.join('/')}` }),
    ...frames.map(({ tsRecv, text }) => line(tsRecv, { t: 'recv', conn: 'ws.1', data: text })),
    '',
  ].join('\n');
}

/** A zstd frame of stored blocks (RFC 8878 §3.1.1): single segment, 4 bytes of content size. */
export function storedZstd(bytes: Buffer): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.length, 5);
  const parts: Uint8Array[] = [head];
  for (let at = 0; at === 0 || at < bytes.length; at += 0x20000) {
    const block = bytes.subarray(at, at + 0x20000);
    const isLast = at + 0x20000 >= bytes.length;
    const blockHead = Buffer.alloc(3);
    blockHead.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    parts.push(blockHead, block);
  }
  return Buffer.concat(parts);
}

/** Where real recordings are, if they are here: `TICKRING_CAPTURES`, or beside the repository. */
export function captures(): string | undefined {
  const folder = process.env['TICKRING_CAPTURES'] ?? join(ROOT, '../shared/captures');
  try {
    readFileSync(join(folder, 'oracle/books.json'));
    return folder;
  } catch {
    return undefined;
  }
}
