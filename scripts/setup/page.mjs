/** The gateway's page: `src/gateway/web` bundled into `dist/gateway/web`. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesBelow, hashOf } from './files.mjs';
import { ROOT } from './run.mjs';

const FOLDER = 'src/gateway/web';
const OUTPUT = 'dist/gateway/web';
const NEW = 'dist/.page';

/** What the page is made of: its own files, the client that it uses, and the packages. */
export function pageHash() {
  const sources = [FOLDER, 'src/client', 'src/model'].flatMap(filesBelow).filter((file) => !/\.(md|fbs|png)$/.test(file));
  return hashOf([...sources, 'tsconfig.json', 'package-lock.json', 'scripts/setup/page.mjs']);
}

/** Tells that it was built. */
export const PAGE = `${OUTPUT}/index.html`;

/**
 * Names of files carry a hash of their contents, so browsers may keep them for ever. Nothing is inlined: the page's policy forbids inline
 * scripts and `data:`. The folder is swapped whole, since a gateway may be starting meanwhile.
 */
export async function buildPage() {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: join(ROOT, FOLDER),
    logLevel: 'warn',
    build: {
      outDir: join(ROOT, NEW),
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
  rmSync(join(ROOT, OUTPUT), { recursive: true, force: true });
  mkdirSync(join(ROOT, dirname(OUTPUT)), { recursive: true });
  renameSync(join(ROOT, NEW), join(ROOT, OUTPUT));
}
