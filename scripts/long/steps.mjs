/** The steps of a long check that are not fuzzing: each returns what it did and what it found. */
import { join } from 'node:path';
import { hostTriple } from '../fuzz/build.mjs';
import { captures } from '../fuzz/corpus.mjs';
import { CARGO_TARGET_DIR, run } from '../setup/run.mjs';
import { hasProgram } from '../setup/tools.mjs';
import { CargoCounts } from '../test-counts.mjs';
import { tortures } from '../torture.mjs';

/** Crates whose tests need no Node and no addon. */
const CRATES = ['tickring-core', 'tickring-shm', 'tickring-wire', 'tickring-websocket'].flatMap((name) => ['-p', name]);

/** What the book has to survive, in pieces with a seed each. */
const BOOK_UPDATES = 1_000_000_000;
const BOOK_UPDATES_PER_PIECE = 20_000_000;

/** Cases of those properties that set no number of their own. */
const PROPTEST_CASES = '4000';

/** Forced switches that loom explores; the test in CI takes 3. */
const LOOM_PREEMPTIONS = '4';

/**
 * Writers killed in each state of each thing they do, in a run of this many minutes or more; less in a shorter one. A record goes
 * through its states in four forms, so that each state of a record has 10,000.
 */
const KILLS_PER_STATE = 2_500;
/** A run of so many minutes does all that is asked for here. */
const WHOLE_MINUTES = 240;

/** Processes killed while they write a journal, in a run of as many minutes or more. */
const JOURNAL_KILLS = 1_000_000;

/** Random instants of which a journal tells the book. */
const INSTANTS = 10_000;

/** Records of the torture, and laps of its bare form, in a run of as many minutes or more; less in a shorter one. */
const TORTURE_RECORDS = 10_000_000_000;
const TORTURE_LAPS = 1_000_000_000;
/** The bare form in as few slots as it may have, of which a record takes 2.5. */
const LAP_SLOTS = 8;
const RECORDS_PER_LAP = LAP_SLOTS / 2.5;
/** Records of a torture with a seed: what is found can be found again, and a run that is cut short has its counts. */
const TORTURE_RECORDS_PER_PIECE = 250_000_000;

/** Optimized as released, but for LTO, which would take minutes a test program; what must not overflow is checked. */
const RELEASE = {
  CARGO_TARGET_DIR: join(CARGO_TARGET_DIR, 'long'),
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
  CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS: 'true',
  CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: 'true',
};

/** Runs cargo's tests; what passed, and what did not. */
async function tests(args, env = {}, more = () => {}) {
  const counts = new CargoCounts();
  const onText = (text) => {
    counts.push(text);
    more(text);
  };
  const status = await run('cargo', ['test', '--locked', '--no-fail-fast', '--quiet', ...args], {
    allowFailure: true,
    onText,
    env,
  });
  const { passed, failed, skipped } = counts.result('cargo', status);
  const finding = failed > 0 ? `${failed} tests failed` : passed === 0 ? 'no test ran' : null;
  return { passed, skipped, finding };
}

/** The tests of everything with `unsafe` or bytes from outside, under AddressSanitizer. */
export async function sanitizer() {
  const env = {
    RUSTC_BOOTSTRAP: '1',
    RUSTFLAGS: '-Zsanitizer=address',
    CARGO_TARGET_DIR: join(CARGO_TARGET_DIR, 'asan'),
  };
  const { passed, finding } = await tests(['--lib', '--tests', '--target', hostTriple(), ...CRATES], env);
  return { did: `${passed} tests under AddressSanitizer`, finding };
}

/** Every recording on every code path, against the oracle's hashes. */
export async function recordings() {
  if (captures() === undefined) return { did: 'nothing: no recordings, set TICKRING_CAPTURES', finding: null };
  const files = ['machine_recordings', 'parse_captures', 'parse_paths'].flatMap((name) => ['--test', name]);
  const { passed, finding } = await tests(['--release', '-p', 'tickring-core', ...files], RELEASE);
  return { did: `${passed} tests: all recordings, every code path, hashes of the oracle`, finding };
}

/** The book of any instant from a journal, against a program that knows the recorded lines alone. */
export async function instants(seed) {
  if (captures() === undefined) return { did: 'nothing: no recordings, set TICKRING_CAPTURES', finding: null };
  const env = { ...RELEASE, TICKRING_BOOK_INSTANTS: String(INSTANTS), TICKRING_SEED: String(seed) };
  const { passed, finding } = await tests(['--release', '-p', 'tickring-journal', '--test', 'book_at'], env);
  return { did: `${passed} test, ${INSTANTS} books of random instants`, finding };
}

export async function model() {
  if (!hasProgram('python3')) return { did: 'nothing: python3 was not found', finding: null };
  const status = await run('python3', ['native/shm/model/ring_model.py'], { allowFailure: true });
  return {
    did: 'every interleaving of the ring and the seqlock, every mutant',
    finding: status === 0 ? null : `ended with ${status}`,
  };
}

