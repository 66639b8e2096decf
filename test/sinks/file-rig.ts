/** An engine on simulated venues, a file sink in a process of its own, and what a replay of the journal says of both. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineConfig, FileSinkConfig, JobsConfig } from '#dist/model/config.js';
import { FILE_SINK, type JobsStatus, jobsStatusPath, type SinkStatus } from '#dist/model/sink.js';
import { RecordCursor } from '#dist/native/cursor.js';
import { checkJournal, JournalReplay, RingReader } from '#dist/native/index.js';
import { eventView } from '#dist/native/record-view.js';
import type { Instrument } from '#dist/native/records.js';
import type { Simulator } from '#dist/simulator/index.js';
import { Lives } from '../journal/lives.js';

const PROGRAM = fileURLToPath(new URL('./jobs-process.mjs', import.meta.url));
const LATEST = 2n ** 64n - 1n;
const BUFFER_BYTES = 1 << 20;

async function saysOrEnds(child: ChildProcess): Promise<void> {
  await Promise.race([...(child.stdout === null ? [] : [once(child.stdout, 'data')]), once(child, 'exit')]);
}

export class FileRig {
  readonly lives: Lives;
  readonly file: FileSinkConfig;
  readonly #jobs: JobsConfig;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tickring-files-'));
  #child: ChildProcess | undefined;
  #rival: ChildProcess | undefined;
  /** What the sinks have logged, of all their lives. */
  log = '';

  constructor(simulator: Simulator, name: string, dir: string | undefined, overrides: Partial<EngineConfig> = {}) {
    this.lives = new Lives(simulator, name, overrides);
    const { config } = this.lives;
    Object.assign(config.journal ?? {}, { sinks: [FILE_SINK], segmentBytes: 1 << 20, compress: true });
    const journalDir = config.journal?.dir ?? '';
    this.file = {
      dir: dir ?? join(this.#folder, 'events'),
      rotateBytes: 1 << 20,
      from: 'oldest',
      journalDir,
      shards: config.shards,
    };
    const { shmRoot } = config;
    this.#jobs = { name, shmRoot, primaryVenue: null, redis: null, callbacks: null, file: this.file };
  }

  /** Starts the process of the sinks; resolves when it is there. */
  async startSinks(): Promise<void> {
    this.#child = this.#spawn();
    await saysOrEnds(this.#child);
  }

  /** Starts a second one beside it, which takes its place when it is ended. */
  async startRival(): Promise<void> {
    this.#rival = this.#spawn();
    await saysOrEnds(this.#rival);
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(this.#jobs)], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
      });
    return child;
  }

  /** Ends them, and says how they ended. */
  async endSinks(signal: NodeJS.Signals): Promise<string> {
    const child = this.#child;
    if (child === undefined) return 'never began';
    this.#child = this.#rival;
    this.#rival = undefined;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code, by] = (await ended) as [number | null, string | null];
    return by ?? String(code);
  }

  /** What they say of themselves; undefined while they say nothing. */
  status(): SinkStatus | undefined {
    const { shmRoot, name } = this.lives.config;
    try {
      const { pid, sinks } = JSON.parse(readFileSync(jobsStatusPath(shmRoot, name), 'utf8')) as JobsStatus;
      return pid === this.#child?.pid ? sinks[0] : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether the files have all that the engine had. */
  isEven(): boolean {
    const { connected = false, journal = [] } = this.status() ?? {};
    return connected && journal.length > 0 && journal.every(({ lagInputs }) => lagInputs === 0);
  }

  /** Inputs that are durable and not in the files yet; as many as can be while the sink does not say. */
  lagInputs(): number {
    const { journal = [] } = this.status() ?? {};
    return journal.length === 0
      ? Number.POSITIVE_INFINITY
      : journal.reduce((sum, { lagInputs }) => sum + (lagInputs ?? Number.POSITIVE_INFINITY), 0);
  }

  /** Names of a shard's files, in order. */
  files(shard: number): string[] {
    return readdirSync(join(this.file.dir, `shard-${shard}`)).sort();
  }

  lines(shard: number): Line[] {
    const folder = join(this.file.dir, `shard-${shard}`);
    return this.files(shard).flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      if (text !== '' && !text.endsWith('\n')) throw new Error(`${file} ends within a line`);
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
    });
  }

  /** What `tickring replay DIR --into-ring` of the shard's journal publishes, as lines. */
  replayed(shard: number): Line[] {
    const { shmRoot: root } = this.lives.config;
    const name = `replay-${shard}`;
    const ring = { root, name, shard, epoch: 1n, ringBytes: 1 << 25, booksBytes: 0, instrumentsMax: 64, depth: 20 };
    const replay = new JournalReplay({ folder: this.lives.folderOf(shard), salvage: false, ring });
    const bytes = new Uint8Array(BUFFER_BYTES);
    const cursor = new RecordCursor(bytes, { definitions: new Map<number, Instrument>(), learn: () => {} });
    const lines: Line[] = [];
    const open = (): RingReader => {
      const reader = new RingReader(root, name, shard);
      reader.seekOldest();
      return reader;
    };
    let reader = open();
    let writer = 0;
    const drain = (): void => {
      for (let count = reader.poll(bytes, 4_096); count > 0; count = reader.poll(bytes, 4_096)) {
        cursor.begin(count);
        while (cursor.next()) {
          const record = cursor.object();
          if (record.kind === 'lapped') throw new Error(`the replay lapped its reader: ${record.lost} records`);
          if (record.kind === 'generation' || record.kind === 'writer' || record.kind === 'epoch_start') continue;
          lines.push(JSON.parse(JSON.stringify(eventView(record, String(writer)))) as Line);
        }
      }
    };
    // One record at a time: so no writer of the journal can begin and end unseen.
    for (let state = 'more', count = 0; state === 'more'; count += 1) {
      state = replay.run(LATEST, 1).state;
      const isOver = reader.status().state !== 'live';
      if (isOver || count % 100 === 0 || state !== 'more') drain();
      if (!isOver) continue;
      reader.close();
      reader = open();
      writer += 1;
    }
    replay.close();
    reader.close();
    return lines;
  }

  /** Inputs that the journal says it does not have. */
  gaps(shard: number): Missing[] {
    const { gaps, damage } = checkJournal(this.lives.folderOf(shard));
    if (damage.length > 0) throw new Error(`the journal is damaged: ${damage[0]?.what}`);
    return gaps.map(({ cause, first, last }) => ({ cause, first: String(first), last: String(last) }));
  }

  async remove(): Promise<void> {
    while (this.#child !== undefined) await this.endSinks('SIGKILL');
    await this.lives.stop();
    this.lives.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export interface Line {
  readonly kind: string;
  readonly epoch: string;
  readonly flags: readonly string[];
  readonly [member: string]: unknown;
}

export interface Missing {
  readonly cause: unknown;
  readonly first: unknown;
  readonly last: unknown;
}

/** Lines as they can be compared: epochs in their order, and without what a ring alone adds. */
export function comparable(lines: readonly Line[]): string[] {
  const epochs = [...new Set(lines.map(({ epoch }) => epoch))];
  const order = new Map(epochs.map((epoch, index) => [epoch, index]));
  return lines.map((line) =>
    JSON.stringify({ ...line, epoch: order.get(line.epoch), flags: line.flags.filter((flag) => flag !== 'image') }),
  );
}
