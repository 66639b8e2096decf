/** An interpreter that the packages in the lock files support. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The lock files were made for it; older ones lack releases of the peers. */
const VERSION = '3.13';

function candidates(): string[] {
  const pyenv = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  const ofPyenv = existsSync(pyenv) ? readdirSync(pyenv).filter((name) => name.startsWith(`${VERSION}.`)) : [];
  const given = process.env['TICKRING_PEERS_PYTHON'];
  return [
    ...(given === undefined ? [] : [given]),
    `python${VERSION}`,
    'python3',
    ...ofPyenv.map((name) => join(pyenv, name, 'bin/python3')),
  ];
}

/** Its name or path; throws where there is none. */
export async function findPython(): Promise<string> {
  const ask = ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'];
  for (const file of candidates()) {
    const answer = await promisify(execFile)(file, ask).catch(() => undefined);
    if (answer?.stdout.trim() === VERSION) return file;
  }
  throw new Error(`no Python ${VERSION} here: put python${VERSION} on PATH or its path into TICKRING_PEERS_PYTHON`);
}
