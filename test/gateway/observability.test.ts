import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HistogramLogReader } from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { bucketOf, bucketStart } from '../../src/gateway/histogram.js';
import { type LatencyAlert, LatencyAlerts } from '../../src/gateway/latency-alerts.js';
import type { Monitor } from '../../src/gateway/monitor.js';
import { Exposition } from '../../src/gateway/prometheus.js';
import type { Gateway } from '../../src/gateway/server.js';
import { Stages } from '../../src/gateway/stages.js';
import type { ViewConfig } from '../../src/model/config.js';
import { jobsStatusPath, SINK_BOUNDS_SECONDS } from '../../src/model/sink.js';
import { HISTOGRAM_BUCKETS } from '../../src/native/layout.js';
import { ROOT } from '../repository/files.js';
import { parseExposition } from './exposition.js';
import { Feed } from './feed.js';
import { eventually, JsonClient, memoryLogger, startTestGateway } from './harness.js';

const DEPLOY = join(ROOT, 'scripts/deploy');
interface Figures {
  readonly avg_latency_ms: number | null;
  readonly message_count: number;
  readonly error_count: number;
}

const STAGE_NAMES = ['receive_to_ring', 'venue_to_receive', 'receive', 'parse', 'book', 'ring', 'line_lead', 'ring_to_fanout'];
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Whether promtool is there; CI installs it, so that a missing one is a failure there. */
const promtool = spawnSync('promtool', ['--version']).error === undefined || process.env['CI'] !== undefined;
if (!promtool) console.log('promtool (Debian package prometheus) was not found: its checks are skipped');

function runPromtool(args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, {
    cwd: join(DEPLOY, 'prometheus'),
    encoding: 'utf8',
  });
  expect([error, status], `${stdout}${stderr}`).toEqual([undefined, 0]);
}

let feed: Feed;
let gateway: Gateway;
const metrics = async (accept = 'text/plain'): Promise<Response> => fetch(`${gateway.url}/metrics`, { headers: { accept } });

/** One whose figures are served though nobody quotes it. */
const VIEW: ViewConfig = {
  symbol: 'X',
  failover: { holdMs: 0 },
  depth: 1,
  toleranceMs: 1,
  deviationBps: 0,
  legs: ['binance-spot', 'binance-usdm'].map((venue) => ({ venue, symbol: 'X', feePpm: 0, multiplier: '1' })),
};

/** A sink as its process would tell of it, so that its metrics are there. */
function tellSink(): void {
  const latency = { counts: SINK_BOUNDS_SECONDS.map(() => 1), count: 1, sumSeconds: 0.001 };
  const counts = { published: 1, dropped: 0, unconfirmed: 0, lostRecords: 0, gapsTold: 0, reconnects: 0 };
  const journal = [{ shard: 0, sequence: 9, lagInputs: 3, lagSeconds: 0.5, missing: 0 }];
  const status = {
    sink: 'redis',
    connected: true,
    ...counts,
    outboxMessages: 0,
    outboxBytes: 0,
    lagSlots: 0,
    latency,
    journal,
  };
  const now = { pid: process.pid, writtenNs: `${process.hrtime.bigint()}`, writtenAt: new Date().toISOString() };
  writeFileSync(jobsStatusPath(feed.root, feed.name), JSON.stringify({ ...now, sinks: [status] }));
}

beforeAll(async () => {
  feed = new Feed(['BTCUSDT']);
  feed.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
  mkdirSync(dirname(jobsStatusPath(feed.root, feed.name)), { recursive: true });
  const config = { name: feed.name, shmRoot: feed.root, host: '127.0.0.1', port: 0, sinks: ['redis'], views: [VIEW] };
  gateway = await startTestGateway(feed, {}, config);
  const client = await JsonClient.open(gateway);
  await client.ask({ op: 'subscribe', topics: ['trade.binance-usdm.BTCUSDT'] });
  for (let count = 0; count < 200; count += 1) feed.trade('BTCUSDT', '100.5', '1');
  await eventually('200 trades', () => client.data.length >= 200);
  client.close();
});
afterAll(async () => {
  await gateway.stop();
  feed.close();
});

