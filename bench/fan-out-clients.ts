/**
 * Worker thread of the fan-out bench: WebSocket clients that read as cheaply as Node can, into one reused buffer, and count
 * bytes; they share the cores with the server that is measured. `shared` tells the main thread how far all of them are.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

export interface ClientsData {
  /** Sum of all clients' bytes since the last reset, then their number of reads. */
  readonly bytes: Float64Array;
  /** Counts changes of `bytes`: something to wait for. */
  readonly changes: Int32Array;
}

/** What the main thread asks for. */
export type ClientsRequest =
  | { readonly do: 'open'; readonly group: string; readonly port: number; readonly count: number; readonly topic: string }
  | { readonly do: 'reset' }
  | { readonly do: 'counts'; readonly group: string };

const { bytes, changes } = workerData as ClientsData;
const buffer = Buffer.alloc(1 << 16);
/** First byte of a whole binary frame. */
const BINARY = 0x82;
const groups = new Map<string, Float64Array>();

/** Where a client stands in a frame of its socket: bytes of the payload that are left, or how much of the head it has. */
interface Place {
  left: number;
  headBytes: number;
  length: number;
  isData: boolean;
}

/** How many of these bytes belong to binary frames: now and then a text comes in between, a heartbeat, which is none of the messages. */
function dataBytes(place: Place, size: number): number {
  let data = 0;
  for (let at = 0; at < size; ) {
    const step = place.left > 0 ? Math.min(place.left, size - at) : 1;
    if (place.left > 0) place.left -= step;
    else readHead(place, buffer[at] ?? 0);
    if (place.isData) data += step;
    at += step;
  }
  return data;
}

/** One more byte of a frame's head, of two bytes or of four. */
function readHead(place: Place, byte: number): void {
  place.headBytes += 1;
  if (place.headBytes === 1) place.isData = byte === BINARY;
  else if (place.headBytes === 2) place.length = byte;
  else place.length = place.headBytes === 3 ? byte << 8 : place.length | byte;
  const isMore = place.headBytes === 1 || place.headBytes === 3 || (place.headBytes === 2 && byte >= 126);
  if (isMore) return;
  place.left = place.length;
  place.headBytes = 0;
}

function subscription(topic: string): Buffer {
  const text = Buffer.from(JSON.stringify({ op: 'subscribe', topics: [topic] }));
  const mask = randomBytes(4);
  // A client's short text frame: FIN and text, length below 126 with the mask bit, mask, masked text.
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, text.map((byte, at) => byte ^ (mask[at & 3] ?? 0))]);
}

function open(port: number, topic: string, counts: Float64Array, index: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let head = '';
    const place: Place = { left: 0, headBytes: 0, length: 0, isData: false };
    const callback = (size: number): boolean => {
      if (head.endsWith('\r\n\r\n')) {
        const data = dataBytes(place, size);
        counts[index] = (counts[index] ?? 0) + data;
        bytes[0] = (bytes[0] ?? 0) + data;
        bytes[1] = (bytes[1] ?? 0) + 1;
        Atomics.add(changes, 0, 1);
        Atomics.notify(changes, 0);
        return true;
      }
      head += buffer.toString('latin1', 0, size);
      if (!head.endsWith('\r\n\r\n')) return true;
      if (!head.startsWith('HTTP/1.1 101')) reject(new Error(head.split('\r\n')[0]));
      if (topic !== '') socket.write(subscription(topic));
      resolve(socket);
      return true;
    };
    const socket = connect({ host: '127.0.0.1', port, onread: { buffer, callback } });
    socket.on('error', reject);
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Protocol: tickring.fb.v1\r\n\r\n`,
    );
  });
}

parentPort?.on('message', async (request: ClientsRequest) => {
  if (request.do === 'open') {
    const counts = new Float64Array(request.count);
    groups.set(request.group, counts);
    for (let index = 0; index < request.count; index++) await open(request.port, request.topic, counts, index);
    parentPort?.postMessage({});
  } else if (request.do === 'reset') {
    bytes.fill(0);
    for (const counts of groups.values()) counts.fill(0);
    parentPort?.postMessage({});
  } else {
    parentPort?.postMessage({ counts: [...(groups.get(request.group) ?? [])], reads: bytes[1] });
  }
});
