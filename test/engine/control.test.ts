import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { pack, unpack } from 'msgpackr';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ControlActions, ControlServer, controlPath } from '../../src/engine/control.js';
import { ControlClient } from '../../src/engine/control-client.js';
import { frameMessage, MessageReader } from '../../src/engine/control-frames.js';
import { TickringError } from '../../src/model/errors.js';
import { CONTROL_VERSION, type EngineStatus } from '../../src/model/status.js';
import { memoryLogger } from './memory-logger.js';

let root: string;
let path: string;
let logger: ReturnType<typeof memoryLogger>;
let server: ControlServer;
let client: ControlClient;
let shutdowns: number;

const status = { name: 'e', epochs: ['18446744073709551615'] } as unknown as EngineStatus;
const actions: ControlActions = {
  status: async () => status,
  snapshot: async (instrument) => instrument === 1,
  book: async (instrument) => {
    if (instrument === 13) throw new TickringError('CLOSED', 'the shard is being replaced');
    const text = 'B 1 1\n'.repeat(instrument === 2 ? 5_000_000 : 1);
    return { instrument, venue: 'v', symbol: 'S', inSync: true, lastUpdateId: '9007199254740993', text };
  },
  shutdown: () => {
    shutdowns += 1;
  },
  calls: {
    drift: () => [],
    minutes: () => null,
    feeds: () => [],
    feed_create: () => {
      throw new TickringError('SYMBOL_UNLISTED', 'nobody lists it');
    },
    feed_remove: ({ feedId }) => feedId === 'feed_x_001',
    subscriptions: () => [],
    subscribe: () => [],
    subscription_change: () => null,
    unsubscribe: () => false,
    ingest: ({ rows }) => ({ accepted: rows.length, errors: [], shard: 2, events: rows.length }),
  },
};

async function listen(): Promise<void> {
  server = new ControlServer(root, 'e', logger, actions);
  await server.listen();
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tickring-control-'));
  path = controlPath(root, 'e');
  mkdirSync(dirname(path));
  logger = memoryLogger();
  shutdowns = 0;
  await listen();
  client = new ControlClient(root, 'e');
});

