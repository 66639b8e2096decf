/**
 * `npm run check:torture [-- --records N --seed N --reader-command COMMAND]`: a ring's writer and its readers, in Rust, C, Node
 * and Python, stopped, killed and started again, while every record is checked and counted; then the protocols alone, between threads; then builds that lack
 * a part of the protocol, each of which has to be found out. What needs weaker memory than x86 to be found, loom finds.
 */
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wholeNumber } from './fuzz.mjs';
import { main, SetUpError, say } from './setup/console.mjs';
import { CARGO_TARGET_DIR, run } from './setup/run.mjs';
import { setup } from './setup.mjs';
import { format, nothing } from './test-counts.mjs';
import { foreignReaders } from './torture/readers.mjs';

const RECORDS = 100_000_000;
const BARE_RECORDS = 20_000_000;
/** A broken build ends as soon as it is found out; one that is not had this many chances. */
const BROKEN_RECORDS = 30_000_000;
const SEED = 20_261_121;

/**
 * Parts of the protocol that every processor misses, and within seconds, by the names of `native/shm/src/broken.rs`. Without a first
 * slot's mark or a bound of the span it can take a hundred million records: those are left to loom.
 */
const BROKEN = [
  'ring: marks on tail slots',
  'ring: check of the first slot',
  'seqlock: mark',
  'seqlock: never written',
  'seqlock: odd means being written',
  'seqlock: check',
];

/** Builds the torture and returns its path. */
async function build(target, { profile = 'debug', env = {} } = {}) {
  const release = profile === 'release' ? ['--release'] : [];
  const args = ['build', '--locked', '--quiet', ...release, '-p', 'tickring-shm', '--example', 'torture'];
  await run('cargo', [...args, '--target-dir', target], { env });
  return join(target, profile, 'examples/torture');
}

/** Runs a torture to its end; its counts, printed as well. */
async function torture(program, args, env = {}) {
  let text = '';
  const onText = (more) => {
    text += more;
  };
  const status = await run(program, args, { allowFailure: true, onText, env });
  const line = text.split('\n').find((part) => part.startsWith('{'));
  return { status, counts: line === undefined ? undefined : JSON.parse(line) };
}

/** Both tortures of a sound build, the bare one where it is asked for: what they did, and what they found. */
export async function tortures({ records, bare: alone, seed, commands = [], ...options }) {
  const program = await build(options.target ?? CARGO_TARGET_DIR, options);
  const { commands: foreign, env } = await foreignReaders();
  const readers = [...foreign, ...commands].flatMap((command) => ['--reader-command', command]);
  const chaos = await torture(program, ['--records', String(records), '--seed', String(seed), ...readers], env);
  const args = (given) => Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const bare = alone === undefined ? { status: 0 } : await torture(program, ['bare', ...args(alone)]);
  const findings = [
    ...(chaos.status === 0 ? [] : [`processes, seed ${seed}: status ${chaos.status}, ${JSON.stringify(chaos.counts)}`]),
    ...(bare.status === 0 ? [] : [`threads: status ${bare.status}, ${JSON.stringify(bare.counts)}`]),
  ];
  return { chaos: chaos.counts, bare: bare.counts, findings };
}

/** Runs a build without each part; the parts that nothing misses. */
async function broken() {
  const RUSTFLAGS = `${process.env.RUSTFLAGS ?? ''} --cfg tickring_broken`.trim();
  const program = await build(join(CARGO_TARGET_DIR, 'broken'), { env: { RUSTFLAGS } });
  const attempt = (part) =>
    run(program, ['bare', '--records', String(BROKEN_RECORDS)], {
      allowFailure: true,
      quiet: true,
      env: { TICKRING_BROKEN: part },
    });
  const unmissed = [];
  for (const part of BROKEN) {
    const status = await attempt(part);
    say(`torture: without ${part.padEnd(34)} ${status === 0 ? 'NOT FOUND OUT' : `found out, status ${status}`}`);
    if (status === 0) unmissed.push(part);
  }
  return unmissed;
}

/** The check that runs with every commit, as counts of tests. */
export async function tortureTests({ records = RECORDS, seed = SEED, commands = [] } = {}) {
  const { findings } = await tortures({ records, bare: { records: BARE_RECORDS }, seed, commands });
  for (const finding of findings) say(`torture: FOUND ${finding}`);
  const unmissed = await broken();
  const failed = findings.length + unmissed.length;
  return { ...nothing('torture'), passed: 2 + BROKEN.length - failed, failed };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('torture', async () => {
    const string = { type: 'string' };
    const options = { records: string, seed: string, 'reader-command': { type: 'string', multiple: true } };
    const { values } = parseArgs({ args: argv.slice(2), options });
    await setup();
    const result = await tortureTests({
      records: wholeNumber('records', values.records ?? RECORDS, 1, 2 ** 45),
      seed: wholeNumber('seed', values.seed ?? SEED, 1, 2 ** 31),
      commands: values['reader-command'] ?? [],
    });
    say(`torture: ${format(result)}`);
    if (result.failed > 0) throw new SetUpError(`${result.failed} checks failed`);
  });
}
