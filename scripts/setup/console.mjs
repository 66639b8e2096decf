/** What the set-up says: one line a step with its time, and a plain last word when something is missing. */

/** Ends the set-up with a message instead of a stack trace. */
export class SetUpError extends Error {}

/** Runs a quiet step: its name, then on the same line its time. */
export async function step(name, work) {
  const started = performance.now();
  process.stdout.write(`set-up: ${name} ... `);
  try {
    return await work();
  } finally {
    process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  }
}

/** Runs a check that writes lines of its own. */
export async function check(name, work) {
  process.stdout.write(`ready: ${name}\n`);
  await work();
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
