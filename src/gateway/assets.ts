/** The web page, read once at start and served from memory. It is built by `npm run setup`. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Route, Router } from './exchange.js';
import { Refusal } from './problem.js';

/** The same place whether this file runs in `src` or in `dist`. */
const FOLDER = new URL('../../dist/gateway/web/', import.meta.url);

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

/** Names of assets carry a hash of their contents; the page that names them must be asked for each time. */
const REVALIDATED = 'no-cache';
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Adds `GET /` and `GET /assets/<file>`. */
export function addAssets(router: Router): void {
  const index = new URL('index.html', FOLDER);
  if (!existsSync(index)) {
    // Everything else is served without it: who works on the gateway may not have built it.
    router.add('get', '/', () => {
      throw new Refusal(503, 'the page is not built: npm run setup');
    });
    return;
  }
  router.add('get', '/', assetRoute(index, REVALIDATED));
  for (const name of readdirSync(new URL('assets/', FOLDER)))
    router.add('get', `/assets/${name}`, assetRoute(new URL(`assets/${name}`, FOLDER), IMMUTABLE));
}

function assetRoute(file: URL, caching: string): Route {
  const type = TYPES[extname(file.pathname)];
  if (type === undefined) throw new Error(`no content type is known for ${file.pathname}`);
  const body = readFileSync(file);
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  const headers = {
    'Content-Type': type,
    ETag: etag,
    'Cache-Control': caching,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  };
  return ({ ifNoneMatch }) => {
    const known = ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
    return known ? { status: 304, headers, body: '' } : { status: 200, headers, body };
  };
}
