/** `npm run bench [-- NAME…]`: sets up what is missing, then runs the benches; bench/README.md says which there are. */
import { argv } from 'node:process';
import { main } from './setup/console.mjs';
import { become } from './setup/run.mjs';
import { setUpBenches, setup } from './setup.mjs';

await main('bench', async () => {
  await setup();
  await setUpBenches();
  await become('dist/bench/main.js', argv.slice(2));
});
