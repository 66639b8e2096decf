/** Clients that vanish at every byte of a request or of its answer, and clients of four kinds that never come to an end. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GatewayProcess } from './crowd/processes.js';
import { Feed } from './feed.js';
import { brokenChain, eventually, JsonClient } from './harness.js';
import { randomFrom } from './random-market.js';
import { rawRequest, upgradeRequest } from './raw-http.js';

/** Of requests, and as many of answers. */
const ABORTS = Number(process.env['TICKRING_ABORTS'] ?? 10_000);
const AT_ONCE = 64;
const SEED = Number(process.env['TICKRING_SEED'] ?? Date.now() % 1_000_000);
const LAST_CHUNK = '\r\n0\r\n\r\n';
const BOOK = 'book.binance-usdm.BTCUSDT';
const POINTS = 1_000;
/** The large answer of a slow reader is asked for so often on one connection. */
const PIPELINED = 200;
const SLOW_EACH = 25;
/** More than the gateway itself and all that it may keep of answers (answers.ts). */
const MEMORY_MB_MAX = 320;

let feed: Feed;
let gateway: GatewayProcess;
let witness: JsonClient;
let stepping: NodeJS.Timeout;

beforeEach(async () => {
  feed = new Feed(['BTCUSDT']);
  feed.sync('BTCUSDT', [['100', '1']], [['200', '1']]);
  gateway = await GatewayProcess.start(feed);
  for (let point = 0; point < POINTS; point += 1) feed.trade('BTCUSDT', '150', '1');
  await eventually('all points', async () => {
    const answer = await fetch(`${gateway.url}/data/BTCUSDT?data_type=tick&limit=${POINTS}`);
    return answer.status === 200 && ((await answer.json()) as { count: number }).count === POINTS;
  });
  witness = await JsonClient.open(gateway);
  await witness.ask({ op: 'subscribe', topics: [BOOK] });
  let step = 0;
  stepping = setInterval(() => {
    step += 1;
    feed.depth('BTCUSDT', [['100', `${1 + (step % 7)}`]], []);
  }, 10);
});
afterEach(async () => {
  clearInterval(stepping);
  witness.close();
  await gateway.close();
  feed.close();
});

/** Nobody else has noticed: the process, its log, the feed, and a client that was there all the time. */
async function expectUnharmed(files: number): Promise<void> {
  const [seen, asked] = [witness.data.length, await fetch(`${gateway.url}/symbols`)];
  expect(asked.status).toBe(200);
  await eventually('the witness gets messages', () => witness.data.length > seen);
  expect([brokenChain(witness.data), witness.closed]).toEqual([undefined, undefined]);
  expect([gateway.isRunning, gateway.errors, feed.gaps]).toEqual([true, [], 0]);
  // Sockets of this test's own requests may still be open.
  await eventually('all sockets are closed', () => openFiles() <= files + 5);
}

const openFiles = (): number => readdirSync(`/proc/${gateway.pid}/fd`).length;

const head = (first: string, ...lines: string[]): string =>
  `${[first, `Host: 127.0.0.1:${gateway.port}`, ...lines].join('\r\n')}\r\n\r\n`;
const row =
  '{"symbol":"X","data_type":"tick","source":"internal","timestamp":"2025-08-24T10:30:15.123Z","data":{"price":1,"size":1}}';
const body = `{"data":[${row}]}`;

function requests(): Buffer[] {
  const subscribe = Buffer.from(JSON.stringify({ op: 'subscribe', topics: [BOOK] }));
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 | subscribe.length, 0, 0, 0, 0]), subscribe]);
  const chunks = `${body.length.toString(16)}\r\n${body}${LAST_CHUNK}`;
  const post = 'POST /data/ingest HTTP/1.1';
  return [
    head(`GET /data/BTCUSDT?limit=${POINTS} HTTP/1.1`),
    head('GET /openapi.json HTTP/1.1', 'Accept-Encoding: gzip'),
    head('GET /symbols HTTP/1.1') + head('GET /health HTTP/1.1'),
    head(post, 'Content-Type: application/json', `Content-Length: ${body.length}`) + body,
    head(post, 'Content-Type: application/json', 'Transfer-Encoding: chunked') + chunks,
    Buffer.concat([Buffer.from(upgradeRequest(gateway.port)), frame]),
  ].map((each) => Buffer.from(each));
}

/** Sends the first bytes of a request, then goes: with a reset, in order, or by closing its own half first. */
async function abortRequest(request: Buffer, bytes: number, manner: number): Promise<void> {
  const socket = connect(gateway.port, '127.0.0.1');
  const closed = once(socket, 'close');
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect').catch(() => undefined);
  await new Promise((resolve) => socket.write(request.subarray(0, bytes), resolve));
  if (manner === 0) socket.resetAndDestroy();
  else if (manner === 1) socket.destroy();
  else {
    socket.end();
    setTimeout(() => socket.destroy(), 20);
  }
  await closed;
}

