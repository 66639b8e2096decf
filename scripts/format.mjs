/** `npm run format`: formats everything, and mends what the linter can mend by itself. */
import { main } from './setup/console.mjs';
import { run, runNode } from './setup/run.mjs';
import { setup } from './setup.mjs';

await main('format', async () => {
  await setup();
  await runNode('node_modules/@biomejs/biome/bin/biome', ['check', '--config-path=.config', '--write']);
  await run('cargo', ['fmt', '--all']);
});
