/** F15–F17, F21–F24, F26, F27, F30: connections, subscriptions, and the ways in which a venue is away. */
import { CODES } from '#dist/model/codes.js';
import type { BookText, InstrumentStatus } from '#dist/model/status.js';
import { certificate } from '../../../bench/certificate.js';
import { eventually } from '../../engine/rig.js';
import { type Cell, deviation, hold, none, PROMISED } from './cell.js';
import { reconnected } from './frame-cells.js';
import { Stage } from './stage.js';
import type { Answer } from './wire.js';

const LIFE_MS = 4_000;
/** Messages after which a symbol's silence is noticed. */
const RHYTHM = 120;

/** Waits until another connection carries what one carried, and nothing was lost on the way. */
async function takenOver(stage: Stage): Promise<void> {
  await stage.logged(/has taken over/);
  await stage.rig.inSync();
  for (const name of ['gaps', 'resyncs', 'quarantined']) hold((await stage.grown(name)) === 0, `${name} grew`);
  hold(!stage.lines().some(({ message }) => message === 'disconnected'), 'the venue cut first');
}

const notice: Cell = {
  id: 'F15',
  fault: 'a notice that the connection is about to be cut',
  promise: 'another connection has the streams before the cut: no id is lost',
  standing: ({ announces }) => (announces ? PROMISED : none('the venue announces nothing')),
  async run(stage) {
    stage.inject('server_shutdown', { delay_ms: 60_000 });
    await takenOver(stage);
    await stage.recovered();
  },
};

const delisted: Cell = {
  id: 'F16',
  fault: 'a symbol is delisted: its streams end',
  promise: 'its book is cleared, and a status says why; others go on; listed again, it lives again',
  async run(stage) {
    const [gone, other] = stage.subject.symbols;
    const sent = (symbol: string): number =>
      stage.records().filter((one) => one.symbol === symbol && one.fate === 'sent').length;
    await eventually('both have a rhythm', () => sent(gone) > RHYTHM && sent(other) > RHYTHM);
    const state = async (symbol: string): Promise<InstrumentStatus | undefined> =>
      (await stage.status()).instruments.find((one) => one.symbol === symbol);
    stage.inject('delist', { symbol: gone, ms: 3_600_000 });
    await eventually('it is known to be delisted', async () => (await state(gone))?.market === 'delisted');
    await stage.logged(/no longer lists/);
    hold((await stage.grown('suspended')) === 1, 'another count of suspended instruments than 1');
    const id = (await state(gone))?.id ?? 0;
    const book = (await stage.rig.control.request('book', { instrument: id })) as BookText | null;
    hold(book?.text === '' && !book.inSync, 'its book still stands');
    await eventually('the ring tells it', () => {
      stage.rig.ring.drain();
      const { markets, staleCodes } = stage.rig.ring;
      return markets.get(id)?.at(-1) === 'delisted' && staleCodes.get(id)?.at(-1) === CODES.SYMBOL_UNLISTED.number;
    });
    const before = sent(other);
    await eventually('the other goes on', async () => sent(other) > before + RHYTHM && (await state(other))?.inSync === true);
    // What nobody subscribed is not missed.
    await stage.begin();
    stage.inject('delist', { symbol: gone, ms: 0 });
    await eventually('it trades again', async () => (await state(gone))?.market === 'trading');
    await stage.recovered();
  },
};

async function connectionCount(stage: Stage): Promise<number> {
  return (await stage.status()).connections.length;
}

const lostAnswer: Cell = {
  id: 'F17',
  fault: 'a subscription is not answered',
  promise: 'asked for again within 10 s; pending until then',
  standing: ({ acknowledges, dialect }) => {
    if (acknowledges) return PROMISED;
    return dialect.heartbeat === undefined
      ? deviation('the venue answers no subscription: the silence limit of the connection notices it, and replaces it')
      : deviation(
          'the venue answers no subscription, and heartbeats hide the silence: it is told of, and stays so until the connection ends',
        );
  },
  async run(stage) {
    stage.inject('ack_lost', { n: await connectionCount(stage), apply: stage.subject.acknowledges });
    stage.inject('disconnect');
    if (stage.subject.acknowledges) {
      await eventually('all are pending', async () =>
        (await stage.status()).instruments.every(({ subscription }) => subscription === 'pending'),
      );
      await stage.logged(/did not answer a subscription/);
    } else if (stage.subject.dialect.heartbeat === undefined) await stage.logged(/^no data for/);
    else {
      await stage.logged(/streams gave no data yet/);
      stage.inject('disconnect');
    }
    await eventually('all are subscribed', async () =>
      (await stage.status()).instruments.every(({ subscription }) => subscription === 'subscribed'),
    );
    await stage.recovered('covering');
  },
};

