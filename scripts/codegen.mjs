/**
 * `npm run codegen`: prints what Rust and the wire schema decide for other languages: `src/model/codes.ts` and `payloads.ts`,
 * `src/native/layout.ts` and `records.ts`, the C header `tickring_abi.h` with its twins `abi.rs` and `_abi.py`, `src/model/wire/`. With
 * `--check` it writes nothing and fails if one of them is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { main, SetUpError } from './setup/console.mjs';
import { ROOT, run, runNode } from './setup/run.mjs';

const PRINTED = [
  { file: 'src/model/codes.ts', flag: '--model' },
  { file: 'src/native/layout.ts', flag: '--native' },
  { file: 'src/model/payloads.ts', flag: '--payloads' },
  { file: 'src/native/records.ts', flag: '--records' },
  { file: 'native/shm/include/tickring_abi.h', flag: '--c' },
  { file: 'native/capi/src/abi.rs', flag: '--capi' },
  { file: 'native/python/src/tickring/_abi.py', flag: '--python' },
];

/** Prints or checks everything that is generated and committed. */
export async function codegen(check) {
  const stale = [];
  for (const { file, flag } of PRINTED) {
    const parts = [];
    const args = ['run', '--quiet', '--locked', '-p', 'tickring-shm', '--example', 'layout_ts', '--', flag];
    await run('cargo', args, { quiet: true, onText: (text) => parts.push(text) });
    const text = parts.join('');
    if (readFileSync(ROOT + file, 'utf8') === text) continue;
    stale.push(file);
    if (!check) writeFileSync(ROOT + file, text);
  }
  const code = await runNode('scripts/codegen-wire.mjs', check ? ['--check'] : [], { allowFailure: check });
  if (code !== 0) stale.push('the wire readers and builders (see above)');
  if (check && stale.length > 0) throw new SetUpError(`stale: ${stale.join(', ')}; run \`npm run codegen\``);
  for (const file of stale) process.stdout.write(`wrote ${file}\n`);
}

if (argv[1] === fileURLToPath(import.meta.url)) await main('codegen', () => codegen(argv.includes('--check')));
