/**
 * `npm run setup`: everything between a fresh clone and a program that runs. `npm start` and `npm test` do it first. Uses
 * Node's own modules alone, since nothing else may be there yet; does nothing that is done already.
 *
 *   packages → uWebSockets.js for this glibc → addon (Rust) → TypeScript and addon into dist/ → page into dist/gateway/web
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { main, say, step } from './setup/console.mjs';
import { installDependencies, staleDependencies } from './setup/dependencies.mjs';
import { filesBelow, forget, hashOf, install, isCurrent, remember } from './setup/files.mjs';
import { exclusively } from './setup/lock.mjs';
import { buildPage, PAGE, pageHash } from './setup/page.mjs';
import { ROOT, runNode } from './setup/run.mjs';
import { checkCompilers, checkNode } from './setup/tools.mjs';

/** As the addon's package and its loader name it. */
const ADDON = `src/native/tickring.${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}.node`;
/** Written by the addon's build, and committed, so that a change of the interface shows in the diff. */
const DECLARATIONS = 'src/native/binding.d.ts';
const NAPI_ARGS = [
  'build',
  '--platform',
  '--release',
  '--manifest-path',
  'native/addon/Cargo.toml',
  '--output-dir',
  'src/native',
];
const BINDING_ARGS = ['--js', 'binding.js', '--dts', 'binding.d.ts', '--esm'];

function addonHash() {
  const sources = filesBelow('native').filter((file) => !/\.(md|py)$|^native\/fuzz\//.test(file));
  return hashOf([...sources, 'Cargo.toml', 'Cargo.lock', ...filesBelow('.cargo')], `${process.platform} ${process.arch}`);
}

async function buildAddon(hash) {
  forget('addon');
  const declared = readFileSync(join(ROOT, DECLARATIONS), 'utf8');
  // Warnings of the compiler stay visible; progress does not, so that one line a step remains.
  await runNode('node_modules/@napi-rs/cli/dist/cli.js', [...NAPI_ARGS, ...BINDING_ARGS, '--', '--quiet', '--locked'], {
    quiet: true,
  });
  if (readFileSync(join(ROOT, DECLARATIONS), 'utf8') !== declared)
    say(`set-up: the addon's interface changed: commit ${DECLARATIONS} with the Rust source that changed it`);
  remember('addon', hash);
}

/** The page is built by itself. */
const isPage = (file) => file.startsWith('src/gateway/web/');

/** Files of `src` that are used as they are: the addon and its loader. */
function assets() {
  return filesBelow('src').filter((file) => !/(?<!\.d)\.ts$|\.md$|\.fbs$/.test(file) && !isPage(file));
}

function programHash() {
  return hashOf([...filesBelow('src').filter((file) => !isPage(file)), 'tsconfig.json', 'package.json', 'package-lock.json']);
}

/** What a file that was removed or renamed left behind would still be found by an import. */
function prune() {
  const exists = (path) => existsSync(join(ROOT, path));
  for (const file of filesBelow('dist')) {
    if (/^dist\/(bench\/|gateway\/web\/|\.)/.test(file)) continue;
    const source = `src/${file.slice('dist/'.length)}`;
    const stem = source.replace(/(\.d\.ts|\.js\.map|\.js)$/, '');
    if (!exists(source) && !exists(`${stem}.ts`)) rmSync(join(ROOT, file));
  }
}

async function compile(hash) {
  forget('program');
  if (!existsSync(join(ROOT, 'dist/cli/main.js'))) rmSync(join(ROOT, 'dist/.tsbuildinfo'), { force: true });
  await runNode('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json'], { quiet: true });
  for (const file of assets()) install(file, file.replace(/^src/, 'dist'));
  prune();
  remember('program', hash);
}

async function compileBenches(hash) {
  forget('benches');
  if (!existsSync(join(ROOT, 'dist/bench/main.js'))) rmSync(join(ROOT, 'dist/bench/.tsbuildinfo'), { force: true });
  await runNode('node_modules/typescript/bin/tsc', ['-p', 'bench/tsconfig.json'], { quiet: true });
  remember('benches', hash);
}

/** Compiles the benches when they are stale; who only starts the engine needs none. */
export async function setUpBenches() {
  await exclusively(async () => {
    const hash = hashOf(
      filesBelow('bench').filter((file) => /^bench\/((peers|gate)\/)?[^/]+\.(ts|json)$/.test(file)),
      programHash(),
    );
    if (!isCurrent('benches', hash, ['dist/bench/main.js'])) await step('benches (TypeScript)', () => compileBenches(hash));
  });
}

/** Makes the working copy ready to run. Prints nothing when it is. */
export async function setup() {
  checkNode();
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  await exclusively(async () => {
    const addon = addonHash();
    const addonIsStale = !isCurrent('addon', addon, [ADDON, 'src/native/binding.js']);
    if (addonIsStale) checkCompilers();

    const reason = staleDependencies();
    if (reason !== undefined) await step(`packages (${reason})`, installDependencies);
    // Without it the report looks up names on the network.
    process.report.excludeNetwork = true;
    const uws = hashOf(
      ['package-lock.json', 'scripts/retarget-uws.mjs'],
      `${process.report.getReport().header.glibcVersionRuntime}`,
    );
    if (reason !== undefined || !isCurrent('uws', uws, [])) {
      await step('uWebSockets.js for this glibc', () => runNode('scripts/retarget-uws.mjs', [], { quiet: true }));
      remember('uws', uws);
    }

    if (addonIsStale) await step('addon (Rust, about a minute when cold)', () => buildAddon(addon));
    const program = programHash();
    const outputs = ['dist/cli/main.js', ADDON.replace(/^src/, 'dist')];
    if (!isCurrent('program', program, outputs)) await step('program (TypeScript)', () => compile(program));
    const page = pageHash();
    if (!isCurrent('page', page, [PAGE])) {
      forget('page');
      await step('page (vite)', buildPage);
      remember('page', page);
    }
  });
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('set-up', async () => {
    await setup();
    await setUpBenches();
  });
}
