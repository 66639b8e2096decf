/** Several addresses of one venue: which one is in use, over sockets and REST, and what a ban is not dodged by. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it, test } from 'vitest';
import { Addresses, FAILURES_MAX, RETURN_MS, shown } from '#dist/engine/addresses.js';
import { type Asking, type Budget, RestClient } from '#dist/engine/rest.js';
import type { Lease } from '#dist/engine/weight-budget.js';
import { DISCONNECT_REASONS } from '#dist/model/codes.js';
import type { EngineConfig } from '#dist/model/config.js';
import { type Simulator, startSimulator } from '#dist/simulator/index.js';
import { binanceSpot } from '#dist/venues/binance-spot/index.js';
import { venues } from '#dist/venues/index.js';
import { eventually, Rig } from './rig.js';

const VENUE = 'binance-spot';
const SYMBOL = 'BTCUSDT';

describe('addresses', () => {
  test('the next one is in use after some failures in a row, and the first one again after the last', () => {
    const addresses = new Addresses(['a', 'b', 'c', 'a']);
    const seen: string[] = [];
    for (let failure = 0; failure < 4 * FAILURES_MAX; failure++) {
      seen.push(addresses.url);
      addresses.failed(addresses.url);
    }
    expect(seen.filter((_, at) => at % FAILURES_MAX === 0)).toEqual(['a', 'b', 'c', 'a']);
    expect(new Addresses(['a']).failed('a')).toBe(false);
  });

  test('whatever fails and works in whatever order, an address is left after that many failures in a row and for no other reason', () => {
    const event = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean());
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const urls = ['a', 'b', 'c'];
        const addresses = new Addresses(urls, () => 0);
        let [at, failures] = [0, 0];
        for (const [url, works] of events) {
          // What was under way at an address that was left says nothing.
          if (url === urls[at]) failures = works ? 0 : failures + 1;
          const moves = failures === FAILURES_MAX;
          if (moves) [at, failures] = [(at + 1) % urls.length, 0];
          if (works) addresses.worked(url);
          else expect(addresses.failed(url)).toBe(moves);
          expect([addresses.url, addresses.isFirst]).toEqual([urls[at], at === 0]);
        }
      }),
    );
  });

  test('the first one is tried again after a while, and one failure leads back to the one before', () => {
    let now = 0;
    const addresses = new Addresses(['a', 'b', 'c'], () => now);
    for (const url of ['a', 'a', 'a', 'b', 'b', 'b']) addresses.failed(url);
    now = RETURN_MS - 1;
    addresses.comeBack();
    expect(addresses.url).toBe('c');
    now = RETURN_MS;
    addresses.comeBack();
    expect(addresses.url).toBe('a');
    expect([addresses.failed('a'), addresses.url]).toEqual([true, 'c']);
    now = 2 * RETURN_MS;
    addresses.comeBack();
    addresses.worked('a');
    expect([addresses.failed('a'), addresses.url]).toEqual([false, 'a']);
  });

  describe('connections that ended', () => {
    const { refused, silence, error, local, closed } = DISCONNECT_REASONS;
    const ended = (reason: number, status?: number) =>
      ({ reason, text: '', refusal: status === undefined ? null : { status, retryAfterMs: 0 } }) as const;
    const URLS = ['ws://a', 'ws://b'];

    test.each([
      ['refused by the port, or lost in the handshake', ended(error), 3],
      ['answered 503', ended(refused, 503), 3],
      ['silent', ended(silence), 3],
      ['lost soon', ended(closed), 3],
      ['answered 401', ended(refused, 401), 0],
      ['answered 403', ended(refused, 403), 0],
      ['answered 418', ended(refused, 418), 0],
      ['answered 429', ended(refused, 429), 0],
      ['ended by us', ended(local), 0],
    ])('%s: another address after so many of them', (_, closing, count) => {
      const addresses = new Addresses(URLS);
      const moves = Array.from({ length: 2 * FAILURES_MAX - 1 }, () => addresses.closed(closing, false));
      const at = moves.findIndex((move) => move !== undefined) + 1;
      expect([at, addresses.url]).toEqual([count, count === 0 ? 'ws://a' : 'ws://b']);
    });

    test('one that had worked ends the row; when it fell silent it begins one', () => {
      const addresses = new Addresses(URLS);
      const row = (closing: ReturnType<typeof ended>, ...worked: boolean[]): unknown[] =>
        worked.map((hasWorked) => addresses.closed(closing, hasWorked)?.to);
      expect(row(ended(closed), false, false, true, false, false)).toEqual(Array(5).fill(undefined));
      expect(row(ended(silence), true, false, true, false)).toEqual(Array(4).fill(undefined));
      expect(addresses.closed(ended(silence), false)).toEqual({
        from: 'ws://a',
        to: 'ws://b',
        why: 'an address of the venue is silent; another one is tried',
      });
    });
  });

  test('those that venues document are roots, each another one', () => {
    let count = 0;
    for (const { name, defaults, formats } of venues)
      for (const each of [defaults, ...Object.values(formats ?? {}).map((format) => format.defaults)]) {
        const { wsUrl, restUrl, wsAlternates = [], restAlternates = [] } = each;
        for (const urls of [
          [wsUrl, ...wsAlternates],
          [restUrl, ...restAlternates],
        ]) {
          expect(new Set(urls).size, name).toBe(urls.length);
          for (const url of urls) expect(shown(url), 'no path, no default port').toBe(url);
          count += urls.length - 1;
        }
      }
    expect(count).toBeGreaterThan(0);
  });

  test('what is shown of one holds no secret', () => {
    expect(shown('wss://user:secret@host:9443/stream?key=1')).toBe('wss://host:9443');
  });
});

describe('REST at several addresses', () => {
  const servers: Server[] = [];
  const clients: RestClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** A server that answers with a status that can be changed; 0 cuts the connection. */
  async function server(): Promise<{ root: string; status: number; asked: number }> {
    const state = { root: '', status: 200, asked: 0 };
    const made = createServer((_, response) => {
      state.asked += 1;
      if (state.status === 0) response.destroy();
      else response.writeHead(state.status, { 'retry-after': '7' }).end('{}');
    }).listen(0, '127.0.0.1');
    await once(made, 'listening');
    servers.push(made);
    state.root = `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
    return state;
  }

  /** Grants everything and remembers for whom. */
  class Ledger implements Budget {
    readonly roots = new Set<string>();
    readonly bans: string[] = [];
    async lease({ restUrl, weight }: Asking): Promise<Lease> {
      this.roots.add(restUrl);
      return { weight, granted: 1 };
    }
    settle(root: string): void {
      this.roots.add(root);
    }
    refund(root: string): void {
      this.roots.add(root);
    }
    used(root: string): void {
      this.roots.add(root);
    }
    banned(root: string): void {
      this.bans.push(root);
    }
  }

  async function scene() {
    const [first, second] = [await server(), await server()];
    const ledger = new Ledger();
    const moves: string[] = [];
    const clock = { now: 0 };
    const moved = ({ from, to }: { readonly from: string; readonly to: string }) => moves.push(`${from} ${to}`);
    const client = new RestClient(ledger, { moved, now: () => clock.now });
    clients.push(client);
    client.know({ venue: VENUE, restUrl: first.root, restAlternates: [second.root] });
    const request = { path: '/api/v3/time', weight: 1 };
    const get = () => client.get(binanceSpot, first.root, request, new AbortController().signal).catch((error: Error) => error);
    return { first, second, ledger, moves, client, clock, get };
  }

  test.each([0, 500, 503])(
    'after three failures in a row (%i) the next address is asked, on the same budget',
    async (status) => {
      const { first, second, ledger, moves, client, get } = await scene();
      first.status = status;
      for (let failure = 0; failure < FAILURES_MAX; failure++)
        await expect(get()).resolves.toMatchObject({ code: 'VENUE_REST' });
      expect([first.asked, second.asked]).toEqual([FAILURES_MAX, 0]);
      expect(await get()).toBeInstanceOf(Buffer);
      expect([first.asked, second.asked]).toEqual([FAILURES_MAX, 1]);
      expect([...ledger.roots]).toEqual([first.root]);
      expect(moves).toEqual([`${first.root} ${second.root}`]);
      expect(client.moved).toEqual([{ venue: VENUE, address: second.root }]);
    },
  );

  test('requests that fail together count once for each, and move on once', async () => {
    const { first, second, moves, get } = await scene();
    first.status = 502;
    await Promise.all(Array.from({ length: 8 }, get));
    expect(moves).toEqual([`${first.root} ${second.root}`]);
    expect(second.asked).toBe(0);
  });

  test.each([418, 429, 403, 401, 404])('%i is the answer of the venue: no other address is asked', async (status) => {
    const { first, second, ledger, moves, get } = await scene();
    first.status = status;
    for (let attempt = 0; attempt < 3 * FAILURES_MAX; attempt++) await get();
    expect([first.asked, second.asked, moves]).toEqual([3 * FAILURES_MAX, 0, []]);
    const isBan = status === 418 || status === 429;
    expect(new Set(ledger.bans)).toEqual(new Set(isBan ? [first.root] : []));
  });

  test('a ban at an alternate is one of the venue', async () => {
    const { first, second, ledger, get } = await scene();
    first.status = 0;
    for (let failure = 0; failure < FAILURES_MAX; failure++) await get();
    second.status = 429;
    await get();
    expect([second.asked, ledger.bans]).toEqual([1, [first.root]]);
  });

  test('the first address is asked again after a while, and kept once it answers', async () => {
    const { first, second, client, clock, get } = await scene();
    first.status = 0;
    for (let failure = 0; failure < FAILURES_MAX; failure++) await get();
    await get();
    clock.now = RETURN_MS;
    await get();
    await get();
    expect([first.asked, second.asked]).toEqual([FAILURES_MAX + 1, 2]);
    first.status = 200;
    clock.now = 2 * RETURN_MS;
    await get();
    await get();
    expect([first.asked, second.asked, client.moved]).toEqual([FAILURES_MAX + 3, 2, []]);
  });

  test('a feed that begins with an alternate that the venue documents is on the budget of the venue', async () => {
    const ledger = new Ledger();
    const client = new RestClient(ledger);
    clients.push(client);
    const { restUrl, restAlternates = [] } = binanceSpot.defaults;
    expect(restAlternates.length).toBeGreaterThan(0);
    const stop = AbortSignal.abort();
    const lease = ledger.lease.bind(ledger);
    for (const root of restAlternates) {
      const controller = new AbortController();
      // Nothing is sent: whoever asks gives up once the budget was asked.
      ledger.lease = (asking) => {
        controller.abort(stop.reason);
        return lease(asking);
      };
      await client.get(binanceSpot, root, { path: '/', weight: 1 }, controller.signal).catch(() => {});
    }
    await eventually('the leases are given back', () => ledger.roots.size > 0);
    expect([...ledger.roots]).toEqual([restUrl]);
  });
});

describe('an engine with two addresses of one venue', () => {
  let rig: Rig | undefined;
  const simulators: Simulator[] = [];
  afterEach(async () => {
    await rig?.stop();
    rig = undefined;
    for (const simulator of simulators.splice(0)) await simulator.close();
  });

  interface Scene {
    readonly engine: Rig;
    readonly first: Simulator;
    readonly second: Simulator;
    address(): Promise<string | undefined>;
    /** Roots of sockets. */
    readonly roots: readonly [string, string];
  }

  /** Two servers of one market: the same orders at the same times. */
  async function start(more: Partial<EngineConfig> = {}, limits: object = {}): Promise<Scene> {
    const market = { venues: [VENUE], symbols: [SYMBOL], seed: 3, rate: 200, epochMs: Date.now() } as const;
    const [first, second] = [await startSimulator(market), await startSimulator(market)];
    simulators.push(first, second);
    const [one, two] = [first, second].map(({ venues: [venue] }) => venue);
    const feed = {
      id: VENUE,
      venue: VENUE,
      symbols: [SYMBOL],
      channels: ['book', 'trade', 'quote'],
      transport: 'native',
      wsUrl: one?.wsUrl ?? '',
      restUrl: one?.restUrl ?? '',
      wsAlternates: [two?.wsUrl ?? ''],
      restAlternates: [two?.restUrl ?? ''],
    } as const;
    rig = await Rig.start({ shared: first, limits, config: { shards: 1, feeds: [feed], reconnectDelayMs: 50, ...more } });
    const engine = rig;
    const address = async () => (await engine.status()).connections[0]?.address;
    return { engine, first, second, address, roots: [feed.wsUrl, feed.wsAlternates[0]] };
  }

  const clients = (simulator: Simulator): number => simulator.stats().venues[0]?.connections.length ?? Number.NaN;

  /** The engine's book is that of a server at the same id. */
  async function serves(engine: Rig, simulator: Simulator): Promise<void> {
    await eventually('a true book', async () => {
      const { instruments } = await engine.status();
      const book = await engine.control.request('book', { instrument: instruments[0]?.id ?? 0 });
      if (book?.inSync !== true) return false;
      const truth = simulator.bookAt(VENUE, SYMBOL, BigInt(book.lastUpdateId));
      return truth !== undefined && truth === book.text;
    });
  }

  it('an address that is away is left for the other one, by sockets and REST, and taken back when the line rotates', async () => {
    const { engine, first, second, address, roots } = await start({}, { connectionLifeMs: 6_000 });
    expect([await address(), clients(second)]).toEqual([roots[0], 0]);
    const begun = performance.now();
    first.inject({ fault: 'restart', args: { ms: 5_000, rollback: false } });
    await eventually('the other address is in use', async () => {
      const [connection] = (await engine.status()).connections;
      return connection?.address === roots[1] && connection.state === 'open';
    });
    process.stderr.write(
      `addresses: away to connected at the other ${Math.round(performance.now() - begun)} ms, busy machine\n`,
    );
    await serves(engine, second);
    const restMoved = [{ venue: VENUE, address: second.venues[0]?.restUrl }];
    expect((await engine.status()).restMoved, 'where the snapshot came from').toEqual(restMoved);
    const [moved] = engine.lines.filter(({ message }) => message.startsWith('an address of the venue cannot be reached'));
    expect(moved?.fields).toMatchObject({ from: roots[0], to: roots[1] });
    await eventually('the first address is in use again', async () => (await address()) === roots[0]);
    await serves(engine, first);
    expect((await engine.status()).connections[0]?.rotations).toBeGreaterThan(0);
  });

  it('an address that answers pings and sends nothing is left for the other one after three replacements', async () => {
    const { engine, first, second, address, roots } = await start({}, { silenceTimeoutMs: 1_000 });
    first.inject({ fault: 'stall', args: { ms: 3_600_000, all: true } });
    await eventually('the other address is in use', async () => (await address()) === roots[1]);
    await serves(engine, second);
    const silent = engine.lines.filter(({ fields }) => /^no data for/.test(String(fields['reason'])));
    expect(silent).toHaveLength(FAILURES_MAX);
    const [moved] = engine.lines.filter(({ message }) => message === 'an address of the venue is silent; another one is tried');
    expect(moved?.fields).toMatchObject({ from: roots[0], to: roots[1] });
    // REST was never silent.
    expect((await engine.status()).restMoved).toEqual([]);
  });

  it.each([401, 403, 418, 429])('a venue that answers %i is not asked elsewhere', async (status) => {
    const { engine, first, second, address, roots } = await start();
    first.inject({ fault: 'outage', args: { ms: 2_500, status, retry_after: 0 } });
    first.inject({ fault: 'disconnect', args: {} });
    const refused = () => engine.lines.filter(({ fields }) => fields['reason'] === `handshake answered ${status}`).length;
    await eventually('it refuses again and again', () => refused() > FAILURES_MAX);
    expect([await address(), clients(second)]).toEqual([roots[0], 0]);
    await serves(engine, first);
    expect((await engine.status()).restMoved).toEqual([]);
    expect(engine.lines.filter(({ message }) => message.includes('cannot be reached'))).toEqual([]);
  });
});
