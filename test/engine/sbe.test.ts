/** Binance spot's binary format over real sockets: the same market as its JSON, with a key, and replayed to the same events. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { verifyJournal } from '#dist/cli/replay/journal.js';
import type { EngineConfig, JournalConfig } from '#dist/model/config.js';
import type { BookText } from '#dist/model/status.js';
import { startSimulator } from '#dist/simulator/index.js';
import { quarantined } from './oracle.js';
import { eventually, Rig, type RigOptions, TRANSPORTS } from './rig.js';

const KEY = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A';
const VARIABLE = 'BINANCE_API_KEY';
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const SPOT = { simulator: { venues: ['binance-spot'], symbols: SYMBOLS }, config: { shards: 1 } } as const;

let folder: string;
const rigs: Rig[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-sbe-'));
});
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.stop();
  delete process.env[VARIABLE];
  delete process.env[`${VARIABLE}_FILE`];
});
afterAll(() => rmSync(folder, { recursive: true }));

async function start(options: RigOptions): Promise<Rig> {
  const rig = await Rig.start(options);
  rigs.push(rig);
  return rig;
}

function journal(dir: string): JournalConfig {
  return {
    dir,
    durability: 'batch',
    segmentBytes: 64 << 20,
    bufferBytes: 64 << 20,
    retainBytes: 0,
    retainMs: 0,
    diskFloorBytes: 0,
    compress: false,
    recovery: 'strict',
  };
}

/** Books by symbol, with the id that they are of. */
async function books(rig: Rig): Promise<Record<string, BookText | null>> {
  const { instruments } = await rig.status();
  const held = instruments.map(async ({ id, symbol }) => {
    const book = (await rig.control.request('book', { instrument: id })) as BookText | null;
    return [symbol, book] as const;
  });
  return Object.fromEntries(await Promise.all(held));
}

/** Trade numbers by symbol. */
async function trades(rig: Rig): Promise<Record<string, number[]>> {
  rig.ring.drain();
  const { instruments } = await rig.status();
  return Object.fromEntries(instruments.map(({ id, symbol }) => [symbol, [...(rig.ring.trades.get(id) ?? [])]]));
}

/** What the server says to a handshake. */
function handshake(url: string, headers: Record<string, string>): Promise<string> {
  const socket = new WebSocket(url, { headers });
  return new Promise((resolve) => {
    socket.on('open', () => resolve('open')).on('error', ({ message }) => resolve(message));
  }).finally(() => socket.terminate()) as Promise<string>;
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  it('books and trades are those of the JSON feed, and the journal gives the same events again', async () => {
    process.env[VARIABLE] = KEY;
    const dir = join(folder, transport);
    const simulator = await startSimulator({ ...SPOT.simulator, rate: 400, seed: 5, paused: true });
    const stepping = setInterval(() => simulator.step(4), 10);
    try {
      const json = await start({ ...SPOT, transport, shared: simulator });
      const sbe = await start({
        ...SPOT,
        transport,
        shared: simulator,
        format: 'sbe',
        config: { shards: 1, journal: journal(dir) },
      });
      await Promise.all([json.inSync(), sbe.inSync()]);
      clearInterval(stepping);
      // The market stands still; both come to its newest book.
      const [told, same] = await eventually('both hold the newest books', async () => {
        const both = await Promise.all([books(json), books(sbe)]);
        return SYMBOLS.every((symbol) => both[0][symbol]?.lastUpdateId === both[1][symbol]?.lastUpdateId) && both;
      });
      for (const symbol of SYMBOLS) {
        expect(same[symbol]?.inSync).toBe(true);
        expect(same[symbol]?.text).toBe(told[symbol]?.text);
        expect(same[symbol]?.text.length).toBeGreaterThan(100);
      }
      // One was there before the other.
      const [ofJson, ofSbe] = await Promise.all([trades(json), trades(sbe)]);
      for (const symbol of SYMBOLS) {
        const since = ofSbe[symbol]?.[0] ?? 0;
        expect(ofSbe[symbol]?.length).toBeGreaterThan(3);
        expect(ofJson[symbol]?.filter((id) => id >= since)).toEqual(ofSbe[symbol]);
      }
      expect(await sbe.counter('quotes')).toBeGreaterThan(0);
      expect(await sbe.counter('quarantined')).toBe(0);
      expect(await sbe.counter('gaps')).toBe(0);
    } finally {
      clearInterval(stepping);
      for (const rig of rigs.splice(0)) await rig.stop();
      await simulator.close();
    }
    const [{ report } = { report: undefined }] = verifyJournal([{ shard: 0, folder: join(dir, 'shard-0') }], false);
    expect(report).toMatchObject({ gaps: [], damage: [], inexact: 0 });
    expect(report?.difference).toBeUndefined();
    expect(report?.spans[0]?.compared).toBeGreaterThan(50);
  });

  it('what is lost is named, what is damaged is kept, and the books come back', async () => {
    process.env[VARIABLE] = KEY;
    const rig = await start({ ...SPOT, transport, format: 'sbe' });
    rig.inject('drop', { symbol: 'BTCUSDT', stream: 'depth' });
    await eventually('a gap', async () => (await rig.counter('gaps')) > 0);
    await rig.inSync();
    rig.inject('malformed', { symbol: 'ETHUSDT', stream: 'depth', kind: 'truncated', byte: 30 });
    await eventually('a frame in quarantine', () => quarantined(rig).length > 0);
    expect(quarantined(rig)[0]).toMatchObject({ code: 'FRAME_NOT_JSON' });
    await rig.inSync();
    rig.inject('restart', { ms: 200, rollback: true });
    await rig.inSync();
    expect(await rig.counter('resyncs')).toBeGreaterThan(1);
  });
});

