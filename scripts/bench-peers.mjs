/** `npm run bench:peers [-- NAME…]`: installs and measures the peers; bench/peers/README.md says which there are and how. */
import { argv } from 'node:process';
import { main } from './setup/console.mjs';
import { become } from './setup/run.mjs';
import { setUpBenches, setup } from './setup.mjs';

await main('bench:peers', async () => {
  await setup();
  await setUpBenches();
  await become('dist/bench/peers/main.js', argv.slice(2));
});
