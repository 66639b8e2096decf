import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit.js';
import { CODES, type CodeName } from '../../src/model/codes.js';
import { TickringError } from '../../src/model/errors.js';
import { FILES, textOf } from './files.js';

const NAMES = Object.keys(CODES) as CodeName[];

/** Sources of the product, the tables themselves and all tests aside. */
const TYPESCRIPT = FILES.filter((path) => /^src\/.*\.ts$/.test(path) && path !== 'src/model/codes.ts')
  .map(textOf)
  .join('\n');
const RUST = FILES.filter(
  (path) => /^native\/[^/]+\/src\/.*\.rs$/.test(path) && !/tests?\.rs$|core\/src\/error\.rs$/.test(path),
)
  .map(textOf)
  .join('\n');

/** `FRAME_NOT_UTF8` → `FrameNotUtf8`, as Rust spells it. */
function variant(name: string): string {
  return name.toLowerCase().replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

test('codes: each one is thrown or told somewhere', () => {
  const unused = NAMES.filter(
    (name) => !TYPESCRIPT.includes(`'${name}'`) && !new RegExp(`\\bCode::${variant(name)}\\b`).test(RUST),
  );
  expect(unused).toEqual([]);
});

test('codes: what TypeScript throws is in the table', () => {
  const thrown = [...TYPESCRIPT.matchAll(/new TickringError\(\s*'([A-Z0-9_]+)'/g)].map((match) => match[1] ?? '');
  expect(thrown.length).toBeGreaterThan(20);
  expect(thrown.filter((name) => !(name in CODES))).toEqual([]);
});

test('codes: each one is documented with its meaning, recovery and exit code', () => {
  const page = textOf('src/cli/README.md');
  const rows = NAMES.map((name) => {
    const { recovery, meaning } = CODES[name];
    // What the data of a feed can be ends no program.
    const ends = recovery !== 'quarantine' && recovery !== 'resync' && recovery !== 'judge';
    return `| \`${name}\` | ${recovery} | ${ends ? exitCodeOf(new TickringError(name, '')) : ''} | ${meaning} |`;
  });
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});

test('codes: numbers are given once', () => {
  const numbers = NAMES.map((name) => CODES[name].number);
  expect(new Set(numbers).size).toBe(numbers.length);
});
