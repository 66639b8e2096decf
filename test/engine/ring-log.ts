/** Everything that an engine publishes, read from shared memory as any other process would. */
import { FLAGS, GAP_REASON_NAMES, GAP_STREAM_NAMES, KINDS, MARKET_STATE_NAMES, STATES } from '#dist/model/codes.js';
import { PAYLOAD_FIELDS, RECORD_OFFSETS, RECORD_SIZE_MAX, RingReader } from '#dist/native/index.js';

const BATCH = 512;

export interface GapRecord {
  readonly stream: string;
  readonly reason: string;
  readonly first: number;
  readonly last: number;
}

/** What a change of a book follows directly, and where it ends. */
interface Link {
  readonly prev: number;
  readonly last: number;
}

/** Collects gaps and trade ids by instrument, and the epochs of every shard. */
export class RingLog {
  readonly gaps = new Map<number, GapRecord[]>();
  readonly trades = new Map<number, Set<number>>();
  /** Trades and gaps that say RECOVERED: what came late, and which numbers that were. */
  readonly lateTrades = new Map<number, number[]>();
  readonly closings = new Map<number, GapRecord[]>();
  /** What was told of each instrument's market, and why its book was stale: names, numbers of codes. */
  readonly markets = new Map<number, string[]>();
  readonly staleCodes = new Map<number, number[]>();
  /** Trades on the ring, repetitions counted. */
  tradeCount = 0;
  readonly epochs: bigint[][];
  lapped = 0;
  /** Records whose venue time is implausible. */
  badTimes = 0;
  /** Changes of books that follow neither the one before nor a gap. */
  readonly breaks: { readonly instrument: number; readonly tail: number; readonly link: Link }[] = [];
  readonly #tails = new Map<number, number>();
  /** Ids that gaps named since the book changed last. */
  readonly #named = new Map<number, GapRecord[]>();
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
      const flags = out.readUInt16LE(at + RECORD_OFFSETS.flags);
      if ((flags & FLAGS.bad_ts) !== 0) this.badTimes += 1;
      const isLate = (flags & FLAGS.recovered) !== 0;
      if (kind === KINDS.gap && isLate) push(this.closings, instrument, this.#gap(at));
      else if (kind === KINDS.gap) this.#tell(instrument, this.#gap(at));
      if (kind === KINDS.book_delta || kind === KINDS.book_snapshot) this.#follow(instrument, kind, this.#link(at));
      if (kind === KINDS.trading_status) {
        const state = this.#bits(at, PAYLOAD_FIELDS.trading_status.state);
        push(this.markets, instrument, MARKET_STATE_NAMES[state as keyof typeof MARKET_STATE_NAMES]);
      }
      if (kind === KINDS.status && this.#bits(at, PAYLOAD_FIELDS.status.state) === STATES.stale)
        push(this.staleCodes, instrument, this.#bits(at, PAYLOAD_FIELDS.status.code));
      if (kind === KINDS.trade) this.tradeCount += 1;
      if (kind === KINDS.trade && isLate) push(this.lateTrades, instrument, this.#word(at, PAYLOAD_FIELDS.trade.tradeId.word));
      else if (kind === KINDS.trade) {
        const ids = this.trades.get(instrument) ?? new Set();
        this.trades.set(instrument, ids.add(this.#word(at, PAYLOAD_FIELDS.trade.tradeId.word)));
      }
      at += out.readUInt32LE(at + RECORD_OFFSETS.size);
    }
  }

  #tell(instrument: number, gap: GapRecord): void {
    push(this.gaps, instrument, gap);
    if (gap.stream === 'book') push(this.#named, instrument, gap);
  }

  /** A change follows the one before it directly, or gaps name what is between; a whole book begins anew. */
  #follow(instrument: number, kind: number, link: Link): void {
    const tail = this.#tails.get(instrument);
    const named = this.#named.get(instrument) ?? [];
    const isTold = named.some(({ reason, first, last }) => reason === 'rollback' || first === 0 || last >= link.prev);
    if (kind === KINDS.book_delta && tail !== undefined && tail !== link.prev && tail !== link.last && !isTold)
      this.breaks.push({ instrument, tail, link });
    this.#tails.set(instrument, link.last);
    this.#named.delete(instrument);
  }

  #link(at: number): Link {
    return { prev: this.#word(at, 0), last: this.#word(at, 1) };
  }

  #gap(at: number): GapRecord {
    const { stream, reason, first, last } = PAYLOAD_FIELDS.gap;
    return {
      stream: GAP_STREAM_NAMES[this.#bits(at, stream) as keyof typeof GAP_STREAM_NAMES],
      reason: GAP_REASON_NAMES[this.#bits(at, reason) as keyof typeof GAP_REASON_NAMES],
      first: this.#word(at, first.word),
      last: this.#word(at, last.word),
    };
  }

  #bits(at: number, field: { readonly word: number; readonly shift: number; readonly bits: number }): number {
    const word = this.#out.readBigUInt64LE(at + RECORD_OFFSETS.payload + 8 * field.word);
    return Number(BigInt.asUintN(field.bits, word >> BigInt(field.shift)));
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
