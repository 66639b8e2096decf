/**
 * Debian packages without installing them: apt with folders of its own downloads, `dpkg-deb` unpacks below one folder. So no
 * root is needed, nothing of the system changes (neither its architectures nor a compiler that conflicts), and it all goes
 * away with the cache.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../setup/run.mjs';

/** Kinds of dependencies that are not needed for running, left out of apt-cache's answer. */
const DEPENDS_ONLY = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);

export class DebianArchive {
  #folder;
  #env;

  /** `folder` keeps lists and packages; the caller removes it. */
  constructor(folder, architectures) {
    this.#folder = folder;
    for (const part of ['state/lists/partial', 'cache/archives/partial', 'packages'])
      mkdirSync(join(folder, part), { recursive: true });
    const config = join(folder, 'apt.conf');
    const lines = [
      `Dir::State "${folder}/state";`,
      // What is installed already need not be downloaded.
      'Dir::State::status "/var/lib/dpkg/status";',
      `Dir::Cache "${folder}/cache";`,
      `APT::Architectures { ${architectures.map((name) => `"${name}"; `).join('')}};`,
      'APT::Install-Recommends "false";',
      // apt as root would download as a user who may not read this folder.
      'APT::Sandbox::User "root";',
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    this.#env = { APT_CONFIG: config, LC_ALL: 'C' };
  }

  #run(program, args, options = {}) {
    return run(program, args, { quiet: true, env: this.#env, ...options });
  }

  async update() {
    await this.#run('apt-get', ['-q', 'update']);
  }

  /** Names of the packages that `name` depends on, itself included, whose name matches `pattern`. */
  async closure(name, pattern) {
    let text = '';
    const onText = (piece) => {
      text += piece;
    };
    await this.#run('apt-cache', ['depends', '--recurse', ...DEPENDS_ONLY, name], { onText });
    return [...new Set(text.split('\n').filter((line) => /^[a-z0-9]/.test(line) && pattern.test(line)))];
  }

  /** Downloads packages as they are, installed or not, and of those that they depend on what is not installed. */
  async download(packages, dependents) {
    await this.#run('apt-get', ['-q', 'download', ...packages], { cwd: join(this.#folder, 'packages') });
    await this.#run('apt-get', ['-qy', '--download-only', 'install', ...dependents]);
  }

  async unpack(into) {
    for (const part of ['packages', 'cache/archives']) {
      const folder = join(this.#folder, part);
      for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb')))
        await this.#run('dpkg-deb', ['-x', join(folder, file), into]);
    }
  }
}

/** Whether this machine has apt and its lists of sources. */
export function hasApt() {
  return existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-deb');
}
