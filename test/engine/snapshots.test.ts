import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FaultInput } from '#dist/simulator/index.js';
import { exactLosses, quarantined } from './oracle.js';
import { eventually, Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig?.stop());

/** The fault waits for the snapshots that a lost message makes the engine ask for. */
async function recover(fault: FaultInput['fault'], args: Record<string, unknown>): Promise<void> {
  const resyncs = await rig.counter('resyncs');
  rig.inject(fault, args);
  rig.inject('drop', { n: 1 });
  await eventually('books are rebuilt', async () => (await rig.counter('resyncs')) >= resyncs + 4);
  await rig.inSync();
  await exactLosses(rig);
}

it('a snapshot that comes late still proves the book', () => recover('snapshot_slow', { n: 2, ms: 2_000 }));

it.each([500, 503])('a snapshot answered %i is asked for again', async (status) => {
  const logged = rig.lines.filter(({ message }) => message === 'no depth snapshot').length;
  await recover('snapshot_error', { n: 3, status });
  expect(rig.lines.filter(({ message }) => message === 'no depth snapshot').length).toBeGreaterThan(logged);
});

it('after 429 nobody asks before Retry-After has passed, so that no ban follows', async () => {
  await recover('snapshot_limit', { n: 1, retry_after: 3, ban_seconds: 2 });
  expect(rig.lines.filter(({ fields }) => String(fields['reason']).includes('418'))).toEqual([]);
});

it('a stale snapshot is refused and another one asked for', () => recover('snapshot_stale', { n: 2, changes: 3_000 }));

it.each(['truncated', 'invalid_utf8', 'exponent', 'decimals20', 'negative', 'empty', 'wrong_length', 'gzip_bomb'])(
  'a malformed snapshot (%s) is kept with its code, and another one asked for',
  async (kind) => {
    const kept = quarantined(rig).length;
    await recover('snapshot_malformed', { n: 2, kind, size: 1 << 20 });
    if (kind === 'wrong_length' || kind === 'gzip_bomb') return;
    await eventually('they are on disk', () => quarantined(rig).length >= kept + 2);
    for (const { code, instrument } of quarantined(rig).slice(kept)) {
      expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(instrument).toBeGreaterThan(0);
    }
  },
);
