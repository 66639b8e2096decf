/** Crowds: many clients of which some read nothing for long and some leave all the time; and all of them at once. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Feed } from '../feed.js';
import { eventually } from '../harness.js';
import { RandomMarket } from '../random-market.js';
import { Crowd, checkFiles, GatewayProcess, host, type Seen } from './processes.js';

/** The long tier sets 10,000 for 600 s, and fewer steps a second: 10,000 clients take more than the rest of two cores. */
const CLIENTS = Number(process.env['TICKRING_CROWD'] ?? 1_000);
const SECONDS = Number(process.env['TICKRING_CROWD_SECONDS'] ?? 60);
const STEP_MS = Number(process.env['TICKRING_CROWD_STEP_MS'] ?? 50);
const STORM = Number(process.env['TICKRING_STORM'] ?? 10_000);
const STORM_MS = 5_000;
/** Long enough to fill a slow client's buffers; from 60 s on the gateway would end it for its silence. */
const PAUSE_MS = Math.min(50_000, SECONDS * 400);
/** Before it and undisturbed, for what the disturbed minute is compared with. */
const CALM_SECONDS = Math.max(2, SECONDS / 15, (STEP_MS * 15) / 1_000);
/** Healthy clients in a process of their own, whose delays are those of the gateway and not of a thousand neighbours. */
const PROBES = 20;
const TOPICS = ['book.binance-usdm.BTCUSDT', 'trade.binance-usdm.BTCUSDT'];
/** So large that who does not read it fills its buffers within seconds. */
const LARGE = 'book.binance-usdm.ETHUSDT';
const LARGE_LEVELS = 200;
const LARGE_MS = 20;
/** What the gateway's README promises, MiB: itself, all buffers together, what may be resumed, and each client. */
const budgetMb = (clients: number): number => 192 + 256 + 32 + (clients * 16) / 1_024;
const WATCHDOG_MS = 120_000;
/** Healthy clients' p99 beside slow and leaving ones, of that without them: judged where the gateway had a processor when it wanted one, and the probes waited no longer beside them. */
const RATIO_MAX = 2;
const WAITED_MAX = 0.05;

let feed: Feed;
let market: RandomMarket;
let gateway: GatewayProcess;
const crowds: Crowd[] = [];
const timers: NodeJS.Timeout[] = [];

beforeEach(async () => {
  feed = new Feed(['BTCUSDT', 'ETHUSDT'], 16_777_216);
  market = new RandomMarket(feed, 'BTCUSDT', 50_000, 9);
  market.sync(100);
  feed.sync('ETHUSDT', [['1', '1']], [['100000', '1']]);
  feed.trade('BTCUSDT', '50000', '1');
  gateway = await GatewayProcess.start(feed);
  await eventually('ready', async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
});
afterEach(async () => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  await Promise.all(crowds.splice(0).map((crowd) => crowd.close()));
  await gateway.close();
  feed.close();
});

function program(): Crowd {
  const crowd = new Crowd();
  crowds.push(crowd);
  return crowd;
}

let round = 0;
function largeDelta(): void {
  round += 1;
  const levels = (base: number) =>
    Array.from({ length: LARGE_LEVELS }, (_, index) => [`${base + index}`, `${1 + (round % 997)}.5`] as const);
  feed.depth('ETHUSDT', levels(500), levels(50_000));
}

