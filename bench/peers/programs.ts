/** How each ecosystem is installed, by its ordinary client and from its lock file, and how its program is started. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rustProgram } from '../rust.js';
import type { Command } from './child.js';
import type { ProgramName } from './peers.js';
import { findPython } from './python.js';

/** Folder of the sources; this file runs from `dist`. */
export const FOLDER = resolve('bench/peers');

/** Made at run time: corpus, logs, binaries. */
export const WORK = join(FOLDER, '.work');

/** Where cargo builds. */
const TARGET = resolve(process.env['CARGO_TARGET_DIR'] ?? join(FOLDER, 'crates/target'));

export interface Program {
  /** Lock file that says the versions, below `FOLDER`. */
  readonly lock: string;
  /** Makes it ready; throws with the reason where that is not possible. */
  install(): Promise<void>;
  readonly command: Command;
}

/** Longest build or installation, minutes; nautilus takes most of it on two cores. */
const BUILD_MINUTES_MAX = Number(process.env['TICKRING_PEERS_BUILD_MINUTES'] ?? 60);

/** Runs a client quietly; what it wrote is part of the error when it fails. */
async function run(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(file, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: BUILD_MINUTES_MAX * 60_000,
    env: { ...process.env, ...env },
  });
  const kept: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => kept.push(text));
  const code = await new Promise<number | string>((done, fail) => {
    child.once('error', (error) => fail(new Error(`${file} cannot be run: ${error.message}`)));
    child.once('close', (status, signal) => done(status ?? `signal ${signal}`));
  });
  if (code === 0) return;
  if (code === 'signal SIGTERM')
    throw new Error(`not built within ${BUILD_MINUTES_MAX} minutes (TICKRING_PEERS_BUILD_MINUTES)`);
  const tail = kept.join('').trim().split('\n').slice(-6).join(' | ');
  throw new Error(`\`${[file, ...args].join(' ')}\` ended with ${code}: ${tail}`);
}

function crate(name: string): Program {
  const args = ['build', '--release', '--locked', '--quiet', '-p', `tickring-peer-${name}`];
  return {
    lock: 'crates/Cargo.lock',
    install: () => run('cargo', args, join(FOLDER, 'crates'), { CARGO_TARGET_DIR: TARGET }),
    command: { file: join(TARGET, `release/tickring-peer-${name}`), args: [] },
  };
}

/** Our own measuring program, which is there for the benches. */
const bench: Program = {
  lock: '../../Cargo.lock',
  install: async () => void rustProgram(),
  get command() {
    return { file: rustProgram(), args: ['logs'] };
  },
};

const NPM_CI = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];

const npm: Program = {
  lock: 'npm/package-lock.json',
  install: () => run('npm', NPM_CI, join(FOLDER, 'npm')),
  command: { file: process.execPath, args: [join(FOLDER, 'npm/serve.mjs')] },
};

/** simdjson comes as source from npm, which needs neither root nor a system package. */
const cpp: Program = {
  lock: 'cpp/package-lock.json',
  async install() {
    const cwd = join(FOLDER, 'cpp');
    await run('npm', NPM_CI, cwd);
    const source = 'node_modules/@nozbe/simdjson/src';
    const flags = ['-O3', '-std=c++20', '-DNDEBUG', `-I${source}`, 'peers.cpp', `${source}/simdjson.cpp`];
    await run(process.env['CXX'] ?? 'c++', [...flags, '-o', join(WORK, 'cpp-peers')], cwd);
  },
  command: { file: join(WORK, 'cpp-peers'), args: [] },
};

const go: Program = {
  lock: 'go/go.mod',
  install: () => run('go', ['build', '-mod=readonly', '-trimpath', '-o', join(WORK, 'go-peers'), '.'], join(FOLDER, 'go')),
  command: { file: join(WORK, 'go-peers'), args: [] },
};

/** The options that both libraries ask for on a Java of modules. */
const JAVA_OPENS = [
  'java.lang',
  'java.lang.reflect',
  'java.io',
  'java.util',
  'java.nio',
  'sun.nio.ch',
  'jdk.internal.misc',
  'jdk.internal.ref',
];

const JAVA_FOLDER = join(WORK, 'java');

const java: Program = {
  lock: 'java/pom.xml',
  async install() {
    const cwd = join(FOLDER, 'java');
    const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
    await run('mvn', ['-q', '-B', plugin, `-DoutputDirectory=${join(JAVA_FOLDER, 'lib')}`, '-DincludeScope=runtime'], cwd);
    const sources = readdirSync(cwd).filter((name) => name.endsWith('.java'));
    await run('javac', ['-d', join(JAVA_FOLDER, 'classes'), '-cp', `${JAVA_FOLDER}/lib/*`, ...sources], cwd);
  },
  command: {
    file: 'java',
    args: [
      ...['-Xbatch', '-Xms512m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:+AlwaysPreTouch', '-XX:-UsePerfData'],
      ...JAVA_OPENS.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      ...[
        '--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED',
        '--add-exports=jdk.unsupported/sun.misc=ALL-UNNAMED',
      ],
      '--add-opens=jdk.compiler/com.sun.tools.javac=ALL-UNNAMED',
      ...['-Dagrona.disable.bounds.checks=true', '-Daeron.pre.touch.mapped.memory=true', '-Dchronicle.analytics.disable=true'],
      ...['-Djvm.resource.tracing=false', '-Dchronicle.disk.monitor.disable=true'],
      ...['-cp', `${JAVA_FOLDER}/classes:${JAVA_FOLDER}/lib/*`, 'Peers'],
    ],
  },
};

function python(name: string): Program {
  const environment = join(WORK, `venv-${name}`);
  const requirements = join(FOLDER, 'python', name, 'requirements.txt');
  const file = join(environment, 'bin/python');
  return {
    lock: `python/${name}/requirements.txt`,
    async install() {
      await run(await findPython(), ['-m', 'venv', environment], FOLDER);
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', requirements];
      await run(file, pip, FOLDER);
    },
    command: { file, args: [join(FOLDER, 'python', name, 'main.py')] },
  };
}

export const PROGRAMS: Readonly<Record<ProgramName, Program>> = {
  books: crate('books'),
  barter: crate('barter'),
  nautilus: crate('nautilus'),
  ipc: crate('ipc'),
  bench,
  java,
  npm,
  cpp,
  go,
  logs: python('logs'),
  cryptofeed: python('cryptofeed'),
  'nautilus-trader': python('nautilus-trader'),
};

/** Everything is measured on one core, the last one, where the host has `taskset`. */
export function pinned(command: Command, core: number | undefined): Command {
  return core === undefined ? command : { file: 'taskset', args: ['-c', String(core), command.file, ...command.args] };
}

export function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, name)));
}

mkdirSync(WORK, { recursive: true });
