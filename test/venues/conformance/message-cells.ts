/** F01–F09, F13, F14, F19: what messages say. */
import { eventually } from '../../engine/rig.js';
import { BOOKS, type Cell, deviation, hold, none, PROMISED, type Standing } from './cell.js';
import type { Stage } from './stage.js';
import type { Subject } from './subject.js';

/** Spoilt messages of a storm. */
const STORM = 60;
/** A crossed message that crossed nothing for so long met the end of a subscription. */
const AGAIN_MS = 3_000;
/** Without a spoilt message for so long, a rule of them is over. */
const CALM_MS = 700;
const UNNUMBERED = 'book messages have no numbers';
/** Messages of a book without numbers that are lost or spoilt at once: those that concern none of its best levels are noticed by nobody. */
export const UNNUMBERED_LOSS = 8;

/** Where nothing numbers the messages, a lost one is found by the checksum of a later one, or not. */
export function byNumbers({ ids }: Subject): Standing {
  return ids === 'none'
    ? deviation(
        `${UNNUMBERED}: a loss is found by the next checksum of the ten best levels that it concerns, and has no ids to name`,
      )
    : PROMISED;
}

/** The fault met each book, and each is rebuilt and true. */
async function rebuilt(stage: Stage, fault: () => void): Promise<void> {
  fault();
  // Where a hole renews all books of a connection, the other book's rule may end with its subscription.
  await stage.until('resyncs', stage.subject.ids === 'connection' ? 1 : BOOKS);
  await stage.recovered();
}

/** No more spoilt messages come: a rule may live on in the connection after the one that it cost. */
async function calm(stage: Stage): Promise<void> {
  let [count, since] = [-1, performance.now()];
  await eventually('no more spoilt messages', () => {
    const spoilt = stage.records().filter(({ fate }) => fate.startsWith('malformed')).length;
    if (spoilt !== count) [count, since] = [spoilt, performance.now()];
    return performance.now() - since > CALM_MS;
  });
}

/** One spoilt message of each book: kept with its bytes and this code, and the books are rebuilt where something is missing. */
async function refused(stage: Stage, kinds: readonly string[], code: RegExp): Promise<void> {
  for (const kind of kinds) {
    await stage.begin();
    stage.inject('malformed', { kind, n: stage.subject.ids === 'none' ? UNNUMBERED_LOSS : 1 });
    const most = stage.subject.ids === 'connection' ? 1 : BOOKS;
    for (const line of await stage.kept(most)) {
      hold(code.test(line.code), `${kind}: code ${line.code} is not ${code}`);
      hold(stage.rig.config.quarantineBytesMax > 0 && line.frame_base64 !== undefined, `${kind}: no bytes were kept`);
    }
    if (stage.subject.ids !== 'none') await stage.until('gaps', 1);
    else await stage.until('resyncs', 1);
    await stage.recovered();
  }
}

const lost: Cell = {
  id: 'F01',
  isQuick: true,
  fault: 'book messages missing: 1, then 10',
  promise: 'each missing id is in a gap, no other is; the books are the venue’s again',
  standing: byNumbers,
  async run(stage) {
    for (const n of [1, 10]) {
      await stage.begin();
      const most = stage.subject.ids === 'none' ? Math.max(n, UNNUMBERED_LOSS) : n;
      await rebuilt(stage, () => stage.inject('drop', { n: most }));
      hold((await stage.grown(stage.subject.ids === 'none' ? 'checksum_mismatches' : 'gaps')) > 0, 'nothing was told');
    }
  },
};

const lostTrades: Cell = {
  id: 'F01b',
  fault: 'trades missing',
  promise: 'a gap of the trades names them; the books go on',
  standing: ({ countsTrades }) => (countsTrades ? PROMISED : none('trade numbers may jump without a loss')),
  async run(stage) {
    const stream = stage.subject.dialect.aggTrade === undefined || !stage.subject.dialect.sparseIds ? 'trade' : 'aggTrade';
    stage.inject('drop', { stream, n: 2, symbol: stage.subject.symbols[0] });
    const id = (await stage.status()).instruments.find(({ symbol }) => symbol === stage.subject.symbols[0])?.id ?? 0;
    await eventually('a gap of the trades', () => stage.told(id, 'trade').length > 0);
    const named = stage.told(id, 'trade').reduce((sum, { first, last }) => sum + last - first + 1, 0);
    hold(named >= 2, `2 trades were lost, ${named} are named`);
    await stage.recovered();
  },
};

const repeated: Cell = {
  id: 'F02',
  fault: 'book messages repeated: each, and a range',
  promise: 'counted and not applied; no book is rebuilt',
  standing: ({ ids }) =>
    ids === 'none' ? deviation(`${UNNUMBERED}: a repeated range is applied, and found out by its checksum`) : PROMISED,
  async run(stage) {
    const { ids } = stage.subject;
    stage.inject('duplicate', { n: 3, copies: 2 });
    if (ids !== 'none') await stage.until('duplicates', BOOKS * 6);
    stage.inject('duplicate', { n: 5, mode: 'range' });
    if (ids === 'none') await stage.until('checksum_mismatches', 1);
    else await stage.until('duplicates', BOOKS * 11);
    await stage.recovered();
    if (ids !== 'none') hold((await stage.grown('resyncs')) === 0, 'a book was rebuilt');
  },
};

