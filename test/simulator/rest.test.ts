import { afterEach, describe, expect, test } from 'vitest';
import {
  type FaultInput,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  type VenueName,
} from '../../src/simulator/index.js';
import { until, venueOf } from './venue-client.js';

const opened: Simulator[] = [];
async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ paused: true, epochMs: 1_767_225_600_000, ...options });
  opened.push(simulator);
  return simulator;
}
afterEach(async () => {
  for (const simulator of opened.splice(0)) await simulator.close();
});

const prefix: Partial<Record<VenueName, string>> = { 'binance-spot': '/api/v3', 'binance-usdm': '/fapi/v1' };
const names: VenueName[] = ['binance-spot', 'binance-usdm'];

function get(simulator: Simulator, name: VenueName, path: string): Promise<Response> {
  return fetch(`${venueOf(simulator, name).restUrl}${prefix[name]}${path}`);
}

/** The members that the tests read of any answer. */
interface Body {
  readonly code: number;
  readonly error: string;
  readonly lastUpdateId: number;
  readonly bids: [string, string][];
  readonly asks: [string, string][];
  readonly rateLimits: object[];
  readonly symbols: { symbol: string; status: string; filters: { filterType: string; tickSize: string; stepSize: string }[] }[];
  readonly venues: { name: string }[];
}

async function json(answer: Response): Promise<Body> {
  return (await answer.json()) as Body;
}

function canonical(body: { bids: [string, string][]; asks: [string, string][] }): string {
  const plain = (decimal: string): string => (decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal);
  const lines = (letter: string, levels: [string, string][]): string =>
    levels.map(([price, qty]) => `${letter} ${plain(price)} ${plain(qty)}\n`).join('');
  return lines('B', body.bids) + lines('A', body.asks);
}

describe('endpoints', () => {
  test.each(names)('%s: a full snapshot is the true book at its update id', async (name) => {
    const simulator = await start();
    for (const symbol of ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT']) {
      simulator.step(501, name);
      const text = await (await get(simulator, name, `/depth?symbol=${symbol}&limit=1000`)).text();
      const body = JSON.parse(text);
      expect(Object.keys(body)).toEqual(
        name === 'binance-spot' ? ['lastUpdateId', 'bids', 'asks'] : ['lastUpdateId', 'E', 'T', 'bids', 'asks'],
      );
      expect(canonical(body)).toBe(simulator.bookAt(name, symbol, body.lastUpdateId));
      const answer = await fetch(`${simulator.controlUrl}/oracle/book?venue=${name}&symbol=${symbol}&id=${body.lastUpdateId}`);
      expect(await json(answer)).toEqual({ symbol, update_id: body.lastUpdateId, text: canonical(body) });
    }
  });

  test('limit gives that many levels a side, with the default and the choices of each venue', async () => {
    const simulator = await start();
    const levels = async (name: VenueName, query: string): Promise<number | string> => {
      const body = await json(await get(simulator, name, `/depth?symbol=BTCUSDT${query}`));
      return body.code ?? body.bids.length;
    };
    expect(await levels('binance-spot', '')).toBe(100);
    expect(await levels('binance-usdm', '')).toBe(500);
    expect(await levels('binance-spot', '&limit=7')).toBe(7);
    expect(await levels('binance-usdm', '&limit=7')).toBe(-1130);
    expect(await levels('binance-spot', '&limit=0')).toBe(-1130);
    expect(await levels('binance-spot', '&limit=x')).toBe(-1130);
    expect(await levels('binance-usdm', '&limit=5')).toBe(5);
  });

  test.each(names)('%s: ping, time, listing and error bodies are as documented', async (name) => {
    const simulator = await start();
    expect(await (await get(simulator, name, '/ping')).text()).toBe('{}');
    expect(await (await get(simulator, name, '/time')).text()).toBe('{"serverTime":1767225600000}');
    const info = await json(await get(simulator, name, '/exchangeInfo'));
    expect(info.symbols.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT']);
    const [btc] = info.symbols;
    const filter = (type: string) => btc?.filters.find(({ filterType }) => filterType === type);
    expect(btc?.status).toBe('TRADING');
    expect(filter('PRICE_FILTER')?.tickSize).toBe(name === 'binance-spot' ? '0.01000000' : '0.10');
    expect(filter('LOT_SIZE')?.stepSize).toBe(name === 'binance-spot' ? '0.00001000' : '0.001');
    expect(info.rateLimits[0]).toEqual({
      rateLimitType: 'REQUEST_WEIGHT',
      interval: 'MINUTE',
      intervalNum: 1,
      limit: name === 'binance-spot' ? 6000 : 2400,
    });
    const bad = await get(simulator, name, '/depth?symbol=NOPE');
    expect([bad.status, await bad.json()]).toEqual([400, { code: -1121, msg: 'Invalid symbol.' }]);
    expect((await json(await get(simulator, name, '/depth'))).code).toBe(-1102);
    expect((await json(await get(simulator, name, '/depth?symbol=%3C'))).code).toBe(-1100);
    expect((await get(simulator, name, '/nothing')).status).toBe(404);
  });
});

describe('weight', () => {
  test('each answer tells the weight used in this minute', async () => {
    const simulator = await start();
    const used = async (name: VenueName, path: string): Promise<number> =>
      Number((await get(simulator, name, path)).headers.get('x-mbx-used-weight-1m'));
    const spot = [5, 25, 50, 250];
    let before = await used('binance-spot', '/ping');
    for (const [index, limit] of [100, 500, 1000, 5000].entries()) {
      const now = await used('binance-spot', `/depth?symbol=BTCUSDT&limit=${limit}`);
      // The count starts anew when a minute ends between the two.
      expect([before + (spot[index] ?? 0), spot[index]]).toContain(now);
      before = now;
    }
    before = await used('binance-usdm', '/ping');
    for (const [limit, weight] of [
      [50, 2],
      [100, 5],
      [500, 10],
      [1000, 20],
    ] as const) {
      const now = await used('binance-usdm', `/depth?symbol=BTCUSDT&limit=${limit}`);
      expect([before + weight, weight]).toContain(now);
      before = now;
    }
  });

  test('over the limit comes 429 with Retry-After, and who goes on is banned with 418', async () => {
    const simulator = await start({
      limits: { 'binance-spot': { restWeightPerMinute: 0, refusalsBeforeBan: 2, banMs: 90_000 } },
    });
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      const answer = await get(simulator, 'binance-spot', '/ping');
      statuses.push(answer.status);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await json(answer)).code).toBe(-1003);
    }
    expect(statuses).toEqual([429, 429, 418, 418]);
  });
});