describe('the key', () => {
  const sbe = { ...SPOT, format: 'sbe' } as const;

  it('is needed to start, from one place', async () => {
    const simulator = await startSimulator(SPOT.simulator);
    const refused = (text: string | RegExp) => expect(start({ ...sbe, shared: simulator })).rejects.toThrow(text);
    await refused(`set ${VARIABLE}, or ${VARIABLE}_FILE to a file that holds it`);
    process.env[`${VARIABLE}_FILE`] = join(folder, 'absent');
    await refused(`${join(folder, 'absent')}: ENOENT`);
    process.env[VARIABLE] = KEY;
    await refused(`${VARIABLE} and ${VARIABLE}_FILE exclude each other`);
    delete process.env[`${VARIABLE}_FILE`];
    process.env[VARIABLE] = 'two\r\nwords: x';
    await refused(`${VARIABLE} holds no key: 13 characters`);
    await simulator.close();
  });

  it('may stand in a file, is read anew for each connection, and is never logged', async () => {
    const file = join(folder, 'key');
    writeFileSync(file, `${KEY}\n`);
    process.env[`${VARIABLE}_FILE`] = file;
    const rig = await start(sbe);
    writeFileSync(file, 'not-a-key!\n');
    rig.inject('disconnect');
    await eventually('the venue refuses it', () =>
      rig.lines.find(({ fields }) => fields['reason'] === 'handshake answered 401'),
    );
    writeFileSync(file, KEY);
    await rig.inSync();
    const status = JSON.stringify(await rig.status());
    const said = JSON.stringify(rig.lines) + status + readFileSync(rig.oracleLog, 'latin1');
    for (const secret of [KEY, 'not-a-key!']) expect(said).not.toContain(secret);
  });

  it('opens the binary address alone, at its paths', async () => {
    const simulator = await startSimulator(SPOT.simulator);
    const url = simulator.venues[0]?.binaryUrl ?? '';
    expect(await handshake(`${url}/stream`, {})).toBe('Unexpected server response: 401');
    expect(await handshake(`${url}/stream`, { 'X-MBX-APIKEY': '' })).toBe('Unexpected server response: 401');
    expect(await handshake(`${url}/sbe`, { 'X-MBX-APIKEY': KEY })).toBe('Unexpected server response: 404');
    expect(await handshake(`${url}/ws/btcusdt@depth`, { 'X-MBX-APIKEY': KEY })).toBe('open');
    expect((await fetch(`${url.replace('ws:', 'http:')}/api/v3/time`)).status).toBe(404);
    await simulator.close();
  });

  it('belongs to a format that the venue has', async () => {
    const feed = {
      id: 'x',
      venue: 'binance-usdm',
      wsUrl: 'ws://127.0.0.1:1',
      restUrl: 'http://127.0.0.1:1',
      symbols: ['BTCUSDT'],
    };
    const feeds: EngineConfig['feeds'] = [{ ...feed, channels: ['book'], transport: 'native', format: 'sbe' }];
    await expect(start({ ...SPOT, config: { shards: 1, feeds } })).rejects.toThrow('feed x: binance-usdm has no format sbe');
  });
});
