/** `npm run ready`: what CI runs: format, lint, generated files, build, tests. Stops at the first that fails; tests last. */
import { argv } from 'node:process';
import { codegen } from './codegen.mjs';
import { check, main } from './setup/console.mjs';
import { run, runNode } from './setup/run.mjs';
import { checkCompilers } from './setup/tools.mjs';
import { setUp } from './setup.mjs';
import { test } from './test.mjs';

const BIOME = 'node_modules/@biomejs/biome/bin/biome';

await main('ready', async () => {
  checkCompilers();
  await setUp();
  await check('format and lint (biome)', () => runNode(BIOME, ['check', '--config-path=.config', '--error-on-warnings']));
  await check('format (cargo)', () => run('cargo', ['fmt', '--all', '--check']));
  await check('generated files', () => codegen(true));
  await check('lint (clippy)', () =>
    run('cargo', ['clippy', '--workspace', '--all-targets', '--locked', '--quiet', '--', '-D', 'warnings']),
  );
  await test(argv.slice(2));
});
