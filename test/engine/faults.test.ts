import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exactLosses, oracleRecords, quarantined, quarantinedChecksums } from './oracle.js';
import { eventually, Rig, TRANSPORTS } from './rig.js';

/** Kinds whose message must be refused; `huge` below the limit and `binary` are well-formed and accepted. */
const REFUSED = ['truncated', 'bitflip', 'wrong_type', 'exponent', 'decimals20', 'negative', 'invalid_utf8', 'deep', 'empty'];

describe.each(TRANSPORTS)('over %s', (transport) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ transport });
  });
  afterAll(() => rig?.stop());

  it('without a fault there is no gap, no quarantined input and no resync after the first', async () => {
    await exactLosses(rig);
    expect([...rig.ring.gaps.values()].flat()).toEqual([]);
    expect(await rig.counter('quarantined')).toBe(0);
    expect(await rig.counter('resyncs')).toBe(0);
  });

  it.each([1, 10])('drop %i: exactly the missing ids are named, and the books recover', async (n) => {
    const before = await rig.counter('gaps');
    rig.inject('drop', { n });
    await eventually('the loss is noticed', async () => (await rig.counter('gaps')) >= before + 4);
    await rig.inSync();
    await exactLosses(rig);
  });

  it('a dropped trade is named by its ids', async () => {
    const before = await rig.counter('gaps');
    rig.inject('drop', { venue: 'binance-spot', stream: 'trade', n: 2 });
    rig.inject('drop', { venue: 'binance-usdm', stream: 'aggTrade', n: 2 });
    await eventually('the loss is noticed', async () => (await rig.counter('gaps')) >= before + 4);
    await exactLosses(rig);
  });

  it('duplicates change nothing, each or as a range', async () => {
    const before = await rig.counter('duplicates');
    const resyncs = await rig.counter('resyncs');
    rig.inject('duplicate', { n: 3, copies: 2 });
    rig.inject('duplicate', { n: 5, mode: 'range' });
    await eventually('repetitions are counted', async () => (await rig.counter('duplicates')) >= before + 4 * (3 * 2 + 5));
    await rig.inSync();
    await exactLosses(rig);
    expect(await rig.counter('resyncs')).toBe(resyncs);
  });

  it.each([1, 4])('reorder by %i: what came too late is named as missing, and the books recover', async (k) => {
    const before = await rig.counter('gaps');
    rig.inject('reorder', { k });
    await eventually('the loss is noticed', async () => (await rig.counter('gaps')) >= before + 4);
    await rig.inSync();
    await exactLosses(rig);
  });

  it.each(REFUSED)('malformed (%s): kept with its bytes and a code, counted, and its ids are named', async (kind) => {
    const before = await rig.counter('quarantined');
    const kept = quarantined(rig).length;
    rig.inject('malformed', { kind, n: 1 });
    await eventually('four frames are refused', async () => (await rig.counter('quarantined')) >= before + 4);
    await rig.inSync();
    await eventually('they are on disk', () => quarantined(rig).length >= kept + 4);
    expect(await rig.counter('quarantined')).toBe(before + 4);
    const lines = quarantined(rig).slice(kept);
    for (const { code } of lines) expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
    const checksums = quarantinedChecksums(rig);
    const spoilt = oracleRecords(rig).filter(({ fate }) => fate === `malformed:${kind}`);
    expect(spoilt.length).toBeGreaterThanOrEqual(4);
    for (const { crc32 } of spoilt) expect(checksums).toContain(crc32);
    await exactLosses(rig);
  });

  it('a message of 8 MiB costs no connection and no data', async () => {
    const { connections } = await rig.status();
    rig.inject('malformed', { kind: 'huge', symbol: 'BTCUSDT' });
    await eventually('it was sent', () => oracleRecords(rig).filter(({ fate }) => fate === 'malformed:huge').length >= 2);
    await rig.inSync();
    await exactLosses(rig);
    const reconnects = (await rig.status()).connections.map(({ reconnects: count }) => count);
    expect(reconnects).toEqual(connections.map(({ reconnects: count }) => count));
  });

  it('a message beyond 8 MiB costs its connection, and what was lost is named', async () => {
    rig.inject('malformed', { kind: 'huge', symbol: 'BTCUSDT', size: (8 << 20) + 1 });
    await eventually('the connections are replaced', async () => (await rig.counter('disconnects')) >= 2);
    await rig.inSync();
    await exactLosses(rig);
  });

  it('rollback: restarted numbering is told as such, and the books start anew', async () => {
    const before = await rig.counter('rollbacks');
    rig.inject('rollback', { to: 1 });
    await eventually('the restart is noticed', async () => (await rig.counter('rollbacks')) >= before + 4);
    await rig.inSync();
    await exactLosses(rig);
  });
});
