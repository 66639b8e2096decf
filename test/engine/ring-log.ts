/** Everything that an engine publishes, read from shared memory as any other process would. */
import { GAP_REASON_NAMES, GAP_STREAM_NAMES, KINDS } from '#dist/model/codes.js';
import { PAYLOAD_FIELDS, RECORD_OFFSETS, RECORD_SIZE_MAX, RingReader } from '#dist/native/index.js';

const BATCH = 512;

export interface GapRecord {
  readonly stream: string;
  readonly reason: string;
  readonly first: number;
  readonly last: number;
}

/** Collects gaps and trade ids by instrument, and the epochs of every shard. */
export class RingLog {
  readonly gaps = new Map<number, GapRecord[]>();
  readonly trades = new Map<number, Set<number>>();
  readonly epochs: bigint[][];
  lapped = 0;
  readonly #root: string;
  readonly #name: string;
  readonly #shards: number;
  readonly #readers: RingReader[] = [];
  readonly #out = Buffer.alloc(BATCH * 256 + RECORD_SIZE_MAX * 64);
  #timer: NodeJS.Timeout | undefined;

  constructor(root: string, name: string, shards: number) {
    this.#root = root;
    this.#name = name;
    this.#shards = shards;
    this.epochs = Array.from({ length: shards }, () => []);
  }

  /** True when all rings are there; what was published before is read as well. */
  open(): boolean {
    while (this.#readers.length < this.#shards) {
      try {
        const reader = new RingReader(this.#root, this.#name, this.#readers.length);
        reader.seekOldest();
        this.#readers.push(reader);
      } catch {
        return false;
      }
    }
    this.#timer ??= setInterval(() => this.drain(), 20);
    return true;
  }

  drain(): void {
    for (const [shard, reader] of this.#readers.entries()) {
      for (let count = BATCH; count > 0; ) {
        count = reader.poll(this.#out, BATCH);
        this.#read(count);
      }
      const { epoch } = reader.status();
      if (this.epochs[shard]?.at(-1) !== epoch) this.epochs[shard]?.push(epoch);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const reader of this.#readers.splice(0)) reader.close();
  }

  #read(count: number): void {
    const out = this.#out;
    for (let at = 0, left = count; left > 0; left -= 1) {
      const kind = out.readUInt8(at + RECORD_OFFSETS.kind);
      const instrument = out.readUInt32LE(at + RECORD_OFFSETS.instrument);
      if (kind === 255) this.lapped += 1;
      if (kind === KINDS.gap) push(this.gaps, instrument, this.#gap(at));
      if (kind === KINDS.trade) {
        const ids = this.trades.get(instrument) ?? new Set();
        this.trades.set(instrument, ids.add(this.#word(at, PAYLOAD_FIELDS.trade.tradeId.word)));
      }
      at += out.readUInt32LE(at + RECORD_OFFSETS.size);
    }
  }

  #gap(at: number): GapRecord {
    const { stream, reason, first, last } = PAYLOAD_FIELDS.gap;
    const word = this.#word(at, stream.word);
    const bits = (field: typeof stream | typeof reason): number => (word >>> field.shift) & (2 ** field.bits - 1);
    return {
      stream: GAP_STREAM_NAMES[bits(stream) as keyof typeof GAP_STREAM_NAMES],
      reason: GAP_REASON_NAMES[bits(reason) as keyof typeof GAP_REASON_NAMES],
      first: this.#word(at, first.word),
      last: this.#word(at, last.word),
    };
  }

  #word(at: number, word: number): number {
    return Number(this.#out.readBigUInt64LE(at + RECORD_OFFSETS.payload + 8 * word));
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key) ?? [];
  map.set(key, list);
  list.push(value);
}
