import { lchownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { publishHeaders } from './headers.js';
import { type Language, missing, Programs, Scene } from './readers.js';

const BUILD_MS = 600_000;
/** Readers look at the name of the current generation once in 250 ms. */
const LOOK_MS = 300;
/** A writer without a heartbeat is called stalled after 1 s, dead after 5 s. */
const STALLED_MS = 1_100;
const DEAD_MS = 5_200;
/** Node tells a slot that stays half written as a writer that stalls. */
const NOT_NODE: readonly Language[] = ['rust', 'c', 'python'];

if (missing.length > 0) console.warn(`skipped: the readers of all languages need ${missing.join(', ')}`);
test.runIf(missing.length > 0 && process.env['CI'] !== undefined && process.env['TICKRING_TEST_EMULATED'] !== '1')(
  'conformance: compilers and Python are at hand',
  () => expect(missing).toEqual([]),
);

describe.skipIf(missing.length > 0)('conformance', () => {
  let programs: Programs;
  let scene: Scene;
  beforeAll(() => {
    programs = new Programs();
  }, BUILD_MS);
  afterEach(() => scene?.end());
  afterAll(() => programs?.remove());

  /** How many records were lost, and how many there were together. */
  function lostAndRead(outcomes: readonly Record<string, unknown>[]): { lost: number; sum: number } {
    const lost = outcomes.reduce((count, { lapped }) => count + Number(lapped ?? 0), 0);
    return { lost, sum: lost + outcomes.filter(({ kind }) => kind !== undefined).length };
  }

  /** What all readers answered must be what is written down. */
  const expectScript = (name: string) => expect(scene.take()).toMatchFileSnapshot(`expected/${name}.txt`);

  describe.each([
    { form: 'in a file', options: [] },
    { form: 'handed out over a socket', options: ['hardened'] },
  ])('$form', ({ options }) => {
    test('conformance: every kind with values at the ends of their ranges, and every table', async () => {
      scene = new Scene(programs, ...options);
      await scene.engine('beat');
      await scene.ask('open test 0');
      await scene.engine('kinds');
      await scene.drain();
      await scene.engine('extremes');
      expect(await scene.drain()).toHaveLength(58);
      await scene.engine('tables');
      for (const request of ['drain', 'instruments', 'latest BTCUSDT', 'counters', 'histograms', 'lists test'])
        await scene.drain(request);
      await scene.drain(`instrument_counters ${'x'.repeat(64)}`);
      await expectScript('values');
    });

    test('conformance: loss is exact, whether lapped, sought or refused', async () => {
      scene = new Scene(programs, ...options);
      await scene.engine('beat');
      await scene.ask('open test 0');
      await scene.engine('refused');
      expect((await scene.drain()).map(({ lapped, sequence }) => lapped ?? sequence)).toEqual([2, 3, 4, 5, 6, 1, 8, 9]);
      await scene.engine('lap');
      expect(lostAndRead(await scene.drain())).toMatchObject({ lost: expect.any(Number), sum: 5_000 });
      // Behind the lap the readers go on in the middle, and are lapped there.
      await scene.engine('lap');
      const before = lostAndRead(await scene.drain('drain 3'));
      expect(before.lost).toBeGreaterThan(3_000);
      await scene.engine('lap');
      const after = lostAndRead(await scene.drain());
      expect(after.lost).toBeGreaterThan(3_000);
      expect(before.sum + after.sum).toBe(10_000);
      await scene.ask('open test 0 oldest');
      expect(lostAndRead(await scene.drain())).toMatchObject({ lost: 0, sum: expect.any(Number) });
      await scene.drain('info');
      await scene.engine('whole');
      expect(await scene.drain('seek newest')).toEqual([]);
      expect(await scene.drain()).toEqual([]);
      await scene.drain('seek oldest');
      const [oldest] = await scene.drain('drain 1');
      expect(oldest?.['kind']).toBe(1);
      await scene.engine('lap');
      expect(lostAndRead(await scene.drain())).toMatchObject({ lost: expect.any(Number) });
    });

    test('conformance: a book is joined, followed, lapped, widened, stale, removed, and the same everywhere', async () => {
      scene = new Scene(programs, ...options);
      await scene.engine('market');
      await scene.ask('open market 0');
      await scene.ask('book COIN1');
      await scene.ask('book COIN2');
      await scene.drain('books');
      for (const requests of [
        ['snapshot 20'],
        ['delta 10', 'delta 200'],
        ['deltas 200'],
        ['widen'],
        ['deltas 3'],
        ['stale'],
        ['delta 3'],
        ['live'],
        ['removed'],
        ['delta 3'],
        ['snapshot 10'],
        ['trades 3000', 'delta 4'],
        ['trades 3000', 'snapshot 0'],
        ['snapshot 150'],
      ]) {
        await scene.engine(...requests);
        await scene.drain();
        scene.silence();
        await scene.drain('books');
      }
      await scene.ask('open market 0');
      await scene.ask('book COIN1');
      await scene.drain('books');
      await scene.ask('latest COIN1');
      // Sought, a book is built again with the record that comes next.
      await scene.drain('seek oldest');
      await scene.drain('drain 5');
      await scene.drain('books');
      await scene.drain('seek newest');
      await scene.engine('delta 3');
      await scene.drain();
      scene.silence();
      await scene.drain('books');
      await expectScript('books');
    });
  });

  test('conformance: a writer that closes, begins anew, stalls and dies is told so, with the exact loss', async () => {
    scene = new Scene(programs);
    await scene.engine('beat');
    await scene.ask('open test 0');
    await scene.engine('kinds');
    await scene.drain('drain 3');
    await scene.ask('final');
    await scene.engine('close');
    await scene.ask('drain 2');
    await scene.ask('final');
    await scene.engine('restart', 'whole');
    await sleep(LOOK_MS);
    // What was not read of the generation before is read first.
    await scene.drain();
    await scene.engine('tables');
    await scene.ask('book BTCUSDT');
    await scene.engine('whole book', 'close');
    await scene.ask('drain');
    await scene.ask('books');
    await scene.engine('restart', 'lap');
    await sleep(LOOK_MS);
    // Exact across the two: what was overwritten of the newer one.
    await scene.drain('drain 2');
    await scene.drain();
    scene.silence();
    await scene.engine('die');
    await sleep(STALLED_MS);
    await scene.ask('drain');
    await scene.ask('drain');
    await sleep(DEAD_MS - STALLED_MS);
    await scene.ask('drain');
    await scene.ask('info');
    // Nothing is left of it: another lineage, whose sequences begin anew. Nothing counts as lost.
    await scene.engine('remove', 'restart', 'kinds');
    await sleep(LOOK_MS);
    await scene.drain();
    await scene.drain('info');
    await expectScript('life');
  });

  test('conformance: all shards come as one, by their times', async () => {
    scene = new Scene(programs);
    await scene.engine('second shard', 'beat');
    await scene.ask('open test all');
    expect(await scene.drain('wait 20')).toEqual([{ there: false }]);
    await scene.engine('both shards');
    expect(await scene.drain('wait 20000')).toEqual([{ there: true }]);
    const places = (records: readonly Record<string, unknown>[]) =>
      records.map(({ shard, payload }) => [shard, (payload as number[])[2]]);
    const both = [
      [0, 1],
      [1, 2],
      [0, 3],
    ];
    // The other shard's record was read ahead, and counts as being there.
    expect(places(await scene.drain('drain 1'))).toEqual(both.slice(0, 1));
    expect(await scene.drain('wait 0')).toEqual([{ there: true }]);
    expect(places(await scene.drain())).toEqual(both.slice(1));
    expect(await scene.drain('wait 0')).toEqual([{ there: false }]);
    await scene.ask('open test all oldest');
    expect(await scene.drain()).toHaveLength(5);
    // A seek forgets what was read ahead.
    await scene.engine('both shards');
    expect(places(await scene.drain('drain 1'))).toEqual(both.slice(0, 1));
    await scene.drain('seek newest');
    expect(await scene.drain()).toEqual([]);
    await scene.drain('seek oldest');
    expect(await scene.drain()).toHaveLength(8);
    await scene.ask('open test 1');
    await scene.drain('info');
  });

  test('conformance: of all shards, one laps, one begins anew, and a book of one follows', async () => {
    scene = new Scene(programs);
    await scene.engine('second shard', 'tables', 'beat');
    await scene.ask('open test all');
    await scene.ask('book BTCUSDT');
    await scene.engine('whole book', 'book change', 'both shards');
    expect(await scene.drain()).toHaveLength(6);
    await scene.drain('books');
    for (const request of ['counters', 'histograms', 'latest BTCUSDT', 'info']) await scene.drain(request);
    await scene.engine('lap', 'both shards');
    const lapped = await scene.drain();
    expect(lostAndRead(lapped)).toMatchObject({ lost: expect.any(Number), sum: 5_003 });
    expect(new Set(lapped.filter(({ lapped }) => lapped !== undefined).map(({ shard }) => shard))).toEqual(new Set([0]));
    await scene.engine('close', 'restart', 'whole');
    await sleep(LOOK_MS);
    const anew = await scene.drain();
    expect(anew.filter(({ generation }) => generation !== undefined)).toEqual([{ generation: [1, 2], shard: 0 }]);
    expect(anew.at(-1)).toMatchObject({ kind: 1, shard: 0 });
    await scene.drain('books');
  });

  test('conformance: what is no segment of this build is refused with the same words', async () => {
    scene = new Scene(programs);
    await scene.engine('beat');
    for (const name of [
      ...publishHeaders(scene.root),
      'nobody',
      'corrupt',
      'version',
      'writable',
      '.hidden',
      'a/b',
      'x'.repeat(65),
    ])
      await scene.ask(`open ${name} 0`);
    await scene.ask('open test 7');
    await expectScript('refusals');
  });

  test('conformance: files of another user are refused, unless that user is named', async () => {
    scene = new Scene(programs);
    await scene.engine('kinds');
    const other = 65_534;
    if (process.getuid?.() === 0) {
      for (const path of ['', ...readdirSync(scene.root, { recursive: true, encoding: 'utf8' })])
        lchownSync(join(scene.root, path), other, -1);
      const [refused = ''] = await scene.ask('open test 0');
      expect(JSON.parse(refused)).toMatchObject({ error: 'SHM_PERMISSION', says: expect.stringContaining('belongs to') });
      await scene.ask(`open test 0 owner=${other} oldest`);
      expect(await scene.drain()).toHaveLength(16);
    } else {
      const [refused = ''] = await scene.ask(`open test 0 owner=${other}`);
      expect(JSON.parse(refused)).toMatchObject({ error: 'SHM_PERMISSION' });
    }
  });

  test('conformance: waiting ends with a record, or with its time', async () => {
    scene = new Scene(programs);
    await scene.engine('beat');
    await scene.ask('open test 0');
    expect(await scene.drain('wait 20')).toEqual([{ there: false }]);
    await scene.engine('whole');
    expect(await scene.drain('wait 20000')).toEqual([{ there: true }]);
    expect(await scene.drain()).toHaveLength(1);
    // Asked while there is nothing: the record comes meanwhile.
    const waiting = scene.ask('wait 20000');
    await scene.engine('whole');
    expect(await waiting).toEqual(['{"there":true}']);
    expect(await scene.drain()).toHaveLength(1);
  });

  test('conformance: a slot that stays half written is told, and passed once it is whole', async () => {
    scene = new Scene(programs);
    await scene.engine('kinds');
    await scene.ask('open test 0');
    await scene.engine('half');
    expect(await scene.drain('drain', NOT_NODE)).toEqual([{ poll: 'stalled' }]);
    expect(await scene.drain('drain', ['node'])).toEqual([]);
    await scene.engine('whole');
    expect(await scene.drain()).toMatchObject([{ kind: 1, sequence: 17 }]);
  });
});
