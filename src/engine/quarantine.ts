import { appendFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from './log.js';

/** Bytes that may wait to be written; beyond them inputs are counted as dropped, never waited for. */
const QUEUE_SIZE_MAX = 32 << 20;

/** Files that the limit is spread over, so that making room removes a part and not all. */
const PARTS = 8;

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
 * Keeps refused inputs with their bytes: one JSON line each in `quarantine/<UTC date>-<shard>-<part>.jsonl` (every shard
 * writes files of its own; samples of drift have a folder of theirs), the oldest file removed when all of them exceed the limit. Writing never holds up a feed.
 */
export class Quarantine {
  readonly #directory: string;
  readonly #shard: number;
  readonly #sizeMax: number;
  readonly #logger: Logger;
  #queue: string[] = [];
  #queueSize = 0;
  #writing: Promise<void> | undefined;
  #part = 0;
  #partSize = 0;
  #reported = 0;
  /** Inputs whose bytes could not be kept: they came too fast, are larger than the limit, or the disk refused them. */
  dropped = 0;

  constructor(stateDir: string, shard: number, sizeMax: number, logger: Logger, folder = 'quarantine') {
    this.#directory = join(stateDir, folder);
    this.#shard = shard;
    this.#sizeMax = sizeMax;
    this.#logger = logger;
  }

  add({ bytes, ...rest }: QuarantinedInput): void {
    const frame_base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    const line = `${JSON.stringify({ ts: new Date().toISOString(), shard: this.#shard, ...rest, frame_base64 })}\n`;
    if (this.#queueSize + line.length > QUEUE_SIZE_MAX || line.length > this.#sizeMax) this.dropped += 1;
    else {
      this.#queue.push(line);
      this.#queueSize += line.length;
    }
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
      const lines = this.#take();
      const text = lines.join('');
      const size = Buffer.byteLength(text);
      try {
        await mkdir(this.#directory, { recursive: true, mode: 0o700 });
        await this.#makeRoom(size);
        await appendFile(join(this.#directory, this.#name()), text, { mode: 0o600 });
        this.#partSize += size;
      } catch (error) {
        this.dropped += lines.length;
        this.#logger.error({ reason: (error as Error).message }, 'quarantined inputs could not be written');
      }
    }
    if (this.dropped > this.#reported) {
      this.#logger.error({ dropped: this.dropped - this.#reported }, 'bytes of quarantined inputs are lost');
      this.#reported = this.dropped;
    }
  }

  /** Lines for one append: as many as a file may hold, at least one. */
  #take(): string[] {
    let count = 0;
    let size = 0;
    do size += this.#queue[count++]?.length ?? 0;
    while (count < this.#queue.length && size + (this.#queue[count]?.length ?? 0) <= this.#sizeMax / PARTS);
    this.#queueSize -= size;
    return this.#queue.splice(0, count);
  }

  #name(): string {
    return `${new Date().toISOString().slice(0, 10)}-${this.#shard}-${String(this.#part).padStart(6, '0')}.jsonl`;
  }

  async #makeRoom(size: number): Promise<void> {
    if (this.#partSize + size > this.#sizeMax / PARTS) {
      this.#part += 1;
      this.#partSize = 0;
    }
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith('.jsonl'));
    const files = (await Promise.all(names.map((name) => this.#look(name)))).filter((file) => file !== undefined);
    files.sort((a, b) => a.mtimeMs - b.mtimeMs || (a.name < b.name ? -1 : 1));
    let total = files.reduce((sum, file) => sum + file.bytes, size);
    for (const { name, bytes } of files) {
      if (total <= this.#sizeMax) return;
      // Another shard may have removed it meanwhile.
      await rm(join(this.#directory, name), { force: true });
      this.#logger.warn({ file: name, bytes }, 'quarantine is full: its oldest file was removed');
      total -= bytes;
    }
  }

  async #look(name: string): Promise<{ name: string; bytes: number; mtimeMs: number } | undefined> {
    try {
      const { size, mtimeMs } = await stat(join(this.#directory, name));
      return { name, bytes: size, mtimeMs };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
