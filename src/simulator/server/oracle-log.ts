import { closeSync, openSync, writeSync } from 'node:fs';

const WRITE_BYTES = 64 * 1024;
/** Lines kept in memory when no file is named. */
const RECENT_MAX = 65_536;

/** One message and one connection: what the venue did with it. */
export interface OracleRecord {
  readonly venue: string;
  readonly connection: number;
  readonly stream: string;
  readonly symbol: string;
  /** Update ids of a depth message or quote, trade ids of a trade. */
  readonly first_id: number;
  readonly last_id: number;
  /** Bytes of the WebSocket payload as sent, and their CRC-32 (that of zlib). */
  readonly bytes: number;
  readonly crc32: number;
  /** `sent`, `duplicated`, `reordered`, `malformed:<kind>`, `crossed`, `corrupt`, `bad_time`; not sent: `dropped`, `stalled`, `refused`; two joined by `+`. */
  readonly fate: string;
  /** Virtual time, µs since the UNIX epoch. */
  readonly time_us: number;
}

/** Writes records as JSON lines to a file, or keeps the newest ones in memory. */
export class OracleLog {
  readonly #file: number | undefined;
  #pending = '';
  readonly #recent: OracleRecord[] = [];
  #next = 0;
  records = 0;

  /** Opens `path` for appending; its folder must exist. */
  constructor(path: string | undefined) {
    this.#file = path === undefined ? undefined : openSync(path, 'a', 0o640);
  }

  add(record: OracleRecord): void {
    this.records += 1;
    if (this.#file === undefined) {
      this.#recent[this.#next] = record;
      this.#next = (this.#next + 1) % RECENT_MAX;
      return;
    }
    this.#pending += `${JSON.stringify(record)}\n`;
    // Written at once and in order: a log that a crash or a full buffer could thin out would prove nothing.
    if (this.#pending.length >= WRITE_BYTES) this.flush();
  }

  /** The newest records in memory, oldest first. */
  recent(limit: number): OracleRecord[] {
    const ordered =
      this.#recent.length < RECENT_MAX
        ? this.#recent
        : [...this.#recent.slice(this.#next), ...this.#recent.slice(0, this.#next)];
    return ordered.slice(Math.max(0, ordered.length - limit));
  }

  flush(): void {
    if (this.#file === undefined || this.#pending === '') return;
    const bytes = Buffer.from(this.#pending);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    this.#pending = '';
  }

  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
  }
}
