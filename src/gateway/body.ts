/** Bodies of requests: read with a limit, and decoded without trusting them. */
import type { HttpResponse } from 'uWebSockets.js';
import { Refusal } from './problem.js';

/** Values nested deeper are refused before they are parsed (THREATS S14). */
const DEPTH_MAX = 32;
/** Bytes of all bodies that are being received at once. */
const RECEIVING_BYTES_MAX = 64 << 20;

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
/** Strings, and numbers outside of them. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*/g;

let receiving = 0;

const tooLarge = (limit: number): Refusal => new Refusal(413, `the body exceeds ${limit} bytes`, { Connection: 'close' });

/**
 * Receives a body. To be called while the request is valid, once. Rejects with 413 beyond `limit`, and with 503 while too many are
 * received already; never settles when the client goes away: nothing is to be done then.
 */
export function receive(
  res: HttpResponse,
  announced: number,
  limit: number,
  onAbort: (end: () => void) => void,
): Promise<Buffer> {
  const { promise, resolve, reject } = withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  let open = true;
  const end = (): void => {
    if (!open) return;
    open = false;
    receiving -= size;
    chunks.length = 0;
  };
  onAbort(end);
  if (announced > limit) {
    open = false;
    reject(tooLarge(limit));
  }
  res.onData((chunk, isLast) => {
    if (!open) return;
    size += chunk.byteLength;
    receiving += chunk.byteLength;
    if (size > limit || receiving > RECEIVING_BYTES_MAX) {
      const refusal =
        size > limit ? tooLarge(limit) : new Refusal(503, 'too many bodies are being received', { 'Retry-After': '1' });
      end();
      reject(refusal);
      return;
    }
    // The library takes the memory back after this call.
    chunks.push(Buffer.from(chunk.slice(0)));
    if (!isLast) return;
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
    end();
    resolve(body);
  });
  return promise;
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** A JSON body's text, known to be UTF-8 and not too deep. */
export function textOf(body: Buffer): string {
  let text: string;
  try {
    text = DECODER.decode(body);
  } catch {
    throw new Refusal(400, 'the body is not UTF-8');
  }
  if (depthOf(text) > DEPTH_MAX) throw new Refusal(400, `the body nests values deeper than ${DEPTH_MAX}`);
  return text;
}

/** The value that a text is. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${(error as Error).message.slice(0, 120)}`);
  }
}

/** The same value with every number as its own digits, so that decimals are not rounded to floats. `text` is valid JSON. */
export function parseDigits(text: string): unknown {
  return JSON.parse(text.replace(TOKENS, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}

/** How deep brackets nest, strings left out. Stops as soon as it is too much. */
function depthOf(text: string): number {
  let depth = 0;
  let isString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) isString = false;
    } else if (code === 0x22) isString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > DEPTH_MAX) return depth;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return 0;
}
