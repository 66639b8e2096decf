// Question   What can this machine do at best, and what does it take away?
// Includes   gaps of the clock, a cache line there and back, bytes touched, copied, appended, written past the page cache.
// Workload   the frames of the corpus for touch and copy; appends of 1,200 B; O_DIRECT writes of 1 MiB, in the results' folder.
// Run        npm run bench -- controls           Read  as the floor under every other figure of the same run.
import type { Bench, BenchResult, Size } from './bench.js';
import { decode, rust } from './rust.js';
import { estimate } from './statistics.js';

interface Report {
  readonly ping_pong: { readonly blocks: number[]; readonly hdr: string };
  readonly hiccup_hdr: string;
  readonly memory: Record<'touch' | 'copy' | 'clock', number[]>;
  readonly files: {
    readonly blocks: Record<'page_cache_1200', number[]> & Partial<Record<'o_direct_1m', number[]>>;
    readonly o_direct_error: string | null;
  };
  readonly corpus: { readonly frames: number; readonly bytes: number };
  readonly pinned: number | null;
}

function run(size: Size): Promise<BenchResult> {
  const report = rust<Report>('controls', size, ['.']);
  const { memory, files, corpus } = report;
  const mean = Math.round(corpus.bytes / corpus.frames);
  const direct = files.blocks.o_direct_1m;
  const control = (what: string, unit: string, series: readonly number[]) => ({
    row: 'control',
    what,
    unit,
    figure: estimate(series),
  });
  return Promise.resolve({
    claims: [
      control('store → load ping-pong between two cores, there and back', 'ns', report.ping_pong.blocks),
      control(`byte-touch of a frame (mean ${mean} B)`, 'ns', memory.touch),
      control(`memcpy of a frame (mean ${mean} B)`, 'ns', memory.copy),
      control('reading the monotonic clock', 'ns', memory.clock),
      control('append of 1,200 B to the page cache', 'ns', files.blocks.page_cache_1200),
      ...(direct === undefined
        ? []
        : [
            control(
              'O_DIRECT write of 1 MiB',
              'GB/s',
              direct.map((ns) => 2 ** 20 / ns),
            ),
          ]),
    ],
    distributions: [
      { label: 'hiccups: clock looked at every 5 us, late by', unit: 'ns', histogram: decode(report.hiccup_hdr) },
      { label: 'ping-pong between two cores, there and back', unit: 'ns', histogram: decode(report.ping_pong.hdr) },
    ],
    ratios: [],
    figures: [],
    notMeasured: files.o_direct_error === null ? [] : [`O_DIRECT in the working folder: ${files.o_direct_error}`],
  });
}

export const bench: Bench = { name: 'controls', question: 'what can this machine do at best?', cores: 2, run };
