import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const BODY_BYTES_MAX = 1024 * 1024;

/** What the control endpoint does on behalf of its caller. */
export interface ControlActions {
  /** Checks and takes faults; throws an `Error` with the reason if one is wrong, and takes none then. */
  inject(faults: readonly unknown[]): void;
  stats(): unknown;
  book(
    venue: string,
    symbol: string,
    id: number,
    epoch: number | undefined,
  ): { readonly text: string } | { readonly reason: string };
  recent(limit: number): readonly unknown[];
}

/** HTTP server for scripts that drive a run: faults in, status and true books out. Loopback only by default. */
export class ControlServer {
  readonly #http: Server;
  readonly #actions: ControlActions;

  constructor(actions: ControlActions) {
    this.#actions = actions;
    this.#http = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
  }

  get url(): string {
    const { address, port, family } = this.#http.address() as AddressInfo;
    return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A browser names the page a cross-site request comes from; no page has business here.
    if (request.headers.origin !== undefined) return reply(response, 403, { error: 'requests from web pages are refused' });
    if (!URL.canParse(request.url ?? '', 'http://control')) return reply(response, 400, { error: 'address is not readable' });
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://control');
    switch (`${request.method} ${pathname}`) {
      case 'POST /faults':
        return this.#inject(request, response);
      case 'GET /status':
        return reply(response, 200, this.#actions.stats());
      case 'GET /oracle/book':
        return this.#book(response, searchParams);
      case 'GET /oracle/frames':
        return reply(response, 200, this.#actions.recent(Number(searchParams.get('limit') ?? '1000')));
      default:
        return reply(response, 404, { error: `no such endpoint: ${request.method} ${pathname}` });
    }
  }

  async #inject(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body: unknown = JSON.parse(await readBody(request));
      const faults: unknown[] = Array.isArray(body) ? body : [body];
      this.#actions.inject(faults);
      reply(response, 202, { accepted: faults.length });
    } catch (error) {
      reply(response, 400, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  #book(response: ServerResponse, query: URLSearchParams): void {
    const symbol = query.get('symbol') ?? '';
    const id = query.get('id') ?? '';
    const epoch = query.get('epoch');
    if (!/^\d{1,16}$/.test(id)) {
      reply(response, 400, { error: 'id must be a decimal update id' });
      return;
    }
    const answer = this.#actions.book(query.get('venue') ?? '', symbol, Number(id), epoch === null ? undefined : Number(epoch));
    if ('reason' in answer) reply(response, 404, { error: answer.reason });
    else reply(response, 200, { symbol, update_id: Number(id), text: answer.text });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error(`body exceeds ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
