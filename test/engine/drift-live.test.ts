/** The route split of Binance's futures of April 2026, and other changes, on a whole engine. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startGateway } from '#dist/gateway/server.js';
import { DRIFT_KINDS, type Drift, type DriftKind } from '#dist/model/drift.js';
import type { Venue } from '#dist/model/venue.js';
import type { FaultInput } from '#dist/simulator/index.js';
import { run } from '../cli/program.js';
import { memoryLogger } from './memory-logger.js';
import { eventually, Rig } from './rig.js';

/** Guards against hangs alone: an engine, a gateway and three processes of the command, one after another. */
const WATCHDOG_MS = 150_000;

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

function drift(engine: Rig, kind: DriftKind): Promise<Drift> {
  return eventually(`drift ${kind}`, async () => (await engine.status()).drift.find((one) => one.kind === kind));
}

it('an address that acknowledges a channel and no longer carries it is named, whether the connection lives on or is made anew', async () => {
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['binance-usdm'] } });
  const engine = rig;
  await eventually('a rhythm', async () => (await engine.counter('trades')) > 300);
  expect((await engine.status()).drift).toEqual([]);
  engine.inject('reroute', { stream: 'aggTrade', ms: 3_600_000 });
  const begun = performance.now();
  expect(await drift(engine, 'silent_route')).toMatchObject({ venue: 'binance-usdm', what: 'trade of market', count: 1 });
  process.stderr.write(`drift: route split to noticed ${Math.round(performance.now() - begun)} ms, busy machine\n`);
  await engine.inSync();
  const line = engine.lines.find(({ message }) => message === 'the venue changed something');
  expect(line?.fields).toMatchObject({ kind: 'silent_route', what: 'trade of market' });
  // Acknowledged, and as silent as before.
  engine.inject('disconnect');
  await eventually('subscribed again', async () => (await engine.counter('connects')) >= 4);
  await engine.inSync();
  expect((await engine.status()).drift.map(({ kind, count }) => [kind, count])).toEqual([['silent_route', 1]]);
  expect(await engine.control.request('drift')).toEqual((await engine.status()).drift);
});

it('members that nobody knows are found in samples, types in what was refused, and bytes of both are kept', async () => {
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['bybit-linear'] } });
  const engine = rig;
  engine.inject('malformed', { kind: 'more_members', n: 100_000, stream: 'any' });
  expect((await drift(engine, 'new_member')).what).toMatch(/novel/);
  engine.inject('malformed', { kind: 'unknown_type', n: 1, extra: true });
  expect((await drift(engine, 'unknown_message')).what).toBe('novelty');
  const folder = join(engine.config.stateDir, 'drift');
  const kept = await eventually('samples on disk', () => {
    const text = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
    return text.includes('unknown_message') && text;
  });
  const [sample] = kept
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { code: string; frame_base64: string });
  expect(Buffer.from(sample?.frame_base64 ?? '', 'base64').toString()).toMatch(/novel/);
  expect(await engine.counter('gaps')).toBe(0);
});

/** How messages are spoilt, and what is noticed. */
const SPOILT = [
  ['unknown_type', 'unknown_message'],
  ['wrong_type', 'changed_member'],
  ['missing_member', 'missing_member'],
] as const;

/** As a scrape tells it: times by venue and kind. */
function scraped(text: string): Map<string, number> {
  const rows = [...text.matchAll(/^tickring_drift_total\{venue="([^"]*)",kind="([^"]*)"\} (\d+)$/gm)];
  return new Map(rows.map(([, venue, kind, count]) => [`${venue} ${kind}`, Number(count)]));
}

/** The venue before it had a state that its listing has now. */
function before(venue: Venue): Venue {
  const { manifest } = venue;
  if (manifest?.states === undefined || venue.name !== 'binance-usdm') return venue;
  return { ...venue, manifest: { ...manifest, states: { ...manifest.states, known: ['BREAK'] } } };
}

it(
  'changes of every kind are told by `tickring drift` and counted at /metrics, and nothing is before they happen',
  async () => {
    const simulator = { venues: ['binance-usdm', 'bybit-linear'] } as const;
    rig = await Rig.start({ config: { shards: 1 }, simulator, knownAs: before });
    const engine = rig;
    const { name, shmRoot } = engine.config;
    const told = (...flags: string[]) => run(['drift', '--name', name, '--shm-root', shmRoot, ...flags]);
    await eventually('a rhythm', async () => (await engine.counter('trades')) > 600);
    const listed = await told('--json');
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    // The listing was read at the start.
    const [state, ...others] = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Drift);
    expect([state, others]).toMatchObject([{ venue: 'binance-usdm', kind: 'new_state', what: 'status TRADING', count: 2 }, []]);

    const inject = (fault: FaultInput['fault'], args: object): void => engine.inject(fault, { venue: 'bybit-linear', ...args });
    engine.inject('reroute', { venue: 'binance-usdm', stream: 'aggTrade', ms: 3_600_000 });
    // One after another: each spoils the next message.
    for (const [fault, kind] of SPOILT) {
      inject('malformed', { kind: fault, n: 1 });
      await drift(engine, kind);
    }
    inject('malformed', { kind: 'more_members', n: 100_000, stream: 'any' });
    await drift(engine, 'new_member');
    inject('ack_error', { n: 1 });
    inject('disconnect', {});
    const kinds = Object.keys(DRIFT_KINDS).sort();
    await eventually(
      'all are noticed',
      async () => new Set((await engine.status()).drift.map(({ kind }) => kind)).size === kinds.length,
    );
    await engine.inSync();

    const { stdout } = await told();
    const lines = stdout.trimEnd().split('\n');
    for (const [kind, meaning] of Object.entries(DRIFT_KINDS)) {
      const at = lines.findIndex((line) => line.split('  ')[1] === kind);
      expect(lines[at], kind).toMatch(/^(binance-usdm|bybit-linear) {2}\w+ {2}.+ {2}\d+ times, \S+ … \S+$/);
      expect(lines[at + 1]).toBe(`    ${meaning}`);
    }
    const gateway = await startGateway(
      { name, shmRoot, host: '127.0.0.1', port: 0 },
      { logger: memoryLogger(), control: engine.control, version: 'test' },
    );
    try {
      await eventually('a scrape says what the engine says', async () => {
        const sums = new Map<string, number>();
        for (const { venue, kind, count } of await engine.control.request('drift'))
          sums.set(`${venue} ${kind}`, (sums.get(`${venue} ${kind}`) ?? 0) + count);
        const text = await (await fetch(`${gateway.url}/metrics`)).text();
        const metrics = scraped(text);
        // Samples may have been taken since the gateway asked.
        const isTold = ([key, count]: [string, number]): boolean => {
          const shown = metrics.get(key) ?? 0;
          return key.endsWith('new_member') ? shown > 0 && shown <= count : shown === count;
        };
        return metrics.size === sums.size && [...sums].every(isTold);
      });
    } finally {
      await gateway.stop();
    }
    await engine.stop();
    rig = undefined;
    const away = await told();
    expect([away.code, away.stdout]).toEqual([69, '']);
    expect(away.stderr).toMatch(new RegExp(`^tickring: .*${name}`));
  },
  WATCHDOG_MS,
);

it('a topic that is withdrawn is a refused request', async () => {
  // As Bybit withdrew its book of 500 levels: the topic is unknown from then on.
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['bybit-linear'] } });
  const engine = rig;
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) engine.inject('delist', { symbol, ms: 3_600_000 });
  engine.inject('disconnect');
  await drift(engine, 'refused_request');
});
