/** One set-up at a time in one working copy: `npm start` and `npm test` may well be typed in two terminals. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './console.mjs';
import { ROOT } from './run.mjs';

const FOLDER = `${ROOT}.tickring`;
const LOOK_EVERY_MS = 200;

/** When a process started, in clock ticks since boot: with the id it names a process for good. */
function startOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}

function holder(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A link either appears with its content or not at all. */
function tryTake(path, own) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, own);
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function isGone(text) {
  const [pid, start] = text.split(' ');
  return startOf(pid) !== start;
}

/** Moves a dead holder's lock away; two who see it at once move different files, and one of them puts back what it got. */
function clear(path, seen) {
  const aside = `${path}.dead.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== seen) linkSync(aside, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  rmSync(aside, { force: true });
}

/** Runs `work` while no other set-up runs here. */
export async function exclusively(work, folder = FOLDER) {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/set-up.lock`;
  const own = `${process.pid} ${startOf(process.pid)}`;
  let told = false;
  while (!tryTake(path, own)) {
    const other = holder(path);
    if (other === undefined) continue;
    if (isGone(other)) {
      clear(path, other);
      continue;
    }
    if (!told) say(`set-up: waiting for another set-up, process ${other.split(' ')[0]}`);
    told = true;
    await sleep(LOOK_EVERY_MS);
  }
  const release = () => {
    if (holder(path) === own) rmSync(path, { force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    release();
    process.off('exit', release);
  }
}
