import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, expectTypeOf, test } from 'vitest';
import {
  CODES,
  type CodeName,
  type InstrumentDefinition,
  native,
  RingReader,
  TickringError,
  version,
} from '../../src/index.js';
import { ROOT } from './program.js';

test('package: its name leads to the public door', () => {
  const program = "import * as tickring from 'tickring'; console.log(Object.keys(tickring).sort().join())";
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.trim().split(',')).toEqual(
    expect.arrayContaining(['RingReader', 'TickringError', 'CODES', 'native', 'version']),
  );
});

test('package: errors of the addon arrive as the one class, with a code of the table', () => {
  const root = mkdtempSync(join(tmpdir(), 'tickring-door-'));
  try {
    native(() => new RingReader(root, 'nobody', 0));
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(TickringError);
    expect((error as TickringError).code in CODES).toBe(true);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('package: public types are what the README says', () => {
  expectTypeOf(version).returns.toEqualTypeOf<string>();
  expectTypeOf<TickringError['code']>().toEqualTypeOf<CodeName>();
  expectTypeOf<RingReader['poll']>().parameters.toEqualTypeOf<[Uint8Array, number]>();
  expectTypeOf<RingReader['instruments']>().returns.toEqualTypeOf<InstrumentDefinition[]>();
  expectTypeOf<InstrumentDefinition['tickSize']>().toEqualTypeOf<bigint>();
});
