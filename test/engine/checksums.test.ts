/** A venue that does not number its books and proves them by checksums. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quarantined } from './oracle.js';
import { eventually, Rig, TRANSPORTS } from './rig.js';

/** Symbols of the rig. */
const SYMBOLS = 2;

describe.each(TRANSPORTS)('kraken-spot over %s', (transport) => {
  let rig: Rig;
  beforeAll(async () => {
    const simulator = { venues: ['kraken-spot' as const], symbols: ['BTC/USD', 'ETH/USD'] };
    rig = await Rig.start({ transport, config: { shards: 1 }, simulator, ownIds: true });
  });
  afterAll(() => rig?.stop());

  it('begins from the stream without a fault: every checksum holds, trades and quotes arrive', async () => {
    await eventually('trades and quotes', async () => (await rig.counter('trades')) > 20 && (await rig.counter('quotes')) > 20);
    await eventually('checksums', async () => (await rig.counter('checksums')) > 20);
    await rig.inSync();
    for (const name of ['checksum_mismatches', 'gaps', 'resyncs', 'quarantined']) expect(await rig.counter(name)).toBe(0);
  });

  it('lost messages are found by the next checksum, and the books are subscribed anew', async () => {
    const before = await rig.counter('checksum_mismatches');
    rig.inject('drop', { n: 5 });
    await eventually('the loss is noticed', async () => (await rig.counter('checksum_mismatches')) >= before + SYMBOLS);
    await rig.inSync();
  });

  it('a refused message is found out like a lost one', async () => {
    const before = await rig.counter('resyncs');
    const kept = quarantined(rig).length;
    rig.inject('malformed', { kind: 'wrong_type', n: 1 });
    await eventually('the books are rebuilt', async () => (await rig.counter('resyncs')) >= before + SYMBOLS);
    await rig.inSync();
    await eventually('they are on disk', () => quarantined(rig).length === kept + SYMBOLS);
  });

  it('a lost connection comes back with whole books', async () => {
    rig.inject('disconnect', { outage_ms: 1_000 });
    await eventually('it is noticed', async () => (await rig.counter('disconnects')) >= 1);
    await rig.inSync();
  });
});
