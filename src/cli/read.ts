/** `tickring read`: the events of a running engine, read from the ring as any other local reader would. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { KINDS, type KindName, VENUE_NAMES } from '../model/codes.js';
import { EXIT, TickringError } from '../model/errors.js';
import { KIND_GENERATION, KIND_LAPPED, KIND_WRITER, native, RECORD_SIZE_MAX, RingReader } from '../native/index.js';
import { nearest } from './config/nearest.js';
import { loadConfig } from './config.js';
import { durationMs, integer } from './options.js';
import { type InstrumentView, RecordCursor, recordText } from './record.js';

const BATCH = 256;
/** Pause when no shard has anything new. */
const IDLE_MS = 5;
/** How often new shards are looked for. */
const LOOK_EVERY_MS = 1_000;

interface ReadFlags {
  readonly config?: string;
  readonly name?: string;
  readonly shmRoot?: string;
  readonly for?: string;
  readonly instrument?: string;
  readonly kinds?: string;
  readonly json?: boolean;
  readonly count?: string;
  readonly oldest?: boolean;
}

interface Filter {
  /** Kind numbers; undefined passes all. */
  readonly kinds: ReadonlySet<number> | undefined;
  /** `SYMBOL` or `venue:SYMBOL`; undefined passes all. */
  readonly instrument: string | undefined;
}

/** Kind numbers of a list such as `trade,gap`. */
function kindNumbers(text: string): Set<number> {
  const known = Object.keys(KINDS) as KindName[];
  return new Set(
    text.split(',').map((part) => {
      const kind = known.find((name) => name === part.trim());
      if (kind !== undefined) return KINDS[kind];
      const like = nearest(part.trim(), known);
      throw new TickringError(
        'USAGE_INVALID',
        `--kinds ${part} is no kind, ${like === undefined ? `known are ${known.join(', ')}` : `did you mean ${like}?`}`,
      );
    }),
  );
}

/** One shard's reader with the definitions that its records need. */
class ShardTail {
  readonly shard: number;
  readonly #reader: RingReader;
  readonly #instruments = new Map<number, InstrumentView>();
  readonly #filter: Filter;
  readonly #out = new Uint8Array(BATCH * RECORD_SIZE_MAX);

  constructor(shmRoot: string, name: string, shard: number, filter: Filter, fromOldest: boolean) {
    this.shard = shard;
    this.#filter = filter;
    this.#reader = native(() => new RingReader(shmRoot, name, shard));
    if (fromOldest) this.#reader.seekOldest();
    this.#learn();
  }

  #learn(): void {
    for (const { id, venue, symbol, priceExponent, qtyExponent } of native(() => this.#reader.instruments())) {
      const venueName = (VENUE_NAMES as Readonly<Record<number, string>>)[venue] ?? String(venue);
      this.#instruments.set(id, { venue: venueName, symbol, priceExponent, qtyExponent });
    }
  }