describe('faults of the snapshot', () => {
  const depth = (simulator: Simulator): Promise<Response> => get(simulator, 'binance-usdm', '/depth?symbol=BTCUSDT&limit=1000');
  const inject = (simulator: Simulator, fault: FaultInput): void => simulator.inject(fault);

  test('error: the next n requests of the symbol fail, others do not', async () => {
    const simulator = await start();
    inject(simulator, { fault: 'snapshot_error', args: { symbol: 'BTCUSDT', n: 2, status: 500 } });
    expect((await get(simulator, 'binance-usdm', '/depth?symbol=ETHUSDT')).status).toBe(200);
    expect([(await depth(simulator)).status, (await depth(simulator)).status, (await depth(simulator)).status]).toEqual([
      500, 500, 200,
    ]);
  });

  test('limit: 429 n times and for what was under way, then banned with 418 until Retry-After is over', async () => {
    const simulator = await start();
    inject(simulator, { fault: 'snapshot_limit', args: { n: 2, retry_after: 7, ban_seconds: 1 } });
    const answers = [await depth(simulator), await depth(simulator), await depth(simulator)];
    await new Promise((resolve) => setTimeout(resolve, 250));
    answers.push(await depth(simulator));
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 429, 418]);
    expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['7', '7', '1', '1']);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect((await depth(simulator)).status).toBe(200);
  });

  test('slow: the book is the one of the request, the answer comes later', async () => {
    const simulator = await start();
    inject(simulator, { fault: 'snapshot_slow', args: { ms: 200 } });
    const began = performance.now();
    const asked = depth(simulator);
    await until(() => simulator.stats().venues.some(({ counters }) => counters.restRequests > 0));
    simulator.step(500);
    const body = await json(await asked);
    expect(performance.now() - began).toBeGreaterThan(190);
    const newest = simulator.stats().venues[0]?.symbols['BTCUSDT']?.lastUpdateId;
    expect(body.lastUpdateId).toBeLessThan(newest ?? 0);
    expect(canonical(body)).toBe(simulator.bookAt('binance-usdm', 'BTCUSDT', body.lastUpdateId));
  });

  test('stale: an older book, exact at its own id; wrong symbol: the book of another', async () => {
    const simulator = await start();
    simulator.step(3_000);
    const fresh = await json(await depth(simulator));
    inject(simulator, { fault: 'snapshot_stale', args: { changes: 1_000 } });
    const stale = await json(await depth(simulator));
    expect(stale.lastUpdateId).toBeLessThan(fresh.lastUpdateId);
    expect(canonical(stale)).toBe(simulator.bookAt('binance-usdm', 'BTCUSDT', stale.lastUpdateId));
    inject(simulator, { fault: 'snapshot_wrong_symbol' });
    const other = await json(await depth(simulator));
    expect(canonical(other)).toBe(simulator.bookAt('binance-usdm', 'ETHUSDT', other.lastUpdateId));
  });

  test.each(['truncated', 'wrong_length', 'invalid_utf8', 'empty'])(
    'malformed (%s): the answer is not a snapshot',
    async (kind) => {
      const simulator = await start();
      inject(simulator, { fault: 'snapshot_malformed', args: { kind } });
      const read = async (): Promise<unknown> => {
        const bytes = Buffer.from(await (await depth(simulator)).arrayBuffer());
        return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      };
      await expect(read()).rejects.toThrow();
      expect((await depth(simulator)).status).toBe(200);
    },
  );

  test('malformed (deep): brackets to the depth asked for', async () => {
    const simulator = await start();
    inject(simulator, { fault: 'snapshot_malformed', args: { kind: 'deep', size: 200_000 } });
    expect(await (await depth(simulator)).text()).toContain('['.repeat(200_000));
  });

  test('malformed (gzip_bomb): a small body that unpacks to a huge one', async () => {
    const simulator = await start();
    inject(simulator, { fault: 'snapshot_malformed', args: { kind: 'gzip_bomb', size: 8_000_000 } });
    const answer = await depth(simulator);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect((await answer.arrayBuffer()).byteLength).toBe(8_000_000);
  });
});

