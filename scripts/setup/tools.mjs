/** Are the compilers there, and new enough? Asked before anything is built, so that a missing one costs a second, not a minute. */
import { spawnSync } from 'node:child_process';
import { ToolsMissingError } from './console.mjs';

const NODE_MIN = '20.19.0';
export const RUST_MIN = '1.95.0';
const RUST_HOW = 'install Rust with rustup (`rustup update stable`) or from your distribution';
const CC_HOW = 'install one, e.g. `apt-get install gcc libc6-dev`';

/** Whether version `found` is at least `needed`, number by number. */
export function isAtLeast(found, needed) {
  const [a, b] = [found, needed].map((text) => text.split('.').map(Number));
  const at = b.findIndex((number, index) => (a[index] ?? 0) !== number);
  return at === -1 || (a[at] ?? 0) > b[at];
}

/** Version that a program tells, or undefined when it cannot be run. */
export function versionOf(program) {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (/\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] ?? '0') : undefined;
}

/** Whether a program can be run. */
export function hasProgram(program) {
  return versionOf(program) !== undefined;
}

/** Throws when this Node is too old. */
export function checkNode() {
  if (isAtLeast(process.versions.node, NODE_MIN)) return;
  throw new ToolsMissingError(
    `Node ${process.versions.node} is too old, ${NODE_MIN} or newer is needed: install a current LTS release`,
  );
}

/** Throws when compilers for the addon are missing or too old, with a line for each. */
export function checkCompilers() {
  const lines = [];
  for (const program of ['cargo', 'rustc']) {
    const found = versionOf(program);
    if (found === undefined) lines.push(`${program} was not found, ${RUST_MIN} or newer is needed: ${RUST_HOW}`);
    else if (!isAtLeast(found, RUST_MIN))
      lines.push(`${program} ${found} is too old, ${RUST_MIN} or newer is needed: ${RUST_HOW}`);
  }
  const compiler = process.env.CC ?? 'cc';
  if (versionOf(compiler) === undefined)
    lines.push(`no C compiler \`${compiler}\` was found, any will do for linking: ${CC_HOW}`);
  if (lines.length > 0) throw new ToolsMissingError(lines.join('\n'));
}
