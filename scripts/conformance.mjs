/**
 * `npm run conformance [-- --venue NAME --fault F06 --write]`: sets up what is missing, then lets each fault meet each venue. `--write` renews
 * `src/venues/CONFORMANCE.md`, the column of a venue or the row of a fault if one is named; without it a table that says otherwise is a failure.
 */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { main } from './setup/console.mjs';
import { setup } from './setup.mjs';
import { runParts, vitest } from './test-runners.mjs';

const OPTIONS = { venue: { type: 'string' }, fault: { type: 'string' }, write: { type: 'boolean' } };

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('conformance', async () => {
    const choice = parseArgs({ args: argv.slice(2), options: OPTIONS }).values;
    await setup();
    const env = { TICKRING_CONFORMANCE: JSON.stringify(choice) };
    await runParts({ conformance: () => vitest('conformance', ['test/venues/conformance', '--reporter=verbose'], { env }) });
  });
}