describe('/metrics', () => {
  it('is OpenMetrics where the scraper asks for it, with the same families', async () => {
    const plain = parseExposition(await (await metrics()).text());
    const response = await metrics(`${OPEN_METRICS},text/plain;q=0.5`);
    expect(response.headers.get('content-type')).toBe(OPEN_METRICS);
    const lines = (await response.text()).split('\n');
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
    const types = new Map(
      lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ').slice(2) as [string, string]),
    );
    expect([...types].map(([name, type]) => (type === 'counter' ? `${name}_total` : name))).toEqual([...plain.keys()]);
    for (const [name] of types) if (name.endsWith('_seconds')) expect(lines).toContain(`# UNIT ${name} seconds`);
    let family = '';
    for (const line of lines.slice(0, -2)) {
      const type = /^# TYPE (\S+) /.exec(line)?.[1];
      if (type !== undefined) family = type;
      if (line.startsWith('#')) continue;
      const name = /^[a-zA-Z0-9_:]+/.exec(line)?.[0] ?? '';
      const suffixes =
        { counter: ['_total'], gauge: [''], histogram: ['_bucket', '_sum', '_count'], summary: ['_sum', '_count'] }[
          types.get(family) ?? ''
        ] ?? [];
      expect(suffixes.map((suffix) => family + suffix)).toContain(name);
    }
  });

  it('has the latency of each stage, the gateway among them', async () => {
    const families = await eventually('stages', async () => {
      const seen = parseExposition(await (await metrics()).text());
      const samples = seen.get('tickring_stage_latency_seconds')?.samples ?? [];
      const counts = samples.filter(({ name }) => name.endsWith('_count'));
      // A feed of one line has no lead.
      const isThere = counts.every(({ value, labels }) => value > 0 || labels['stage'] === 'line_lead');
      return counts.length === STAGE_NAMES.length && isThere && seen;
    });
    const stage = families.get('tickring_stage_latency_seconds')?.samples ?? [];
    expect(new Set(stage.map(({ labels }) => labels['stage']))).toEqual(new Set(STAGE_NAMES));
    expect(stage.filter(({ labels }) => labels['le'] === '0.0001')).toHaveLength(STAGE_NAMES.length);
    // One frame of 61 is cut into its parts, each as often as the others.
    const parts = ['receive', 'parse', 'book', 'ring'];
    const counted = stage.filter(({ name, labels }) => name.endsWith('_count') && parts.includes(labels['stage'] ?? ''));
    expect(counted.map(({ value }) => value)).toEqual(Array(parts.length).fill(counted[0]?.value));
    // Counters are looked at four times a second.
    await eventually('the feed is live', async () => {
      const feeds = parseExposition(await (await metrics()).text()).get('tickring_feed_live')?.samples ?? [];
      return feeds.length === 1 && feeds[0]?.labels['venue'] === 'binance-usdm' && feeds[0].value === 1;
    });
  });

  it('has averages of each exchange and each symbol, of what the gateway followed', async () => {
    const statistics = (): Promise<Response> => fetch(`${gateway.url}/metrics?format=json`);
    const all = await eventually('200 trades are counted', async () => {
      const { by_exchange, by_symbol } = (await (await statistics()).json()) as Record<string, Record<string, Figures>>;
      const [exchange, symbol] = [by_exchange?.['binance-usdm'], by_symbol?.['binance-usdm:BTCUSDT']];
      return (symbol?.message_count ?? 0) >= 200 && { exchange, symbol };
    });
    expect(all.symbol).toEqual({ avg_latency_ms: expect.any(Number), message_count: 201, error_count: 0 });
    expect(all.exchange).toEqual(all.symbol);
    expect(all.symbol?.avg_latency_ms).toBeGreaterThan(0);
    const family = parseExposition(await (await metrics()).text()).get('tickring_instrument_latency_seconds');
    const [sum, count] = ['_sum', '_count'].map((end) => family?.samples.find(({ name }) => name.endsWith(end)));
    expect([family?.type, count?.value, count?.labels]).toEqual(['summary', 200, { venue: 'binance-usdm', symbol: 'BTCUSDT' }]);
    expect(((sum?.value ?? 0) * 1_000) / 200).toBeCloseTo(all.symbol?.avg_latency_ms ?? 0, 9);
  });

  it.skipIf(!promtool)('is what promtool takes', async () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await (await metrics()).text(),
      encoding: 'utf8',
    });
    // It also has opinions about names that older dashboards read; those are no errors of the format.
    const complaints = `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('marketdata_subscription_count'));
    expect([status === 0 || status === 3, complaints]).toEqual([true, []]);
  });

  it('stages are HdrHistogram logs that its reader takes, with the same count', async () => {
    for (const stage of STAGE_NAMES) {
      const response = await fetch(`${gateway.url}/metrics/hdr/${stage}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
      const histogram = new HistogramLogReader(await response.text()).nextIntervalHistogram();
      const families = parseExposition(await (await metrics()).text());
      const samples = families.get('tickring_stage_latency_seconds')?.samples ?? [];
      const count = samples.find(({ name, labels }) => name.endsWith('_count') && labels['stage'] === stage)?.value;
      expect(histogram?.totalCount, stage).toBe(count);
      expect(histogram?.maxValue, stage).toBeGreaterThanOrEqual(histogram?.getValueAtPercentile(50) ?? Number.NaN);
    }
    expect((await fetch(`${gateway.url}/metrics/hdr/nothing`)).status).toBe(404);
  });
});

