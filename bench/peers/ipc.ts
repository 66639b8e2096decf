/** `npm run bench:peers -- ipc`: a message to another process by our ring, its control and each peer, in alternating blocks. */
import { placement } from '../placement.js';
import { estimate, ratios } from '../statistics.js';
import { Child } from './child.js';
import { FOLDER, onPath, PROGRAMS } from './programs.js';
import { TRANSPORTS, type Transport } from './transports.js';

/** What is measured, in order: kind of block and size of a message. */
export const WORKS = ['open 64', 'open 256', 'closed 64', 'closed 256', 'flood 64', 'flood 256', 'paced 64'] as const;
export type Work = (typeof WORKS)[number];

interface Answer {
  readonly got: number;
  readonly lost: number;
  readonly latency: { readonly p50: number; readonly p999: number };
  /** Closed loop: there and back, ns. */
  readonly trip?: number;
  /** Otherwise ns a message. */
  readonly ns?: number;
}

export interface Series {
  readonly transport: Transport;
  readonly version: string;
  /** ns of each round. */
  readonly blocks: Record<Work, number[]>;
  messages: number;
  lost: number;
  /** Why it was not measured. */
  reason: string | undefined;
}

export interface Run {
  readonly series: readonly Series[];
  readonly isOneCore: boolean;
  /** Rounds that count: those of the placement that most had. */
  readonly counted: readonly number[];
  readonly rounds: number;
}

/** About how long a block is to take, and the fewest messages of one. */
const BLOCK_NS = 20e6;
const MESSAGES_MIN = 400;
const CALIBRATION = 2_000;

class Contender {
  readonly #child: Child;
  readonly #transport: Transport;
  readonly #counts = new Map<Work, number>();

  private constructor(child: Child, transport: Transport) {
    this.#child = child;
    this.#transport = transport;
  }

  /** Starts it, and finds how many messages make a block. */
  static async start(transport: Transport): Promise<Contender> {
    const { needs, name } = transport;
    if (needs !== undefined && !onPath(needs)) throw new Error(`${needs} is not on the PATH`);
    const { file, args } = PROGRAMS[transport.program].command;
    const { child } = await Child.start(name, { file, args: [...args, name] }, FOLDER);
    const contender = new Contender(child, transport);
    try {
      for (const work of contender.works()) await contender.#calibrate(work);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return contender;
  }

  /** A bare line holds one message: no throughput, no publishing without waiting. */
  works(): readonly Work[] {
    return this.#transport.name === 'line' ? WORKS.filter((work) => /^(open|closed)/.test(work)) : WORKS;
  }

  async #calibrate(work: Work): Promise<void> {
    this.#counts.set(work, CALIBRATION);
    let ns = 0;
    for (let turn = 0; turn < this.#transport.warmUps; turn++) ns = (await this.block(work)).ns;
    const each = work.startsWith('open') ? this.#transport.interval : work.startsWith('paced') ? 1_200 + ns : ns;
    const most = this.#transport.messagesMax ?? Number.POSITIVE_INFINITY;
    this.#counts.set(work, Math.min(most, Math.max(MESSAGES_MIN, Math.round(BLOCK_NS / Math.max(1, each)))));
  }

  async block(work: Work): Promise<{ ns: number; messages: number; lost: number }> {
    const count = this.#counts.get(work) ?? CALIBRATION;
    const answer = await this.#child.ask<Answer>(`block ${work} ${count} ${this.#transport.interval}`);
    return { ns: answer.trip ?? answer.ns ?? answer.latency.p50, messages: count, lost: answer.lost };
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

function failed(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/[\n|]+/g, ' ');
}

async function measureRound(contender: Contender, of: Series): Promise<void> {
  for (const work of contender.works()) {
    const { ns, messages, lost } = await contender.block(work);
    of.blocks[work].push(ns);
    of.messages += messages;
    of.lost += lost;
  }
}

/** Measures the wanted transports, and always the ring and its control. */
export async function measureIpc(names: readonly string[], rounds: number): Promise<Run> {
  const wanted = TRANSPORTS.filter(({ name }, index) => index < 2 || names.includes('ipc') || names.includes(name));
  const series = wanted.map(
    (transport): Series => ({
      transport,
      version: transport.version(),
      blocks: Object.fromEntries(WORKS.map((work) => [work, []])) as unknown as Series['blocks'],
      messages: 0,
      lost: 0,
      reason: undefined,
    }),
  );
  const programs = new Map<string, Promise<void>>();
  for (const { program } of wanted) {
    const installed = programs.get(program) ?? PROGRAMS[program].install();
    programs.set(program, installed);
    // Its error is the reason of each of its transports.
    await installed.catch(() => undefined);
  }
  const running: { contender: Contender; of: Series }[] = [];
  try {
    for (const of of series) {
      try {
        await programs.get(of.transport.program);
        running.push({ contender: await Contender.start(of.transport), of });
      } catch (error) {
        of.reason = failed(error);
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const { contender, of } of round % 2 === 0 ? running : running.toReversed()) {
        if (of.reason !== undefined) continue;
        await measureRound(contender, of).catch((error) => {
          of.reason = failed(error);
        });
      }
    }
  } finally {
    for (const { contender } of running) await contender.stop();
  }
  const lines = series.find(({ transport }) => transport.name === 'line')?.blocks['closed 64'] ?? [];
  const { isOneCore, blocks } = placement(lines);
  return { series, isOneCore, counted: blocks, rounds };
}

/** Blocks that count. */
export function counted(run: Run, series: Series | undefined, work: Work): number[] {
  return run.counted.map((round) => series?.blocks[work][round] ?? Number.NaN);
}

/** How many times as long as ours, per round. */
export function timesOurs(run: Run, series: Series, work: Work) {
  return estimate(ratios({ a: counted(run, series, work), b: counted(run, run.series[0], work) }));
}
