/** `tickring read`: the events of a running engine, read from the ring as any other local reader would. */
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from 'commander';
import { KINDS, type KindName } from '../model/codes.js';
import { EXIT, TickringError } from '../model/errors.js';
import { recordView } from '../native/record-view.js';
import { RingReader } from '../reader/index.js';
import { nearest } from './config/nearest.js';
import { loadConfig } from './config.js';
import { durationMs, integer } from './options.js';
import { recordText } from './record.js';

/** People read no faster than this. */
const WAIT = { spinMs: 0, yieldMs: 0, sleepMs: 5 } as const;
/** Characters that are written together at most. */
const TEXT_MAX = 65_536;

interface ReadFlags {
  readonly config?: string;
  readonly name?: string;
  readonly shmRoot?: string;
  readonly for?: string;
  readonly instrument?: string;
  readonly kinds?: string;
  readonly json?: boolean;
  readonly count?: string;
  readonly oldest?: boolean;
}

/** Kinds of a list such as `trade,gap`. */
function kindNames(text: string): KindName[] {
  const known = Object.keys(KINDS) as KindName[];
  return text.split(',').map((part) => {
    const kind = known.find((name) => name === part.trim());
    if (kind !== undefined) return kind;
    const like = nearest(part.trim(), known);
    throw new TickringError(
      'USAGE_INVALID',
      `--kinds ${part} is no kind, ${like === undefined ? `known are ${known.join(', ')}` : `did you mean ${like}?`}`,
    );
  });
}

interface ReadOptions {
  readonly shmRoot: string;
  readonly name: string;
  /** Undefined passes all. */
  readonly kinds: readonly KindName[] | undefined;
  /** `SYMBOL` or `venue:SYMBOL`; undefined passes all. */
  readonly instrument: string | undefined;
  readonly json: boolean;
  readonly countMax: number;
  readonly oldest: boolean;
  /** Absent: until something else ends it. */
  readonly forMs: number | undefined;
}

function open({ shmRoot, name, oldest }: ReadOptions): RingReader {
  try {
    return RingReader.open({ root: shmRoot, name, oldest });
  } catch (error) {
    if (!(error instanceof TickringError && error.code === 'SHM_NOT_FOUND')) throw error;
    const message = `no engine has published under ${join(shmRoot, name)}; start one with \`tickring start\``;
    throw new TickringError('SHM_NOT_FOUND', message, { cause: error });
  }
}

/** Writes what has gathered, and waits while the other end is slow. */
class Output {
  readonly #signal: AbortSignal;
  #text = '';

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Full lines are written together: at the end of the event loop's turn, or when they have become many. */
  async add(line: string): Promise<void> {
    if (this.#text === '') setImmediate(() => void this.flush());
    this.#text += `${line}\n`;
    if (this.#text.length >= TEXT_MAX) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#text;
    if (text === '') return;
    this.#text = '';
    if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal: this.#signal }).catch(() => {});
  }
}

/** Prints records until `countMax` of them, the end of `forMs`, a signal, or a closed output. */
async function read(options: ReadOptions): Promise<number> {
  const reader = open(options);
  const stopper = new AbortController();
  const stop = (): void => stopper.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  // `tickring read | head` closes the pipe: that is an end, not a failure.
  process.stdout.on('error', stop);
  const timer = options.forMs === undefined ? undefined : setTimeout(stop, options.forMs);
  const { signal } = stopper;
  const output = new Output(signal);
  const { kinds, instrument } = options;
  const records = reader.records({
    signal,
    wait: WAIT,
    ...(kinds === undefined ? {} : { kinds }),
    ...(instrument === undefined ? {} : { symbols: [instrument] }),
  });
  let left = options.countMax;
  for await (const record of records) {
    if (record.kind === 'writer') {
      const { shard, state } = record;
      // For people, beside the records.
      if (state !== 'live') process.stderr.write(`tickring: the engine's shard ${shard} is ${state}; waiting for it\n`);
      continue;
    }
    const view = recordView(record);
    await output.add(options.json ? JSON.stringify(view) : recordText(view));
    left -= 1;
    if (left <= 0) break;
  }
  await output.flush();
  clearTimeout(timer);
  reader.close();
  return EXIT.ok;
}

/** Adds `read`. */
export function registerRead(program: Command): void {
  program
    .command('read')
    .description("print the ring's events of a running engine")
    .option('-c, --config <file>', 'YAML configuration, for name and place of the engine')
    .option('--name <name>', 'name of the engine')
    .option('--shm-root <dir>', 'root of shared memory')
    .option('--instrument <symbol>', 'only this one: SYMBOL or venue:SYMBOL')
    .option('--kinds <list>', `only these: ${Object.keys(KINDS).join(', ')}`)
    .option('--json', 'one JSON object a line')
    .option('--count <n>', 'end after so many')
    .option('--for <duration>', 'end after this long (e.g. 5s)')
    .option('--oldest', 'begin with the oldest record that is still there')
    .action(async (flags: ReadFlags) => {
      const { config } = loadConfig({
        ...(flags.config === undefined ? {} : { file: flags.config }),
        env: process.env,
        flags: {
          ...(flags.name === undefined ? {} : { name: flags.name }),
          ...(flags.shmRoot === undefined ? {} : { shm_root: flags.shmRoot }),
        },
      });
      const options: ReadOptions = {
        shmRoot: config.engine.shmRoot,
        name: config.engine.name,
        kinds: flags.kinds === undefined ? undefined : kindNames(flags.kinds),
        instrument: flags.instrument,
        json: flags.json === true,
        countMax: integer('count', flags.count, 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY,
        oldest: flags.oldest === true,
        forMs: flags.for === undefined ? undefined : durationMs(flags.for),
      };
      process.exitCode = await read(options);
    });
}
