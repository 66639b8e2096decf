import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './files.js';

function node(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env });
  return { status, stdout, stderr };
}

function evaluate(code: string, env?: NodeJS.ProcessEnv): ReturnType<typeof node> {
  return node(['--input-type=module', '-e', code], env);
}

test('set-up: does nothing, and says nothing, when all is done', () => {
  // What `npm test` itself does not need yet, such as the benches, may still be due.
  expect(node(['scripts/setup.mjs']).status).toBe(0);
  expect(node(['scripts/setup.mjs'])).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('set-up: versions are compared as numbers', () => {
  const { stdout } = evaluate(`
    import { isAtLeast } from './scripts/setup/tools.mjs';
    console.log(['20.19.0', '20.19', '20.9.9', '22.0.0', '1.100.0'].map((v, i) => isAtLeast(v, i < 4 ? '20.19.0' : '1.95.0')).join());
  `);
  expect(stdout.trim()).toBe('true,true,false,true,true');
});

test('set-up: a missing compiler is one readable line with what is needed and how to get it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickring-path-'));
  const program = `
    import { main } from './scripts/setup/console.mjs';
    import { checkCompilers } from './scripts/setup/tools.mjs';
    await main('set-up', checkCompilers);
  `;
  try {
    const none = evaluate(program, { PATH: folder });
    expect(none.status).toBe(69);
    const [cargo, rustc, compiler] = none.stderr.split('\n');
    expect(cargo).toMatch(/^set-up: cargo was not found, 1\.95\.0 or newer is needed: .*rustup/);
    expect(rustc).toMatch(/^set-up: rustc was not found/);
    expect(compiler).toMatch(/^set-up: no C compiler `cc` was found, .*apt-get install/);

    for (const tool of ['cargo', 'rustc'])
      writeFileSync(join(folder, tool), `#!/bin/sh\necho "${tool} 1.70.0 (abc 2023-05-31)"\n`, { mode: 0o755 });
    expect(evaluate(program, { PATH: folder }).stderr).toMatch(
      /^set-up: cargo 1\.70\.0 is too old, 1\.95\.0 or newer is needed/,
    );

    for (const tool of ['cargo', 'rustc'])
      writeFileSync(join(folder, tool), `#!/bin/sh\necho "${tool} 1.99.0"\n`, { mode: 0o755 });
    expect(evaluate(program, { PATH: folder }).stderr).toMatch(/^set-up: no C compiler `cc` was found, .*apt-get install/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('set-up: two processes run one after the other, and a dead holder is no obstacle', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickring-lock-'));
  const log = join(folder, 'log');
  const program = `
    import { appendFileSync } from 'node:fs';
    import { exclusively } from './scripts/setup/lock.mjs';
    await exclusively(async () => {
      appendFileSync(${JSON.stringify(log)}, process.pid + ' ');
      await new Promise((resolve) => setTimeout(resolve, 100));
      appendFileSync(${JSON.stringify(log)}, process.pid + ' ');
    }, ${JSON.stringify(folder)});
  `;
  try {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(join(folder, 'set-up.lock'), `${dead} 1`);
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT, stdio: 'ignore' }),
    );
    const codes = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(codes.map(([code]) => code)).toEqual([0, 0, 0, 0]);
    const order = readFileSync(log, 'utf8').trim().split(' ');
    expect(order).toHaveLength(8);
    for (let at = 0; at < order.length; at += 2) expect(order[at]).toBe(order[at + 1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('npm test: counts the tests of cargo whatever the pieces in which its output comes', () => {
  const { stdout } = evaluate(`
    import { CargoCounts, format } from './scripts/test-counts.mjs';
    const text = 'test a ... ok\\ntest result: ok. 10 passed; 0 failed; 1 ignored\\nx\\ntest result: FAILED. 5 passed; 2 failed; 0 ignored\\n';
    for (const size of [1, 7, 1000]) {
      const counts = new CargoCounts();
      for (let at = 0; at < text.length; at += size) counts.push(text.slice(at, at + size));
      console.log(format(counts.result('cargo', 101)));
    }
  `);
  expect(stdout).toBe('15 passed, 2 failed, 1 skipped\n'.repeat(3));
});

test('npm test: names what failed at the end, a test by its name, a part without names by its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickring-failing-'));
  mkdirSync(join(folder, 'test'));
  writeFileSync(
    join(folder, 'test/failing.test.ts'),
    `import { test } from 'vitest'; test('adds', () => { throw new Error('one\\ntwo'); });`,
  );
  const program = `
    import { cargoTests, runParts, vitest } from './scripts/test-runners.mjs';
    import { CargoCounts, failure } from './scripts/test-counts.mjs';
    const cargo = new CargoCounts();
    cargo.push('test book::grows ... FAILED\\ntest result: FAILED. 5 passed; 1 failed; 0 ignored\\n');
    await runParts({
      vitest: () => vitest('vitest', [], { cwd: ${JSON.stringify(folder)} }),
      cargo: async () => cargo.result('cargo', 101),
    }, [failure('format')]);
  `;
  try {
    writeFileSync(join(folder, 'test/vitest.config.ts'), 'export default {};');
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const { status, stdout } = evaluate(program);
    expect(status).toBe(1);
    expect(stdout.trim().split('\n').slice(-7)).toEqual([
      'FAILED format',
      'FAILED vitest: adds: Error: one',
      'FAILED cargo: book::grows',
      'format: 0 passed, 1 failed, 0 skipped',
      'vitest: 0 passed, 1 failed, 0 skipped',
      'cargo: 5 passed, 1 failed, 0 skipped',
      '5 passed, 3 failed, 0 skipped',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ['bench', ['nonsense'], 'no bench is named nonsense'],
  ['bench', ['--nonsense'], "Unknown option '--nonsense'"],
  ['bench-gate', ['--nonsense'], "Unknown option '--nonsense'"],
  ['bench-peers', ['nonsense'], 'no peer is named nonsense'],
  ['conformance', ['--nonsense'], "Unknown option '--nonsense'"],
  ['fuzz', ['--nonsense'], "Unknown option '--nonsense'"],
  ['long', ['--nonsense'], "Unknown option '--nonsense'"],
  ['torture', ['--nonsense'], "Unknown option '--nonsense'"],
  ['bench-peers', ['--blocks', '0'], '--blocks 0 is no whole number of 1 or more'],
])('scripts: %s %j is refused in one line', (script, args, message) => {
  const { status, stdout, stderr } = node([`scripts/${script}.mjs`, ...args]);
  expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  // The set-up may have had something to do before.
  expect(stderr.trim().split('\n').at(-1)).toMatch(`${script.replace('-', ':')}: ${message}`);
});
