/**
 * `npm run check:clients [-- --quick] [NAME…]`: clients that other people made, on recordings that we serve; their books must be ours.
 * `--quick`: recordings of the simulator alone. NAME: only cases with it in client, venue or file.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { RECORDED, SIMULATED } from './clients/cases.mjs';
import { held } from './clients/held.mjs';
import { record } from './clients/record.mjs';
import { captures } from './fuzz/corpus.mjs';
import { main, SetUpError, say, step } from './setup/console.mjs';
import { ROOT, run } from './setup/run.mjs';
import { setup } from './setup.mjs';

const PACKAGES = join(ROOT, 'bench/peers/npm');

async function install() {
  if (existsSync(join(PACKAGES, 'node_modules/ccxt'))) return;
  await step('clients (npm)', () =>
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: PACKAGES, quiet: true }),
  );
}

/** The case's rows on stdout; whether all are well. */
async function hold(one, files, source) {
  const { client, venue } = one;
  try {
    const { version, messages, errors, rows } = await held(one, files);
    for (const { symbol, levels, of, verdict } of rows)
      console.log(
        `${client} ${version}  ${venue}  ${symbol}  ${messages} messages  ${levels} of ${of} levels  ${verdict}  (${source})`,
      );
    for (const error of errors) console.log(`${client} ${version}  ${venue}  says ${error.slice(0, 200)}`);
    return rows.length > 0 && errors.length === 0 && rows.every(({ verdict }) => verdict.startsWith('equal'));
  } catch (error) {
    console.log(`${client}  ${venue}  FAILED: ${error.message}  (${source})`);
    return false;
  }
}

await main('check:clients', async () => {
  const names = argv.slice(2).filter((name) => name !== '--quick');
  const isQuick = names.length < argv.length - 2;
  const wanted = (...texts) => names.every((name) => texts.join(' ').includes(name));
  await setup();
  await install();
  const { startSimulator } = await import(join(ROOT, 'dist/simulator/index.js'));
  const { venueByName } = await import(join(ROOT, 'dist/venues/index.js'));
  const folder = mkdtempSync(join(tmpdir(), 'tickring-clients-'));
  let [cases, failed] = [0, 0];
  const count = (isWell) => {
    cases += 1;
    failed += isWell ? 0 : 1;
  };
  try {
    for (const one of SIMULATED.filter(({ client, venue }) => wanted(client, venue, 'simulated'))) {
      const file = join(folder, `${one.venue}.jsonl`);
      await record(one.venue, file, { startSimulator, venueByName });
      count(await hold(one, [file], 'simulated'));
    }
    const from = isQuick ? undefined : captures();
    if (from === undefined && !isQuick) say('check:clients: no recordings (TICKRING_CAPTURES): simulated ones alone');
    for (const one of from === undefined ? [] : RECORDED.filter(({ client, venue, file }) => wanted(client, venue, file)))
      count(await hold(one, [join(from, one.file)], one.file));
  } finally {
    rmSync(folder, { recursive: true });
  }
  say(`check:clients: ${cases} cases, ${failed} not well`);
  if (cases === 0) throw new SetUpError(`no case has ${names.join(' and ')} in it`);
  if (failed > 0) throw new SetUpError(`${failed} of ${cases} clients have other books`);
});
