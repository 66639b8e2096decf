import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { FILES, ROOT, textOf } from './files.js';

const SIBLINGS = ['gateway', 'engine', 'sinks', 'sources', 'history', 'instruments', 'simulator', 'venues', 'reader', 'client'];
const SOURCES = FILES.filter((path) => /^src\/.*\.(tsx?|js)$/.test(path) && !path.startsWith('src/native/binding.'));

/** What runs in browsers: another program than the gateway that serves it, bundled with what it imports. */
const WEB = 'gateway/web';

/** Rooms that a room may import, itself aside. */
function allowed(room: string): readonly string[] {
  if (room === WEB) return ['client', 'model'];
  if (room === 'model') return [];
  if (room === 'native' || room === 'client') return ['model'];
  if (room === 'cli' || room === '') return ['cli', ...SIBLINGS, 'native', 'model'];
  return ['native', 'model'];
}

/** `src/<room>/…` → room; files of `src` itself are the package's door and have none. */
function roomOf(path: string): string {
  if (path.startsWith(`src/${WEB}/`)) return WEB;
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? '';
}

/** What a file imports or exports from, types and dynamic imports included. */
function specifiers(source: string): string[] {
  return [...source.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)['"]([^'"]+)['"]/g)].map((match) => match[1] ?? '');
}

/** Imports of a room that the rule does not allow. */
function violations(path: string, source: string): string[] {
  const room = roomOf(path);
  return specifiers(source)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(ROOT, join(ROOT, dirname(path), specifier)))
    .filter((target) => roomOf(target) !== room && !(target.startsWith('src/') && allowed(room).includes(roomOf(target))))
    .map((target) => `${path} imports ${target}`);
}

test('imports: cli → rooms → native → model; siblings never import each other', () => {
  expect(SOURCES.length).toBeGreaterThan(50);
  expect(SOURCES.flatMap((path) => violations(path, textOf(path)))).toEqual([]);
});

test('imports: the rule finds a sibling, a way back, and a way out of src', () => {
  expect(violations('src/engine/x.ts', "import { a } from '../gateway/server.js';")).toHaveLength(1);
  expect(violations('src/venues/kraken/x.ts', "export type { A } from '../../engine/index.js';")).toHaveLength(1);
  expect(violations('src/model/x.ts', "const a = await import('../native/index.js');")).toHaveLength(1);
  expect(violations('src/engine/x.ts', "import '../../test/x.js';")).toHaveLength(1);
  expect(violations('src/gateway/x.ts', "import { a } from './web/x.js';")).toHaveLength(1);
  expect(violations('src/gateway/web/x.tsx', "import { a } from '../hub.js';")).toHaveLength(1);
  expect(violations('src/gateway/web/x.tsx', "import { a } from '../../client/index.js';")).toEqual([]);
  expect(violations('src/cli/replay/x.ts', "import { a } from '../../gateway/server.js';")).toEqual([]);
});

test('imports: the client runs in browsers: nothing of Node but in its door for Node', () => {
  const client = SOURCES.filter((path) => /^src\/(client|model)\//.test(path) && path !== 'src/client/node.ts');
  expect(client.length).toBeGreaterThan(20);
  const foreign = client.flatMap((path) => specifiers(textOf(path)).filter((specifier) => !specifier.startsWith('.')));
  expect([...new Set(foreign)].sort()).toEqual(['flatbuffers', 'msgpackr/unpack']);
});

test('imports: nothing in src names a venue outside its folder, the registry and the dialects', () => {
  const venueFolders = new Set(SOURCES.flatMap((path) => /^src\/venues\/([^/]+)\//.exec(path)?.[1] ?? []));
  const naming = SOURCES.filter((path) => !/^src\/(venues|simulator\/dialects)\//.test(path)).flatMap((path) =>
    specifiers(textOf(path))
      .filter((specifier) => [...venueFolders].some((venue) => specifier.includes(`/venues/${venue}/`)))
      .map((specifier) => `${path} imports ${specifier}`),
  );
  expect(naming).toEqual([]);
});

test('imports: every package that is imported is declared, and the other way round', () => {
  type Declared = Record<'dependencies' | 'devDependencies', Record<string, string>>;
  const { dependencies, devDependencies } = JSON.parse(textOf('package.json')) as Declared;
  const isWeb = (path: string): boolean => roomOf(path) === WEB;
  const used = (paths: readonly string[]): Set<string> =>
    new Set(
      paths
        .flatMap((path) => specifiers(textOf(path)))
        .filter((specifier) => /^[a-zA-Z@]/.test(specifier) && !specifier.startsWith('node:'))
        .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ''),
    );
  const installed = used(SOURCES.filter((path) => !isWeb(path)));
  expect([...installed].sort()).toEqual(Object.keys(dependencies).sort());
  // The page is bundled: who installs the package needs none of what it is made of.
  const bundled = [...used(SOURCES.filter(isWeb))].sort();
  expect(bundled).toEqual(['preact', 'uplot']);
  expect(bundled.filter((name) => !(name in devDependencies))).toEqual([]);
});
