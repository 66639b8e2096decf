import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Asking, type Budget, RestClient, retryAfterMs } from '../../src/engine/rest.js';
import type { Lease } from '../../src/engine/weight-budget.js';
import { binanceUsdm } from '../../src/venues/binance-usdm/index.js';

const REQUEST = { path: '/fapi/v1/depth?symbol=BTCUSDT', weight: 20 };

/** A budget that grants everything and remembers. */
class Ledger implements Budget {
  readonly notes: string[] = [];
  gate: Promise<void> = Promise.resolve();

  async lease({ weight, limit }: Asking): Promise<Lease> {
    this.notes.push(`lease ${weight} of ${limit}`);
    await this.gate;
    return { weight, granted: 7 };
  }

  settle(_root: string, { weight }: Lease): void {
    this.notes.push(`settle ${weight}`);
  }

  refund(_root: string, { weight }: Lease): void {
    this.notes.push(`refund ${weight}`);
  }

  used(_root: string, weight: number): void {
    this.notes.push(`used ${weight}`);
  }

  banned(_root: string, ms: number): void {
    this.notes.push(`banned ${ms}`);
  }
}

let server: Server;
let root: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let asked: string[];
let ledger: Ledger;
let client: RestClient;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  ledger = new Ledger();
  client = new RestClient(ledger);
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function get(signal = new AbortController().signal): Promise<Buffer> {
  return client.get(binanceUsdm, root, REQUEST, signal);
}

describe('REST', () => {
  test('the body of a 200 answer comes as it is, under the budget, and the weight that the venue counts is passed on', async () => {
    answer = (_, response) => response.writeHead(200, { 'x-mbx-used-weight-1m': '123' }).end('{"lastUpdateId":1}');
    expect((await get()).toString()).toBe('{"lastUpdateId":1}');
    expect(asked).toEqual([REQUEST.path]);
    expect(ledger.notes).toEqual(['lease 20 of 2400', 'used 123', 'settle 20']);
  });

  test.each([429, 418])('%i stops everybody for as long as Retry-After says', async (status) => {
    answer = (_, response) => response.writeHead(status, { 'retry-after': '7' }).end('{"code":-1003}');
    await expect(get()).rejects.toMatchObject({ code: 'VENUE_REST', context: { status } });
    expect(ledger.notes).toContain('banned 7000');
  });

  test('a refusal that does not say how long stops everybody for a minute', async () => {
    answer = (_, response) => response.writeHead(429).end();
    await expect(get()).rejects.toMatchObject({ code: 'VENUE_REST' });
    expect(ledger.notes).toContain('banned 60000');
  });

  test('503 with Retry-After is an error that carries it, and bans nobody', async () => {
    answer = (_, response) => response.writeHead(503, { 'retry-after': '3' }).end('Service Unavailable.');
    await expect(get()).rejects.toMatchObject({ code: 'VENUE_REST', context: { status: 503, retryAfterMs: 3_000 } });
    expect(ledger.notes.filter((note) => note.startsWith('banned'))).toEqual([]);
  });

  test('a redirect is an error and is not followed', async () => {
    answer = (_, response) => response.writeHead(302, { location: `${root}/elsewhere` }).end();
    await expect(get()).rejects.toMatchObject({ code: 'VENUE_REST', context: { status: 302 } });
    expect(asked).toHaveLength(1);
  });

  test('a compressed body is not unpacked: a bomb stays as small as it came', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1 << 24)));
    expect((await get()).length).toBeLessThan(1 << 16);
  });

  test('a body beyond 64 MiB is given up while it comes', async () => {
    const chunk = Buffer.alloc(1 << 20);
    let sent = 0;
    answer = (_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += 1;
      };
      response.on('drain', more).on('error', () => {});
      more();
    };
    await expect(get()).rejects.toThrow(/more than 67108864 bytes/);
    expect(sent).toBeLessThan(200);
  });

  test('a body shorter than it was announced is an error', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"lastUpdateId":1');
      setTimeout(() => response.destroy(), 20);
    };
    await expect(get()).rejects.toMatchObject({ code: 'VENUE_REST' });
  });

  test('an answer that never ends is given up, also when bytes keep coming', async () => {
    answer = (_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 200);
      response.on('close', () => clearInterval(drip));
    };
    await expect(get()).rejects.toThrow(/no whole answer within 10000 ms/);
  });

  test('a request that never left gives its weight back; one that was cut does not', async () => {
    answer = (request) => request.socket.destroy();
    await expect(get()).rejects.toMatchObject({ code: 'VENUE_REST' });
    expect(ledger.notes).toEqual(['lease 20 of 2400', 'settle 20']);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(get()).rejects.toThrow(/ECONNREFUSED/);
    expect(ledger.notes).toEqual(['lease 20 of 2400', 'settle 20', 'lease 20 of 2400', 'refund 20']);
    server.listen(0);
  });

  test('a stop ends a request on its way, and one that waits for the budget, whose lease is given back', async () => {
    const stop = new AbortController();
    answer = () => stop.abort();
    await expect(get(stop.signal)).rejects.toThrow();
    const late = new AbortController();
    let open = (): void => {};
    ledger.gate = new Promise((resolve) => {
      open = resolve;
    });
    const waiting = get(late.signal);
    late.abort();
    await expect(waiting).rejects.toThrow(/abort/);
    expect(ledger.notes).not.toContain('refund 20');
    open();
    await new Promise(setImmediate);
    expect(ledger.notes.at(-1)).toBe('refund 20');
  });
});

test.each([
  ['5', 5_000],
  ['0', 0],
  ['-1', 60_000],
  ['soon', 60_000],
  [undefined, 60_000],
  ['99999999999', 7 * 86_400_000],
])('Retry-After %s', (header, ms) => {
  expect(retryAfterMs(header)).toBe(ms);
});

test('Retry-After as a date is the time until then', () => {
  const ms = retryAfterMs(new Date(Date.now() + 300_000).toUTCString());
  expect(ms).toBeGreaterThan(290_000);
  expect(ms).toBeLessThanOrEqual(300_000);
});
