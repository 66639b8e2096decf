import { afterEach, describe, expect, it } from 'vitest';
import { exactLosses } from './oracle.js';
import { eventually, Rig, type RigOptions, TRANSPORTS } from './rig.js';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

describe.each(TRANSPORTS)('over %s', (transport) => {
  async function started(options: RigOptions = {}): Promise<Rig> {
    rig = await Rig.start({ ...options, transport });
    return rig;
  }

  it('a silent connection is replaced after its deadline, pings or not, and what was lost is named', async () => {
    const engine = await started({ limits: { silenceTimeoutMs: 1_500, idleTimeoutMs: 3_000 } });
    for (const pings of [true, false]) {
      const before = await engine.counter('disconnects');
      engine.inject('stall', { ms: 20_000, pings });
      await eventually('three connections are replaced', async () => (await engine.counter('disconnects')) >= before + 3);
      await engine.inSync();
      await exactLosses(engine);
    }
    expect(engine.lines.some(({ fields }) => /^no (data|byte) for/.test(String(fields['reason'])))).toBe(true);
  });

  it('lost connections come back, and what was lost is named', async () => {
    const engine = await started();
    for (const args of [{}, { outage_ms: 700 }]) {
      const before = await engine.counter('connects');
      engine.inject('disconnect', args);
      await eventually('three connections are made anew', async () => (await engine.counter('connects')) >= before + 3);
      await engine.inSync();
      await exactLosses(engine);
    }
  });

  it('connections that are reset come back, and every hole is told as one of a lost connection', async () => {
    const engine = await started();
    for (let round = 0; round < 3; round += 1) {
      const before = await engine.counter('connects');
      engine.inject('disconnect', { hard: true });
      await eventually('three connections are made anew', async () => (await engine.counter('connects')) >= before + 3);
      await engine.inSync();
    }
    // A reset discards what was on its way, so that the venue's log cannot tell where the hole begins.
    const reasons = new Set([...engine.ring.gaps.values()].flat().map(({ reason }) => reason));
    expect([...reasons]).toEqual(['disconnect']);
  });

  it('feeds survive a closed port and a venue that answers 503', async () => {
    const engine = await started();
    for (const args of [{ ms: 1_500 }, { ms: 1_500, status: 503, retry_after: 1 }]) {
      const before = await engine.counter('connects');
      engine.inject('outage', args);
      engine.inject('disconnect');
      await eventually('three connections are made anew', async () => (await engine.counter('connects')) >= before + 3);
      await engine.inSync();
      await exactLosses(engine);
    }
  });

  it('a venue that restarts with new ids is followed', async () => {
    const engine = await started();
    const before = await engine.counter('connects');
    engine.inject('restart', { ms: 500 });
    await eventually('three connections are made anew', async () => (await engine.counter('connects')) >= before + 3);
    await engine.inSync();
    expect(await engine.counter('quarantined')).toBe(0);
  });

  it('a lost acknowledgement is asked for again, whether the subscription took effect or not', async () => {
    const engine = await started();
    engine.inject('ack_lost', { venue: 'binance-usdm', n: 2, apply: true });
    engine.inject('ack_lost', { venue: 'binance-spot', n: 1, apply: false });
    engine.inject('disconnect');
    await eventually('all are pending', async () =>
      (await engine.status()).instruments.every(({ subscription }) => subscription === 'pending'),
    );
    await eventually('all are subscribed', async () =>
      (await engine.status()).instruments.every(({ subscription }) => subscription === 'subscribed'),
    );
    await engine.inSync();
    await exactLosses(engine);
  });
});
