/** Steps of a long check about the journal: processes that write it, and whole engines, killed more often and at more load than in CI. */
import { setup } from '../setup.mjs';
import { vitest } from '../test-runners.mjs';

/** Frames a second of each of two venues, and lives of at most so long: a minute of engines at 20,000 frames a second with twenty deaths. */
const ENGINES = { TICKRING_ENGINE_KILLS: '20', TICKRING_ENGINE_RATE: '10000', TICKRING_ENGINE_LIFE_MS: '6000' };

/** The sinks' process killed so often, on venues of so many frames a second each: more, and the lines of all lives would not fit into memory. */
const SINKS = { TICKRING_SINK_KILLS: '500', TICKRING_SINK_RATE: '600' };

/** Runs a test file in its long form; what it says of itself stands in a line that begins with `word`. */
async function told(name, path, word, variables) {
  await setup();
  let text = '';
  const onText = (piece) => {
    text += piece;
  };
  const { failed, names } = await vitest(name, [path], { env: { CI: '1', ...variables }, onText });
  const did = new RegExp(`^${word}: (.*)$`, 'm').exec(text)?.[1] ?? 'no test ran';
  return { did, finding: failed > 0 ? names.join('; ') : did === 'no test ran' ? did : null };
}

/** Engines under the highest load that the simulated venues hold, killed twenty times over one journal. */
export async function engines(seed) {
  const result = await told('engines', 'test/journal/kills', 'kills', { ...ENGINES, TICKRING_ENGINE_SEED: String(seed) });
  return { ...result, counts: { 'engines killed': 20 } };
}

/** A sink of the journal that is killed ten times as often as in CI has each event once. */
export async function sinks(seed) {
  const result = await told('sinks', 'test/sinks/file', 'sink kills', { ...SINKS, TICKRING_SINK_SEED: String(seed) });
  return { ...result, counts: { 'sinks killed': Number(SINKS.TICKRING_SINK_KILLS) } };
}
