/** Who is measured, against what, and which target of PERFORMANCE that has. */

/** Programs that measure; see programs.ts. */
export type ProgramName = 'books' | 'barter' | 'nautilus';

export interface Peer {
  /** As given to `npm run bench:peers -- NAME`. */
  readonly name: string;
  readonly program: ProgramName;
  /** Its name in the program. */
  readonly contender: string;
  /** Package whose version the lock file of the program's ecosystem says. */
  readonly package: string | undefined;
  readonly what: string;
  /** A peer that keeps a book is compared with our whole path, a parser with our parser. */
  readonly keeps: 'book' | 'nothing';
  /** Row of PERFORMANCE, and at least so many times our time. */
  readonly target: { readonly row: '1' | '2'; readonly ratio: number } | undefined;
}

type Options = Partial<Pick<Peer, 'contender' | 'package' | 'target'>>;

function peer(program: ProgramName, name: string, keeps: Peer['keeps'], what: string, options: Options = {}): Peer {
  return { name, program, contender: name, package: undefined, what, keeps, target: undefined, ...options };
}

function row1(ratio: number): Peer['target'] {
  return { row: '1', ratio };
}

function row2(ratio: number): Peer['target'] {
  return { row: '2', ratio };
}

export const PEERS: readonly Peer[] = [
  peer('books', 'floor', 'book', 'prototype: AVX-512 index, ladder, one ring record, 20×2 slot; not hardened', {
    target: row1(1),
  }),
  peer('books', 'floor-parse', 'nothing', 'prototype: its parser alone'),
  peer('books', 'touch', 'nothing', 'control: every byte is read'),
  peer('books', 'hftbacktest-roi', 'book', 'sonic-rs into f64, ROIVectorMarketDepth', {
    package: 'hftbacktest',
    target: row1(6),
  }),
  peer('books', 'hftbacktest-hash', 'book', 'sonic-rs into f64, HashMapMarketDepth', { package: 'hftbacktest' }),
  peer('books', 'hftbacktest-btree', 'book', 'sonic-rs into f64, BTreeMarketDepth', { package: 'hftbacktest' }),
  peer('books', 'sonic-rs-vec', 'book', 'typed, fixed point, sorted vectors', { package: 'sonic-rs' }),
  peer('books', 'sonic-rs-btree', 'book', 'typed, fixed point, BTreeMap', { package: 'sonic-rs' }),
  peer('books', 'serde_json-btree', 'book', 'typed, fixed point, BTreeMap', { package: 'serde_json' }),
  peer('books', 'simd-json-vec', 'book', 'typed, fixed point, sorted vectors; copies the frame', { package: 'simd-json' }),
  peer('books', 'simd-json-tape-vec', 'book', 'tape, fixed point, sorted vectors; copies the frame', { package: 'simd-json' }),
  peer('books', 'sonic-rs-parse', 'nothing', 'typed, fixed point', { package: 'sonic-rs', target: row2(9) }),
  peer('books', 'serde_json-parse', 'nothing', 'typed, fixed point', { package: 'serde_json', target: row2(12) }),
  peer('books', 'simd-json-parse', 'nothing', 'typed, fixed point; copies the frame', { package: 'simd-json' }),
];
