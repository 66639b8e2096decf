/**
 * `npm test`: sets up what is missing, then cargo's tests, the exhaustive models of the ring (Python and loom), its torture, vitest, the HTTP
 * contract, the Python package, and the benches at smoke size. The last line counts tests. With arguments (`npm test -- test/cli`) vitest alone runs, and gets them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { httpContract } from './http-contract.mjs';
import { pythonParts } from './python.mjs';
import { main, say } from './setup/console.mjs';
import { CARGO_TARGET_DIR, run, runNode } from './setup/run.mjs';
import { hasProgram } from './setup/tools.mjs';
import { setUpBenches, setup } from './setup.mjs';
import { failure, nothing } from './test-counts.mjs';
import { cargoTests, runParts, vitest } from './test-runners.mjs';

import { tortureTests } from './torture.mjs';

const RING_MODEL = 'native/shm/model/ring_model.py';

/** A program whose end is the whole result counts as one test. */
function single(name, status) {
  return status === 0 ? { ...nothing(name), passed: 1 } : failure(name);
}

/** The ring's protocol in every order of its steps. */
async function ringModel() {
  if (hasProgram('python3')) return single('ring model', await run('python3', [RING_MODEL], { allowFailure: true }));
  say(`test: python3 was not found, so ${RING_MODEL} does not run`);
  return process.env.CI ? failure('ring model') : { ...nothing('ring model'), skipped: 1 };
}

/** The ring's Rust code in every order that the memory model allows. Its own flags would rebuild all, so its own folder. */
function loom() {
  const RUSTFLAGS = `${process.env.RUSTFLAGS ?? ''} --cfg loom`.trim();
  const target = join(CARGO_TARGET_DIR, 'loom');
  return cargoTests('loom', ['-p', 'tickring-shm', '--test', 'loom', '--target-dir', target], { RUSTFLAGS });
}

/** A sequence rule with one changed line, in a build of its own: comparing a replay with what was live has to name the frame. */
function changedRule() {
  return cargoTests('changed rule', ['-p', 'tickring-journal', '--features', 'broken', '--test', 'changed_rule']);
}

/** Every bench for a moment, so that none of them rots. */
async function benches() {
  await setUpBenches();
  const folder = mkdtempSync(join(tmpdir(), 'tickring-bench-'));
  try {
    return single('benches', await runNode('dist/bench/main.js', ['--smoke', '--out', folder], { allowFailure: true }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the tests and prints the counts, in the end one line with their sum; `earlier` are results to be counted as well, `more`
 * further parts.
 */
export async function test(args, earlier = [], more = {}) {
  const parts =
    args.length > 0
      ? { vitest: () => vitest('vitest', args) }
      : {
          cargo: () => cargoTests('cargo', ['--workspace']),
          'ring model': ringModel,
          loom,
          'changed rule': changedRule,
          torture: () => tortureTests(),
          vitest: () => vitest('vitest', []),
          'http contract': httpContract,
          ...pythonParts(),
          benches,
          ...more,
        };
  await runParts(parts, earlier);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('test', async () => {
    await setup();
    await test(argv.slice(2));
  });
}
