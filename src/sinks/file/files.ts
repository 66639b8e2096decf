/** Files of lines, numbered, each followed by the next when it is long enough. */
import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TickringError } from '../../model/errors.js';

const NAME = /^(\d{8})\.jsonl$/;

function nameOf(index: number): string {
  return `${String(index).padStart(8, '0')}.jsonl`;
}

/** One folder's files; one writer. */
export class LineFiles {
  readonly #dir: string;
  readonly #rotateBytes: number;
  #file: FileHandle | undefined;
  #index = 0;
  #bytes = 0;

  constructor(dir: string, rotateBytes: number) {
    this.#dir = dir;
    this.#rotateBytes = rotateBytes;
  }

  /**
   * Goes back to a place that `place` gave; empty: a new file behind all that are there.
   *
   * @throws TickringError `STATE_INVALID` where the file does not hold what was written
   */
  async begin(place: string): Promise<void> {
    await this.close();
    if (place === '') {
      await mkdir(this.#dir, { recursive: true, mode: 0o750 });
      const present = await this.#present();
      const last = present.at(-1) ?? 0;
      // The one that was begun for a cursor that could not be kept: no disk that is full for a day makes thousands of them.
      if (last > 0 && last === this.#index && (await stat(join(this.#dir, nameOf(last)))).size === 0)
        await this.#reopen(last, 0);
      else await this.#create(last + 1);
      return;
    }
    const [, index, bytes] = /^(\d{1,8}) (\d{1,15})$/.exec(place)?.map(Number) ?? [];
    if (index === undefined || bytes === undefined)
      throw new TickringError('STATE_INVALID', `the cursor names ${JSON.stringify(place)}, which is no place in a file`);
    const path = join(this.#dir, nameOf(index));
    const held = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      throw new TickringError('STATE_INVALID', `${path} is gone, and the cursor says that ${bytes} bytes of it are kept`);
    });
    if (held.size < bytes)
      throw new TickringError('STATE_INVALID', `${path} has ${held.size} bytes, and the cursor says that ${bytes} are kept`);
    const present = await this.#present();
    for (const later of present.filter((other) => other > index)) await this.#removeNext(later, index);
    await this.#reopen(index, bytes);
  }

  /**
   * Appends text that ends with a line.
   *
   * @throws TickringError `STATE_INVALID` where somebody cut, removed or replaced the file meanwhile: the place would be in a hole, or nowhere
   */
  async append(text: string): Promise<void> {
    await this.#check();
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#open().write(bytes, done, bytes.length - done, this.#bytes);
      done += bytesWritten;
      this.#bytes += bytesWritten;
    }
  }

  /** Makes durable what was written, and gives its end as a place. */
  async flush(): Promise<string> {
    await this.#open().datasync();
    await this.#check();
    if (this.#bytes >= this.#rotateBytes) {
      await this.close();
      await this.#create(this.#index + 1);
    }
    return `${this.#index} ${this.#bytes}`;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** A file may have been begun that no cursor came to name. It is empty then; any other is somebody else's. */
  async #removeNext(later: number, index: number): Promise<void> {
    const path = join(this.#dir, nameOf(later));
    if (later === index + 1 && (await stat(path)).size === 0) await unlink(path);
    else throw new TickringError('STATE_INVALID', `${path} is not of this sink, whose cursor ends in ${nameOf(index)}`);
  }

  /** The file of that name is the one that is written, and as long. */
  async #check(): Promise<void> {
    const path = join(this.#dir, nameOf(this.#index));
    const [own, named] = await Promise.all([this.#open().stat(), stat(path).catch(() => undefined)]);
    if (named === undefined || named.ino !== own.ino || named.dev !== own.dev)
      throw new TickringError('STATE_INVALID', `${path} was removed or replaced while it was written`);
    if (own.size !== this.#bytes)
      throw new TickringError('STATE_INVALID', `${path} has ${own.size} bytes where ${this.#bytes} were written`);
  }

  #open(): FileHandle {
    if (this.#file === undefined) throw new TickringError('CLOSED', `no file of ${this.#dir} is open`);
    return this.#file;
  }

  async #present(): Promise<number[]> {
    const names = await readdir(this.#dir);
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #reopen(index: number, bytes: number): Promise<void> {
    this.#file = await open(join(this.#dir, nameOf(index)), 'r+');
    await this.#file.truncate(bytes);
    [this.#index, this.#bytes] = [index, bytes];
  }

  async #create(index: number): Promise<void> {
    this.#file = await open(join(this.#dir, nameOf(index)), 'wx', 0o640);
    [this.#index, this.#bytes] = [index, 0];
    const folder = await open(this.#dir, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
