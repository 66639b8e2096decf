/** The version of a package as the lock file of its ecosystem says. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

const PATTERNS: Readonly<Record<string, (name: string) => RegExp>> = {
  'Cargo.lock': (name) => new RegExp(`^name = "${escaped(name)}"\\nversion = "([^"]+)"`, 'm'),
  'package-lock.json': (name) => new RegExp(`"node_modules/${escaped(name)}": \\{\\s*"version": "([^"]+)"`),
  'pom.xml': (name) => new RegExp(`<artifactId>${escaped(name)}</artifactId><version>([^<]+)`),
  'go.mod': (name) => new RegExp(`^\\s*${escaped(name)} v(\\S+)`, 'm'),
  'requirements.txt': (name) => new RegExp(`^${escaped(name)}==([^\\s\\\\]+)`, 'm'),
};

export function lockedVersion(lock: string, name: string): string {
  const version = PATTERNS[basename(lock)]?.(name).exec(readFileSync(lock, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${lock} does not name ${name}`);
  return version;
}
