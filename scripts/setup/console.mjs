/** What the set-up says: one line a step with its time, and a plain last word when something is missing. */

/** Ends the set-up with a message instead of a stack trace. */
export class SetUpError extends Error {}

/** Runs a step, prints its line when it is done. */
export async function step(name, work) {
  const started = performance.now();
  process.stdout.write(`set-up: ${name} ...\n`);
  const result = await work();
  process.stdout.write(`set-up: ${name} done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}

/** Runs the main function of a script; what is expected to go wrong ends it with one line and exit code 1. */
export async function main(name, run) {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