/** Every client has the last message of every topic: what comes last is not lost either. */
async function allArrived(crowd: Crowd, probes: Crowd): Promise<void> {
  market.step();
  feed.trade('BTCUSDT', '50000', '2');
  const look = (each: Crowd) => each.ask<{ least: Record<string, number> }>('look', { topics: TOPICS });
  await eventually(
    'all clients have the last messages',
    async () => {
      const [one, other] = [(await look(crowd)).least, (await look(probes)).least];
      return TOPICS.every((topic) => one[topic] === other[topic] && (one[topic] ?? -1) > 0);
    },
    WATCHDOG_MS,
  );
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

it(`${CLIENTS} clients, 5 % slow, 5 % leaving a second: every message is accounted for`, async () => {
  checkFiles(CLIENTS);
  const seed = Number(process.env['TICKRING_SEED'] ?? Date.now() % 1_000_000);
  const [crowd, probes] = [program(), program()];
  const order = { port: gateway.port, topics: TOPICS, slowTopics: [LARGE], seed };
  timers.push(setInterval(() => market.step(), STEP_MS));
  await probes.ask('open', { ...order, count: PROBES, sample: 1 });
  const alone = await probes.ask('run', { seconds: CALM_SECONDS });
  const opened = await crowd.ask<{ connectMs: number }>('open', { ...order, count: CLIENTS - PROBES, slowShare: 0.05 });
  /** Shares of a phase that gateway, crowd and probes were ready to run and had no processor, and that the host had none for this machine. */
  const waiting = (since = [0, 0, 0, 0], seconds = 1): number[] =>
    [gateway, crowd, probes, host].map((each, index) => (each.waited() - (since[index] ?? 0)) / seconds);
  const run = async (seconds: number, disturbed: object = {}) => {
    const before = gateway.cpu();
    const waited = waiting();
    const [all, healthy] = await Promise.all([crowd.ask('run', { seconds, ...disturbed }), probes.ask('run', { seconds })]);
    return {
      all,
      healthy,
      share: (gateway.cpu() - before) / seconds,
      memory: gateway.memory(),
      waited: waiting(waited, seconds),
    };
  };
  const calm = await run(CALM_SECONDS);
  timers.push(setInterval(largeDelta, LARGE_MS));
  const { all, healthy, ...disturbed } = await run(SECONDS, { isDisturbed: true, churnShare: 0.05, pauseMs: PAUSE_MS });
  for (const timer of timers.splice(0)) clearInterval(timer);
  await allArrived(crowd, probes);
  const [end, endOfProbes] = [await crowd.ask('look', { topics: TOPICS }), await probes.ask('look', { topics: TOPICS })];
  const ratio = healthy.p99Ms / calm.healthy.p99Ms;
  // What waits for a processor measures the machine: the clients alone take as much of it as the gateway.
  const more = (disturbed.waited[2] ?? 1) - (calm.waited[2] ?? 0);
  const own = [calm, disturbed].flatMap(({ waited: [ours = 1, , , stolen = 1] }) => [ours, stolen]);
  const hadProcessors = [...own, more].every((share) => share < WAITED_MAX);
  const percents = (shares: readonly number[]): string => shares.map((share) => `${Math.round(share * 100)}`).join(', ');
  const dropped = await gateway.metric('tickring_gateway_dropped_messages_total');
  const closed = await gateway.metric('tickring_gateway_slow_closed_total');
  const most = gateway.memory().most;
  process.stdout.write(
    `crowd: ${CLIENTS} clients, ${SECONDS} s, ${rounded(1_000 / STEP_MS)} steps/s, seed ${seed}; connected in ${Math.round(opened.connectMs)} ms\n` +
      `crowd: p99 of ${PROBES} healthy clients: alone ${alone.p99Ms} ms, in the crowd ${calm.healthy.p99Ms} ms, in the disturbed crowd ` +
      `${healthy.p99Ms} ms: ${rounded(ratio)}× the undisturbed crowd, ${hadProcessors ? `at most ${RATIO_MAX}× are allowed` : 'not judged'}\n` +
      `crowd: of the time gateway, crowd, probes and machine waited for a processor: undisturbed ${percents(calm.waited)} %, disturbed ${percents(disturbed.waited)} %\n` +
      `crowd: gateway ${rounded(calm.share)} of a core undisturbed, ${rounded(disturbed.share)} disturbed; ${Math.round(calm.memory.now)} MiB, ` +
      `at most ${Math.round(most)} of ${Math.round(budgetMb(CLIENTS))} MiB\n` +
      `crowd: ${dropped} messages dropped for slow clients, ${closed} of them closed; ${JSON.stringify(all)}\n`,
  );
  for (const each of [all, healthy, end, endOfProbes]) expect([each.unaccountedCount, each.unaccounted]).toEqual([0, []]);
  // Nobody but the slow ones may notice that there are slow ones; nobody else may be cut.
  expect([healthy.reconnects, healthy.skips]).toEqual([0, 0]);
  expect([all.otherCloses, all.failed]).toEqual([{}, 0]);
  // A quarter of what was published to so many at least: the market steps late on a busy machine.
  expect(all.messages).toBeGreaterThan((CLIENTS * SECONDS * 250) / STEP_MS);
  expect(all.reconnects).toBeGreaterThan(CLIENTS * SECONDS * 0.01);
  // Otherwise the slow ones were not slow.
  expect(dropped).toBeGreaterThan(0);
  expect(most).toBeLessThan(budgetMb(CLIENTS));
  if (hadProcessors) expect(ratio).toBeLessThanOrEqual(RATIO_MAX);
  expect(feed.gaps).toBe(0);
  expect([gateway.isRunning, gateway.errors]).toEqual([true, []]);
  await Promise.all([crowd.ask('leave'), probes.ask('leave')]);
  await eventually('all are gone', async () => (await gateway.metric('tickring_gateway_clients')) === 0);
}, 3_600_000);

it(`${STORM} clients within ${STORM_MS / 1_000} s all get the state and then every message`, async () => {
  checkFiles(STORM);
  const crowd = program();
  timers.push(setInterval(() => market.step(), 1_000));
  const before = gateway.cpu();
  const opened = await crowd.ask<Seen & { connectMs: number; cpuMs: number }>('open', {
    ...{ port: gateway.port, topics: TOPICS, seed: 1 },
    ...{ count: STORM, withinMs: STORM_MS },
  });
  const cpu = gateway.cpu() - before;
  const clients = await gateway.metric('tickring_gateway_clients');
  const after = await crowd.ask('run', { seconds: 2 });
  process.stdout.write(
    `storm: ${STORM} clients begun within ${STORM_MS} ms, all ready after ${Math.round(opened.connectMs)} ms, p99 of one ` +
      `${Math.round(opened.p99Ms)} ms, tried again ${opened.reconnects}; gateway ${rounded(cpu)} s of processor time, of clients ${rounded(opened.cpuMs / 1_000)} s, ${Math.round(gateway.memory().most)} MiB\n`,
  );
  expect(clients).toBe(STORM);
  for (const each of [opened, after]) expect([each.unaccountedCount, each.unaccounted]).toEqual([0, []]);
  expect(after.messages).toBeGreaterThanOrEqual(STORM);
  expect(gateway.memory().most).toBeLessThan(budgetMb(STORM));
  expect([gateway.isRunning, gateway.errors, feed.gaps]).toEqual([true, [], 0]);
}, 900_000);
