/**
 * `npm run check:node`: vitest on the Node versions of `NODE_MAJORS` that do not run this script: the same packages, addon
 * and program, since Node-API and JavaScript are what all of them share. Arguments go to vitest.
 */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { NODE_MAJORS, nodeRelease } from './node-releases.mjs';
import { main, say } from './setup/console.mjs';
import { setup } from './setup.mjs';
import { runParts, vitest } from './test-runners.mjs';

/** What depends on the version most: the addon, the web server's own binary for each version, the programs. */
export const NODE_TESTS = ['test/native', 'test/reader', 'test/wire', 'test/gateway', 'test/cli'];

/** A part for each version. */
export function nodeParts(args = []) {
  const own = Number.parseInt(process.versions.node, 10);
  const parts = NODE_MAJORS.filter((major) => major !== own).map((major) => [
    `Node ${major}`,
    async () => {
      const { version, path } = await nodeRelease(major);
      say(`check:node: vitest on Node ${version}`);
      return vitest(`vitest on Node ${version}`, args, { node: path });
    },
  ]);
  return Object.fromEntries(parts);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('check:node', async () => {
    await setup();
    await runParts(nodeParts(argv.slice(2)));
  });
}
