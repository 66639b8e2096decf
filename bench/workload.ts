import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Frames of one instrument in the order in which they arrived, with the depth snapshot at its place. */
export interface Workload {
  readonly source: string;
  readonly sha256: string;
  readonly frames: readonly { readonly kind: 'frame' | 'snapshot'; readonly bytes: Buffer }[];
  readonly bytes: number;
}

const RECORDING = 'binance/hftbacktest/usdm/btcusdt_20240808.gz';

/** Depth frames of the recorded BTCUSDT futures feed, or made ones of the same shape where no recordings are at hand. */
export function depthWorkload(limit: number): Workload {
  const captures = resolve(process.env['TICKRING_CAPTURES'] ?? '../shared/captures');
  const path = join(captures, RECORDING);
  return existsSync(path) ? recorded(path, limit) : generated(Math.min(limit, 20_000));
}

function recorded(path: string, limit: number): Workload {
  const packed = readFileSync(path);
  const lines = gunzipSync(packed).toString('utf8').split('\n');
  const frames: Workload['frames'][number][] = [];
  for (const line of lines) {
    if (frames.length >= limit) break;
    const text = line.slice(line.indexOf(' ') + 1);
    if (text.includes('"lastUpdateId"')) frames.push({ kind: 'snapshot', bytes: Buffer.from(text) });
    else if (text.includes('"depthUpdate"')) frames.push({ kind: 'frame', bytes: Buffer.from(text) });
  }
  return finish(RECORDING, createHash('sha256').update(packed).digest('hex'), frames);
}

/** 24 levels a side around a slowly moving price; the same bytes on every machine. */
function generated(count: number): Workload {
  let state = 88_172_645n;
  const random = (below: number): number => {
    state ^= (state << 13n) & 0xffff_ffff_ffff_ffffn;
    state ^= state >> 7n;
    state ^= (state << 17n) & 0xffff_ffff_ffff_ffffn;
    return Number(state % BigInt(below));
  };
  const level = (ticks: number): string => `["${(ticks / 10).toFixed(2)}","${(random(5_000) / 1000).toFixed(3)}"]`;
  const side = (mid: number, sign: number): string =>
    Array.from({ length: 24 }, () => mid + sign * (1 + random(random(10) === 0 ? 20_000 : 300)))
      .sort((a, b) => a - b)
      .map(level)
      .join(',');
  const frames: Workload['frames'][number][] = [];
  let mid = 618_000;
  let last = 5_123_107_831_937;
  for (let index = 0; index < count; index++) {
    mid += random(3) - 1;
    const u = last + 1 + random(5_000);
    const time = 1_723_161_256_299 + index * 30;
    const text =
      `{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":${time},"T":${time - 1},"s":"BTCUSDT","U":${last + 1},"u":${u},"pu":${last},` +
      `"b":[${side(mid, -1)}],"a":[${side(mid, 1)}]}}`;
    frames.push({ kind: 'frame', bytes: Buffer.from(text) });
    last = u;
    if (index === 5) {
      frames.push({
        kind: 'snapshot',
        bytes: Buffer.from(`{"lastUpdateId":${last},"bids":[${side(mid, -1)}],"asks":[${side(mid, 1)}]}`),
      });
    }
  }
  const hash = createHash('sha256');
  for (const frame of frames) hash.update(frame.bytes);
  return finish('generated', hash.digest('hex'), frames);
}

function finish(source: string, sha256: string, frames: Workload['frames']): Workload {
  return { source, sha256, frames, bytes: frames.reduce((sum, frame) => sum + frame.bytes.length, 0) };
}
