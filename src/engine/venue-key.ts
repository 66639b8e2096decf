/** A venue's key: from the environment, or a file that it names; read anew for each connection, and never told to anybody else. */
import { readFileSync } from 'node:fs';
import { TickringError } from '../model/errors.js';
import type { VenueKey } from '../model/venue.js';

const FILE_BYTES_MAX = 4_096;
/** A header's value: no white space, and above all no end of the line. */
const KEY = /^[!-~]{1,512}$/;

/** Headers that a handshake has to carry; none where the venue wants no key. Throws `CONFIG_INVALID`, without the key in it. */
export function keyHeaders(key: VenueKey | undefined, env: NodeJS.ProcessEnv = process.env): Readonly<Record<string, string>> {
  if (key === undefined) return {};
  const { header, variable } = key;
  const file = env[`${variable}_FILE`];
  const given = env[variable];
  if (given !== undefined && file !== undefined) throw wrong(`${variable} and ${variable}_FILE exclude each other`);
  if (given === undefined && file === undefined)
    throw wrong(`the feed needs a key: set ${variable}, or ${variable}_FILE to a file that holds it`);
  const value = given ?? contents(`${variable}_FILE`, file ?? '');
  const trimmed = value.replace(/\r?\n$/, '');
  if (!KEY.test(trimmed)) {
    const from = given === undefined ? `the file of ${variable}_FILE` : variable;
    throw wrong(`${from} holds no key: ${trimmed.length} characters, of which 1 to 512 visible ones are allowed`);
  }
  return { [header]: trimmed };
}

function contents(variable: string, file: string): string {
  try {
    return readFileSync(file).subarray(0, FILE_BYTES_MAX).toString('utf8');
  } catch (error) {
    throw wrong(`${variable} ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function wrong(text: string): TickringError {
  return new TickringError('CONFIG_INVALID', text);
}
