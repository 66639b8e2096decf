import { ByteBuffer } from 'flatbuffers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Gateway } from '../../src/gateway/server.js';
import { Body, Message, Skipped } from '../../src/model/wire/index.js';
import { Feed } from './feed.js';
import { brokenChain, type DataMessage, eventually, foldBook, JsonClient, startTestGateway } from './harness.js';

const BOOK = 'book.binance-usdm.BTCUSDT';
const QUIET_BOOK = 'book.binance-usdm.ETHUSDT';
const TRADE = 'trade.binance-usdm.BTCUSDT';
/** Levels of a delta: large messages fill a slow client's buffers soon. */
const LEVELS = 60;

describe('slow clients', () => {
  let feed: Feed;
  let gateway: Gateway;

  beforeEach(async () => {
    feed = new Feed(['BTCUSDT', 'ETHUSDT'], 16_777_216);
    for (const symbol of ['BTCUSDT', 'ETHUSDT']) feed.sync(symbol, [['1', '1']], [['100000', '1']]);
    gateway = await startTestGateway(feed);
    await eventually('ready', async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
  });
  afterEach(async () => {
    await gateway.stop();
    feed.close();
  });

  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  };
  let round = 0;
  const delta = (): void => {
    round += 1;
    const levels = (base: number) =>
      Array.from({ length: LEVELS }, (_, index) => [`${base + index}`, `${1 + (round % 997)}.5`] as const);
    feed.depth('BTCUSDT', levels(500), levels(50_000));
  };
  /** Feeds, a little at a time, until `done`. */
  const feedUntil = async (what: string, step: () => void, done: () => Promise<boolean>): Promise<void> => {
    await eventually(what, async () => {
      for (let count = 0; count < 100; count += 1) step();
      await new Promise((resolve) => setTimeout(resolve, 2));
      return done();
    });
  };

  it('one gets skipped with the exact count and a snapshot; a fast one misses nothing', async () => {
    const [slow, fast] = await Promise.all([JsonClient.open(gateway), JsonClient.open(gateway)]);
    for (const client of [slow, fast]) {
      await client.ask({ op: 'subscribe', topics: [BOOK, QUIET_BOOK] });
      await eventually('snapshots', () => client.data.length === 2);
    }
    slow.ws.pause();
    await feedUntil('drop', delta, async () => (await metric('tickring_gateway_dropped_messages_total')) > 0);
    expect(await metric('tickring_gateway_lagging_clients')).toBe(1);
    for (let count = 0; count < 50; count += 1) delta();
    feed.depth('ETHUSDT', [['2', '7']], []);
    slow.ws.resume();
    await eventually('skipped', () => slow.of(BOOK).some(({ body_type }) => body_type === 'skipped'));
    delta();
    for (const client of [slow, fast]) {
      await eventually('newest book', () => foldBook(client.of(BOOK)) === feed.bookText('BTCUSDT'));
      await eventually('quiet book', () => foldBook(client.of(QUIET_BOOK)) === feed.bookText('ETHUSDT'));
      for (const topic of [BOOK, QUIET_BOOK]) expect(brokenChain(client.of(topic))).toBeUndefined();
    }
    expect(fast.data.filter(({ body_type }) => body_type === 'skipped')).toEqual([]);
    expectExactSkips(slow.of(BOOK));
    // Its message found no room either, unless the kernel took some bytes meanwhile.
    expectExactSkips(slow.of(QUIET_BOOK), 0);
    slow.close();
    fast.close();
  });

  it('one of the binary subprotocol gets the same in its own encoding', async () => {
    const ws = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws`, ['tickring.fb.v1']);
    const messages: DataMessage[] = [];
    ws.on('message', (bytes: Buffer, isBinary: boolean) => isBinary && messages.push(fromFlat(bytes)));
    await new Promise((resolve) => ws.once('open', resolve));
    ws.send(JSON.stringify({ op: 'subscribe', topics: [BOOK] }));
    await eventually('snapshot', () => messages.length === 1);
    expect(messages[0]).toMatchObject({ topic: BOOK, body_type: 'book_snapshot' });
    ws.pause();
    await feedUntil('drop', delta, async () => (await metric('tickring_gateway_dropped_messages_total')) > 0);
    ws.resume();
    await eventually('skipped', () => messages.some(({ body_type }) => body_type === 'skipped'));
    delta();
    await eventually('delta after the snapshot', () => messages.at(-1)?.body_type === 'book_delta');
    expect(brokenChain(messages)).toBeUndefined();
    expectExactSkips(messages);
    ws.terminate();
  });

  it('one that lost trades is closed with 4008 and the place of the first lost one; others miss no trade', async () => {
    const [slow, fast] = await Promise.all([JsonClient.open(gateway), JsonClient.open(gateway)]);
    feed.trade('BTCUSDT', '50', '1');
    for (const client of [slow, fast]) {
      await client.ask({ op: 'subscribe', topics: [TRADE, BOOK] });
      await eventually('state', () => client.data.length >= 2);
    }
    slow.ws.pause();
    const step = (): void => {
      delta();
      feed.trade('BTCUSDT', '50', '1');
    };
    await feedUntil('close', step, async () => (await metric('tickring_gateway_slow_closed_total')) > 0);
    slow.ws.resume();
    await eventually('closed', () => slow.closed !== undefined);
    expect(slow.closed?.code).toBe(4008);
    const [, resume] = /resume (\d+:\d+:\d+:\d+)$/.exec(slow.closed?.reason ?? '') ?? [];
    const last = slow.of(TRADE).at(-1)?.seq;
    const next = await eventually('the lost trade', () =>
      fast.of(TRADE).find(({ prev_seq, seq }) => prev_seq === last && seq !== last),
    );
    const { shard, epoch, frame_seq, index } = next as unknown as Record<string, string>;
    expect(resume).toBe(`${shard}:${epoch}:${frame_seq}:${index}`);
    expect(brokenChain(fast.of(TRADE))).toBeUndefined();
    expect(brokenChain(slow.of(TRADE))).toBeUndefined();
    fast.close();
  });

  it('one that never reads is cut, and its memory is given back', async () => {
    const slow = await JsonClient.open(gateway);
    feed.trade('BTCUSDT', '50', '1');
    await slow.ask({ op: 'subscribe', topics: [TRADE, BOOK] });
    slow.ws.pause();
    const step = (): void => {
      delta();
      feed.trade('BTCUSDT', '50', '1');
    };
    await feedUntil('close', step, async () => (await metric('tickring_gateway_slow_closed_total')) > 0);
    await eventually(
      'cut',
      async () => (await metric('tickring_gateway_clients{encoding="json"}'.replace(/[{}]/g, '\\$&'))) === 0,
    );
    expect(await metric('tickring_gateway_buffered_bytes')).toBe(0);
    slow.close();
  });
});

/** Each notice covers exactly the numbers between its neighbours, and a snapshot of its end follows it. */
function expectExactSkips(messages: readonly DataMessage[], least = 1): void {
  const skips = messages.flatMap((message, index) => (message.body_type === 'skipped' ? [index] : []));
  expect(skips.length).toBeGreaterThanOrEqual(least);
  for (const index of skips) {
    const [before, notice, after] = messages.slice(index - 1, index + 2);
    if (before === undefined || notice === undefined || after === undefined) throw new Error('a notice stands at an end');
    const body = notice.body as Record<string, string>;
    expect(body).toMatchObject({
      reason: 'slow_client',
      from: `${before.seq + 1}`,
      to: `${notice.seq}`,
      count: `${notice.seq - before.seq}`,
    });
    expect(notice.prev_seq).toBe(before.seq);
    expect(after).toMatchObject({ body_type: 'book_snapshot', prev_seq: notice.seq, seq: notice.seq });
  }
}

function fromFlat(bytes: Buffer): DataMessage {
  const message = Message.getRootAsMessage(new ByteBuffer(new Uint8Array(bytes)));
  const types: Record<number, string> = {
    [Body.BookSnapshot]: 'book_snapshot',
    [Body.BookDelta]: 'book_delta',
    [Body.Skipped]: 'skipped',
  };
  const type = types[message.bodyType()] ?? `${message.bodyType()}`;
  const skipped = type === 'skipped' ? (message.body(new Skipped()) as Skipped) : undefined;
  const body =
    skipped === undefined
      ? {}
      : { reason: 'slow_client', from: `${skipped.from()}`, to: `${skipped.to()}`, count: `${skipped.count()}` };
  if (skipped !== undefined && skipped.reason() !== 1) throw new Error(`reason ${skipped.reason()}`);
  return {
    topic: message.topic() ?? '',
    prev_seq: Number(message.prevSeq()),
    seq: Number(message.seq()),
    flags: [],
    body_type: type,
    body,
  };
}