const reordered: Cell = {
  id: 'F03',
  fault: 'a book message behind 1 and 4 later ones',
  promise: 'what came too late is in a gap; nothing is sorted anew; the books are the venue’s again',
  standing: byNumbers,
  async run(stage) {
    for (const k of [1, 4]) {
      await stage.begin();
      await rebuilt(stage, () => stage.inject('reorder', { k, n: stage.subject.ids === 'none' ? UNNUMBERED_LOSS : 1 }));
    }
  },
};

const restarted: Cell = {
  id: 'F04',
  isQuick: true,
  fault: 'update ids restart at 1',
  promise: 'told as a rollback of each book; the books are the venue’s again',
  standing: ({ ids }) => {
    if (ids === 'none') return none(UNNUMBERED);
    return ids === 'connection' ? none('numbers count a connection’s messages, and begin anew with each') : PROMISED;
  },
  async run(stage) {
    stage.inject('rollback', { to: 1 });
    await stage.until('rollbacks', BOOKS);
    await stage.recovered();
  },
};

const crossed: Cell = {
  id: 'F05',
  isQuick: true,
  fault: 'a book crossed until it is made anew',
  promise: 'flagged at once, rebuilt after a second, true again',
  async run(stage) {
    let asked = Number.NEGATIVE_INFINITY;
    await eventually('it crosses', async () => {
      // A rule ends with its subscription, and a whole book on its way ends what crossed before it.
      if (performance.now() - asked > AGAIN_MS) {
        stage.inject('crossed', { symbol: stage.subject.symbols[0] });
        asked = performance.now();
      }
      return (await stage.grown('crossed')) > 0;
    });
    // Another book may be rebuilt meanwhile.
    await eventually('it is made anew', async () => !(await isCrossed(stage)));
    hold((await stage.grown('resyncs')) > 0, 'no book was rebuilt');
    await stage.recovered();
  },
};

/** Whether the book of the first symbol has a bid that reaches its asks. */
async function isCrossed({ rig, subject }: Stage): Promise<boolean> {
  const { instruments } = await rig.status();
  const instrument = instruments.find(({ symbol }) => symbol === subject.symbols[0])?.id ?? 0;
  const text = (await rig.control.request('book', { instrument }))?.text ?? '';
  const best = (side: 'A' | 'B'): number => Number(new RegExp(`^${side} (\\S+)`, 'm').exec(text)?.[1]);
  return best('B') >= best('A');
}

const checksum: Cell = {
  id: 'F06',
  isQuick: true,
  fault: 'checksum wrong once, zero, absent',
  promise:
    'a book that it disproves, or nothing proves, is stale until it is rebuilt; where ids prove it a checksum changes nothing',
  standing: ({ checksum }) => (checksum === undefined ? none('the venue has no checksum') : PROMISED),
  async run(stage) {
    const symbol = stage.subject.symbols[0];
    for (const kind of ['checksum_wrong', 'checksum_zero', 'checksum_absent']) {
      await stage.begin();
      stage.inject('malformed', { kind, symbol, n: kind === 'checksum_absent' ? UNNUMBERED_LOSS : 1 });
      if (stage.subject.checksum === 'proof') await stage.until('resyncs', 1);
      else await eventually('it was sent', () => stage.records().some(({ fate }) => fate === `malformed:${kind}`));
      await stage.recovered();
      if (stage.subject.checksum === 'remains') hold((await stage.grown('resyncs')) === 0, 'a book was rebuilt');
    }
  },
};

const badChecksums: Cell = {
  id: 'F06b',
  fault: 'checksums wrong for long',
  promise: 'after three in five minutes the check is off, and says so',
  standing: ({ checksum }) => {
    if (checksum === undefined) return none('the venue has no checksum');
    return checksum === 'remains'
      ? none('the checksum proves nothing since messages have ids')
      : deviation(
          'nothing else would prove the book: it stays stale, is asked for every 10 s at most, and is true once the checksums are',
        );
  },
  async run(stage) {
    // A rule ends with its subscription: each new one gets another.
    const args = { kind: 'checksum_wrong', symbol: stage.subject.symbols[0] };
    const at_ms = stage.rig.simulator.stats().venues[0]?.elapsedMs ?? 0;
    stage.rig.simulator.inject({ fault: 'malformed', args, at_ms, every_ms: 100, times: 130 });
    await stage.until('checksum_mismatches', 2);
    await stage.recovered();
    hold((await stage.grown('resyncs')) < 20, 'the venue was asked for each message');
  },
};

/** A number of another type is shorter in a binary message, which then lacks something. */
const NUMBER = /^(FIELD_TYPE|FIELD_MISSING|NUMBER_\w+|FRAME_NOT_JSON)$/;

