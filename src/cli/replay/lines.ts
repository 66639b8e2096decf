/** Lines of a recording, unpacked as they are read: plain, gzip or zstd, told apart by their first bytes. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { TickringError } from '../../model/errors.js';

/** As long as the longest REST body that the state machine takes, and its line's own words. */
const LINE_BYTES_MAX = 65 << 20;
const NEWLINE = 0x0a;

export interface Line {
  readonly bytes: Buffer;
  /** Counts from 1. */
  readonly number: number;
}

/** Unpacks zstd as a stream; Node 20 has no such codec of its own. */
function unzstd(): Transform {
  const unpacker = new Decompress();
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        unpacker.push(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      try {
        unpacker.push(new Uint8Array(0), true);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  unpacker.ondata = (bytes) => stream.push(Buffer.from(bytes));
  return stream;
}

async function unpackerOf(file: string): Promise<Transform | undefined> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(4);
    await handle.read(head, 0, 4, 0);
    if (head.readUInt16BE(0) === 0x1f8b) return createGunzip();
    return head.readUInt32LE(0) === 0xfd2fb528 ? unzstd() : undefined;
  } finally {
    await handle.close();
  }
}

/** All lines of a file that are not empty. @throws TickringError `RECORDING_INVALID` with file and reason. */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  let number = 0;
  try {
    const unpacker = await unpackerOf(file);
    const source = createReadStream(file);
    const stream = unpacker === undefined ? source : source.on('error', (error) => unpacker.destroy(error)).pipe(unpacker);
    let rest: Buffer[] = [];
    let restBytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        number += 1;
        const piece = chunk.subarray(start, end);
        const bytes = rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
        rest = [];
        restBytes = 0;
        start = end + 1;
        if (bytes.length > 0) yield { bytes, number };
      }
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > LINE_BYTES_MAX) throw new Error(`line ${number + 1} exceeds ${LINE_BYTES_MAX} bytes`);
    }
    if (restBytes > 0) yield { bytes: Buffer.concat(rest), number: number + 1 };
  } catch (error) {
    if (error instanceof TickringError) throw error;
    throw new TickringError(
      'RECORDING_INVALID',
      `${file}${number === 0 ? '' : `: after line ${number}`}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
