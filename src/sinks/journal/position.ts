/** How far a shard's journal is durable, as the shard's ring tells it: also that of an engine that is dead. */
import { TickringError } from '../../model/errors.js';
import { JOURNAL_COUNTERS, native, RingReader } from '../../native/index.js';

const DURABLE = JOURNAL_COUNTERS.findIndex(({ name }) => name === 'journal_durable');
const APPENDED = JOURNAL_COUNTERS.findIndex(({ name }) => name === 'journal_appended');

export interface Position {
  readonly epoch: bigint;
  /** Last input that is on the disk for good: nothing beyond it may be told. */
  readonly durable: bigint;
  /** Last input that the engine had. */
  readonly appended: bigint;
}

export class JournalPosition {
  readonly #root: string;
  readonly #name: string;
  readonly #shard: number;
  #reader: RingReader | undefined;

  constructor(root: string, name: string, shard: number) {
    this.#root = root;
    this.#name = name;
    this.#shard = shard;
  }

  /** Undefined while no engine has been there, or has said nothing yet. */
  look(): Position | undefined {
    try {
      return native(() => this.#read());
    } catch (error) {
      this.close();
      // There is none, or it is being replaced.
      if (error instanceof TickringError && error.code.startsWith('SHM_')) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  #read(): Position | undefined {
    if (this.#reader?.status().state === 'superseded') this.close();
    this.#reader ??= new RingReader(this.#root, this.#name, this.#shard);
    const counters = this.#reader.journalCounters();
    const [durable = 0n, appended = 0n] = [counters[DURABLE], counters[APPENDED]];
    return appended === 0n ? undefined : { epoch: this.#reader.status().epoch, durable, appended };
  }
}