  /** Hands the next records that pass the filter to `take` until it says stop; returns whether there was anything. */
  poll(take: (record: ReturnType<RecordCursor['view']>) => boolean): boolean {
    const count = native(() => this.#reader.poll(this.#out, BATCH));
    const cursor = new RecordCursor(this.#out);
    for (let index = 0; index < count; index++, cursor.advance()) {
      const { kind, instrument } = cursor;
      if (kind === KIND_WRITER) {
        tellWriter(cursor.view(this.shard, undefined));
        continue;
      }
      if (kind === KINDS.instrument) this.#instruments.set(instrument, cursor.definition());
      else if (kind === KIND_GENERATION) this.#learn();
      if (this.#passes(kind, instrument) && !take(cursor.view(this.shard, this.#instruments.get(instrument)))) break;
    }
    return count > 0;
  }

  /** Losses and restarts are said whatever was asked for. */
  #passes(kind: number, id: number): boolean {
    if (kind === KIND_LAPPED || kind === KIND_GENERATION) return true;
    const { kinds, instrument: wanted } = this.#filter;
    if (kinds !== undefined && !kinds.has(kind)) return false;
    if (wanted === undefined) return true;
    const instrument = this.#instruments.get(id);
    return instrument !== undefined && (instrument.symbol === wanted || `${instrument.venue}:${instrument.symbol}` === wanted);
  }

  close(): void {
    this.#reader.close();
  }
}

/** For people, beside the records. */
function tellWriter(notice: ReturnType<RecordCursor['view']>): void {
  const { shard, state } = notice;
  if (state !== 'live') process.stderr.write(`tickring: the engine's shard ${shard} is ${state}; waiting for it\n`);
}

/** Numbers of the shards that an engine has published. */
function shardsOf(shmRoot: string, name: string): number[] {
  try {
    return readdirSync(join(shmRoot, name)).flatMap((entry) => {
      const number = /^shard-(\d+)$/.exec(entry)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
  } catch {
    return [];
  }
}

interface ReadOptions extends Filter {
  readonly shmRoot: string;
  readonly name: string;
  readonly json: boolean;
  readonly countMax: number;
  readonly oldest: boolean;
  /** Absent: until something else ends it. */
  readonly forMs: number | undefined;
}

/** Prints records until `countMax` of them, the end of `forMs`, a signal, or a closed output. */
class Printer {
  readonly #options: ReadOptions;
  readonly #tails = new Map<number, ShardTail>();
  readonly #stop = new AbortController();
  #printed = 0;
  #text = '';

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  async run(): Promise<number> {
    const stop = (): void => this.#stop.abort();
    process.on('SIGINT', stop).on('SIGTERM', stop);
    // `tickring read | head` closes the pipe: that is an end, not a failure.
    process.stdout.on('error', stop);
    this.#join(this.#options.oldest);
    if (this.#tails.size === 0) {
      const { shmRoot, name } = this.#options;
      throw new TickringError(
        'SHM_NOT_FOUND',
        `no engine has published under ${join(shmRoot, name)}; start one with \`tickring start\``,
      );
    }
    const { forMs } = this.#options;
    const timer = forMs === undefined ? undefined : setTimeout(stop, forMs);
    let lookedAt = performance.now();
    while (!this.#stop.signal.aborted && this.#printed < this.#options.countMax) {
      const busy = [...this.#tails.values()].map((tail) => tail.poll((record) => this.#take(record))).some(Boolean);
      await this.#flush();
      if (performance.now() - lookedAt > LOOK_EVERY_MS) {
        lookedAt = performance.now();
        // A shard that appears later is read from its first record on.
        this.#join(true);
      }
      if (!busy) await sleep(IDLE_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
    clearTimeout(timer);
    for (const tail of this.#tails.values()) tail.close();
    return EXIT.ok;
  }

  #join(fromOldest: boolean): void {
    const { shmRoot, name } = this.#options;
    for (const shard of shardsOf(shmRoot, name)) {
      if (this.#tails.has(shard)) continue;
      try {
        this.#tails.set(shard, new ShardTail(shmRoot, name, shard, this.#options, fromOldest));
      } catch (error) {
        // The directory is there before the segment is; the next look finds it.
        if (!(error instanceof TickringError && error.code === 'SHM_NOT_FOUND')) throw error;
      }
    }
  }

  #take(record: Parameters<typeof recordText>[0]): boolean {
    if (this.#printed >= this.#options.countMax) return false;
    this.#text += `${this.#options.json ? JSON.stringify(record) : recordText(record)}\n`;
    this.#printed += 1;
    return this.#printed < this.#options.countMax;
  }

  async #flush(): Promise<void> {
    const text = this.#text;
    if (text === '') return;
    this.#text = '';
    if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal: this.#stop.signal }).catch(() => {});
  }
}

/** Adds `read`. */
export function registerRead(program: Command): void {
  program
    .command('read')
    .description("print the ring's events of a running engine")
    .option('-c, --config <file>', 'YAML configuration, for name and place of the engine')
    .option('--name <name>', 'name of the engine')
    .option('--shm-root <dir>', 'root of shared memory')
    .option('--instrument <symbol>', 'only this one: SYMBOL or venue:SYMBOL')
    .option('--kinds <list>', `only these: ${Object.keys(KINDS).join(', ')}`)
    .option('--json', 'one JSON object a line')
    .option('--count <n>', 'end after so many')
    .option('--for <duration>', 'end after this long (e.g. 5s)')
    .option('--oldest', 'begin with the oldest record that is still there')
    .action(async (flags: ReadFlags) => {
      const { config } = loadConfig({
        ...(flags.config === undefined ? {} : { file: flags.config }),
        env: process.env,
        flags: {
          ...(flags.name === undefined ? {} : { name: flags.name }),
          ...(flags.shmRoot === undefined ? {} : { shm_root: flags.shmRoot }),
        },
      });
      const options: ReadOptions = {
        shmRoot: config.engine.shmRoot,
        name: config.engine.name,
        kinds: flags.kinds === undefined ? undefined : kindNumbers(flags.kinds),
        instrument: flags.instrument,
        json: flags.json === true,
        countMax: integer('count', flags.count, 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY,
        oldest: flags.oldest === true,
        forMs: flags.for === undefined ? undefined : durationMs(flags.for),
      };
      process.exitCode = await new Printer(options).run();
    });
}