const numbers: Cell = {
  id: 'F07',
  fault: 'a number of another type, beyond 64 bits, of 20 decimals',
  promise: 'the message is kept with its bytes and a code, its ids are in a gap, the books are rebuilt',
  standing: byNumbers,
  run: (stage) => refused(stage, ['wrong_type', 'exponent', 'decimals20'], NUMBER),
};

const negative: Cell = {
  id: 'F08',
  fault: 'a negative quantity',
  promise: 'as F07, with NUMBER_NEGATIVE',
  standing: byNumbers,
  run: (stage) => refused(stage, ['negative'], /^NUMBER_(NEGATIVE|SYNTAX)$/),
};

const damaged: Cell = {
  id: 'F09',
  fault: 'a message cut anywhere, a bit flipped, nothing at all; then a storm of it',
  promise: 'each is kept with bytes and code and costs no connection; more than 20 a second cost it',
  standing: (subject) =>
    subject.format === undefined
      ? byNumbers(subject)
      : deviation(
          'a flipped bit of a binary number is another number, which nothing disproves; one of what the message is shows',
        ),
  async run(stage) {
    await refused(stage, ['truncated', 'bitflip', 'empty'], /^[A-Z][A-Z0-9_]+$/);
    await stage.begin();
    stage.inject('malformed', { kind: 'truncated', n: STORM, stream: 'bookTicker', symbol: stage.subject.symbols[0] });
    stage.inject('burst', { factor: 10, ms: 2_000 });
    await stage.logged(/too many malformed frames/);
    await calm(stage);
    await stage.recovered('covering');
  },
};

const structure: Cell = {
  id: 'F13',
  fault: '100,000 brackets; members twice, and named __proto__',
  promise: 'the first is refused as too deep; the others are members that nobody knows',
  standing: (subject) =>
    subject.format === undefined ? byNumbers(subject) : none('binary messages have neither depth nor names'),
  async run(stage) {
    await refused(stage, ['deep'], /^FRAME_TOO_DEEP$/);
    await stage.begin();
    stage.inject('malformed', { kind: 'same_member', n: 2 });
    await eventually(
      'they were sent',
      () => stage.records().filter(({ fate }) => fate === 'malformed:same_member').length >= 2,
    );
    await stage.recovered();
    hold((await stage.grown('quarantined')) === 0, 'they were refused');
  },
};

const unknown: Cell = {
  id: 'F14',
  isQuick: true,
  fault: 'a message of a type that nobody knows; members that nobody knows',
  promise: 'the first is kept with UNKNOWN_EVENT, the others are read; nothing is missed',
  async run(stage) {
    const { ids } = stage.subject;
    stage.inject('malformed', { kind: 'unknown_type', n: 2, extra: true });
    for (const { code } of await stage.kept(BOOKS * 2)) hold(code === 'UNKNOWN_EVENT', `code ${code}`);
    await stage.recovered();
    if (ids !== 'connection') hold((await stage.grown('resyncs')) === 0, 'a book was rebuilt');
    await stage.begin();
    stage.inject('malformed', { kind: 'more_members', n: 3, stream: 'depth' });
    await eventually(
      'they were sent',
      () => stage.records().filter(({ fate }) => fate === 'malformed:more_members').length >= 3,
    );
    await stage.recovered();
    for (const name of ['quarantined', 'gaps', 'resyncs']) hold((await stage.grown(name)) === 0, `${name} grew`);
  },
};

const missing: Cell = {
  id: 'F14b',
  fault: 'a member with the levels is renamed',
  promise: 'as F07, with FIELD_MISSING',
  standing: byNumbers,
  run: (stage) => refused(stage, ['missing_member'], /^FIELD_MISSING$/),
};

const times: Cell = {
  id: 'F19',
  fault: 'times an hour back, a day ahead, in other units',
  promise: 'flagged BAD_TS; nothing is dropped, sorted or rebuilt for it',
  async run(stage) {
    for (const args of [{ offset_ms: -3_600_000 }, { offset_ms: 86_400_000 }, { offset_ms: 0, per: 1_000 }]) {
      await stage.begin();
      stage.inject('bad_time', { n: 2, ...args });
      await eventually('they were sent', () => stage.records().filter(({ fate }) => fate === 'bad_time').length >= BOOKS);
      await stage.recovered();
      // Times as text have no unit to be mistaken in, and of numbers the size tells it where both are sent.
      if (args.per === undefined || stage.subject.format !== undefined)
        hold(
          stage.badTimes > 0,
          'no record is flagged: does shiftTime of src/simulator/faults/malform.ts move the time that the parser reads?',
        );
      for (const name of ['quarantined', 'resyncs']) hold((await stage.grown(name)) === 0, `${name} grew`);
    }
  },
};

export const messageCells: readonly Cell[] = [
  lost,
  lostTrades,
  repeated,
  reordered,
  restarted,
  crossed,
  checksum,
  badChecksums,
  numbers,
  negative,
  damaged,
  structure,
  unknown,
  missing,
  times,
];
