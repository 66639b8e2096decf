import { appendFile, mkdir, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from './log.js';

/** Bytes that may wait to be written; beyond them inputs are counted as dropped, never waited for. */
const QUEUE_SIZE_MAX = 32 << 20;

/** An input that was set aside. */
export interface QuarantinedInput {
  readonly feed: string;
  readonly connection: number;
  readonly instrument: number;
  readonly code: string;
  readonly offset: number;
  readonly message: string;
  readonly bytes: Uint8Array;
}

/**
 * Keeps refused inputs with their bytes: one JSON line each in `quarantine/<UTC date>-<shard>-<part>.jsonl`, the oldest file
 * removed when all of them exceed the limit. Writing never holds up a feed.
 */
export class Quarantine {
  readonly #directory: string;
  readonly #shard: number;
  readonly #sizeMax: number;
  readonly #logger: Logger;
  #queue: string[] = [];
  #queueSize = 0;
  #writing: Promise<void> | undefined;
  #dropped = 0;
  #part = 0;
  #partSize = 0;

  constructor(stateDir: string, shard: number, sizeMax: number, logger: Logger) {
    this.#directory = join(stateDir, 'quarantine');
    this.#shard = shard;
    this.#sizeMax = sizeMax;
    this.#logger = logger;
  }

  add({ bytes, ...rest }: QuarantinedInput): void {
    const line = `${JSON.stringify({ ts: new Date().toISOString(), shard: this.#shard, ...rest, frame_base64: Buffer.from(bytes).toString('base64') })}\n`;
    if (this.#queueSize + line.length > QUEUE_SIZE_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(line);
    this.#queueSize += line.length;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when everything added so far is written. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const text = this.#queue.join('');
      this.#queue = [];
      this.#queueSize = 0;
      try {
        await mkdir(this.#directory, { recursive: true, mode: 0o700 });
        await this.#makeRoom(text.length);
        await appendFile(join(this.#directory, this.#name()), text, { mode: 0o600 });
        this.#partSize += text.length;
      } catch (error) {
        this.#logger.error({ err: error }, 'quarantined inputs could not be written; they are lost');
      }
    }
    if (this.#dropped > 0) {
      this.#logger.error({ dropped: this.#dropped }, 'quarantined inputs came faster than the disk takes them; these are lost');
      this.#dropped = 0;
    }
  }

  #name(): string {
    return `${new Date().toISOString().slice(0, 10)}-${this.#shard}-${String(this.#part).padStart(6, '0')}.jsonl`;
  }

  async #makeRoom(size: number): Promise<void> {
    if (this.#partSize + size > this.#sizeMax / 8) {
      this.#part += 1;
      this.#partSize = 0;
    }
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith('.jsonl')).sort();
    const files = await Promise.all(
      names.map(async (name) => {
        const { size: bytes, mtimeMs } = await stat(join(this.#directory, name));
        return { name, bytes, mtimeMs };
      }),
    );
    files.sort((a, b) => a.mtimeMs - b.mtimeMs);
    let total = files.reduce((sum, file) => sum + file.bytes, size);
    for (const { name, bytes } of files) {
      if (total <= this.#sizeMax) return;
      await unlink(join(this.#directory, name));
      this.#logger.warn({ file: name, bytes }, 'quarantine is full: its oldest file was removed');
      total -= bytes;
    }
  }
}