describe('control endpoint', () => {
  test('takes one fault or many, refuses a wrong one with the reason, and tells the status', async () => {
    const simulator = await start();
    const post = (body: string): Promise<Response> => fetch(`${simulator.controlUrl}/faults`, { method: 'POST', body });
    expect(await json(await post('{"fault":"drop"}'))).toEqual({ accepted: 1 });
    expect((await post('[{"fault":"ack_lost"},{"fault":"burst","args":{"factor":2,"ms":100},"at_ms":5000}]')).status).toBe(202);
    for (const wrong of [
      '{"fault":"nope"}',
      '{"fault":"drop","args":{"n":0}}',
      '{"fault":"drop","args":{"what":1}}',
      '{"fault":"drop","args":{"symbol":"X"}}',
      '[',
      '{"fault":"disconnect","args":{"code":1006}}',
    ]) {
      const answer = await post(wrong);
      expect(answer.status).toBe(400);
      expect((await json(answer)).error).not.toBe('');
    }
    const status = await json(await fetch(`${simulator.controlUrl}/status`));
    expect(status.venues.map(({ name }) => name)).toEqual(['binance-usdm', 'binance-spot']);
    expect(status.venues[0]).toMatchObject({ faults: { drop: 1, ack_lost: 1 }, waitingFaults: 1 });
  });

  test('the oracle says why it has no book', async () => {
    const simulator = await start();
    const reason = async (query: string): Promise<string> => {
      const answer = await fetch(`${simulator.controlUrl}/oracle/book?${query}`);
      expect(answer.status).toBe(404);
      return (await json(answer)).error;
    };
    expect(await reason('venue=nowhere&symbol=BTCUSDT&id=1')).toBe('venue nowhere is not simulated');
    expect(await reason('venue=binance-spot&symbol=X&id=1')).toBe('symbol X is not simulated');
    expect(await reason('venue=binance-spot&symbol=BTCUSDT&id=1')).toContain('not in the kept history');
  });

  test('web pages are refused', async () => {
    const simulator = await start();
    expect((await fetch(`${simulator.controlUrl}/status`, { headers: { origin: 'http://example.org' } })).status).toBe(403);
  });
});
