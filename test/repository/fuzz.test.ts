import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FILES, ROOT, textOf } from './files.js';

function evaluate(code: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: ROOT, encoding: 'utf8' });
}

function names(path: string, pattern: RegExp): string[] {
  return [...readFileSync(join(ROOT, 'native/fuzz', path), 'utf8').matchAll(pattern)].map(([, name]) => name ?? '').sort();
}

test('check:fuzz: every target has its function, its program, its entry and its line in the README', () => {
  const targets = names('src/lib.rs', /^ {4}\("(\w+)", \w+::\w+\),$/gm);
  expect(targets.length).toBeGreaterThan(10);
  const programs = readdirSync(join(ROOT, 'native/fuzz/fuzz_targets')).map((file) => file.replace(/\.rs$/, ''));
  expect(programs.sort()).toEqual(targets);
  expect(names('Cargo.toml', /^path = "fuzz_targets\/(\w+)\.rs"$/gm)).toEqual(targets);
  for (const name of targets) {
    expect(readFileSync(join(ROOT, 'native/fuzz/fuzz_targets', `${name}.rs`), 'utf8')).toContain(`program!("${name}")`);
    expect(readFileSync(join(ROOT, 'native/fuzz/README.md'), 'utf8')).toContain(`\`${name}\``);
  }
});

test('every parser of a venue is fuzzed, and has a test of its messages', () => {
  const arms = textOf('native/core/src/venue/mod.rs').matchAll(
    /^ {12}((?:Self::\w+(?: \| )?)+) => (\w+)::parse_frame\(frame\),$/gm,
  );
  const protocols = [...arms].map(([, names = '', file = '']) => ({
    file,
    names: names.replaceAll('Self', 'VenueId').split(' | '),
  }));
  expect(protocols.length).toBeGreaterThan(8);
  const naming = (folder: string, text: string): boolean =>
    FILES.some((path) => path.startsWith(folder) && path.endsWith('.rs') && new RegExp(`${text}\\b`).test(textOf(path)));
  // Views are made here, and come from no venue.
  const lacking = protocols
    .filter(({ file }) => file !== 'view')
    .flatMap(({ file, names }) => [
      ...(names.some((name) => naming('native/fuzz/src/', name))
        ? []
        : [`samples of ${file}.rs in SAMPLES of native/fuzz/src/streams.rs`]),
      ...(names.some((name) => naming('native/core/tests/', name)) ? [] : [`native/core/tests/venue_${file}.rs`]),
    ]);
  expect(lacking).toEqual([]);
});

test('check:fuzz: a number out of range is refused with its name and its limits, before anything is built', () => {
  for (const seconds of ['1.5', '86401']) {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/fuzz.mjs', '--seconds', seconds], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toBe(`fuzz: --seconds ${seconds} is not a whole number from 1 to 86400\n`);
  }
});

test('check:long: the report adds up the turns of a target and names every finding', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickring-long-'));
  try {
    const { status, stdout, stderr } = evaluate(`
      import { findings, write } from './scripts/long/report.mjs';
      const turn = (seed, finding) => ({ target: 'book', seed, seconds: 30, executions: 1_000, coverage: seed, rssMb: 9, finding });
      const finding = { complaint: 'sides differ', input: 'x', reproduce: 'book x' };
      const steps = [{ name: 'loom', seconds: 6, did: '7 models', finding: null }, { name: 'book', seconds: 1, did: '0', finding: 'seed 3' }];
      const run = { begun: '2026-11-21T10:00:00.000Z', minutes: 1, seconds: 60, seed: 5, commit: 'c', rustc: 'r', cpu: 'p',
        codePaths: 'scalar', steps, turns: [turn(5, null), turn(6, finding)] };
      console.log(write(run, ${JSON.stringify(folder)}));
      console.log(JSON.stringify(findings(run)));
    `);
    expect([status, stderr]).toEqual([0, '']);
    const [path, found] = stdout.trim().split('\n');
    expect(JSON.parse(found ?? '')).toEqual(['book: seed 3', 'book: sides differ (book x)']);
    const text = readFileSync(path ?? '', 'utf8');
    expect(text).toContain('**2 findings.**');
    expect(text).toContain('| `book` | 2,000 | 1.0 | 5 … 6 | 6 | 9 | 1 |');
    const report = JSON.parse(readFileSync((path ?? '').replace(/md$/, 'json'), 'utf8'));
    expect(report.targets[0]).toMatchObject({ executions: 2_000, seeds: [5, 6], turns: 2 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
