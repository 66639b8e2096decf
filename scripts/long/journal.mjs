/** Steps of a long check about the journal: processes that write it, and whole engines, killed more often and at more load than in CI. */
import { setup } from '../setup.mjs';
import { vitest } from '../test-runners.mjs';

/** Frames a second of each of two venues, and lives of at most so long: a minute of engines at 20,000 frames a second with twenty deaths. */
const ENGINES = { TICKRING_ENGINE_KILLS: '20', TICKRING_ENGINE_RATE: '10000', TICKRING_ENGINE_LIFE_MS: '6000' };

/** Engines under the highest load that the simulated venues hold, killed twenty times over one journal. */
export async function engines(seed) {
  await setup();
  let text = '';
  const onText = (piece) => {
    text += piece;
  };
  const env = { CI: '1', ...ENGINES, TICKRING_ENGINE_SEED: String(seed) };
  const { failed, names } = await vitest('engines', ['test/journal/kills'], { env, onText });
  const did = /^kills: (.*)$/m.exec(text)?.[1] ?? 'no test ran';
  return { did, finding: failed > 0 ? names.join('; ') : did === 'no test ran' ? did : null, counts: { 'engines killed': 20 } };
}