const denied: Cell = {
  id: 'F17b',
  fault: 'a subscription is denied',
  promise:
    'the log says so; its symbols have failed, or are pending until they are asked for again where the refusal names nothing',
  standing: ({ acknowledges }) =>
    acknowledges
      ? PROMISED
      : deviation(
          'the venue answers no subscription, so they count as subscribed: the refusal is logged, data alone tells which',
        ),
  async run(stage) {
    const count = await connectionCount(stage);
    stage.inject('ack_error', { n: count });
    stage.inject('disconnect');
    // All of them: one that is left would meet those who ask again.
    const refused = /did not accept a subscription|refused a control message/;
    await eventually(
      `${count} refusals in the log`,
      () => stage.lines().filter(({ message }) => refused.test(message)).length >= count,
    );
    if (stage.subject.acknowledges)
      hold(
        (await stage.status()).instruments.every(({ subscription }) => subscription !== 'subscribed'),
        'a denied symbol is subscribed',
      );
    stage.inject('disconnect');
    await eventually('all are subscribed', async () =>
      (await stage.status()).instruments.every(({ subscription }) => subscription === 'subscribed'),
    );
    await stage.recovered('covering');
  },
};

const partial: Cell = {
  id: 'F17c',
  fault: 'one of two symbols is not known when it is subscribed',
  promise: 'told: a failed subscription, a refusal, or a stream without data; never silently subscribed',
  async run(stage) {
    const [gone] = stage.subject.symbols;
    stage.inject('delist', { symbol: gone, ms: 3_600_000 });
    stage.inject('disconnect');
    await eventually(
      'it is told',
      async () =>
        (await stage.status()).instruments.some(({ symbol, subscription }) => symbol === gone && subscription === 'failed') ||
        stage
          .lines()
          .some(({ message }) => /refused a control message|gave no data yet|did not accept|no longer lists/.test(message)),
    );
    stage.inject('delist', { symbol: gone, ms: 0 });
    await stage.begin();
    stage.inject('disconnect');
    await stage.recovered('covering');
  },
};

const closed: Cell = {
  id: 'F21',
  fault: 'all connections closed and reset, again and again',
  promise: 'each time tried again within 4 s; each hole is a gap; nothing is left behind',
  async run(stage) {
    for (const hard of [false, true, false, true]) {
      await stage.begin();
      await reconnected(stage, () => stage.inject('disconnect', { hard }));
      for (const { message, fields } of stage.lines())
        if (message === 'disconnected')
          hold(Number(fields['delayMs']) <= 4_000, `tried again after ${String(fields['delayMs'])} ms`);
    }
    hold(
      stage.rig.simulator.stats().venues[0]?.connections.length === (await connectionCount(stage)),
      'connections are left behind',
    );
  },
};

const halfOpen: Cell = {
  id: 'F22',
  fault: 'half-open: nothing comes, nothing is answered',
  promise: 'a ping that nobody answers ends it; replaced; the hole is a gap',
  async run(stage) {
    await reconnected(stage, () => stage.inject('stall', { ms: 60_000, pings: false }));
    hold(
      stage.lines().some(({ fields }) => /^no (answer to a ping|data|byte)/.test(String(fields['reason']))),
      'no line tells why',
    );
  },
};

const stalled: Cell = {
  id: 'F23',
  fault: 'pings answered, no data on any channel',
  promise: 'replaced at the venue’s silence limit; the hole is a gap',
  standing: ({ dialect }) =>
    dialect.heartbeat !== undefined && dialect.wantsProof !== true
      ? deviation('heartbeats hide the silence from the deadline of the connection')
      : PROMISED,
  async run(stage) {
    const { heartbeat, wantsProof } = stage.subject.dialect;
    if (heartbeat === undefined || wantsProof === true) {
      await reconnected(stage, () => stage.inject('stall', { ms: 600_000 }));
      hold(
        stage.lines().some(({ fields }) => /^no data for/.test(String(fields['reason']))),
        'no line tells why',
      );
      return;
    }
    stage.inject('stall', { ms: 2_000 });
    await eventually(
      'it is over',
      () => stage.records().some(({ fate }) => fate === 'stalled') && stage.records().at(-1)?.fate === 'sent',
    );
    await stage.recovered('covering');
  },
};

