/** `npm run bench:gate [-- --update]`: fails when the engine got slower; bench/gate/README.md says what is counted. */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { main } from './setup/console.mjs';
import { become, runNode } from './setup/run.mjs';
import { setUpBenches, setup } from './setup.mjs';

const MAIN = 'dist/bench/gate/main.js';

/** As a part of `npm run ready`: throws where a check fails. */
export async function gate() {
  await setUpBenches();
  await runNode(MAIN, []);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('bench:gate', async () => {
    await setup();
    await setUpBenches();
    await become(MAIN, argv.slice(2));
  });
}
