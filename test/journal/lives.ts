/** Engines that are killed again and again over the same journal, and what each told before it died. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EngineConfig } from '#dist/model/config.js';
import { JOURNAL_COUNTERS, RECORD_OFFSETS, RECORD_SIZE_MAX, RingReader, SHARD_COUNTERS } from '#dist/native/index.js';
import type { OracleRecord, Simulator } from '#dist/simulator/index.js';

const PROGRAM = fileURLToPath(new URL('./engine-process.mjs', import.meta.url));
const BATCH = 512;
const DURABLE = JOURNAL_COUNTERS.findIndex(({ name }) => name === 'journal_durable');
const APPENDED = JOURNAL_COUNTERS.findIndex(({ name }) => name === 'journal_appended');
const INPUTS = SHARD_COUNTERS.findIndex(({ name }) => name === 'inputs');

/** What a dead engine's ring says of one shard. */
export interface Death {
  readonly epoch: number;
  /** Last input that was said to be durable. */
  readonly durable: number;
  /** Highest number of an input that any record or figure told. */
  readonly seen: number;
  /** Inputs applied, as of the last tick. */
  readonly inputs: number;
}

export class Lives {
  readonly config: EngineConfig;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tickring-kills-'));
  readonly #shmRoot = mkdtempSync('/dev/shm/tickring-kills-');
  /** By shard. */
  readonly deaths: readonly Death[][];
  #child: ChildProcess | undefined;
  #complaints = '';

  constructor(simulator: Simulator, name: string, overrides: Partial<EngineConfig> = {}) {
    const stateDir = join(this.#folder, 'state');
    mkdirSync(stateDir);
    this.deaths = Array.from({ length: overrides.shards ?? 1 }, () => []);
    this.config = {
      name,
      shmRoot: this.#shmRoot,
      stateDir,
      shards: 1,
      ringBytes: 1 << 22,
      wakeIntervalUs: 0,
      instrumentsMax: 16,
      orderBookDepth: 20,
      snapshotIntervalMs: 0,
      reconnectDelayMs: 100,
      maxReconnectDelayMs: 2_000,
      quarantineBytesMax: 1 << 24,
      journal: {
        dir: join(this.#folder, 'journal'),
        durability: 'batch',
        segmentBytes: 1 << 22,
        bufferBytes: 1 << 24,
        retainBytes: 0,
        retainMs: 0,
        diskFloorBytes: 0,
        compress: false,
        recovery: 'strict',
      },
      feeds: simulator.venues.map(({ name: venue, wsUrl, restUrl }) => ({
        id: venue,
        venue,
        wsUrl,
        restUrl,
        symbols: ['BTCUSDT', 'ETHUSDT'],
        channels: ['book', 'trade', 'quote'],
        transport: 'native',
      })),
      ...overrides,
    };
  }

  folderOf(shard: number): string {
    return join(this.config.journal?.dir ?? '', `shard-${shard}`);
  }

  /** Starts the engine. */
  start(): ChildProcess {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(this.config)], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.on('data', (piece: Buffer) => {
      this.#complaints += piece.toString();
    });
    this.#child = child;
    return child;
  }

  /** Kills an engine so long after its start, or after it is up, whatever it does then, and notes what its rings say. */
  async kill(from: 'start' | 'ready', ms: number): Promise<void> {
    const child = this.start();
    const ended = once(child, 'exit');
    if (from === 'ready') await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended]);
    await Promise.race([sleep(ms), ended]);
    if (child.exitCode !== null) throw new Error(`the engine ended by itself: ${child.exitCode}\n${this.#complaints}`);
    child.kill('SIGKILL');
    await ended;
    for (const { shard, death } of this.#look()) this.deaths[shard]?.push(death);
  }

  /** The engine is to live on; resolves when it is up. */
  async revive(): Promise<void> {
    const child = this.start();
    const [text] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    if (!text.toString().startsWith('ready')) throw new Error(`the engine said ${text.toString()}`);
  }

  /** Kills the engine that lives. */
  async crash(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  remove(): void {
    for (const folder of [this.#folder, this.#shmRoot]) rmSync(folder, { recursive: true, force: true });
  }

  #look(): { shard: number; death: Death }[] {
    const found: { shard: number; death: Death }[] = [];
    for (let shard = 0; shard < this.config.shards; shard += 1) {
      let reader: RingReader;
      try {
        reader = new RingReader(this.#shmRoot, this.config.name, shard);
      } catch {
        // It died before it had a ring.
        continue;
      }
      const epoch = Number(reader.status().epoch);
      const inputs = Number(reader.counters()[INPUTS] ?? 0n);
      const [durable, appended] = [DURABLE, APPENDED].map((index) => Number(reader.journalCounters()[index] ?? 0n)) as [
        number,
        number,
      ];
      reader.seekOldest();
      found.push({ shard, death: { epoch, durable, inputs, seen: Math.max(appended, highest(reader)) } });
      reader.close();
    }
    return found;
  }
}

/** Highest input number in a ring. */
function highest(reader: RingReader): number {
  const out = Buffer.alloc(BATCH * 256 + RECORD_SIZE_MAX * 64);
  let seen = 0;
  for (let count = BATCH; count > 0; ) {
    count = reader.poll(out, BATCH);
    for (let at = 0, left = count; left > 0; left -= 1) {
      seen = Math.max(seen, Number(out.readBigUInt64LE(at + RECORD_OFFSETS.frameSeq)));
      at += out.readUInt32LE(at + RECORD_OFFSETS.size);
    }
  }
  return seen;
}

/** What the venues sent, connection by connection, as checksums. */
export function sentByConnection(oracleLog: string): Map<string, number[]> {
  const sent = new Map<string, number[]>();
  for (const line of readFileSync(oracleLog, 'utf8').split('\n')) {
    if (!line.endsWith('}')) continue;
    const { venue, connection, crc32, fate } = JSON.parse(line) as OracleRecord;
    if (fate !== 'sent') continue;
    const key = `${venue}/${connection}`;
    const list = sent.get(key);
    if (list === undefined) sent.set(key, [crc32]);
    else list.push(crc32);
  }
  return sent;
}
