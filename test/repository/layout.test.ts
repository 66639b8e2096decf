import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { FILES, isGenerated, ROOT, textOf } from './files.js';

const TOP_LEVEL = new Set([
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'native',
  'src',
  'bench',
  'test',
  'scripts',
  'Cargo.toml',
  'Cargo.lock',
  'README.md',
  'LICENSE',
]);
const LINES_MAX = 400;
const IS_SOURCE = /\.(tsx?|rs|m?js|css|py|[ch]|[ch]pp|sh)$/;

test('layout: the top level holds what was agreed, and dot-folders', () => {
  const entries = new Set(FILES.map((path) => path.split('/')[0] ?? ''));
  expect([...entries].filter((entry) => !TOP_LEVEL.has(entry) && !entry.startsWith('.'))).toEqual([]);
});

test('layout: no room is called utils, common or helpers', () => {
  expect(FILES.filter((path) => /(^|\/)(utils?|common|helpers?|misc)(\.|\/|$)/.test(path))).toEqual([]);
});

test(`layout: no file that people write is longer than ${LINES_MAX} lines`, () => {
  const long = FILES.filter((path) => IS_SOURCE.test(path) && !isGenerated(path))
    .map((path) => ({ path, lines: textOf(path).trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > LINES_MAX);
  expect(long).toEqual([]);
});

test('layout: every room has a README, and every venue its evidence', () => {
  const rooms = new Set(FILES.flatMap((path) => /^((?:src|native)\/[^/]+)\//.exec(path)?.[1] ?? []));
  const venues = new Set(FILES.flatMap((path) => /^(src\/venues\/[^/]+)\//.exec(path)?.[1] ?? []));
  const lacking = ['bench', 'scripts', ...rooms, ...venues].filter((room) => !FILES.includes(`${room}/README.md`));
  expect(lacking).toEqual([]);
});

test('layout: every relative link in a README leads somewhere', () => {
  const broken = FILES.filter((path) => path.endsWith('README.md')).flatMap((path) =>
    [...textOf(path).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => (match[1] ?? '').replace(/#.*$/, ''))
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target) && !existsSync(join(ROOT, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('layout: no tracked file names a package registry or a place of some machine', () => {
  // Put together here, so that this file does not name them either.
  const hosts = [
    'registry.npmjs',
    'registry.yarnpkg',
    'npmmirror',
    'static.crates',
    'index.crates',
    'pypi',
    'files.pythonhosted',
  ];
  const registry = new RegExp(`\\b(${hosts.map((host) => host.replace('.', '\\.')).join('|')})\\.(org|com|io)\\b`);
  const machine = new RegExp(`(?<![\\w.~])/(${['work', 'root', 'home', 'Users', 'farm'].join('|')})/`);
  const naming = FILES.filter((path) => !/\.(png|node|gz|zst)$/.test(path)).flatMap((path) =>
    textOf(path)
      .split('\n')
      .flatMap((line, index) =>
        registry.test(line) || machine.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 100)}`] : [],
      ),
  );
  expect(naming).toEqual([]);
});

test('layout: the lock file names no download address', () => {
  expect(textOf('package-lock.json')).not.toContain('"resolved"');
});
