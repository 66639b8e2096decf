#!/usr/bin/env node
/** The command line: `tickring <command>`. What a user did wrong ends in one line on stderr, never in a stack trace. */
import { Command, CommanderError } from 'commander';
import { EXIT } from '../model/errors.js';
import { version } from '../native/index.js';
import { registerBook } from './book.js';
import { registerConfig } from './config-command.js';
import { registerDoctor } from './doctor.js';
import { registerDrift } from './drift-command.js';
import { endOnClosedOutput, exitCodeOf, lineOf } from './exit.js';
import { registerJournal } from './journal-command.js';
import { registerKeys } from './keys-command.js';
import { registerRead } from './read.js';
import { registerReplay } from './replay.js';
import { registerStart } from './start.js';

const program = new Command('tickring')
  .description('exchange feeds into verified order books in shared memory')
  .version(version())
  .exitOverride()
  .configureOutput({ outputError: () => {} })
  .showSuggestionAfterError(true);
registerStart(program);
registerRead(program);
registerReplay(program);
registerJournal(program);
registerBook(program);
registerDoctor(program);
registerDrift(program);
registerConfig(program);
registerKeys(program);
// `read` knows its own end.
if (process.argv[2] !== 'read') endOnClosedOutput(process.argv[2] ?? '');

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) {
    process.stderr.write(`${lineOf(error)}\n`);
    process.exit(exitCodeOf(error));
  }
  // Help and version end the same way, with code 0; help that nobody asked for has said what is wrong.
  if (error.exitCode !== 0) {
    if (error.code !== 'commander.help') process.stderr.write(`${lineOf(error)}\n`);
    process.exitCode = EXIT.usage;
  }
}
