/** `npm run bench:gate [-- --update]`: fails when the engine got slower; bench/gate/README.md says what is counted. */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { main } from './setup/console.mjs';
import { runNode } from './setup/run.mjs';
import { setUpBenches, setup } from './setup.mjs';

export async function gate(args) {
  await setUpBenches();
  await runNode('dist/bench/gate/main.js', args);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('bench:gate', async () => {
    await setup();
    await gate(argv.slice(2));
  });
}
