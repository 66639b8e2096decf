/**
 * `npm run ready`: format, lint, generated files, tests. A check that fails does not keep the others from being run; each counts
 * as a failure in the last line. On request: `--arm64`, the tests of `check:arm64`, and `--node`, those tests of `check:node` that
 * depend on the version most.
 */
import { argv } from 'node:process';
import { gate } from './bench-gate.mjs';
import { arm64Parts } from './check-arm64.mjs';
import { NODE_TESTS, nodeParts } from './check-node.mjs';
import { codegen } from './codegen.mjs';
import { declared } from './fuzz/build.mjs';
import { fuzz, thirdOf } from './fuzz.mjs';
import { main, SetUpError, say } from './setup/console.mjs';
import { run, runNode } from './setup/run.mjs';
import { checkCompilers } from './setup/tools.mjs';
import { setup } from './setup.mjs';
import { test } from './test.mjs';
import { failure, format } from './test-counts.mjs';

const BIOME = 'node_modules/@biomejs/biome/bin/biome';
const CLIPPY = ['clippy', '--workspace', '--all-targets', '--locked', '--quiet', '--', '-D', 'warnings'];
const FUZZ_MANIFEST = 'native/fuzz/Cargo.toml';
const CHECKS = {
  'format (cargo fmt)': () => run('cargo', ['fmt', '--all', '--check']),
  'format of the fuzz targets (cargo fmt)': () => run('cargo', ['fmt', '--manifest-path', FUZZ_MANIFEST, '--check']),
  'format and lint (biome)': () => runNode(BIOME, ['ci', '--config-path=.config', '--error-on-warnings']),
  'types of the page (tsc)': () => runNode('node_modules/typescript/bin/tsc', ['-p', 'src/gateway/web/tsconfig.json']),
  'types of the tests (tsc)': () => runNode('node_modules/typescript/bin/tsc', ['-p', 'test/tsconfig.json']),
  'lint (clippy)': () => run('cargo', CLIPPY),
  'generated files': () => codegen(true),
  'a third of the fuzz targets, 5 s each, of headers 60 s': () => fuzz(thirdOf(declared())),
  'gate (counts and ratios)': () => gate(),
};

/** Results of the checks that failed. */
async function runChecks() {
  const failures = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    const started = performance.now();
    try {
      await check();
      say(`ready: ${name} ... ${((performance.now() - started) / 1000).toFixed(1)} s`);
    } catch (error) {
      if (!(error instanceof SetUpError)) throw error;
      say(`ready: ${name}: ${error.message}`);
      failures.push(failure(name));
    }
  }
  return failures;
}

await main('ready', async () => {
  try {
    checkCompilers();
    await setup();
  } catch (error) {
    process.stdout.write(`${format(failure('set-up'))}\n`);
    throw error;
  }
  const args = argv.slice(2);
  const more = {
    ...(args.includes('--arm64') ? arm64Parts() : {}),
    ...(args.includes('--node') ? nodeParts(NODE_TESTS) : {}),
  };
  await test(
    args.filter((arg) => arg !== '--arm64' && arg !== '--node'),
    await runChecks(),
    more,
  );
});
