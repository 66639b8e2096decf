/** Venues whose books come whole in the stream: nothing is fetched, a gap subscribes the book anew. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VenueName } from '#dist/simulator/index.js';
import { oracleRecords, quarantined } from './oracle.js';
import { eventually, Rig, TRANSPORTS } from './rig.js';

const SYMBOLS = 2;
/** Two symbols of each venue. */
const VENUES: readonly (readonly [VenueName, readonly [string, string]])[] = [
  ['bybit-linear', ['BTCUSDT', 'ETHUSDT']],
  ['bybit-spot', ['BTCUSDT', 'ETHUSDT']],
  ['deribit', ['BTC-PERPETUAL', 'BTC_USDC']],
  ['okx-swap', ['BTC-USDT-SWAP', 'ETH-USDT-SWAP']],
  ['coinbase', ['BTC-USD', 'ETH-USD']],
];
const CASES = VENUES.flatMap(([venue, symbols]) => TRANSPORTS.map((transport) => [venue, transport, symbols] as const));
/** How the streams of books begin. */
const BOOKS = /^(orderbook\.1000|books?|level2)\b/;

describe.each(CASES)('%s over %s', (venue, transport, symbols) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ transport, config: { shards: 1 }, simulator: { venues: [venue], symbols } });
  });
  afterAll(() => rig?.stop());

  /** Gaps of all books that the ring told so far. */
  const told = (stream: string) => {
    rig.ring.drain();
    return [...rig.ring.gaps.values()].flat().filter((gap) => gap.stream === stream);
  };

  it('begins from the stream without a fault: no gap, no resync, nothing set aside, trades and quotes arrive', async () => {
    await eventually('trades and quotes', async () => (await rig.counter('trades')) > 20 && (await rig.counter('quotes')) > 20);
    await rig.inSync();
    expect(told('book')).toEqual([]);
    for (const name of ['gaps', 'resyncs', 'quarantined', 'duplicates']) expect(await rig.counter(name)).toBe(0);
    // The listing; all else are copies for audits, one of which may be on its way.
    const requests = rig.simulator.stats().venues[0]?.counters.restRequests ?? 0;
    expect(requests - 1).toBeLessThanOrEqual((await rig.counter('audits')) + (await rig.counter('audits_void')) + 1);
  });

  it.each([1, 10])('drop %i: exactly the missing ids are named, and the books are subscribed anew', async (n) => {
    const before = told('book').length;
    const lost = () => oracleRecords(rig).filter(({ fate, stream }) => fate === 'dropped' && BOOKS.test(stream));
    const already = lost().length;
    rig.inject('drop', { n });
    await eventually('the loss is noticed', () => told('book').length >= before + SYMBOLS);
    await rig.inSync();
    // Besides what was dropped, gaps name what the venue sent while the book was not subscribed.
    const named = new Set(told('book').flatMap(({ first, last }) => span(first, last)));
    for (const { last_id } of lost().slice(already)) expect(named).toContain(last_id);
    const dropped = lost().length - already;
    // Where a hole renews all books of a connection, the other book's rule may end with its subscription.
    if (venue === 'coinbase') expect(dropped).toBeGreaterThan(0);
    else expect(dropped).toBe(n * SYMBOLS);
  });

  it('a refused message costs its own book a new subscription', async () => {
    // A rule ends with its subscription: whatever was lost before must be over.
    await rig.inSync();
    const before = await rig.counter('resyncs');
    const kept = quarantined(rig).length;
    rig.inject('malformed', { kind: 'wrong_type', n: 1 });
    await eventually('the books are rebuilt', async () => (await rig.counter('resyncs')) >= before + SYMBOLS);
    await rig.inSync();
    await eventually('they are on disk', () => quarantined(rig).length === kept + SYMBOLS);
  });

  // Numbers of a connection know nothing of the venue's.
  it.skipIf(venue === 'coinbase')(
    'a restart of the venue is told as a rollback, and the whole book that comes with it serves',
    async () => {
      const before = await rig.counter('rollbacks');
      rig.inject('rollback', { to: 1 });
      await eventually('the restart is noticed', async () => (await rig.counter('rollbacks')) >= before + SYMBOLS);
      await rig.inSync();
    },
  );

  it('a lost connection comes back with whole books, and what was missed is a gap of that reason', async () => {
    // Long enough that the venue's ids go on meanwhile.
    rig.inject('disconnect', { outage_ms: 2_000 });
    await eventually('it is noticed', async () => (await rig.counter('disconnects')) >= 1);
    await rig.inSync();
    expect(told('book').some(({ reason }) => reason === 'disconnect')).toBe(true);
  });

  it('a crossed book is rebuilt', async () => {
    const [crossed, resyncs] = [await rig.counter('crossed'), await rig.counter('resyncs')];
    rig.inject('crossed', { symbol: symbols[0] });
    await eventually('it crosses', async () => (await rig.counter('crossed')) > crossed);
    await eventually('it is rebuilt', async () => (await rig.counter('resyncs')) > resyncs);
    await rig.inSync();
  });
});

function span(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