test('buckets: every value goes where the addon would count it', () => {
  for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket += 1) {
    const [start, end] = [bucketStart(bucket), bucketStart(bucket + 1)];
    expect([bucketOf(start), bucketOf(end - 1), bucketOf(start + (end - start) / 2)]).toEqual([bucket, bucket, bucket]);
  }
  expect([bucketOf(-1), bucketOf(0.5), bucketOf(2 ** 50)]).toEqual([0, 0, HISTOGRAM_BUCKETS - 1]);
});

describe('latency alerts', () => {
  const counts = new Float64Array(HISTOGRAM_BUCKETS);
  const stages = new Stages({ histogram: () => counts } as unknown as Monitor);
  const count = (ms: number): void => {
    counts[bucketOf(ms * 1e6)] = (counts[bucketOf(ms * 1e6)] ?? 0) + 1;
  };

  it('tell what is over the threshold since the look before, the log now and then', () => {
    const logger = memoryLogger();
    const told: LatencyAlert[] = [];
    count(1_000);
    const alerts = new LatencyAlerts(stages, 50, logger, (alert) => told.push(alert));
    alerts.look(0);
    for (const ms of [1, 49, 50]) count(ms);
    alerts.look(250);
    expect(told).toEqual([]);
    for (const ms of [52, 80, 80]) count(ms);
    alerts.look(500);
    // Not the venue's clock, nor the fan-out, which nothing went through.
    expect(told).toMatchObject([{ stage: 'receive_to_ring', thresholdMs: 50, count: 3 }]);
    expect(told[0]?.maxMs).toBeGreaterThanOrEqual(80);
    count(60);
    alerts.look(750);
    expect([told.length, logger.lines.length]).toEqual([2, 1]);
    count(60);
    alerts.look(20_000);
    expect(logger.lines.map(({ level, message }) => [level, message])).toEqual(
      Array(2).fill(['warn', 'latency over the threshold']),
    );
    const out = new Exposition();
    alerts.expose(out);
    const samples = parseExposition(out.text).get('tickring_latency_alerts_total')?.samples;
    expect(samples?.find(({ labels }) => labels['stage'] === 'receive_to_ring')?.value).toBe(5);
  });

  it('a restarted engine, which counts from zero, is no alert', () => {
    const told: LatencyAlert[] = [];
    const alerts = new LatencyAlerts(stages, 50, memoryLogger(), (alert) => told.push(alert));
    alerts.look(0);
    counts.fill(0);
    alerts.look(250);
    expect(told).toEqual([]);
  });
});

