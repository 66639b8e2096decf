/** Steps of a long check about the gateway's clients: the same tests as in CI, with what CI has no time for. */
import { setup } from '../setup.mjs';
import { vitest } from '../test-runners.mjs';

/**
 * Clients at once for so long, and steps of the market a second that a gateway and 10,000 clients can bear on two shared cores: each is
 * some 12,000 messages.
 */
const CROWD = { TICKRING_CROWD: '10000', TICKRING_CROWD_SECONDS: '600', TICKRING_CROWD_STEP_MS: '500' };
const KILLS = 1_000;
const ABORTS = 100_000;
const OPERATIONS = 1_000_000;
const FLIPS = 2_000;

/** Runs a test file under some variables; what it printed about itself in lines that begin with `name: `. */
async function told(path, name, env, ...more) {
  await setup();
  let text = '';
  const onText = (piece) => {
    text += piece;
  };
  const { passed, failed, skipped, names } = await vitest(path, [path, ...more], { env: { CI: '1', ...env }, onText });
  const did = [...text.matchAll(new RegExp(`^(?:${name}): (.*)$`, 'gm'))].map(([, line]) => line).join('; ');
  const finding = failed > 0 ? `${failed} tests failed: ${names.join('; ')}` : passed === 0 ? 'no test ran' : null;
  return { did: did || `${passed} tests passed, ${skipped} skipped`, finding };
}

/** Ten thousand clients, of which some are slow and some leave all the time, for ten minutes; a share of it in a shorter run. */
export async function crowd(share) {
  const seconds = Math.max(30, Math.round(Number(CROWD.TICKRING_CROWD_SECONDS) * share));
  // On a machine that has other things to do as well, a slower market may be asked for.
  const { TICKRING_CROWD_STEP_MS = CROWD.TICKRING_CROWD_STEP_MS } = process.env;
  const env = { ...CROWD, TICKRING_CROWD_SECONDS: String(seconds), TICKRING_CROWD_STEP_MS };
  const result = await told('test/gateway/crowd', 'crowd|storm', env);
  return { ...result, counts: { 'client seconds': Number(CROWD.TICKRING_CROWD) * seconds } };
}

/** A client whose sockets are killed a thousand times hears what an unbroken one hears. */
export async function resume() {
  const result = await told('test/client/resume', 'resume', { TICKRING_KILLS: String(KILLS) });
  return { ...result, counts: { 'sockets killed': KILLS } };
}

/** Clients that vanish at any byte, ten times as many as in CI. */
export async function aborts() {
  const result = await told('test/gateway/aborts', 'aborts', { TICKRING_ABORTS: String(ABORTS) });
  return { ...result, counts: { 'in requests': ABORTS, 'in answers': ABORTS } };
}

/** Random frames, and random subscriptions against a model. */
export async function operations() {
  const result = await told('test/gateway/model', 'model', { TICKRING_OPERATIONS: String(OPERATIONS) });
  return { ...result, counts: { frames: OPERATIONS, operations: OPERATIONS } };
}

/** Damaged bits of deltas. */
export async function damage() {
  const result = await told('test/client/damage', 'damage', { TICKRING_FLIPS: String(FLIPS) });
  return { ...result, counts: { 'bits of each encoding': FLIPS } };
}