/** Sends a whole request and goes once it has read at most so many bytes of the answer. Returns how many it saw. */
async function abortAnswer(request: Buffer, bytes: number, isHard: boolean): Promise<void> {
  let left = bytes;
  const buffer = Buffer.alloc(Math.min(bytes, 65_536));
  const callback = (size: number): boolean => {
    left -= size;
    if (left > 0 && left >= buffer.length) return true;
    if (isHard) socket.resetAndDestroy();
    else socket.destroy();
    return false;
  };
  const socket = connect({ host: '127.0.0.1', port: gateway.port, onread: { buffer, callback } });
  const closed = once(socket, 'close');
  socket.on('error', () => undefined);
  socket.write(request);
  await closed;
}

/** Runs them side by side; a watchdog's work if one hangs. */
async function all(deeds: readonly (() => Promise<void>)[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let deed = deeds[next++]; deed !== undefined; deed = deeds[next++]) await deed();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

it(`${ABORTS} clients that vanish at any byte of a request, and as many at any byte of an answer, harm nobody`, async () => {
  const random = randomFrom(SEED);
  const files = openFiles();
  const every = requests().flatMap((request) =>
    Array.from({ length: request.length }, (_, length) => [0, 1, 2].map((manner) => ({ request, length, manner }))).flat(),
  );
  // Every byte in every manner, as often as there is room for, beginning anywhere.
  const first = Math.floor(random() * every.length);
  const deeds = Array.from({ length: ABORTS }, (_, index) => every[(first + index) % every.length]);
  await all(deeds.map((deed) => async () => deed && (await abortRequest(deed.request, deed.length, deed.manner))));
  await expectUnharmed(files);
  // Once the last chunk is announced as the last, a body is whole.
  const whole = deeds.filter(
    (deed) => deed?.request.includes(LAST_CHUNK) && deed.length > deed.request.length - LAST_CHUNK.length,
  );
  expect(gateway.ingestedRows).toBeLessThanOrEqual(whole.length);
  const before = gateway.ingestedRows;
  // The same for answers: each of the first bytes, then places all over the large ones.
  const [asked, sizes] = [requests(), [200_000, 30_000, 1_500, 400, 400, 3_000]];
  const answers = Array.from({ length: ABORTS }, (_, index) => {
    const kind = index % asked.length;
    const turn = Math.floor(index / asked.length);
    const size = sizes[kind] ?? 1;
    const bytes = turn < ABORTS / asked.length / 2 ? 1 + (turn % Math.min(size, 1_000)) : 1 + Math.floor(random() * size);
    return () => abortAnswer(asked[kind] ?? Buffer.alloc(0), bytes, index % 2 === 0);
  });
  await all(answers);
  await expectUnharmed(files);
  expect(gateway.ingestedRows - before).toBeGreaterThan(0);
  expect(gateway.ingestedRows - before).toBeLessThanOrEqual(Math.ceil(ABORTS / 3));
  process.stdout.write(
    `aborts: seed ${SEED}, ${ABORTS} in requests of ${every.length / 3} bytes in all, ${ABORTS} in answers\n`,
  );
}, 1_200_000);

it('slow heads, slow bodies, answers that are not read and sockets that say nothing are all ended, and cost little', async () => {
  const files = openFiles();
  const post = head('POST /data/ingest HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 100000');
  const large = head(`GET /data/BTCUSDT?limit=${POINTS} HTTP/1.1`);
  /** What is sent first, what then every second, and whether the answer is read. */
  const kinds: readonly (readonly [string, string, string, boolean])[] = [
    ['head', head('GET /symbols HTTP/1.1').slice(0, -2), 'X: y\r\n', true],
    ['body', `${post}{`, ' ', true],
    ['reader', large.repeat(PIPELINED), '', false],
    ['idle', '', '', true],
  ];
  const slow = kinds.flatMap(([name, first, drip, reads]) =>
    Array.from({ length: SLOW_EACH }, () => {
      const socket = connect(gateway.port, '127.0.0.1');
      socket.on('error', () => undefined);
      if (reads) socket.resume();
      else socket.pause();
      socket.write(first);
      const timer = setInterval(() => drip !== '' && socket.writable && socket.write(drip), 1_000);
      return { name, socket, timer };
    }),
  );
  let most = 0;
  let served = 0;
  try {
    await eventually(
      'all of them are ended',
      async () => {
        const answer = await rawRequest(gateway.port, head('GET /symbols HTTP/1.1'));
        expect(answer.status).toBe(200);
        served += 1;
        most = Math.max(most, gateway.memory().now);
        // Those that read nothing do not see it: the gateway's own files tell.
        return openFiles() <= files + 5;
      },
      90_000,
    );
  } finally {
    for (const { socket, timer } of slow) {
      clearInterval(timer);
      socket.destroy();
    }
  }
  process.stdout.write(
    `slow: ${slow.length} sockets ended, ${served} others served meanwhile, at most ${Math.round(most)} MiB\n`,
  );
  expect(most).toBeLessThan(MEMORY_MB_MAX);
  await expectUnharmed(files);
}, 200_000);
