import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketStart, cumulative, summarize } from '../../src/gateway/histogram.js';
import { Exposition } from '../../src/gateway/prometheus.js';
import type { Gateway } from '../../src/gateway/server.js';
import { HISTOGRAM_BUCKETS, HISTOGRAM_MAX_BITS, INSTRUMENT_COUNTERS, SHARD_COUNTERS } from '../../src/native/layout.js';
import { type Family, parseExposition } from './exposition.js';
import { Feed } from './feed.js';
import { eventually, JsonClient, startTestGateway } from './harness.js';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

describe('/metrics', () => {
  let feed: Feed;
  let gateway: Gateway;
  const scrape = async (): Promise<Map<string, Family>> => {
    const response = await fetch(`${gateway.url}/metrics`);
    expect(response.headers.get('content-type')).toBe(CONTENT_TYPE);
    return parseExposition(await response.text());
  };
  const value = (families: Map<string, Family>, name: string, labels: Record<string, string> = {}): number | undefined =>
    families.get(name)?.samples.find((sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text))
      ?.value;

  beforeAll(async () => {
    feed = new Feed(['BTCUSDT', 'ETH"\\USDT']);
    feed.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
    for (let count = 0; count < 20; count += 1) feed.trade('BTCUSDT', '100.5', '1');
    feed.quote('BTCUSDT', ['100', '1'], ['101', '1']);
    gateway = await startTestGateway(feed);
  });
  afterAll(async () => {
    await gateway.stop();
    feed.close();
  });

  it('is text that a strict scraper takes, even for symbols that need escaping', async () => {
    const families = await eventually('instruments', async () => {
      const seen = await scrape();
      return value(seen, 'market_data_updates_total', { symbol: 'ETH"\\USDT', kind: 'trade' }) === 0 && seen;
    });
    for (const { name } of SHARD_COUNTERS) expect(families.has(`tickring_${name}_total`), name).toBe(true);
    // Each counter but the two that views tell, and the latencies.
    expect([...families.keys()].filter((name) => name.startsWith('tickring_instrument_'))).toHaveLength(
      INSTRUMENT_COUNTERS.length - 2 + 1,
    );
  });

  it('counts updates by symbol, venue and kind as the engine does', async () => {
    const labels = { symbol: 'BTCUSDT', venue: 'binance-usdm' };
    const families = await eventually('20 trades', async () => {
      const seen = await scrape();
      return value(seen, 'market_data_updates_total', { ...labels, kind: 'trade' }) === 20 && seen;
    });
    expect(value(families, 'market_data_updates_total', { ...labels, kind: 'quote' })).toBe(1);
    expect(value(families, 'market_data_updates_total', { ...labels, kind: 'book_delta' })).toBe(1);
    expect(value(families, 'tickring_instrument_in_sync', labels)).toBe(1);
    expect(value(families, 'tickring_shard_live', { shard: '0' })).toBe(1);
    expect(value(families, 'tickring_ring_position_slots', { shard: '0' })).toBeGreaterThan(20);
    expect(value(families, 'tickring_gateway_lag_slots', { shard: '0' })).toBe(0);
    expect(value(families, 'tickring_heartbeat_age_seconds', { shard: '0' })).toBeGreaterThanOrEqual(0);
  });

  it('shows latency with bounds from a microsecond over 0.0001 s to 10 s', async () => {
    const families = await scrape();
    const bounds = families.get('market_data_latency_seconds')?.samples.flatMap(({ labels }) => labels['le'] ?? []) ?? [];
    expect(bounds).toEqual(expect.arrayContaining(['0.000001', '0.00001', '0.0001', '0.001', '1', '10', '+Inf']));
    expect(families.get('market_data_latency_seconds')?.samples.at(-1)?.value).toBeGreaterThan(20);
  });

  it('counts clients, topics and messages', async () => {
    const before = await scrape();
    const client = await JsonClient.open(gateway);
    await client.ask({ op: 'subscribe', topics: ['trade.binance-usdm.BTCUSDT'] });
    await eventually('last trade', () => client.data.length === 1);
    feed.trade('BTCUSDT', '100.5', '1');
    await eventually('trade', () => client.data.length === 2);
    const during = await scrape();
    expect(value(during, 'tickring_gateway_clients', { encoding: 'json' })).toBe(1);
    expect(value(during, 'marketdata_subscription_count')).toBe(1);
    const counted = (families: Map<string, Family>): number => value(families, 'tickring_gateway_messages_total') ?? 0;
    expect(counted(during) - counted(before)).toBe(1);
    client.close();
  });
});

describe('histogram', () => {
  it('has contiguous buckets that keep a value to a 64th', () => {
    for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket += 1) {
      const [start, end] = [bucketStart(bucket), bucketStart(bucket + 1)];
      expect(end).toBeGreaterThan(start);
      expect((end - start) * 64).toBeLessThanOrEqual(Math.max(start, 64));
    }
    expect(bucketStart(HISTOGRAM_BUCKETS)).toBe(2 ** HISTOGRAM_MAX_BITS);
  });

  it('counts a bucket under a bound only if all of it is, and everything in the end', () => {
    const counts = new Float64Array(HISTOGRAM_BUCKETS);
    counts[10] = 3;
    counts[200] = 4;
    const edge = bucketStart(201) - 1;
    expect(cumulative(counts, [9, 10, edge - 1, edge, 1e12])).toEqual([0, 3, 3, 7, 7]);
    const { count, min, max, quantile } = summarize(counts);
    expect([count, min, max, quantile(0.4), quantile(0.5), quantile(1)]).toEqual([7, 10, edge, 10, edge, edge]);
  });

  it('of nothing has no figures', () => {
    const { count, min, max, avg, quantile } = summarize(new Float64Array(HISTOGRAM_BUCKETS));
    expect([count, min, max, avg, quantile(0.5)]).toEqual([0, null, null, null, null]);
  });
});

describe('exposition', () => {
  it('escapes what labels and help must not hold', () => {
    const out = new Exposition();
    out.add('a_total', 'counter', 'line\nbreak \\', [[{ name: 'q"b\\s\nn' }, 1]]);
    const [family] = parseExposition(out.text).values();
    expect(family?.samples[0]?.labels).toEqual({ name: 'q"b\\s\nn' });
    expect(out.text.split('\n')).toHaveLength(4);
  });

  it('refuses a family that stands there twice, or is misnamed', () => {
    const out = new Exposition();
    out.one('a', 'gauge', 'A.', 1);
    expect(() => out.one('a', 'gauge', 'A.', 1)).toThrow('twice');
    expect(() => out.one('1a', 'gauge', 'A.', 1)).toThrow('misnamed');
  });
});
