import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Hub, Published } from '../../src/gateway/hub.js';
import { Pump } from '../../src/gateway/pump.js';
import { ENCODINGS, type FanoutSource } from '../../src/gateway/ring.js';
import { eventually, memoryLogger } from './harness.js';

const FRAME_HEAD_BYTES = 12;
const MESSAGE_BYTES = 728;
/** Of such messages, as many as the library writes to a socket with one call. */
const FULL_TURN = 23;

interface Seen {
  readonly numbers: number[];
  readonly turns: number[];
  readonly windows: number[];
  /** Turns before each time that waiting clients were served. */
  readonly served: number[];
  polls: number;
}

/** Writes `count` messages with numbers from `first` on, as the fan-out frames them. Returns the bytes used. */
function fill(out: Uint8Array, first: number, count: number): number {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  let used = 0;
  for (let index = 0; index < count; index += 1) {
    view.setUint32(used, MESSAGE_BYTES, true);
    view.setUint32(used + 4, 1, true);
    view.setUint8(used + 8, ENCODINGS.flatbuffers);
    view.setUint32(used + FRAME_HEAD_BYTES, first + index, true);
    used += Math.ceil((FRAME_HEAD_BYTES + MESSAGE_BYTES) / 8) * 8;
  }
  return used;
}

/** A pump over polls of these sizes, run until all of it is published. */
async function pumped(sizes: readonly number[]): Promise<Seen> {
  const seen: Seen = { numbers: [], turns: [], windows: [], served: [], polls: 0 };
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let built = 0;
  const fanout: FanoutSource = {
    topics: () => [],
    version: () => 0,
    interest: () => {},
    snapshot: () => null,
    replay: () => null,
    skipped: () => null,
    seq: () => 0,
    candles: () => null,
    settle: () => false,
    lateTrades: () => ({ late: 0, leftOut: 0 }),
    wantedSnapshots: () => [],
    lost: () => 0n,
    status: () => [],
    close: () => {},
    poll: (out) => {
      const count = sizes[seen.polls] ?? 0;
      seen.polls += 1;
      seen.windows.push(out.length);
      built += count;
      return fill(out, built - count, count);
    },
  };
  const hub = {
    counts: { messages: 0, bytes: 0 },
    settle: (published: readonly Published[]) => {
      if (published.length > 0) seen.turns.push(published.length);
      // What was published still stands where it was: losses are told from these bytes.
      const first = seen.numbers.length - published.length;
      for (const [index, { bytes }] of published.entries()) expect(numberOf(bytes)).toBe(first + index);
    },
    serve: () => {
      expect(seen.numbers.length, 'messages published when clients are served').toBe(built);
      seen.served.push(seen.turns.length);
    },
    learnTopics: () => {},
  };
  const publish = (_channel: string, bytes: Uint8Array): void => {
    seen.numbers.push(numberOf(bytes));
  };
  const logger = memoryLogger();
  const pump = new Pump(fanout, hub as unknown as Hub, { open: () => fanout, publish, logger });
  pump.start();
  await eventually('all published and settled', () => {
    expect(logger.lines).toEqual([]);
    return seen.turns.reduce((sum, turn) => sum + turn, 0) === total;
  });
  pump.stop();
  return seen;
}

function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

describe('pump', () => {
  // Time stands still: no turn ends early on a busy machine.
  beforeEach(() => {
    vi.spyOn(performance, 'now').mockReturnValue(0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('publishes all messages in order, whatever the sizes of polls', async () => {
    const sizes = [1, 64, 0, 22, 23, 24, 5, 1_000, 0, 0, 46, 47];
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const { numbers } = await pumped(sizes);
    expect(numbers).toEqual(Array.from({ length: total }, (_, index) => index));
  });

  it('fills a turn up from the next poll instead of publishing the rest of the last one alone', async () => {
    const { turns } = await pumped([30, 30, 9]);
    expect(turns).toEqual([FULL_TURN, FULL_TURN, FULL_TURN]);
  });

  it('gives the fan-out a window of the same size each time', async () => {
    const { windows } = await pumped([64, 64, 64, 64]);
    expect(new Set(windows).size).toBe(1);
  });

  it('serves waiting clients although there is always more to poll', async () => {
    const { served, turns } = await pumped(Array.from({ length: 200 }, () => FULL_TURN + 1));
    expect(turns.length).toBeGreaterThan(200);
    const within = served.filter((turn) => turn > 0 && turn < turns.length);
    expect(within.length).toBeGreaterThan(10);
  });
});