afterEach(async () => {
  client.close();
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

async function raw(): Promise<Socket> {
  const socket = connect(path);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function ask(message: unknown): Promise<Record<string, unknown>> {
  const socket = await raw();
  socket.write(frameMessage(pack(message)));
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return unpack(bytes.subarray(4)) as Record<string, unknown>;
}

describe('control socket', () => {
  test('requests about feeds reach the engine in their shape, with its answers and codes; others are refused', async () => {
    expect(await client.request('feed_remove', { feedId: 'feed_x_001' })).toBe(true);
    await expect(client.request('feed_create', { symbol: 'X', source: 'y', dataTypes: ['tick'] })).rejects.toMatchObject({
      code: 'SYMBOL_UNLISTED',
    });
    const values = { kind: 'trade', price: '1.5', qty: '2', sell: false } as const;
    const row = { symbol: 'X', source: 'internal', ts: '1', values } as const;
    expect(await client.request('ingest', { rows: [row, row] })).toMatchObject({ accepted: 2, shard: 2 });
    for (const wrong of [
      { ...row, ts: '-1' },
      { ...row, values: { ...values, price: '1e5' } },
      { ...row, source: 'x' },
      null,
    ]) {
      const answer = await ask({ v: CONTROL_VERSION, id: 1, op: 'ingest', rows: [wrong] });
      expect(answer).toMatchObject({ ok: false, code: 'CONTROL_PROTOCOL' });
    }
    expect(await ask({ v: CONTROL_VERSION, id: 1, op: 'constructor' })).toMatchObject({ ok: false, code: 'CONTROL_PROTOCOL' });
  });

  test('requests are answered, ids beyond 2^53 as text, to any number of clients at once', async () => {
    const clients = Array.from({ length: 20 }, () => new ControlClient(root, 'e'));
    const answers = await Promise.all(
      clients.flatMap((each) => [each.request('status'), each.request('snapshot', { instrument: 1 })]),
    );
    expect(answers).toEqual(clients.flatMap(() => [status, true]));
    expect(await client.request('book', { instrument: 7 })).toMatchObject({ instrument: 7, lastUpdateId: '9007199254740993' });
    for (const each of clients) each.close();
  });

  test('it is for the engine’s user and group alone', () => {
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  test('an answer of many megabytes arrives whole', async () => {
    expect((await client.request('book', { instrument: 2 }))?.text.length).toBe(30_000_000);
  });

  test('an error of the engine arrives with its code', async () => {
    await expect(client.request('book', { instrument: 13 })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test.each([
    [{ v: CONTROL_VERSION + 1, id: 4, op: 'status' }, /version 2 is not spoken here/],
    [{ id: 4, op: 'status' }, /version undefined/],
    [{ v: CONTROL_VERSION, id: 4, op: 'reboot' }, /no control request is named reboot/],
    [{ v: CONTROL_VERSION, id: 4, op: 'constructor' }, /no control request/],
    [{ v: CONTROL_VERSION, id: 4, op: 'book' }, /instrument is no positive integer/],
    [{ v: CONTROL_VERSION, id: 4, op: 'book', instrument: '1' }, /instrument/],
    [{ v: CONTROL_VERSION, id: 4, op: 'book', instrument: -1 }, /instrument/],
  ])('a request that cannot be served is refused by name and the connection kept: %j', async (message, reason) => {
    const reply = await ask(message);
    expect(reply).toMatchObject({ id: 4, ok: false, code: 'CONTROL_PROTOCOL' });
    expect(reply['message']).toMatch(reason);
  });

  test.each([
    ['a length beyond 8 MiB', Buffer.from([0x01, 0x00, 0x80, 0x00])],
    ['a map without its members', frameMessage(Buffer.from([0x85, 0x01]))],
    ['an empty message', frameMessage(Buffer.alloc(0))],
    ['arrays nested without end', frameMessage(Buffer.alloc(60_000, 0x91))],
    ['text of another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('%s ends that connection and no other', async (_, bytes) => {
    const socket = await raw();
    socket.write(bytes);
    await once(socket, 'close');
    expect(await client.request('snapshot', { instrument: 1 })).toBe(true);
    expect(logger.lines.filter(({ message }) => message === 'a control client was cut off')).toHaveLength(1);
  });

  test('a client that asks and never reads is cut, and the memory for it stays bounded', async () => {
    const socket = await raw();
    socket.pause();
    const request = frameMessage(pack({ v: CONTROL_VERSION, id: 1, op: 'book', instrument: 2 }));
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    const asking = setInterval(() => socket.write(request), 10);
    socket.on('error', () => {});
    while (!logger.lines.some(({ message }) => message === 'a control client was cut off'))
      await new Promise((resolve) => setTimeout(resolve, 10));
    clearInterval(asking);
    socket.resume();
    await closed;
    expect(await client.request('snapshot', { instrument: 1 })).toBe(true);
  });

  test('a shutdown is answered before it is carried out', async () => {
    const answered = client.request('shutdown');
    expect(await answered).toBeNull();
    await new Promise(setImmediate);
    expect(shutdowns).toBe(1);
  });

  test('while the engine is away requests fail as such, and the same client finds it again', async () => {
    await server.close();
    await expect(client.request('status')).rejects.toMatchObject({ code: 'ENGINE_AWAY' });
    await listen();
    expect(await client.request('snapshot', { instrument: 1 })).toBe(true);
  });

  test('what a killed engine left at the path does not hinder the next; a stop leaves nothing', async () => {
    await server.close();
    writeFileSync(path, 'left behind');
    await listen();
    expect(await client.request('snapshot', { instrument: 1 })).toBe(true);
    await server.close();
    expect(existsSync(path)).toBe(false);
    await listen();
  });
});

describe('control messages', () => {
  test('any messages cut anywhere come out whole and in order', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(messages, fc.infiniteStream(fc.integer({ min: 1, max: 100 })), (bodies, cuts) => {
        const stream = Buffer.concat(bodies.map((body) => frameMessage(pack(Buffer.from(body)))));
        const reader = new MessageReader(1_000);
        const out: unknown[] = [];
        for (let at = 0; at < stream.length; ) {
          const next = at + (cuts.next().value as number);
          out.push(...reader.push(stream.subarray(at, next)));
          at = next;
        }
        expect(out.map((body) => Buffer.from(body as Uint8Array))).toEqual(bodies.map((body) => Buffer.from(body)));
      }),
    );
  });
});