const life: Cell = {
  id: 'F24',
  fault: 'the venue cuts connections at an age (24 h, here 4 s)',
  promise: 'another connection has the streams before the old one ends: no id is lost',
  async alone(subject) {
    const stage = await Stage.start(subject, {
      limits: { connectionLifeMs: LIFE_MS },
      serverLimits: { connectionLifeMs: LIFE_MS * 1.5, shutdownNoticeMs: 0 },
    });
    try {
      await takenOver(stage);
    } finally {
      await stage.stop();
    }
  },
};

const untrusted: Cell = {
  id: 'F26',
  fault: 'a certificate that nobody vouches for; no TLS where it is expected',
  promise: 'no byte of a request goes out; the log says why; tried again with a growing delay',
  async alone(subject) {
    for (const tls of [certificate(), undefined]) {
      const stage = await Stage.start(subject, { isHopeless: true, ...(tls === undefined ? { isSecure: true } : { tls }) });
      try {
        await eventually(
          'it failed twice',
          () => stage.rig.lines.filter(({ message }) => message === 'disconnected').length >= 2,
        );
        const { connections, counters } = await stage.status();
        hold(connections.every(({ state }) => state !== 'open') && counters['frames'] === 0, 'a connection is open');
        hold(stage.rig.simulator.stats().venues[0]?.counters.opened === 0, 'a request reached the venue');
        const reasons = stage.rig.lines
          .filter(({ message }) => message === 'disconnected')
          .map(({ fields }) => String(fields['reason']));
        hold(
          reasons.every((reason) => /self.signed|SSL|TLS|wrong version|EPROTO|packet/i.test(reason)),
          `reasons ${reasons.join()}`,
        );
      } finally {
        await stage.stop();
      }
    }
  },
};

const answers: readonly (readonly [string, RegExp])[] = [
  ['301 Moved\r\nLocation: ws://127.0.0.1:1/', /^handshake answered 301/],
  ['403 Forbidden', /^handshake answered 403/],
  ['429 Too Many\r\nRetry-After: 1', /^handshake answered 429/],
  ['503 Away\r\nRetry-After: 1', /^handshake answered 503/],
];

const turnedAway: Cell = {
  id: 'F27',
  fault: 'the handshake is answered 301, 403, 429, 503',
  promise: 'never followed; Retry-After is kept; then the feed lives again',
  async run(stage) {
    for (const [head, reason] of answers) {
      await stage.begin();
      const count = await connectionCount(stage);
      const answer: Answer = (client) => client.end(`HTTP/1.1 ${head}\r\nContent-Length: 0\r\n\r\n`);
      stage.wire.answer(count, answer);
      stage.inject('disconnect');
      const { fields } = await stage.logged(reason);
      if (head.includes('Retry-After'))
        hold(Number(fields['delayMs']) >= 1_000, `tried again after ${String(fields['delayMs'])} ms`);
      await stage.until('connects', count);
      await stage.recovered('covering');
    }
  },
};

const away: Cell = {
  id: 'F30',
  fault: 'nobody listens for a second; 503 for a second',
  promise: 'tried again until the venue is back; the hole is a gap',
  async run(stage) {
    for (const args of [{ ms: 1_000 }, { ms: 1_000, status: 503, retry_after: 1 }]) {
      await stage.begin();
      await reconnected(stage, () => {
        stage.inject('outage', args);
        stage.inject('disconnect');
      });
    }
  },
};

const nowhere: Cell = {
  id: 'F30b',
  fault: 'a name that does not exist',
  promise: 'the log says so; tried again; a feed whose name exists is not held up',
  async alone(subject) {
    const stage = await Stage.start(subject, { isHopeless: true, host: 'no-such-venue.invalid' });
    try {
      await eventually(
        'it failed twice',
        () => stage.rig.lines.filter(({ message }) => message === 'disconnected').length >= 2,
      );
      const reasons = stage.rig.lines
        .filter(({ message }) => message === 'disconnected')
        .map(({ fields }) => String(fields['reason']));
      hold(
        reasons.every((reason) => /ENOTFOUND|EAI_AGAIN|getaddrinfo/.test(reason)),
        `reasons ${reasons.join()}`,
      );
      hold(
        (await stage.status()).connections.every(({ state }) => state !== 'open'),
        'a connection is open',
      );
    } finally {
      await stage.stop();
    }
  },
};

export const connectionCells: readonly Cell[] = [
  notice,
  delisted,
  lostAnswer,
  denied,
  partial,
  closed,
  halfOpen,
  stalled,
  life,
  untrusted,
  turnedAway,
  away,
  nowhere,
];
