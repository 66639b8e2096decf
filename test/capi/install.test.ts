import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { BUILD_MS, expectDump, expectEnded, expectPages, runningEngine, SYMBOLS } from '../reader/running-engine.js';
import { COMPILERS, EXAMPLES, INCLUDE, Installation, missing, output, PLAIN, run, SANITIZED } from './toolchain.js';

if (missing.length > 0) console.warn(`skipped: C readers need ${missing.join(', ')}`);
test.runIf(missing.length > 0 && process.env['CI'] !== undefined)('capi: compilers are at hand', () => {
  expect(missing).toEqual([]);
});

describe.skipIf(missing.length > 0)('capi', () => {
  let installed: Installation;
  const place = runningEngine(() => {
    installed = new Installation();
  });
  afterAll(() => installed?.remove());

  /** What an example prints about the engine, having ended well. */
  function example(program: string, count: string): string {
    const { name, shmRoot } = place();
    return expectEnded(installed.run(program, name, count, shmRoot));
  }

  test('capi: the shared library has its soname, and exports the functions of the header and nothing else', () => {
    const library = join(installed.library, 'libtickring.so');
    expect(output('readelf', ['-d', library])).toMatch(/SONAME\).*\[libtickring\.so\.1\]/);
    const exported = output('nm', ['-D', '--defined-only', library]).match(/\S+$/gm) ?? [];
    // Comments name functions as well.
    const header = readFileSync(join(INCLUDE, 'tickring.h'), 'utf8').replace(/\/\*.*?\*\//gs, '');
    const declared = [...header.matchAll(/\b(tkr_\w+)\(/g)].map((match) => match[1]);
    expect(exported.sort()).toEqual(declared.sort());
    expect(declared.length).toBeGreaterThan(20);
  });

  test('capi: pkg-config serves shared programs and static ones', { timeout: BUILD_MS }, () => {
    const [gcc] = COMPILERS;
    if (gcc === undefined) throw new Error('no compiler in the list');
    const shared = installed.compile(gcc, 'c/dump.c', PLAIN);
    expect(output('readelf', ['-d', shared])).toContain('[libtickring.so.1]');
    const libraries = installed.flags('--static', '--cflags', '--libs');
    const fixed = installed.compile(gcc, 'c/dump.c', ['-static'], libraries);
    expect(output('readelf', ['-d', fixed])).not.toContain('NEEDED');
    for (const program of [shared, fixed]) {
      const { status, stderr } = installed.run(program, 'nobody', '1', place().shmRoot);
      expect({ status, stderr }).toEqual({ status: 1, stderr: `dump: nothing is published at ${place().shmRoot}/nobody\n` });
    }
    expect(installed.flags('--modversion')).toEqual([
      output('sed', ['-n', 's/^version = "\\(.*\\)"$/\\1/p', 'Cargo.toml']).trim(),
    ]);
  });

  test('capi: headers compile alone, as C11 and as every C++ from 17 on', () => {
    const alone = ['-fsyntax-only', '-Wall', '-Wextra', '-Wconversion', '-Wpedantic', '-Werror'];
    for (const { c, cpp } of COMPILERS) {
      for (const header of ['tickring.h', 'tickring_abi.h'])
        output(c, ['-xc', '-std=c11', ...alone, '-Wno-pragma-once-outside-header', join(INCLUDE, header)]);
      for (const standard of ['c++17', 'c++20'])
        for (const header of ['tickring.h', 'tickring.hpp'])
          output(cpp, ['-xc++', `-std=${standard}`, ...alone, join(INCLUDE, header)]);
    }
  });

  test('capi: a struct that differs from the library does not compile', () => {
    const header = join(INCLUDE, 'tickring_abi.h');
    const wrong = ['-fsyntax-only', '-xc', '-std=c11', '-Dtrade_id=trade_id;char wrong', header];
    const { status, stderr } = run('gcc', wrong);
    expect(status).toBe(1);
    expect(stderr).toContain('size of tkr_trade');
  });

  test('capi: an example is a page', () => {
    for (const folder of ['c', 'cpp']) expectPages(join(EXAMPLES, folder));
  });

  test.runIf(process.getuid?.() === 0)(
    'capi: another user reads as a member of the group, and is refused otherwise',
    { timeout: BUILD_MS },
    () => {
      const [gcc] = COMPILERS;
      if (gcc === undefined) throw new Error('no compiler in the list');
      const program = installed.compile(gcc, 'c/dump.c', PLAIN);
      chmodSync(installed.prefix, 0o755);
      const { name, shmRoot } = place();
      const as = (...groups: string[]) =>
        installed.run('setpriv', '--reuid', '65534', '--regid', '65534', ...groups, program, name, '20', shmRoot);
      expectDump(expectEnded(as('--groups', '0')), 20);
      const stranger = as('--clear-groups');
      expect({ status: stranger.status, stdout: stranger.stdout }).toEqual({ status: 1, stdout: '' });
      expect(stranger.stderr).toContain('Permission denied');
    },
  );

  const variants = COMPILERS.flatMap((compiler) => [
    { title: compiler.c, compiler, flags: PLAIN },
    { title: `${compiler.c} with sanitizers`, compiler, flags: SANITIZED },
  ]);
  describe.each(variants)('$title', ({ compiler, flags }) => {
    test('capi: the dumper prints exact decimals of trades and quotes', { timeout: BUILD_MS }, () => {
      const program = installed.compile(compiler, 'c/dump.c', flags);
      expectDump(example(program, '200'), 200);
    });

    test("capi: every book is whole in the first second, and no hash differs from the engine's", { timeout: BUILD_MS }, () => {
      const program = installed.compile(compiler, 'c/book.c', flags);
      const stdout = example(program, '2');
      const side = '(  \\S+ @ \\S+){3}';
      const line = new RegExp(
        `^binance-\\w+ (\\w+): live, \\d+ bids, \\d+ asks  bid${side}  ask${side}  \\((\\d+) hashes compared, 0 differed\\)$`,
      );
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((row) => line.exec(row) ?? [row]);
      expect(rows.filter((match) => match.length === 1)).toEqual([]);
      expect(
        rows
          .slice(0, SYMBOLS.length)
          .map((match) => match[1])
          .sort(),
      ).toEqual([...SYMBOLS].sort());
      expect(rows).toHaveLength(2 * SYMBOLS.length);
    });

    test('capi: the latency recorder counts every record or says what it lost', { timeout: BUILD_MS }, () => {
      const program = installed.compile(compiler, 'c/latency.c', flags);
      const stdout = example(program, '300');
      expect(stdout).toMatch(/^300 records, \d+ lost, p50 \d+ ns, p90 \d+ ns, p99 \d+ ns, p99\.9 \d+ ns, max \d+ ns\n$/);
    });

    test('capi: the strategy sees the spread of every symbol', { timeout: BUILD_MS }, () => {
      const program = installed.compile(compiler, 'cpp/spread.cpp', flags);
      const stdout = example(program, '2');
      const line = /^binance-\w+ (\w+) +spread +(\d+\.\d+) +flow +[+-]\d+\.\d+ +quotes (\d+)$/;
      const seen = stdout
        .trimEnd()
        .split('\n')
        .map((row) => line.exec(row) ?? [row]);
      expect(new Set(seen.map((match) => match[1]))).toEqual(new Set(SYMBOLS));
      // A market without a quote yet has no spread.
      expect(seen.filter((match) => match[3] !== '0' && !(Number(match[2]) > 0))).toEqual([]);
    });
  });
});
