// Question   What does the journal cost the worker, how fast does the disk take it, how long do an acknowledgement and a start take?
// Includes   append into the buffer; checks, writes, syncs and rolling of the flush thread, segments made ahead.   Excludes  compression.
// Workload   frames of 1,200 B; acknowledgements of 64 KiB; 1 GiB to start with; in the working folder, on whatever disk that is.
// Run        npm run bench -- journal           Read  append beside memcpy, durable beside O_DIRECT, ack beside write and fdatasync.
import type { Bench, BenchResult, Size } from './bench.js';
import { decode, rust } from './rust.js';
import { control, estimate, exact } from './statistics.js';

type Series = 'append' | 'memcpy' | 'durable' | 'ack' | 'sync';

interface Report {
  readonly blocks: Record<Series, number[]> & { readonly direct?: number[] };
  readonly append_hdr: string;
  readonly ack_hdr: string;
  readonly o_direct_error: string | null;
}

interface PathReport {
  readonly blocks: Record<'plain' | 'digested' | 'journalled', number[]>;
  readonly allocations: number;
}

interface RecoveryReport {
  readonly blocks: { readonly recovery: number[] };
  readonly recovery_hdr: string;
  readonly segments: number;
}

function run(size: Size): Promise<BenchResult> {
  const { blocks, append_hdr, ack_hdr, o_direct_error } = rust<Report>('journal', size, ['.']);
  const { append, memcpy, durable, direct, ack, sync } = blocks;
  const path = rust<PathReport>('journalled-path', size, ['.']);
  const { plain, digested, journalled } = path.blocks;
  const recovery = rust<RecoveryReport>('recovery', size, ['.']);
  const opened = decode(recovery.recovery_hdr);
  return Promise.resolve({
    claims: [
      {
        row: '13',
        what: 'journal append of 1,200 B, p50 of passes',
        unit: 'ns',
        figure: estimate(append),
        control: control('memcpy of the frame into as large a buffer', 'ns', append, memcpy),
        judged: 'figure',
        must: { most: 200 },
        moonshot: { most: 160 },
      },
      {
        row: '13',
        what: 'journal of 1,200 B frames, first append → all durable',
        unit: 'GB/s',
        figure: estimate(durable),
        ...(direct === undefined
          ? {}
          : { control: control('O_DIRECT writes of 1 MiB, one fdatasync', 'GB/s', durable, direct) }),
        judged: 'figure',
        must: { least: 1.2 },
      },
      {
        row: '13',
        what: 'acknowledgement of 64 KiB (fsync), p50',
        unit: 'us',
        figure: estimate(ack.map((ns) => ns / 1_000)),
        control: control('write and fdatasync of 64 KiB by one thread', 'ns', ack, sync),
        judged: 'figure',
        must: { most: 300 },
      },
      {
        row: '13',
        what: 'frame of the whole recording to ring, latest slot and journal, mean',
        unit: 'ns',
        figure: estimate(journalled),
        control: control('the same without a journal', 'ns', journalled, plain),
      },
      {
        row: '13',
        what: 'the same with the digest of what comes out, and no journal',
        unit: 'ns',
        figure: estimate(digested),
        control: control('without either', 'ns', digested, plain),
      },
      {
        row: '13',
        what: 'start of a journal of 1 GiB after a crash, p99',
        unit: 'ms',
        figure: exact(opened.getValueAtPercentile(99) / 1e6),
        must: { most: 2_000 },
      },
      {
        row: '16',
        what: 'allocations on the hot path with a journal, 4,000 frames',
        unit: '',
        figure: exact(path.allocations),
        must: { most: 0 },
      },
    ],
    distributions: [
      { label: 'journal append of 1,200 B, each with one reading of the clock', unit: 'ns', histogram: decode(append_hdr) },
      { label: 'append of 64 KiB → durable', unit: 'ns', histogram: decode(ack_hdr) },
      { label: 'start of a journal of 1 GiB, its last segment full and not sealed', unit: 'ns', histogram: opened },
    ],
    ratios: [],
    figures: [{ label: 'segments of that journal', value: recovery.segments, unit: '' }],
    notMeasured: o_direct_error === null ? [] : [`O_DIRECT in the working folder: ${o_direct_error}`],
  });
}

export const bench: Bench = {
  name: 'journal',
  question: 'what does the journal cost, and what does the disk give?',
  cores: 2,
  diskGiB: 2,
  run,
};
