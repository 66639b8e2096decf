import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { registerKeys } from '../../src/cli/keys-command.js';

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly scopes: string[];
  readonly expires_at: string | null;
}

const DAY_MS = 86_400_000;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-keys-'));
  vi.stubEnv('TICKRING_STATE_DIR', folder);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Runs `tickring keys …` in this process: what it printed on stdout, and on stderr. */
async function keys(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const program = new Command('tickring').exitOverride();
  registerKeys(program);
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await program.parseAsync(['node', 'tickring', 'keys', ...args]);
    const text = (spy: typeof stdout): string => spy.mock.calls.map(([chunk]) => String(chunk)).join('');
    return { stdout: text(stdout), stderr: text(stderr) };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}
const list = async (): Promise<Shown[]> => JSON.parse((await keys('list', '--json')).stdout) as Shown[];
const idOf = (key: string): string => key.slice(4, 20);

test('keys: one is shown once, kept as a hash, listed, rotated with an overlap, and revoked', async () => {
  expect((await keys('list')).stdout).toBe('');
  const added = await keys('add', '--name', 'risk\u001b[2J', '--scope', 'read,write', '--expires', '90d');
  expect(added.stderr).toContain('shown this once');
  const key = added.stdout.trim();
  const file = join(folder, 'keys.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(key.slice(21));
  const [first] = await list();
  expect(first).toMatchObject({ id: idOf(key), state: 'active', scopes: ['read', 'write'] });
  expect(Math.abs(Date.parse(first?.expires_at ?? '') - Date.now() - 90 * DAY_MS)).toBeLessThan(DAY_MS);
  const shown = (await keys('list')).stdout;
  expect(shown).toContain(idOf(key));
  expect(shown).not.toContain('\u001b');
  expect(shown).not.toContain(key.slice(21));

  const second = JSON.parse((await keys('add', '--replaces', idOf(key), '--overlap', '1h', '--json')).stdout) as Shown & {
    key: string;
  };
  expect(second).toMatchObject({ scopes: ['read', 'write'], name: first?.name, state: 'active', expires_at: null });
  const replaced = (await list()).find(({ id }) => id === idOf(key));
  expect(replaced?.state).toBe('active');
  expect(Date.parse(replaced?.expires_at ?? '')).toBeLessThan(Date.now() + DAY_MS);

  expect((await keys('revoke', second.id)).stderr).toContain('is revoked');
  expect((await list()).map(({ state }) => state)).toEqual(['active', 'revoked']);
});

test('keys: one that replaces another has its rows, and may ingest what that one might', async () => {
  type Kept = Shown & { key: string; owner?: string; ingest?: string[] };
  const add = async (...args: string[]) => JSON.parse((await keys('add', '--json', ...args)).stdout) as Kept;
  const first = await add('--scope', 'ingest', '--ingest', 'mock:ACME, *:ES*');
  expect([first.owner, first.ingest]).toEqual([undefined, ['mock:ACME', '*:ES*']]);
  const second = await add('--replaces', first.id);
  expect([second.owner, second.ingest]).toEqual([first.id, first.ingest]);
  const third = await add('--replaces', second.id, '--ingest', 'mock:*', '--ingest-age', '1h', '--ingest-band', '2.5');
  expect([third.owner, third.ingest]).toEqual([first.id, ['mock:*']]);
  const fourth = await add('--replaces', third.id, '--ingest-age', '2h');
  expect(fourth).toMatchObject({ ingest: ['mock:*'], ingest_age_ms: 7_200_000, ingest_band: 2.5 });
});

test.each([
  [['add', '--scope', 'root'], 'root is none of read, write, ingest, admin'],
  [['add', '--expires', '1y'], '--expires 1y is none of'],
  [['add', '--expires', '9999999d'], '3660d'],
  [['add', '--name', 'x'.repeat(65)], '65 letters exceeds 64'],
  [['add', '--overlap', '1h'], '--overlap is about a key that --replaces names'],
  [['add', '--scope', 'ingest', '--ingest', 'mock:A,moc:B'], '--ingest moc:B is no source:SYMBOL'],
  [['add', '--scope', 'ingest', '--ingest', 'mock'], '--ingest mock is no source:SYMBOL'],
  [['add', '--scope', 'ingest', '--ingest', 'mock:A*B'], '--ingest mock:A*B is no source:SYMBOL'],
  [['add', '--scope', 'ingest', '--ingest-band', '0'], '--ingest-band 0 is no percentage'],
  [['add', '--scope', 'ingest', '--ingest-band', 'x'], '--ingest-band x is no percentage'],
  [['add', '--scope', 'ingest', '--ingest-age', '0m'], '--ingest-age 0m leaves no row'],
  [['add', '--ingest', 'mock:A'], 'scope read may not'],
  [['add', '--replaces', 'nobody'], 'there is no key nobody'],
  [['revoke', '../x'], 'there is no key ../x'],
])('keys: %j is refused', async (args, reason) => {
  await expect(keys(...args)).rejects.toMatchObject({ code: 'USAGE_INVALID', message: expect.stringContaining(reason) });
});
