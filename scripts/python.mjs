/**
 * `npm run check:python`: the Python package. Builds its wheel, with libtickring in it, installs it where there is numpy and where there is
 * none, and runs its tests in both; style (ruff) and types (mypy). `npm run build:python` builds the wheel alone and says where it is.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { FOLDER, makeVenv, python, pythonMissing } from './python/venv.mjs';
import { buildWheel } from './python/wheel.mjs';
import { main, SetUpError, say } from './setup/console.mjs';
import { CARGO_TARGET_DIR, ROOT, run } from './setup/run.mjs';
import { failure, nothing } from './test-counts.mjs';
import { runParts } from './test-runners.mjs';

const SETUPTOOLS = 'setuptools==84.2.1';
const PYTEST = 'pytest==9.2.0';
const NUMPY = 'numpy>=1.24,<3';
/** What checks and builds; and the two places where a user may be. */
const VENVS = {
  tools: [SETUPTOOLS, PYTEST, 'mypy==2.4.1', 'ruff==0.17.6', NUMPY, 'websockets==15.0.1'],
  plain: [PYTEST],
  numpy: [PYTEST, NUMPY],
};
const PACKAGE = join(ROOT, 'native/python');
/** Readers that a user would start from. */
const EXAMPLES = join(ROOT, 'native/shm/examples/python');
/** Programs in Python of other rooms. */
const PROGRAMS = [
  'bench/readers',
  'native/shm/examples/torture',
  'src/client/examples/python',
  'test/conformance',
  'test/python',
].map((folder) => join(ROOT, folder));

/** Makes every folder; returns why it cannot be done here. */
async function prepare() {
  const missing = pythonMissing();
  if (missing !== undefined) return missing;
  for (const [name, packages] of Object.entries(VENVS))
    if (!(await makeVenv(name, packages))) return `pip could not install ${packages.join(', ')}`;
  return undefined;
}

/** Counts of a pytest run, from its JUnit report. */
function counts(name, report, status) {
  const result = nothing(name);
  const text = readFileSync(report, 'utf8');
  const of = (word) => Number(new RegExp(`<testsuite [^>]*\\b${word}="(\\d+)"`).exec(text)?.[1] ?? 0);
  result.failed = of('failures') + of('errors');
  result.skipped = of('skipped');
  result.passed = of('tests') - result.failed - result.skipped;
  if (status !== 0) result.failed = Math.max(1, result.failed);
  const cases = text.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*><(?:failure|error)\b/g);
  result.names = [...cases].map(([, module, test]) => `${module}.${test}`);
  return result;
}

/** The tests against the installed wheel. */
async function pytest(name, venv, wheel) {
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-index',
    '--no-deps',
    '--force-reinstall',
  ];
  await run(python(venv), [...pip, wheel]);
  const report = join(FOLDER, `${venv}.xml`);
  rmSync(report, { force: true });
  const args = ['-m', 'pytest', '-q', '-c', join(PACKAGE, 'pyproject.toml'), `--junitxml=${report}`, join(PACKAGE, 'tests')];
  // What the user has set must not stand in for the wheel.
  const env = {
    TICKRING_LIBRARY: '',
    PYTHONPATH: '',
    TICKRING_LIVE_ENGINE: join(CARGO_TARGET_DIR, 'debug/examples/live_engine'),
  };
  const status = await run(python(venv), args, { allowFailure: true, cwd: FOLDER, env });
  return counts(name, report, status);
}

/** Style and types, as one test each. */
async function lint() {
  const config = ['--config', 'pyproject.toml'];
  const checks = {
    ruff: ['ruff', 'check', '--quiet', '--no-cache', ...config, '.', EXAMPLES, ...PROGRAMS],
    'ruff format': ['ruff', 'format', '--quiet', '--no-cache', '--check', ...config, '.', EXAMPLES, ...PROGRAMS],
    mypy: ['mypy', '--no-error-summary', 'src', 'tests', EXAMPLES],
    // One at a time: several have the same name.
    ...Object.fromEntries(
      PROGRAMS.map((folder) => [`mypy of ${relative(ROOT, folder)}`, ['mypy', '--no-error-summary', 'src', folder]]),
    ),
  };
  const result = nothing('python style');
  for (const [name, args] of Object.entries(checks)) {
    const status = await run(python('tools'), ['-m', ...args], { allowFailure: true, cwd: PACKAGE });
    if (status === 0) result.passed += 1;
    else {
      say(`python: ${name} failed`);
      result.failed += 1;
    }
  }
  return result;
}

/** Parts for `npm test`; where Python is missing each says so, and fails if CI is set. */
export function pythonParts() {
  mkdirSync(FOLDER, { recursive: true });
  let prepared;
  let wheel;
  const part = (name, body) => async () => {
    prepared ??= prepare();
    const missing = await prepared;
    if (missing === undefined) return body(name);
    say(`test: ${name} does not run: ${missing}`);
    return process.env.CI ? failure(name) : { ...nothing(name), skipped: 1 };
  };
  const tests = (venv) => async (name) => {
    wheel ??= (async () => {
      await run('cargo', ['build', '--quiet', '--locked', '-p', 'tickring-capi', '--example', 'live_engine']);
      return buildWheel('tools');
    })();
    return pytest(name, venv, await wheel);
  };
  return {
    'python style': part('python style', lint),
    'python with numpy': part('python with numpy', tests('numpy')),
    'python alone': part('python alone', tests('plain')),
  };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('python', async () => {
    if (!argv.includes('--wheel')) return runParts(pythonParts());
    mkdirSync(FOLDER, { recursive: true });
    const missing =
      pythonMissing() ?? ((await makeVenv('build', [SETUPTOOLS])) ? undefined : `pip could not install ${SETUPTOOLS}`);
    if (missing !== undefined) throw new SetUpError(missing);
    process.stdout.write(`${await buildWheel('build')}\n`);
  });
}