describe('scripts/deploy', () => {
  const rules = readFileSync(join(DEPLOY, 'prometheus/alerts.yml'), 'utf8');
  const alertNames = [...rules.matchAll(/- alert: (\S+)/g)].map(([, name]) => name ?? '');

  /** Metrics of ours that an expression names. */
  const namesIn = (expression: string): string[] =>
    [...expression.matchAll(/\b(?:tickring|market_data|marketdata|process)_[a-z0-9_]+/g)].map(([name]) => name);

  async function served(): Promise<Set<string>> {
    tellSink();
    const names = await eventually('metrics of the sink', async () => {
      const families = parseExposition(await (await metrics()).text());
      return families.has('tickring_sink_dropped_total') && families;
    });
    return new Set([...names.values()].flatMap(({ samples }) => samples.map(({ name }) => name)));
  }

  it.skipIf(!promtool)('promtool takes the rules, and each alert fires when it should and only then', () => {
    runPromtool(['check', 'rules', 'alerts.yml']);
    runPromtool(['check', 'config', 'prometheus.yml']);
    runPromtool(['test', 'rules', 'alerts.test.yml']);
  });

  it('every alert has a test and a line in the runbook, and names metrics that are served', async () => {
    expect(alertNames.length).toBeGreaterThan(10);
    const tests = readFileSync(join(DEPLOY, 'prometheus/alerts.test.yml'), 'utf8');
    const runbook = readFileSync(join(DEPLOY, 'README.md'), 'utf8');
    for (const name of alertNames) {
      expect(tests.split(`alertname="${name}"`), name).toHaveLength(3);
      expect(runbook, name).toContain(`\n| ${name} |`);
    }
    const known = await served();
    const named = [...rules.matchAll(/expr: ([\s\S]*?)\n {8}(?:for|labels):/g)].flatMap(([, expression]) =>
      namesIn(expression ?? ''),
    );
    expect(new Set(named).size).toBeGreaterThan(10);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('the dashboard is whole: panels apart from each other, queries over metrics that are served', async () => {
    expect(readdirSync(join(DEPLOY, 'grafana'))).toEqual(['tickring.json']);
    const board = JSON.parse(readFileSync(join(DEPLOY, 'grafana/tickring.json'), 'utf8')) as Dashboard;
    expect(board).toMatchObject({ uid: 'tickring', title: 'Tickring', schemaVersion: expect.any(Number) });
    const variables = board.templating.list.map(({ name }) => name);
    const { panels } = board;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x >= 0 && w > 0 && x + w <= 24)).toBe(true);
    const known = await served();
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(panels.length);
    for (const expression of expressions) {
      expect(
        namesIn(expression).filter((name) => !known.has(name)),
        expression,
      ).toEqual([]);
      expect(namesIn(expression).length, expression).toBeGreaterThan(0);
      for (const [, name] of expression.matchAll(/\$(\w+)/g)) expect(['__rate_interval', ...variables]).toContain(name);
    }
    for (const { title, type, datasource, targets } of panels) {
      expect([title !== '', targets.length > 0, datasource.uid], title).toEqual([true, true, ['$', '{datasource}'].join('')]);
      expect(['stat', 'timeseries', 'heatmap', 'state-timeline'], title).toContain(type);
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
    }
  });

  it.skipIf(!promtool)('promtool takes the queries of the dashboard', () => {
    const board = JSON.parse(readFileSync(join(DEPLOY, 'grafana/tickring.json'), 'utf8')) as Dashboard;
    const expressions = board.panels.flatMap(({ targets }) =>
      targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m')),
    );
    const records = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const file = join(feed.root, 'dashboard.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: records }] }));
    runPromtool(['check', 'rules', file]);
  });
});

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly datasource: { readonly uid: string };
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly refId: string; readonly expr: string }[];
  }[];
}
