/** The client's opening handshake, RFC 6455 §4.1: text in, text out. */
import { createHash } from 'node:crypto';

/** Most bytes of the server's answer up to its empty line. */
export const HEAD_BYTES_MAX = 16 << 10;

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.1 ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;

export interface Head {
  readonly status: number;
  /** By name in lower case; what stands there several times is joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
}

/** The request that asks for the upgrade. `key` is 16 random bytes in Base64; names and values of `headers` hold no end of a line. */
export function upgradeRequest(url: URL, key: string, headers: Readonly<Record<string, string>> = {}): string {
  const { username, password } = url;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...(username === '' && password === '' ? [] : [`Authorization: Basic ${Buffer.from(user).toString('base64')}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return lines.join('\r\n') + END;
}

/** Collects the server's answer from the first chunks of a socket. */
export class HeadReader {
  readonly #bytes = Buffer.allocUnsafe(HEAD_BYTES_MAX);
  #size = 0;

  /**
   * Takes a chunk's first `size` bytes; once the answer is whole, gives its text and where the frames begin in this chunk.
   * Throws when the answer is longer than `HEAD_BYTES_MAX`.
   */
  push(chunk: Buffer, size: number): { readonly text: string; readonly framesAt: number } | undefined {
    const before = this.#size;
    this.#size += chunk.copy(this.#bytes, before, 0, size);
    const end = this.#bytes.subarray(0, this.#size).indexOf(END, Math.max(0, before - END.length + 1), 'latin1');
    if (end >= 0) return { text: this.#bytes.toString('latin1', 0, end), framesAt: end + END.length - before };
    if (this.#size === HEAD_BYTES_MAX) throw new Error(`handshake answer exceeds ${HEAD_BYTES_MAX} bytes`);
    return undefined;
  }
}

/** Throws where the answer is no HTTP/1.1. */
export function readHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first)?.[1];
  if (status === undefined) throw new Error(`handshake answer begins with ${JSON.stringify(first.slice(0, 60))}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new Error(`handshake answer has the line ${JSON.stringify(line.slice(0, 60))}`);
    const known = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), known === undefined ? value : `${known}, ${value}`);
  }
  return { status: Number(status), headers };
}

/** What keeps a 101 from being the answer to `key` (§4.1, steps 2 to 6); undefined if nothing does. */
export function objection({ headers }: Head, key: string): string | undefined {
  const value = (name: string): string => headers.get(name) ?? '';
  const accept = createHash('sha1')
    .update(key + ACCEPT_SUFFIX)
    .digest('base64');
  const connection = value('connection').toLowerCase().split(',');
  if (value('upgrade').toLowerCase() !== 'websocket') return `upgrade ${JSON.stringify(value('upgrade'))} is not websocket`;
  if (!connection.some((token) => token.trim() === 'upgrade'))
    return `connection ${JSON.stringify(value('connection'))} has no upgrade`;
  if (value('sec-websocket-accept') !== accept) return 'sec-websocket-accept does not answer our key';
  // We offered neither.
  for (const name of ['sec-websocket-extensions', 'sec-websocket-protocol'])
    if (headers.has(name)) return `${name} ${JSON.stringify(value(name))} was not offered`;
  return undefined;
}
