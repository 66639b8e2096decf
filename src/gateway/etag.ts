/** Answers that change seldom: clients that have them already get 304, and large ones come compressed where a client takes it. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Request } from './exchange.js';
import type { Reply } from './problem.js';

const etagOf = (body: string | Uint8Array): string => `"${createHash('sha256').update(body).digest('base64url')}"`;

/** Whether a client has the version with this tag. */
export function isKnown({ ifNoneMatch }: Request, etag: string): boolean {
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** An answer with its tag; 304 to who has it. */
export function tagged(request: Request, reply: Reply): Reply {
  const etag = etagOf(reply.body);
  const headers = { ...reply.headers, ETag: etag, 'Cache-Control': 'no-cache' };
  return isKnown(request, etag) ? { status: 304, headers, body: '' } : { ...reply, headers };
}

/** Whether a client takes gzip. */
const takesGzip = ({ acceptEncoding }: Request): boolean =>
  /(^|,)\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*(,|$)))?[^,]*(,|$)/i.test(acceptEncoding) &&
  !/gzip\s*;\s*q=0(\.0*)?\s*(,|$)/i.test(acceptEncoding);

/** A body that never changes, compressed once; each form has a tag of its own. */
export function constant(body: string | Uint8Array, headers: Readonly<Record<string, string>>): (request: Request) => Reply {
  const plain = { body, headers: { ...headers, ETag: etagOf(body), 'Cache-Control': 'no-cache' } };
  const zipped = gzipSync(body);
  const packed = { body: zipped, headers: { ...plain.headers, ETag: etagOf(zipped), 'Content-Encoding': 'gzip' } };
  return (request) => {
    const { body: bytes, headers: all } = takesGzip(request) && zipped.length < body.length ? packed : plain;
    return isKnown(request, all.ETag) ? { status: 304, headers: all, body: '' } : { status: 200, headers: all, body: bytes };
  };
}
