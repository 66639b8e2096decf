/** What the set-up says: one line a step with its time, and a plain last word when something is missing. */

/** sysexits.h: something that is needed is not available. */
const EX_UNAVAILABLE = 69;
/** sysexits.h: the command was used wrongly. */
const EX_USAGE = 64;

/** Ends a script with a message instead of a stack trace. */
export class SetUpError extends Error {
  exitCode = 1;
}

/** Tools of the machine are missing or too old: a line each. */
export class ToolsMissingError extends SetUpError {
  exitCode = EX_UNAVAILABLE;
}

/** One line to stderr, so that the program that follows has stdout for itself. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs a quiet step: its name, then on the same line its time. */
export async function step(name, work) {
  const started = performance.now();
  process.stderr.write(`set-up: ${name} ... `);
  try {
    return await work();
  } finally {
    say(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

/** Runs the main function of a script; what is expected to go wrong ends it with plain lines and an exit code. */
export async function main(name, run) {
  try {
    await run();
  } catch (error) {
    const isUsage = String(error.code).startsWith('ERR_PARSE_ARGS');
    if (!(error instanceof SetUpError || isUsage)) throw error;
    for (const line of error.message.split('\n')) say(`${name}: ${line}`);
    process.exitCode = isUsage ? EX_USAGE : error.exitCode;
  }
}
