import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { elfLibrary } from './elf.js';

interface Retarget {
  readonly VERSION: string;
  readonly FILES: ReadonlyMap<string, { readonly published: string; readonly retargeted: string }>;
  isOld(glibc: string): boolean;
  retarget(file: Buffer): string[];
  retargetFile(path: string, hashes: { published: string; retargeted: string }, check: boolean): string;
}

const script = (await import(new URL('../../scripts/retarget-uws.mjs', import.meta.url).href)) as Retarget;
const folder = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('retarget-uws', () => {
  const work = mkdtempSync(join(tmpdir(), 'tickring-retarget-'));
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it('knows the installed version and each of its files, as published or as retargeted', () => {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    expect(script.VERSION).toBe(version);
    expect(script.FILES.size).toBe(6);
    for (const [name, hashes] of script.FILES) {
      expect(existsSync(join(folder, name)), name).toBe(true);
      expect(Object.values(hashes)).toContain(sha256(readFileSync(join(folder, name))));
    }
  });

  it('acts below glibc 2.38 alone', () => {
    expect(['2.17', '2.36', '2.37', '2.37.9', '1.99'].map(script.isOld)).toEqual([true, true, true, true, true]);
    expect(['2.38', '2.39', '2.100', '3.0'].map(script.isOld)).toEqual([false, false, false, false]);
  });

  const LIBC = {
    library: 'libc.so.6',
    versions: [
      { name: 'GLIBC_2.2.5', index: 2 },
      { name: 'GLIBC_2.38', index: 3 },
    ],
  };
  const OTHER = { library: 'libm.so.6', versions: [{ name: 'GLIBC_2.29', index: 4 }] };

  it('moves the C23 names to the old ones of the base version, marks the need weak, and touches nothing else', () => {
    const file = elfLibrary(
      [
        ['malloc', 2],
        ['__isoc23_strtol', 3],
        ['pow', 4],
        ['__isoc23_sscanf', 3],
      ],
      [OTHER, LIBC],
    );
    const before = Buffer.from(file);
    expect(script.retarget(file)).toEqual(['__isoc23_strtol -> strtol', '__isoc23_sscanf -> sscanf']);
    // Two bytes a symbol (name, version) and one for the need.
    expect(file.filter((byte, index) => byte !== before[index])).toHaveLength(5);
    const once = Buffer.from(file);
    expect(script.retarget(file)).toEqual([]);
    expect(file.equals(once)).toBe(true);
  });

  it('refuses any other symbol or library that needs a new glibc', () => {
    expect(() =>
      script.retarget(
        elfLibrary(
          [
            ['__isoc23_strtol', 3],
            ['arc4random', 3],
          ],
          [LIBC],
        ),
      ),
    ).toThrow('unexpected symbol');
    const newer = { library: 'libc.so.6', versions: [...LIBC.versions, { name: 'GLIBC_2.39', index: 5 }] };
    expect(() => script.retarget(elfLibrary([['x', 5]], [newer]))).toThrow('unexpected need');
    const maths = { library: 'libm.so.6', versions: [{ name: 'GLIBC_2.38', index: 4 }] };
    expect(() => script.retarget(elfLibrary([['fmod', 4]], [LIBC, maths]))).toThrow('unexpected need');
    expect(() => script.retarget(Buffer.alloc(100))).toThrow('no 64-bit');
  });

  it('takes a known file to a known file once, as a whole, and leaves its mode', () => {
    const path = join(work, 'library.node');
    const file = elfLibrary([['__isoc23_strtol', 3]], [LIBC]);
    const result = Buffer.from(file);
    script.retarget(result);
    const hashes = { published: sha256(file), retargeted: sha256(result) };
    writeFileSync(path, file, { mode: 0o640 });
    expect(script.retargetFile(path, hashes, true)).toBe('needed');
    expect(sha256(readFileSync(path))).toBe(hashes.published);
    expect(script.retargetFile(path, hashes, false)).toBe('done');
    expect(script.retargetFile(path, hashes, false)).toBe('already');
    expect(sha256(readFileSync(path))).toBe(hashes.retargeted);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(work)).toEqual(['library.node']);
  });

  it('refuses files that it does not know, and results that it does not know', () => {
    const path = join(work, 'other.node');
    writeFileSync(path, 'no library');
    const hash = sha256(readFileSync(path));
    expect(() => script.retargetFile(path, { published: 'x', retargeted: 'y' }, false)).toThrow('neither the published nor');
    expect(() => script.retargetFile(path, { published: hash, retargeted: 'y' }, false)).toThrow('ELF');
    expect(readFileSync(path, 'utf8')).toBe('no library');
  });
});
