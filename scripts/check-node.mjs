/**
 * `npm run check:node`: vitest on the Node versions of `NODE_MAJORS` that do not run this script: the same packages, addon
 * and program, since Node-API and JavaScript are what all of them share. Arguments go to vitest.
 */
import { argv } from 'node:process';
import { NODE_MAJORS, nodeRelease } from './node-releases.mjs';
import { main, say } from './setup/console.mjs';
import { setup } from './setup.mjs';
import { runParts, vitest } from './test-runners.mjs';

await main('check:node', async () => {
  await setup();
  const own = Number.parseInt(process.versions.node, 10);
  const parts = NODE_MAJORS.filter((major) => major !== own).map((major) => [
    `Node ${major}`,
    async () => {
      const { version, path } = await nodeRelease(major);
      say(`check:node: vitest on Node ${version}`);
      return vitest(`vitest on Node ${version}`, argv.slice(2), { node: path });
    },
  ]);
  await runParts(Object.fromEntries(parts));
});
