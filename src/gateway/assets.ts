/** The web page, read once at start and served from memory. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Route, Router } from './exchange.js';

/** Beside this file both in `src` and in `dist`, where the build copies it. */
const FOLDER = new URL('./web/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Only what this server itself serves; no inline script or style; not to be framed. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Adds `GET /` and `GET /assets/<file>`. */
export function addAssets(router: Router): void {
  for (const name of readdirSync(FOLDER)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const body = readFileSync(new URL(name, FOLDER));
    const route = assetRoute(body, type);
    router.add('get', name === 'index.html' ? '/' : `/assets/${name}`, route);
  }
}

function assetRoute(body: Uint8Array, type: string): Route {
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  const headers = {
    'Content-Type': type,
    ETag: etag,
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  };
  return ({ ifNoneMatch }) => {
    const known = ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
    return known ? { status: 304, headers, body: '' } : { status: 200, headers, body };
  };
}
