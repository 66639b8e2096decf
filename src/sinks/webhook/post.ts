/** One attempt to hand over one body. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Target } from './target.js';

const TOTAL_MS = 15_000;
/** Read of an answer, and thrown away. */
const ANSWER_BYTES_MAX = 4_096;

export interface Posted {
  readonly status: number;
  /** What `Retry-After` asks for, s; undefined without. */
  readonly retryAfterSeconds: number | undefined;
}

/** Rejects where nothing was answered. Follows no redirect, uses no proxy, keeps no connection. */
export function post(target: Target, headers: Readonly<Record<string, string>>, body: string): Promise<Posted> {
  const { url, address, family } = target;
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request: ClientRequest = start(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' },
      // The connection goes where the name was judged to lead, not to where it leads now.
      lookup: (_host, options, answer) =>
        options.all === true ? answer(null, [{ address, family }]) : answer(null, address, family),
      signal: AbortSignal.timeout(TOTAL_MS),
    });
    request.on('socket', (socket) =>
      socket.once('connect', () => {
        if (socket.remoteAddress !== address) request.destroy(new Error('connected to another address'));
      }),
    );
    request.on('error', reject);
    request.on('response', (response) => resolve(settled(response)));
    request.end(body);
  });
}

function settled(response: IncomingMessage): Promise<Posted> {
  const { statusCode: status = 0, headers } = response;
  const seconds = /^\d{1,6}$/.exec(headers['retry-after'] ?? '')?.[0];
  let bytes = 0;
  return new Promise((resolve) => {
    const done = (): void => {
      response.destroy();
      resolve({ status, retryAfterSeconds: seconds === undefined ? undefined : Number(seconds) });
    };
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) done();
    });
    // The status has come: how the rest ends does not matter.
    for (const event of ['end', 'error', 'close'] as const) response.on(event, done);
  });
}
