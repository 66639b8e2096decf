import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, expectTypeOf, test } from 'vitest';
import {
  CODES,
  type CodeName,
  type Instrument,
  type RecordCursor,
  RingReader,
  TickringError,
  version,
} from '../../src/index.js';
import { ROOT } from './program.js';

test.each(['tickring', 'tickring/reader'])('package: %s leads to the public door', (name) => {
  const program = `import * as tickring from '${name}'; console.log(Object.keys(tickring).sort().join())`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.trim().split(',')).toEqual(
    expect.arrayContaining(['RingReader', 'TickringError', 'CODES', ...(name === 'tickring' ? ['version'] : ['toNumber'])]),
  );
});

test('package: errors of the addon arrive as the one class, with a code of the table', () => {
  const root = mkdtempSync(join(tmpdir(), 'tickring-door-'));
  try {
    RingReader.open({ root, name: 'nobody' });
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
  expectTypeOf<RingReader['poll']>().returns.toEqualTypeOf<RecordCursor>();
  expectTypeOf<RingReader['instruments']>().returns.toEqualTypeOf<Instrument[]>();
  expectTypeOf<Instrument['tickSize']>().toEqualTypeOf<bigint>();
});
