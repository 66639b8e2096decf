import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaints, eventually, Place, type Program } from '../cli/program.js';
import { COMPILERS, EXAMPLES, INCLUDE, Installation, missing, output, PLAIN, run, SANITIZED } from './toolchain.js';

const BUILD_MS = 600_000;
/** The simulated venues, instruments of the first shard. */
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT'];

if (missing.length > 0) console.warn(`skipped: C readers need ${missing.join(', ')}`);
test.runIf(missing.length > 0 && process.env['CI'] !== undefined)('capi: compilers are at hand', () => {
  expect(missing).toEqual([]);
});

describe.skipIf(missing.length > 0)('capi', () => {
  let installed: Installation;
  let place: Place;
  let engine: Program;

  beforeAll(async () => {
    installed = new Installation();
    place = new Place();
    engine = place.start();
    await eventually('all books are in sync', () => engine.stdout.includes('books in sync 8/8'));
  }, BUILD_MS);

  afterAll(async () => {
    engine?.kill('SIGTERM');
    await engine?.ended;
    place?.remove();
    installed?.remove();
  });

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
      const { status, stderr } = installed.run(program, 'nobody', '1', place.shmRoot);
      expect({ status, stderr }).toEqual({ status: 1, stderr: `dump: nothing is published at ${place.shmRoot}/nobody\n` });
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
    const examples = ['c', 'cpp'].flatMap((folder) => readdirSync(join(EXAMPLES, folder)).map((name) => `${folder}/${name}`));
    const lines = examples.map(
      (name) => [name, readFileSync(join(EXAMPLES, name), 'utf8').trimEnd().split('\n').length] as const,
    );
    expect(lines.filter(([, count]) => count >= 80)).toEqual([]);
    expect(lines.length).toBeGreaterThanOrEqual(3);
  });

  test.runIf(process.getuid?.() === 0)(
    'capi: another user reads as a member of the group, and is refused otherwise',
    { timeout: BUILD_MS },
    () => {
      const [gcc] = COMPILERS;
      if (gcc === undefined) throw new Error('no compiler in the list');
      const program = installed.compile(gcc, 'c/dump.c', PLAIN);
      chmodSync(installed.prefix, 0o755);
      const as = (...groups: string[]) =>
        installed.run('setpriv', '--reuid', '65534', '--regid', '65534', ...groups, program, place.name, '20', place.shmRoot);
      const member = as('--groups', '0');
      expect({ status: member.status, stderr: complaints(member.stderr) }).toEqual({ status: 0, stderr: '' });
      expect(member.stdout.trimEnd().split('\n')).toHaveLength(21);
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
      const { status, stdout, stderr } = installed.run(program, place.name, '200', place.shmRoot);
      expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: '' });
      const [head, ...rows] = stdout.trimEnd().split('\n');
      const columns = head?.split(',').length;
      expect(rows).toHaveLength(200);
      const decimal = '\\d+(\\.\\d+)?';
      const trade = new RegExp(`^trade,binance-\\w+,\\w+,\\d+,\\d{19},\\d{19},${decimal},${decimal},(buy|sell),$`);
      const quote = new RegExp(`^quote,binance-\\w+,\\w+,\\d+,\\d+,\\d{19},${decimal},${decimal},${decimal},${decimal}$`);
      expect(rows.filter((row) => row.split(',').length !== columns || !(trade.test(row) || quote.test(row)))).toEqual([]);
    });

    test("capi: every book is whole in the first second, and no hash differs from the engine's", { timeout: BUILD_MS }, () => {
      const program = installed.compile(compiler, 'c/book.c', flags);
      const { status, stdout, stderr } = installed.run(program, place.name, '2', place.shmRoot);
      expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: '' });
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
      const { status, stdout, stderr } = installed.run(program, place.name, '300', place.shmRoot);
      expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^300 records, \d+ lost, p50 \d+ ns, p90 \d+ ns, p99 \d+ ns, p99\.9 \d+ ns, max \d+ ns\n$/);
    });

    test('capi: the strategy sees the spread of every symbol', { timeout: BUILD_MS }, () => {
      const program = installed.compile(compiler, 'cpp/spread.cpp', flags);
      const { status, stdout, stderr } = installed.run(program, place.name, '2', place.shmRoot);
      expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: '' });
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
