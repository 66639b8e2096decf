/** Whatever arrives, the client says so and begins anew; nothing is thrown at the program that uses it. */
import { pack } from 'msgpackr';
import { afterEach, describe, expect, it } from 'vitest';
import { type EncodingName, TickringClient } from '../../src/client/index.js';

interface Socket {
  binaryType: string;
  readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null;
  onerror: (() => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(): void;
}

const TOPIC = 'trade.binance-usdm.BTCUSDT';
const clients: TickringClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** A client whose sockets are played by the test. */
function open(encoding: EncodingName): { client: TickringClient; newest: () => Socket; problems: string[] } {
  const sockets: Socket[] = [];
  const openSocket = (): Socket => {
    const none = { onopen: null, onmessage: null, onerror: null, onclose: null };
    sockets.push({ binaryType: '', readyState: 1, ...none, send: () => undefined, close: () => undefined });
    return sockets.at(-1) as Socket;
  };
  const client = new TickringClient('http://127.0.0.1:1', { encoding, openSocket, reconnectMinMs: 1, reconnectMaxMs: 1 });
  clients.push(client);
  const problems: string[] = [];
  client.on('problem', ({ message }) => problems.push(message));
  client.subscribe(TOPIC);
  sockets[0]?.onopen?.();
  return { client, newest: () => sockets.at(-1) as Socket, problems };
}

/** A message in MessagePack, or the same in JSON, with one member that is not what it should be. */
function message(encoding: EncodingName, bad: object): string | ArrayBuffer {
  const id = encoding === 'json' ? '1' : 1;
  const body = { price: id, qty: id, trade_id: id, aggressor: 'buy' };
  const exponents = { price_exponent: 0, qty_exponent: 0 };
  const ids = { epoch: id, sequence: id, frame_seq: id, ts_event: id, ts_recv: id, ts_out: id };
  const place = { topic: TOPIC, venue: 'binance-usdm', symbol: 'BTCUSDT', instrument: 1, shard: 0, index: 0 };
  const whole = { ...place, ...ids, ...exponents, prev_seq: 1, seq: 1, flags: ['last'], body_type: 'trade', body, ...bad };
  return encoding === 'json' ? JSON.stringify(whole) : (new Uint8Array(pack(whole)).buffer as ArrayBuffer);
}

const BAD_MEMBERS = [
  { flags: 'stale' },
  { flags: 7 },
  { flags: {} },
  { flags: null },
  { flags: [1] },
  { body: 3 },
  { body: [] },
  { seq: 'x' },
];
const BAD_REPLIES = [
  ...['null', '7', '"x"', '[]', '{"type":7}', '{"type":"ack","id":1,"topics":7}', '{"type":"ack","id":1,"topics":[7]}'],
  ...['{"type":"ack","id":1,"as":7}', '{"type":"ack","id":1,"as":{"x":1}}', '{"type":"ack","id":1,"stream":{}}'],
  ...['{"type":"error","code":"unknown-topic","topics":{}}', '{"type":"conflation","topic":[]}', '{'],
];

describe.each<EncodingName>(['msgpack', 'json'])('client over %s', (encoding) => {
  it('takes the message that the others are made of', () => {
    const { client, newest, problems } = open(encoding);
    newest().onmessage?.({ data: message(encoding, {}) });
    expect([client.stats.unreadable, problems]).toEqual([0, []]);
  });

  it.each(BAD_MEMBERS)('a message with %o is unreadable: told, counted, connected anew', (bad) => {
    const { client, newest, problems } = open(encoding);
    newest().onmessage?.({ data: message(encoding, bad) });
    expect([client.stats.unreadable, problems.length, client.state]).toEqual([1, 1, 'waiting']);
  });
});

it.each(BAD_REPLIES)('an answer %s is unreadable: told, counted, connected anew', (data) => {
  const { client, newest, problems } = open('json');
  newest().onmessage?.({ data });
  expect([client.stats.unreadable, problems.length, client.state]).toEqual([1, 1, 'waiting']);
});
