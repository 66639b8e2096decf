import { type ParseArgsConfig, parseArgs } from 'node:util';

/** sysexits.h: the command was used in a wrong way. */
const EX_USAGE = 64;

/** Ends the program with one line that says what is wrong with the command. */
export function refuse(program: string, message: string): never {
  console.error(`${program}: ${message}`);
  process.exit(EX_USAGE);
}

/** The arguments; `--help` is among the options, and prints what `help` gives. */
export function readArguments<T extends ParseArgsConfig>(
  program: string,
  config: T,
  help: () => string,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.includes('--help')) {
    console.log(help());
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    // Its second sentence is about options that look like names.
    return refuse(program, `${(error as Error).message.split('. ')[0]}; \`npm run ${program} -- --help\` says what there is`);
  }
}

/** What a measuring program says when it cannot do what it was asked: known to be for people, so without a stack. */
export class MeasuringError extends Error {}

/** Runs a main function; what the measuring program refuses is one line. */
export async function plainly(program: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof MeasuringError)) throw error;
    console.error(`${program}: ${error.message}`);
    process.exitCode = 1;
  }
}
