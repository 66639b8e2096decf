import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { run } from '../cli/program.js';

const folder = mkdtempSync(join(tmpdir(), 'tickring-user-errors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test.each([
  ['an unknown command', 64, 'USAGE_INVALID', ['begin']],
  ['an unknown flag', 64, 'USAGE_INVALID', ['start', '--fast']],
  ['a flag without its value', 64, 'USAGE_INVALID', ['start', '--for']],
  ['a word too many', 64, 'USAGE_INVALID', ['start', 'now']],
  ['a duration without a unit', 64, 'USAGE_INVALID', ['start', '--for', '3']],
  ['a negative duration', 64, 'USAGE_INVALID', ['start', '--for=-3s']],
  ['a port beyond 65535', 64, 'USAGE_INVALID', ['start', '--port', '65536']],
  ['a rate of nothing', 64, 'USAGE_INVALID', ['start', '--rate', '0']],
  ['a name that is no name', 78, '(CONFIG_INVALID|SHM_NAME)', ['start', '--for', '1s', '--port', '0', '--name', '../up']],
  ['a configuration that is not there', 78, 'CONFIG_INVALID', ['start', '-c', join(folder, 'absent.yaml')]],
  ['a folder as configuration', 78, 'CONFIG_INVALID', ['start', '-c', folder]],
  ['broken YAML', 78, 'CONFIG_INVALID', ['start', '-c', file('broken.yaml', 'name: [\nx: }\n')]],
  ['a key that nobody knows', 78, 'CONFIG_INVALID', ['start', '-c', file('key.yaml', 'nmae: x\n')]],
  ['a value of the wrong type', 78, 'CONFIG_INVALID', ['start', '-c', file('type.yaml', 'shards: many\n')]],
  [
    'a venue that nobody knows',
    78,
    '(CONFIG_INVALID|VENUE_UNKNOWN)',
    ['start', '-c', file('venue.yaml', 'feeds:\n  - venue: nowhere\n    symbols: [BTCUSDT]\n')],
  ],
] as const)('lifecycle: %s ends with %i and one line', async (_, exit, error, args) => {
  const { code, stdout, stderr } = await run(args, { XDG_STATE_HOME: folder });
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(new RegExp(`^tickring: .*\\(${error}\\)$`))]);
});
