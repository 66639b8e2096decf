/**
 * First inputs of the targets. Those that read text get frames and bodies: the documented ones, and a spread of recorded ones where
 * recordings are; they are made anew each time and never committed. The others get bytes from a fixed seed to be shaped from.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { say } from '../setup/console.mjs';
import { ROOT } from '../setup/run.mjs';
import { FOLDER, program } from './build.mjs';

/** Recorded frames taken of each file, evenly over it. */
const FRAMES_PER_FILE = 120;
/** Longer ones say nothing that shorter ones do not, and slow the fuzzer down. */
const FRAME_BYTES_MAX = 6_000;

/** Targets whose input is text as a venue sends it. */
export const TEXT_TARGETS = new Set(['frame_raw', 'escapes']);

const SHAPED_SEEDS = 48;

/** Where recordings are; undefined where there are none. */
export function captures() {
  const folder = process.env.TICKRING_CAPTURES ?? join(ROOT, '../shared/captures');
  return existsSync(join(folder, 'binance/hftbacktest')) ? folder : undefined;
}

function recordings(folder) {
  return ['spot', 'usdm'].flatMap((venue) => {
    const below = join(folder, 'binance/hftbacktest', venue);
    return readdirSync(below).map((file) => join(below, file));
  });
}

/** Lines `<receive ns> <frame>`, evenly over a file, the longest left out. */
function spread(path) {
  const lines = gunzipSync(readFileSync(path)).toString('latin1').split('\n');
  const step = Math.max(1, Math.floor(lines.length / FRAMES_PER_FILE));
  const frames = lines.filter((_, index) => index % step === 0).map((line) => line.slice(line.indexOf(' ') + 1));
  return frames.filter((frame) => frame.length > 0 && frame.length <= FRAME_BYTES_MAX);
}

function writeText(folder, [replay, ...args]) {
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync(replay, [...args, 'seeds', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`replay seeds: ${stderr}`);
  const from = captures();
  if (from === undefined) {
    say('fuzz: no recordings (TICKRING_CAPTURES): the corpus begins with the documented frames alone');
    return;
  }
  let count = 0;
  for (const path of recordings(from))
    for (const frame of spread(path)) writeFileSync(join(folder, `recorded-${count++}`), Buffer.from(frame, 'latin1'));
}

/** Bytes of a linear congruential generator: the same on every host. */
function writeShaped(folder) {
  mkdirSync(folder, { recursive: true });
  let state = 1n;
  for (let index = 0; index < SHAPED_SEEDS; index++) {
    const bytes = Buffer.alloc(48 + index * 80);
    for (let at = 0; at < bytes.length; at++) {
      state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
      bytes[at] = Number(state >> 56n);
    }
    writeFileSync(join(folder, `shaped-${index}`), bytes);
  }
}

/** Makes the seeds in `folder`, with `replay` as a command line; returns the folder of the seeds of a target. */
export function makeSeeds(folder = join(FOLDER, 'seeds'), replay = [program('replay')]) {
  const text = join(folder, 'text');
  const shaped = join(folder, 'shaped');
  rmSync(folder, { recursive: true, force: true });
  writeText(text, replay);
  writeShaped(shaped);
  return (target) => (TEXT_TARGETS.has(target) ? text : shaped);
}