export async function loom() {
  const RUSTFLAGS = `${process.env.RUSTFLAGS ?? ''} --cfg loom`.trim();
  const args = ['--release', '-p', 'tickring-shm', '--test', 'loom', '--target-dir', join(CARGO_TARGET_DIR, 'loom')];
  const { passed, finding } = await tests(args, { ...RELEASE, RUSTFLAGS, TICKRING_LOOM_PREEMPTIONS: LOOM_PREEMPTIONS });
  return { did: `${passed} models with ${LOOM_PREEMPTIONS} forced switches`, finding };
}

/** A writer killed between any two of its instructions, again and again. */
export async function kills(minutes) {
  const perState = Math.ceil(KILLS_PER_STATE * Math.min(1, minutes / WHOLE_MINUTES));
  let said = '';
  const onText = (text) => {
    said += text;
  };
  const args = ['--release', '-p', 'tickring-shm', '--test', 'kill', '--', '--nocapture'];
  const { finding } = await tests(args, { ...RELEASE, TICKRING_KILLS_PER_STEP: String(perState) }, onText);
  const killed = [...said.matchAll(/(\d+) kills within /g)].reduce((sum, [, count]) => sum + Number(count), 0);
  return {
    did: `${killed} writers killed, ${perState} in each state`,
    counts: { 'writers killed': killed, 'in each state': perState },
    finding: finding ?? (killed > 0 ? null : 'none was killed'),
  };
}

/** Processes that write a journal, killed at random and at each call to the disk. */
export async function journal(minutes, seed) {
  const count = Math.ceil(JOURNAL_KILLS * Math.min(1, minutes / WHOLE_MINUTES));
  const env = { ...RELEASE, TICKRING_JOURNAL_KILLS: String(count), TICKRING_JOURNAL_SEED: String(seed) };
  const { finding } = await tests(['--release', '-p', 'tickring-journal', '--test', 'kills'], env);
  return { did: `${count} processes killed`, counts: { 'processes killed': count }, finding };
}

/** Adds what one torture counted; the longest silence is the longest of all. */
function add(sum, counts) {
  for (const [name, count] of Object.entries(counts ?? {})) {
    if (name === 'seed' || name === 'ring_bytes' || name === 'ring_slots') continue;
    sum[name] = name === 'silence_ms' ? Math.max(sum[name] ?? 0, count) : (sum[name] ?? 0) + count;
  }
}

/** The ring tortured, with more records than the check of every commit takes: pieces until they are enough, or the time is over. */
export async function torture(minutes, until, seed) {
  const share = Math.min(1, minutes / WHOLE_MINUTES);
  const options = { target: RELEASE.CARGO_TARGET_DIR, profile: 'release', env: RELEASE };
  const bare = { records: Math.ceil(TORTURE_LAPS * RECORDS_PER_LAP * share), slots: LAP_SLOTS };
  const [processes, threads, found] = [{}, {}, []];
  let wanted = Math.ceil(TORTURE_RECORDS * share);
  let piece = seed;
  do {
    const records = Math.min(wanted, TORTURE_RECORDS_PER_PIECE);
    const result = await tortures({ ...options, records, seed: piece, bare: piece === seed ? bare : undefined });
    add(processes, result.chaos);
    add(threads, result.bare);
    found.push(...result.findings);
    wanted -= records;
    piece += 1;
  } while (wanted > 0 && found.length === 0 && performance.now() < until);
  return {
    did: `processes, seeds ${seed} … ${piece - 1}: ${JSON.stringify(processes)}; threads: ${JSON.stringify(threads)}`,
    counts: { 'records of processes': processes.records, torn: processes.torn, 'laps of threads': threads.laps },
    finding: found.length > 0 ? found.join('; ') : null,
  };
}

/** All tests again and again: each round draws new cases. */
export async function properties(until) {
  let rounds = 0;
  let passed = 0;
  do {
    const round = await tests(['--release', '--lib', '--tests', ...CRATES], { ...RELEASE, PROPTEST_CASES });
    rounds += 1;
    passed += round.passed;
    if (round.finding !== null) return { did: `${rounds} rounds`, finding: `round ${rounds}: ${round.finding}` };
  } while (performance.now() < until);
  return { did: `${rounds} rounds, ${passed} tests, ${PROPTEST_CASES} cases where a property sets no number`, finding: null };
}

/** Random updates against the model until they are a thousand million, or the time is over. */
export async function book(until, seed) {
  let updates = 0;
  let piece = seed;
  const args = ['--release', '-p', 'tickring-core', '--test', 'book_model', '--', '--ignored'];
  do {
    const env = { ...RELEASE, TICKRING_BOOK_UPDATES: String(BOOK_UPDATES_PER_PIECE), TICKRING_BOOK_SEED: String(piece) };
    const { finding } = await tests(args, env);
    if (finding !== null) return { did: `${updates} updates`, finding: `TICKRING_BOOK_SEED=${piece}: ${finding}` };
    updates += BOOK_UPDATES_PER_PIECE;
    piece += 1;
  } while (updates < BOOK_UPDATES && performance.now() < until);
  const did = `${updates.toLocaleString('en-US')} random updates, seeds ${seed} … ${piece - 1}`;
  return { did, counts: { updates }, finding: null };
}
