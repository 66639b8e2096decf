/** `npm run bench:peers -- journal`: records kept by our journal, its controls and each peer, in alternating blocks on one disk. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from './child.js';
import { LOGS, type Log, versionOf, WORKS, type Work } from './logs.js';
import { FOLDER, PROGRAMS, WORK } from './programs.js';

/** What a block cost a record, ns; of a batch the mean alone is known. */
export interface Cost {
  readonly p50?: number;
  readonly p99?: number;
  readonly mean: number;
  /** CPU time of the program's threads, those behind the one that appends too. */
  readonly cpu: number;
}

export interface Series {
  readonly log: Log;
  version: string;
  /** Of each round. */
  readonly blocks: Record<Work, Cost[]>;
  /** Records that it was given, and found again afterwards. */
  given: number;
  found: number;
  /** Why it was not measured, or does not count. */
  reason: string | undefined;
}

export interface LogRun {
  readonly series: readonly Series[];
  readonly rounds: number;
}

/** Records of a block: 5 MB that fit into our buffer; few, as each waits for the disk; 24 MB. */
export const RECORDS: Readonly<Record<Work, number>> = { append: 4_000, each: 20, batch: 20_000 };

const DISK_GIB = 6;

/** Goes afterwards; what a run that was ended left behind goes before. */
const DISK = join(WORK, 'journal');

/** A log of one work, in a program and a folder of its own. */
class Contender {
  readonly #child: Child;
  readonly work: Work;
  readonly #of: Series;
  #given = 0;

  private constructor(child: Child, work: Work, of: Series) {
    this.#child = child;
    this.work = work;
    this.#of = of;
  }

  static async start(of: Series, work: Work): Promise<Contender> {
    const { name, program } = of.log;
    const { file, args } = PROGRAMS[program].command;
    const folder = join(DISK, `${name}-${work}`);
    const { child, hello } = await Child.start(name, { file, args: [...args, name, work, folder] }, FOLDER);
    of.version = versionOf(of.log, hello.versions);
    return new Contender(child, work, of);
  }

  get counts(): boolean {
    return this.#of.reason === undefined;
  }

  fail(error: unknown): void {
    this.#of.reason = (error instanceof Error ? error.message : String(error)).replaceAll(/[\n|]+/g, ' ');
  }

  async warm(): Promise<void> {
    for (let block = 0; block < this.#of.log.warmUps; block++) await this.#block();
  }

  async measure(): Promise<void> {
    // What another one left to be written would be written by our sync.
    execFileSync('sync', ['-f', DISK]);
    this.#of.blocks[this.work].push(await this.#block());
  }

  async #block(): Promise<Cost> {
    const cost = await this.#child.ask<Cost>(`block ${RECORDS[this.work]}`);
    this.#given += RECORDS[this.work];
    return cost;
  }

  /** Whether everything is there: a log that lost records is void. */
  async check(): Promise<void> {
    if (this.#of.log.isControl) return;
    const { records } = await this.#child.ask<{ records: number }>('check');
    this.#of.given += this.#given;
    this.#of.found += records;
    if (records !== this.#given) throw new Error(`${this.work}: ${records} of ${this.#given} records were found again`);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

/** Does it for all that still count, there or back. */
async function turn(running: readonly Contender[], act: (contender: Contender) => Promise<void>): Promise<void> {
  for (const contender of running) if (contender.counts) await act(contender).catch((error) => contender.fail(error));
}

/** Those of a log, as far as they can be started. */
async function startAll(of: Series): Promise<Contender[]> {
  const running: Contender[] = [];
  try {
    await PROGRAMS[of.log.program].install();
    for (const work of WORKS) if (of.log.how[work] !== undefined) running.push(await Contender.start(of, work));
  } catch (error) {
    of.reason = (error instanceof Error ? error.message : String(error)).replaceAll(/[\n|]+/g, ' ');
  }
  return running;
}

export async function measureLogs(rounds: number): Promise<LogRun> {
  const { bavail, bsize } = statfsSync(WORK);
  const free = (bavail * bsize) / 2 ** 30;
  if (free < DISK_GIB) throw new Error(`journal needs ${DISK_GIB} GiB of disk, ${free.toFixed(1)} are free`);
  const series = LOGS.map(
    (log): Series => ({
      log,
      version: '',
      blocks: { append: [], each: [], batch: [] },
      given: 0,
      found: 0,
      reason: undefined,
    }),
  );
  const running: Contender[] = [];
  try {
    rmSync(DISK, { recursive: true, force: true });
    mkdirSync(DISK);
    for (const of of series) running.push(...(await startAll(of)));
    await turn(running, (contender) => contender.warm());
    // Works one after the other, so that those that are compared stand next to each other.
    const ordered = WORKS.flatMap((work) => running.filter((contender) => contender.work === work));
    for (let round = 0; round < rounds; round++)
      await turn(round % 2 === 0 ? ordered : ordered.toReversed(), (contender) => contender.measure());
    await turn(running, (contender) => contender.check());
  } finally {
    for (const contender of running) await contender.stop();
    rmSync(DISK, { recursive: true, force: true });
  }
  return { series, rounds };
}
