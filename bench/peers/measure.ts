/** Blocks of a peer, of Tickring and of the floor prototype in turns: A B C C B A. */
import { median, ratioOfBlocks } from '../statistics.js';
import type { Child } from './child.js';

/** A contender in a running program. */
export interface Runner {
  readonly child: Child;
  readonly contender: string;
}

export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly blocks: number;
}

export interface Measured {
  /** Medians over the blocks, ns a frame. */
  readonly ns: number;
  readonly oursNs: number;
  readonly floorNs: number | undefined;
  /** How many times as long as Tickring the peer takes, and as the floor. */
  readonly ratio: Ratio;
  readonly floorRatio: Ratio | undefined;
}

const BLOCK_NS = 60_000_000;
const WARM_UP_NS = 400_000_000;

/** A block is at least one pass: where that takes long, fewer blocks are measured, for so long and at least so many. */
const PEER_NS_MAX = 20_000_000_000;
const BLOCKS_MIN = 5;

export async function measure(
  peer: Runner,
  ours: Runner,
  floor: Runner | undefined,
  frames: number,
  blocks: number,
): Promise<Measured> {
  const runners = floor === undefined ? [ours, peer] : [ours, floor, peer];
  let slowest = 0;
  // Warms caches, predictors and compilers; not counted.
  for (const { child, contender } of runners)
    slowest = Math.max(slowest, (await child.block(contender, WARM_UP_NS)).ns_per_frame);
  const rounds = Math.min(blocks, Math.max(BLOCKS_MIN, Math.floor(PEER_NS_MAX / (slowest * frames))));
  const series = new Map<Runner, number[]>(runners.map((runner) => [runner, []]));
  for (let round = 0; round < rounds; round++) {
    for (const runner of round % 2 === 0 ? runners : runners.toReversed()) {
      series.get(runner)?.push((await runner.child.block(runner.contender, BLOCK_NS)).ns_per_frame);
    }
  }
  const of = (runner: Runner) => series.get(runner) ?? [];
  const ratioTo = (runner: Runner) => ratioOfBlocks(of(peer).map((ns, block) => ns / (of(runner)[block] ?? Number.NaN)));
  return {
    ns: median(of(peer)),
    oursNs: median(of(ours)),
    floorNs: floor && median(of(floor)),
    ratio: ratioTo(ours),
    floorRatio: floor && ratioTo(floor),
  };
}
