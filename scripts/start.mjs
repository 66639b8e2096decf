/** `npm start [-- FLAGS]`: sets up what is missing, then is `tickring start` in this very process. */
import { argv } from 'node:process';
import { main } from './setup/console.mjs';
import { ROOT } from './setup/run.mjs';
import { setup } from './setup.mjs';

await main('start', async () => {
  await setup();
  const program = `${ROOT}dist/cli/main.js`;
  process.argv = [argv[0], program, 'start', ...argv.slice(2)];
  await import(program);
});
