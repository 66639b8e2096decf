/** F18, F28, F29: what a venue answers to requests. */
import { eventually } from '../../engine/rig.js';
import { BOOKS, type Cell, deviation, hold, none, PROMISED, type Standing } from './cell.js';
import { Stage } from './stage.js';
import type { Subject } from './subject.js';

/** Long enough that nobody comes back by chance. */
const RETRY_AFTER_S = 3;

const fetched = ({ books }: Subject): Standing =>
  books === 'fetched' ? PROMISED : none('books begin in their streams, nothing is fetched');

/** The fault waits for the snapshots that a lost message makes the engine ask for. */
async function rebuilt(stage: Stage, fault: Parameters<Stage['inject']>[0], args: Record<string, unknown>): Promise<void> {
  await stage.begin();
  stage.inject(fault, args);
  stage.inject('drop', { n: 1 });
  await stage.until('resyncs', BOOKS);
  await stage.recovered();
}

const stale: Cell = {
  id: 'F18',
  fault: 'a snapshot older than what waits',
  promise: 'not believed, asked for again; what waits is kept',
  standing: fetched,
  async run(stage) {
    const before = stage.rig.simulator.stats().venues[0]?.counters.restRequests ?? 0;
    await rebuilt(stage, 'snapshot_stale', { n: 2, changes: 3_000 });
    const asked = (stage.rig.simulator.stats().venues[0]?.counters.restRequests ?? 0) - before;
    hold(asked >= BOOKS + 2, `${asked} requests: a stale snapshot was believed`);
  },
};

/** Of those that are fetched, the ones that name their symbol; elsewhere ids alone tell whose they are. */
const NAMED_SNAPSHOTS = /^binance-coinm$/;

const foreign: Cell = {
  id: 'F18b',
  fault: 'a snapshot of another symbol',
  promise: 'refused and kept with its bytes, asked again; no level of it is ever told',
  standing: (subject) =>
    subject.books !== 'fetched' || NAMED_SNAPSHOTS.test(subject.name)
      ? fetched(subject)
      : deviation(
          'the body does not name its symbol: its ids do not join what waits, so that it is not believed and asked for again',
        ),
  async run(stage) {
    const before = stage.rig.simulator.stats().venues[0]?.counters.restRequests ?? 0;
    await rebuilt(stage, 'snapshot_wrong_symbol', { n: 2 });
    const asked = (stage.rig.simulator.stats().venues[0]?.counters.restRequests ?? 0) - before;
    hold(asked >= BOOKS + 2, `${asked} requests: a snapshot of another symbol was believed`);
    const suspect = stage.lines().some(({ fields }) => fields['code'] === 'BOOK_DIFFERS');
    hold(!suspect, 'a book had to be found wrong by a copy');
    if (!NAMED_SNAPSHOTS.test(stage.subject.name)) return;
    for (const { code, instrument } of await stage.kept(2))
      hold(code === 'UNKNOWN_SYMBOL' && instrument > 0, `kept as ${code} of instrument ${instrument}`);
  },
};

const failing: Cell = {
  id: 'F28',
  fault: 'snapshots 2 s late, answered 500 and 503, cut, of another length, bombs, numbers that cannot be',
  promise: 'asked for again; a malformed body is kept with its code; what waits is bounded; the books are the venue’s again',
  standing: fetched,
  async run(stage) {
    await rebuilt(stage, 'snapshot_slow', { n: 2, ms: 2_000 });
    for (const status of [500, 503]) {
      await rebuilt(stage, 'snapshot_error', { n: 2, status });
      await stage.logged(new RegExp(`${status}`));
    }
    for (const kind of ['wrong_length', 'gzip_bomb']) await rebuilt(stage, 'snapshot_malformed', { n: 2, kind, size: 1 << 20 });
    for (const kind of ['truncated', 'exponent', 'empty']) {
      await rebuilt(stage, 'snapshot_malformed', { n: 2, kind });
      for (const { instrument } of await stage.kept(1)) hold(instrument > 0, 'no instrument is named');
    }
  },
};

const limited: Cell = {
  id: 'F29',
  fault: '429 with Retry-After',
  promise: 'nobody asks before it has passed, so that no ban (418) follows',
  standing: fetched,
  async run(stage) {
    await rebuilt(stage, 'snapshot_limit', { n: 1, retry_after: 2, ban_seconds: 2 });
    hold(!stage.lines().some(({ fields }) => String(fields['reason']).includes('418')), 'a ban followed');
  },
};

/** Starts an engine while the venue answers everything like this, for as long as it takes to be asked once. */
async function begun(subject: Subject, status: number): Promise<void> {
  const script = [{ fault: 'outage', args: { ms: 3_600_000, status, retry_after: RETRY_AFTER_S }, at_ms: 0 }] as const;
  const before = performance.now();
  const stage = await Stage.start(subject, { isHopeless: true, simulator: { script } });
  try {
    await stage.logged(/no instrument listing/);
    // The port is closed for a moment, and well again: who does not wait is served at once.
    stage.inject('outage', { ms: 1 });
    await eventually('the listing', async () => (await stage.status()).instruments.length === BOOKS);
    const seconds = (performance.now() - before) / 1_000;
    hold(seconds >= RETRY_AFTER_S, `asked again after ${seconds} s, Retry-After was ${RETRY_AFTER_S}`);
    await stage.rig.inSync();
  } finally {
    await stage.stop();
  }
}

const banned: Cell = {
  id: 'F29b',
  fault: 'the address is banned at the start: 418',
  promise: 'nobody asks before Retry-After has passed, then the feed begins; other engines of the host keep still as well',
  alone: (subject) => begun(subject, 418),
};

const listing: Cell = {
  id: 'F28b',
  fault: 'at the start the listing is answered 503',
  promise: 'asked for again, not before Retry-After; then the feed begins',
  alone: (subject) => begun(subject, 503),
};

export const requestCells: readonly Cell[] = [stale, foreign, failing, listing, limited, banned];
