/** What one key made, another neither sees nor changes, whatever it asks for: against a whole engine, and a model of who has what. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOSED } from '../../src/gateway/exposure.js';
import { localKeyPath, readLocalKey } from '../../src/gateway/keys.js';
import { type Gateway, startGateway } from '../../src/gateway/server.js';
import { Rig } from '../engine/rig.js';
import { KeyChain } from './access-harness.js';
import { eventually, memoryLogger } from './harness.js';
import { randomFrom } from './random-market.js';

const STEPS = 200;
/** Of steps, so that the rows of all stay few. */
const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD'];
const SOURCE = 'mock';

const chain = new KeyChain();
let rig: Rig;
let gateway: Gateway;
let callers: Readonly<Record<'a' | 'b' | 'admin' | 'host', string>>;
type Who = 'a' | 'b' | 'admin' | 'host';

beforeAll(async () => {
  rig = await Rig.start({ configured: ['BTCUSDT'] });
  const all = ['read', 'write', 'ingest'] as const;
  const [a, b, admin] = [chain.add(all), chain.add(all), chain.add(['admin'])];
  const { name, shmRoot } = rig.config;
  const access = { ...CLOSED, stateDir: chain.stateDir, requestsPerSecond: 1_000_000 };
  const deps = { logger: memoryLogger(), control: rig.control, version: '0.0.0-test' };
  gateway = await startGateway({ name, shmRoot, host: '127.0.0.1', port: 0, access }, deps);
  callers = { a: a.key, b: b.key, admin: admin.key, host: readLocalKey(localKeyPath(chain.stateDir)) ?? '' };
});
afterAll(async () => {
  await gateway?.stop();
  await rig?.stop();
  chain.close();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(key: string, method: string, path: string, body?: object): Promise<Answer> {
  const init = { method, headers: { authorization: `Bearer ${key}` } };
  const answer = await fetch(gateway.url + path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** The gateway looks at its keys 4 times a second. */
const known = (key: string) => eventually('the key is known', async () => (await ask(key, 'GET', '/symbols')).status === 200);

const as = (who: Who, method: string, path: string, body?: object): Promise<Answer> => ask(callers[who], method, path, body);
const feed = (symbol: string, source = SOURCE): object => ({ symbol, data_source: source });
const row = (symbol: string, source = SOURCE): object => {
  const data = { price: 10, size: 1 };
  return { symbol, source, data_type: 'tick', timestamp: new Date().toISOString(), data };
};

describe('owners', () => {
  it('each request about a row of another key is refused as if it were not there, or says whose it is not', async () => {
    const subscription = (await as('a', 'POST', '/subscriptions', { symbols: ['BTCUSDT'] })).body['subscription_id'];
    const feedId = (await as('a', 'POST', '/feeds', feed('MATRIX'))).body['feed_id'];
    const rows = (await as('b', 'GET', '/subscriptions')).body;
    expect(rows).toEqual({ subscriptions: [], count: 0 });
    const attempts: [method: string, path: string, body: object | undefined, status: number][] = [
      ['PATCH', `/subscriptions/${subscription}`, { is_active: false }, 404],
      ['PATCH', `/subscriptions/${subscription}`, { add_symbols: ['ETHUSDT'] }, 404],
      ['DELETE', `/subscriptions/${subscription}`, undefined, 404],
      ['DELETE', `/feeds/${feedId}`, undefined, 404],
      ['POST', '/feeds', feed('MATRIX'), 403],
      ['POST', '/feeds', feed('BTCUSDT', 'binance-usdm'), 403],
      ['DELETE', '/feeds/feed_btcusdt_001', undefined, 404],
    ];
    for (const [method, path, body, status] of attempts) {
      expect([method, path, (await as('b', method, path, body)).status]).toEqual([method, path, status]);
    }
    const nobodys = await as('b', 'DELETE', '/subscriptions/sub_999999');
    const anothers = await as('b', 'DELETE', `/subscriptions/${subscription}`);
    expect({ ...anothers.body, request_id: '' }).toEqual({ ...nobodys.body, request_id: '' });
    expect((await as('a', 'GET', '/subscriptions')).body).toMatchObject({
      subscriptions: [{ subscription_id: subscription, symbols: ['BTCUSDT'], is_active: true }],
    });
    expect((await as('host', 'GET', '/subscriptions')).body['count']).toBe(1);
    for (const path of [`/subscriptions/${subscription}`, `/feeds/${feedId}`]) {
      expect((await as('a', 'DELETE', path)).status).toBe(200);
    }
  });

  it('a key that replaces another has what that one made', async () => {
    const old = chain.add(['read', 'write']);
    await known(old.key);
    const made = (await ask(old.key, 'POST', '/subscriptions', { symbols: ['BTCUSDT'] })).body['subscription_id'];
    const fresh = chain.add(['read', 'write'], { owner: old.id });
    await known(fresh.key);
    expect((await ask(fresh.key, 'DELETE', `/subscriptions/${made}`)).status).toBe(200);
  });

  it(`${STEPS} random requests of four callers: the rows are those of the model`, async () => {
    const seed = Number(process.env['TICKRING_SEED'] ?? Date.now() % 1_000_000);
    const random = randomFrom(seed);
    const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
    const manages = (who: Who): boolean => who === 'admin' || who === 'host';
    /** Rows by id and symbol: whose they are, undefined for those of the host. */
    const [subscriptions, feeds] = [new Map<string, Who | undefined>(), new Map<string, Who | undefined>()];
    const ids = new Map<string, string>();
    const isOf = (who: Who, rows: Map<string, Who | undefined>, id: string) =>
      rows.has(id) && (manages(who) || rows.get(id) === who);
    const steps: ((who: Who) => Promise<unknown[]>)[] = [
      async (who) => {
        const { status, body } = await as(who, 'POST', '/subscriptions', { symbols: ['BTCUSDT'] });
        subscriptions.set(String(body['subscription_id']), manages(who) ? undefined : who);
        return [status, 201];
      },
      async (who) => {
        const id = one([...subscriptions.keys(), 'sub_999999']);
        const { status } = await as(who, 'PATCH', `/subscriptions/${id}`, { is_active: random() < 0.5 });
        return [status, isOf(who, subscriptions, id) ? 200 : 404];
      },
      async (who) => {
        const id = one([...subscriptions.keys(), 'sub_999999']);
        const expected = isOf(who, subscriptions, id) ? 200 : 404;
        const { status } = await as(who, 'DELETE', `/subscriptions/${id}`);
        if (expected === 200) subscriptions.delete(id);
        return [status, expected];
      },
      async (who) => {
        const { body } = await as(who, 'GET', '/subscriptions');
        const seen = (body['subscriptions'] as { subscription_id: string }[]).map(({ subscription_id: id }) => id);
        return [seen.sort(), [...subscriptions.keys()].filter((id) => isOf(who, subscriptions, id)).sort()];
      },
      async (who) => {
        const symbol = one(SYMBOLS);
        const expected = !feeds.has(symbol) ? 201 : isOf(who, feeds, symbol) ? 200 : 403;
        const { status, body } = await as(who, 'POST', '/feeds', feed(symbol));
        if (expected === 201) feeds.set(symbol, manages(who) ? undefined : who);
        if (expected !== 403) ids.set(symbol, String(body['feed_id']));
        return [status, expected];
      },
      async (who) => {
        const symbol = one(SYMBOLS);
        const expected = isOf(who, feeds, symbol) ? 200 : 404;
        const { status } = await as(who, 'DELETE', `/feeds/${ids.get(symbol) ?? 'feed_none_001'}`);
        if (expected === 200) feeds.delete(symbol);
        return [status, expected];
      },
      async (who) => {
        const symbol = one(SYMBOLS);
        const { status } = await as(who, 'POST', '/data/ingest', { data: [row(symbol)] });
        if (!feeds.has(symbol)) {
          feeds.set(symbol, manages(who) ? undefined : who);
          const all = (await as('host', 'GET', '/feeds')).body['feeds'] as { feed_id: string; symbol: string }[];
          ids.set(symbol, all.find((each) => each.symbol === symbol)?.feed_id ?? '');
        }
        return [status, 200];
      },
    ];
    for (let step = 0; step < STEPS; step += 1) {
      const who = one(['a', 'b', 'admin', 'host'] as const);
      const index = Math.floor(random() * steps.length);
      const [is, expected] = (await steps[index]?.(who)) ?? [];
      expect([seed, step, index, who, is]).toEqual([seed, step, index, who, expected]);
    }
  });
});

describe('rows', () => {
  it('of a symbol that is new can be asked for as soon as they are answered', async () => {
    const statuses: unknown[] = [];
    for (let index = 0; index < 3; index += 1) {
      const symbol = `FRESH${index}`;
      expect((await as('host', 'POST', '/data/ingest', { data: [row(symbol, 'yahoo')] })).status).toBe(200);
      statuses.push((await as('host', 'GET', `/data/${symbol}`)).status);
    }
    expect(statuses).toEqual([200, 200, 200]);
  });
});

describe('what a key may ingest', () => {
  it('rows of other sources and symbols are refused by their place, the others count', async () => {
    const { key } = chain.add(['ingest'], { ingest: ['mock:ACME', 'ibkr:es*', '*:X'] });
    const data = [
      row('ACME'),
      row('ACMEX'),
      row('acme'),
      row('ES1', 'ibkr'),
      row('E', 'ibkr'),
      row('ACME', 'fred'),
      row('X', 'yahoo'),
    ];
    await known(key);
    const answer = await ask(key, 'POST', '/data/ingest', { data });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'partially_ingested', count: 4 });
    const errors = answer.body['errors'] as { index: number; code: string; detail: string }[];
    expect(errors.map(({ index, code }) => [index, code])).toEqual([1, 4, 5].map((index) => [index, 'NOT_ALLOWED']));
    expect(errors[2]?.detail).toBe('the key may not send rows of fred:ACME');
    const banded = chain.add(['ingest'], { ingest_band: 5, ingest_age_ms: 60_000 });
    await known(banded.key);
    const old = { ...row('ACME'), timestamp: '2025-08-24T10:30:15.123Z' };
    // The last trade of it was at 10.
    const far = { ...row('ACME'), data: { price: 10.6, size: 1 } };
    const held = await ask(banded.key, 'POST', '/data/ingest', { data: [old, far, row('ACME')] });
    expect(held.status, JSON.stringify(held.body)).toBe(200);
    expect((held.body['errors'] as { code: string }[]).map(({ code }) => code)).toEqual(['TIME_INVALID', 'PRICE_BAND']);
    const none = await ask(key, 'POST', '/data/ingest', { data: [row('OTHER')] });
    expect(none.status).toBe(422);
    const symbols = (await as('host', 'GET', '/feeds')).body['feeds'] as { symbol: string }[];
    for (const symbol of ['OTHER', 'ACMEX', 'E']) expect(symbols.map((each) => each.symbol)).not.toContain(symbol);
  });
});
