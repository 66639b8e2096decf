/** Latency by stage: what the engine's shards count in shared memory, and the gateway's own way from the ring to the sockets. */

import { ByteBuffer } from 'flatbuffers';
import { Message } from '../model/wire/index.js';
import { HISTOGRAM_BUCKETS, STAGES } from '../native/layout.js';
import { bucketOf } from './histogram.js';
import type { Monitor } from './monitor.js';

/** One message of this many is looked at, a power of two: reading its times costs more than publishing it. */
const SAMPLE_EVERY = 64;
const JSON_HEAD_BYTES = 1_024;

export interface Stage {
  readonly name: string;
  readonly help: string;
  /** Whether its slow values are told: a whole way of our own, neither a venue's clock nor a part of another stage. */
  readonly isWatched: boolean;
}

const ENGINE_STAGES: readonly Stage[] = STAGES.map(({ name, help }) => ({ name, help, isWatched: name === 'receive_to_ring' }));
const FANOUT: Stage = {
  name: 'ring_to_fanout',
  help: 'From the ring to the handing over to the sockets, one message of 64, ns.',
  isWatched: true,
};

export class Stages {
  readonly all: readonly Stage[] = [...ENGINE_STAGES, FANOUT];
  readonly #monitor: Monitor;
  readonly #fanout = new Float64Array(HISTOGRAM_BUCKETS);
  #seen = 0;

  constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  /** Counts by bucket. */
  counts(stage: Stage): Float64Array {
    return stage === FANOUT ? this.#fanout : this.#monitor.histogram(this.all.indexOf(stage));
  }

  /** A message goes out now. `channel` begins with the numbers of encoding and rung. */
  published(channel: string, bytes: Uint8Array): void {
    this.#seen += 1;
    if ((this.#seen & (SAMPLE_EVERY - 1)) !== 0) return;
    const tsOut = tsOutOf(channel, bytes);
    if (tsOut === 0) return;
    // Both clocks of one host: what an adjustment of the clock takes below zero is a zero.
    const ns = Math.max(0, (performance.timeOrigin + performance.now()) * 1e6 - tsOut);
    const bucket = bucketOf(ns);
    this.#fanout[bucket] = (this.#fanout[bucket] ?? 0) + 1;
  }
}

/**
 * When the record of a message stood on the ring, ns since the UNIX epoch. 0 where it is not to be counted: of FlatBuffers and JSON
 * the full rung is looked at, the others wait on purpose.
 */
function tsOutOf(channel: string, bytes: Uint8Array): number {
  if (channel.startsWith('0/0/')) return Number(Message.getRootAsMessage(new ByteBuffer(bytes)).tsOut());
  if (!channel.startsWith('1/0/')) return 0;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, JSON_HEAD_BYTES)).toString('latin1');
  return Number(/"ts_out":"?(\d+)/.exec(head)?.[1] ?? 0);
}
