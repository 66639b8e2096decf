/**
 * Writes answers. What a client has not read yet is kept here once and not handed to uWebSockets.js, whose own buffer has no bound: of
 * a client that asks a hundred times and reads nothing it would keep a hundred answers. A connection that asks again
 * before its answer has left is closed by the library.
 */
import type { HttpResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import type { Reply } from './problem.js';

/** Sent with every answer. No CORS header ever: other origins may not read (THREATS S07). */
const COMMON_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  Vary: 'Origin, Accept, Accept-Encoding',
};

/** Bytes of answers that wait for their clients; beyond it requests are refused. */
const UNREAD_BYTES_MAX = 64 << 20;

const nothing = (): void => {};

export class Answers {
  /** Bytes of bodies that clients have not taken yet. */
  unreadBytes = 0;

  get areTooMany(): boolean {
    return this.unreadBytes > UNREAD_BYTES_MAX;
  }

  /** Writes an answer. Returns what is to be called when the connection is gone. */
  write(res: HttpResponse, reply: Reply, method: string, requestId: string): () => void {
    let forget = nothing;
    res.cork(() => {
      res.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? ''}`);
      for (const [name, value] of Object.entries({ ...COMMON_HEADERS, ...reply.headers, 'X-Request-Id': requestId })) {
        // The library writes it itself.
        if (name !== 'Connection' || value !== 'close') res.writeHeader(name, value);
      }
      if (method === 'head') res.endWithoutBody(Buffer.byteLength(reply.body));
      else if (reply.status === 304 || reply.status === 204) res.endWithoutBody();
      else if (reply.body.length === 0 || reply.headers['Connection'] === 'close')
        res.end(reply.body, reply.headers['Connection'] === 'close');
      else forget = this.#send(res, reply.body);
    });
    return forget;
  }

  /** Sends a body as fast as the client takes it. */
  #send(res: HttpResponse, body: string | Uint8Array): () => void {
    const size = Buffer.byteLength(body);
    if (res.tryEnd(body, size)[1]) return nothing;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    let isWaiting = true;
    this.unreadBytes += size;
    const forget = (): void => {
      if (isWaiting) this.unreadBytes -= size;
      isWaiting = false;
    };
    res.onWritable((offset) => {
      const [ok, isDone] = res.tryEnd(bytes.subarray(offset), size);
      if (isDone) forget();
      return ok;
    });
    return forget;
  }
}
