/** What waits for the server: bounded, oldest given up first. */
import type { Losses } from './losses.js';

/** A message of a channel or a stream. */
export interface Message {
  readonly kind: 'channel' | 'stream';
  readonly name: string;
  readonly body: string;
  /** When what it tells happened, ns since the UNIX epoch. */
  readonly atNs: bigint;
  /** When it was put here, monotonic ms. */
  readonly since: number;
}

/** Newest value of a key. */
export interface KeyValue {
  readonly kind: 'key';
  readonly name: string;
  readonly body: string;
  readonly atNs: bigint;
  readonly since: number;
}

export type Entry = Message | KeyValue;

/** What an entry costs beside its text, bytes, about. */
const ENTRY_BYTES = 128;
/** Freed places at the front after which they are cut off. */
const COMPACT_AT = 4_096;

/** Strings here are nearly always ASCII; the rest may count three times as much. */
function bytesOf({ name, body }: Entry): number {
  return name.length + body.length + ENTRY_BYTES;
}

export class Outbox {
  readonly #bytesMax: number;
  readonly #losses: Losses;
  /** Those before `#head` are gone. */
  #messages: (Message | undefined)[] = [];
  #head = 0;
  readonly #keys = new Map<string, KeyValue>();
  #bytes = 0;
  dropped = 0;

  constructor(bytesMax: number, losses: Losses) {
    this.#bytesMax = bytesMax;
    this.#losses = losses;
  }

  get messages(): number {
    return this.#messages.length - this.#head + this.#keys.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(message: Message): void {
    this.#messages.push(message);
    this.#bytes += bytesOf(message);
    while (this.#bytes > this.#bytesMax && this.#drop());
  }

  /** Replaces what waits for the same key. */
  set(value: KeyValue): void {
    const before = this.#keys.get(value.name);
    this.#keys.delete(value.name);
    this.#keys.set(value.name, value);
    this.#bytes += bytesOf(value) - (before === undefined ? 0 : bytesOf(before));
    while (this.#bytes > this.#bytesMax && this.#drop());
  }

  /** Entries for one batch: messages in their order, then keys. */
  take(countMax: number, bytesMax: number): Entry[] {
    const taken: Entry[] = [];
    let bytes = 0;
    // Keys get their share, however many messages wait.
    const messagesMax = countMax - Math.min(this.#keys.size, countMax >> 2);
    while (taken.length < messagesMax && bytes < bytesMax) {
      const message = this.#shift();
      if (message === undefined) break;
      bytes += bytesOf(message);
      taken.push(message);
    }
    for (const value of this.#keys.values()) {
      if (taken.length >= countMax || bytes >= bytesMax) break;
      this.#keys.delete(value.name);
      bytes += bytesOf(value);
      taken.push(value);
    }
    this.#bytes -= bytes;
    return taken;
  }

  /** Entries that the server has certainly not taken, back to where they were. */
  putBack(entries: readonly Entry[]): void {
    const messages = entries.filter((entry) => entry.kind !== 'key');
    this.#messages = [...messages, ...this.#messages.slice(this.#head)];
    this.#head = 0;
    for (const message of messages) this.#bytes += bytesOf(message);
    for (const entry of entries) {
      if (entry.kind !== 'key' || this.#keys.has(entry.name)) continue;
      this.#keys.set(entry.name, entry);
      this.#bytes += bytesOf(entry);
    }
    while (this.#bytes > this.#bytesMax && this.#drop());
  }

  #shift(): Message | undefined {
    const message = this.#messages[this.#head];
    if (message === undefined) return undefined;
    this.#messages[this.#head] = undefined;
    this.#head += 1;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    return message;
  }

  /** Gives up the oldest message, or the oldest key where there is none. */
  #drop(): boolean {
    const message: Entry | undefined = this.#shift() ?? this.#keys.values().next().value;
    if (message === undefined) return false;
    if (message.kind === 'key') this.#keys.delete(message.name);
    this.#bytes -= bytesOf(message);
    this.dropped += 1;
    this.#losses.note({ name: message.name, kind: message.kind, lost: 1, reason: 'outbox_full', atNs: message.atNs });
    return true;
  }
}
