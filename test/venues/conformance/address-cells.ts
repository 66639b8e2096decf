/** F23b, F26b, F27b, F30c, F30d: names and addresses of a venue, and handshakes that never end. */
import { DnsServer } from '../../engine/dns-server.js';
import { accepted } from '../../engine/raw-venue.js';
import { eventually } from '../../engine/rig.js';
import { type Cell, hold, none, PROMISED } from './cell.js';
import { reconnected } from './frame-cells.js';
import { Stage, type StageOptions } from './stage.js';
import type { Answer } from './wire.js';

const HOST = 'stream.venue.test';
const HERE = '127.0.0.1';
/** Long enough for a handshake beside other engines, short enough to wait for. */
const HANDSHAKE_MS = 1_000;
const SILENCE_MS = 800;
const ADDRESS_FAILURES = 3;
/** Bytes of a head that nobody waits for, so many ms apart. */
const SLOW_HEAD = 'X-Slow: 1\r\n'.repeat(1_000);
const BYTE_EVERY_MS = 5;

async function on(stage: Promise<Stage>, act: (stage: Stage) => Promise<void>): Promise<void> {
  const started = await stage;
  try {
    await act(started);
  } finally {
    await started.stop();
  }
}

/** Hosts of the sockets, each once. */
async function hosts(stage: Stage): Promise<string[]> {
  return [...new Set((await stage.status()).connections.map(({ address }) => new URL(address).host))];
}

const hostOf = (url: string | undefined): string => new URL(url ?? 'ws://nowhere').host;

async function connectionCount(stage: Stage): Promise<number> {
  return (await stage.status()).connections.length;
}

/** One after another, so that each has a deadline of its own. */
async function replaced(stage: Stage, how: Answer): Promise<void> {
  const count = await connectionCount(stage);
  stage.wire.answer(count, how);
  stage.inject('disconnect');
  const { fields } = await stage.logged(/^no handshake within/);
  hold(Number(fields['delayMs']) <= 4_000, `tried again after ${String(fields['delayMs'])} ms`);
  await stage.until('connects', count);
  await stage.recovered('covering');
}

const quiet: Answer = () => {};

const slow: Answer = (client, key) => {
  const text = accepted(key, SLOW_HEAD);
  let at = 0;
  const timer = setInterval(() => {
    if (at < text.length && !client.destroyed) client.write(text.charAt(at++));
    else clearInterval(timer);
  }, BYTE_EVERY_MS);
};

const stalledTls: Cell = {
  id: 'F26b',
  fault: 'a TLS handshake that nobody answers',
  promise: 'ended at its deadline (10 s, here 1 s); no byte of a request goes out; tried again',
  alone: (subject) =>
    on(
      Stage.start(subject, { isHopeless: true, isSecure: true, isDeaf: true, limits: { handshakeTimeoutMs: HANDSHAKE_MS } }),
      async (stage) => {
        const ended = () => stage.rig.lines.filter(({ message }) => message === 'disconnected');
        await eventually('it ended twice', () => ended().length >= 2);
        const reasons = ended().map(({ fields }) => String(fields['reason']));
        hold(
          reasons.every((reason) => reason === `no handshake within ${HANDSHAKE_MS} ms`),
          `reasons ${reasons.join()}`,
        );
        hold(stage.rig.simulator.stats().venues[0]?.counters.opened === 0, 'a request reached the venue');
      },
    ),
};

const slowHead: Cell = {
  id: 'F27b',
  fault: 'the handshake is not answered; answered byte by byte without end',
  promise: 'ended at its deadline (10 s, here 1 s); tried again within 4 s; the hole is a gap',
  alone: (subject) =>
    on(Stage.start(subject, { limits: { handshakeTimeoutMs: HANDSHAKE_MS } }), async (stage) => {
      for (const how of [quiet, slow]) {
        await stage.begin();
        await replaced(stage, how);
      }
    }),
};

const poisoned: Cell = {
  id: 'F30c',
  fault: 'the venue’s name leads into this network, beside its good address; then nobody can resolve it',
  promise: 'the first is not followed, and the log says where it led; the last good answer serves meanwhile; the hole is a gap',
  async alone(subject) {
    const dns = await DnsServer.start();
    try {
      dns.names.set(HOST, [HERE]);
      const config = { dns: { servers: [dns.address], allowAddresses: [HERE], keepMs: 60_000 } };
      await on(Stage.start(subject, { host: HOST, config }), async (stage) => {
        const { opened } = stage.rig.simulator.stats().venues[0]?.counters ?? { opened: 0 };
        dns.names.set(HOST, [HERE, '10.0.0.1']);
        stage.inject('disconnect');
        await stage.logged(/leads to 10\.0\.0\.1, which is no public address/);
        hold(stage.rig.simulator.stats().venues[0]?.counters.opened === opened, 'somebody connected');
        dns.names.set(HOST, 'fails');
        await stage.logged(/^a name cannot be resolved; where it led last is used/);
        await stage.recovered('covering');
      });
    } finally {
      await dns.stop();
    }
  },
};

const alternate: StageOptions = { hasAlternate: true };

const failover: Cell = {
  id: 'F30d',
  fault: 'one of two addresses answers 403, 418, 429; then nobody listens there',
  promise:
    'what the venue refuses is not asked elsewhere; after three failures the other address has the feed; the hole is a gap',
  alone: (subject) =>
    on(Stage.start(subject, alternate), async (stage) => {
      const { wire, other } = stage;
      const count = await connectionCount(stage);
      for (const status of [403, 418, 429, 403])
        wire.answer(count, (client) => client.end(`HTTP/1.1 ${status} No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n`));
      await reconnected(stage, () => stage.inject('disconnect'));
      hold(wire.answered === 4 * count, `${wire.answered} handshakes were refused`);
      hold((await hosts(stage)).join() === hostOf(wire.url), 'a refusal was dodged');
      await stage.begin();
      await wire.close();
      await stage.logged(/^an address of the venue cannot be reached; another one is tried/);
      await stage.until('connects', count);
      await stage.recovered('covering');
      hold((await hosts(stage)).join() === hostOf(other?.url), 'the other address is not in use');
    }),
};

const mute: Cell = {
  id: 'F23b',
  fault: 'one of two addresses answers pings, and sends nothing any more',
  promise: 'after three replacements the other address has the feed; the hole is a gap',
  standing: ({ dialect }) =>
    dialect.heartbeat !== undefined && dialect.wantsProof !== true ? none('heartbeats hide the silence: F23') : PROMISED,
  alone: (subject) =>
    on(Stage.start(subject, { ...alternate, limits: { silenceTimeoutMs: SILENCE_MS } }), async (stage) => {
      const count = await connectionCount(stage);
      stage.wire.isMute = true;
      await stage.logged(/^an address of the venue is silent; another one is tried/);
      await eventually('all have moved', async () => (await hosts(stage)).join() === hostOf(stage.other?.url));
      await stage.until('connects', count);
      await stage.recovered('covering');
      const silent = stage.lines().filter(({ fields }) => /^no data for/.test(String(fields['reason'])));
      hold(silent.length >= ADDRESS_FAILURES, `${silent.length} replacements`);
    }),
};

export const addressCells: readonly Cell[] = [mute, stalledTls, slowHead, poisoned, failover];
