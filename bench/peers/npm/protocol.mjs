/** The driver's protocol in JavaScript: see ../README.md, and crates/harness/src/protocol.rs for its words. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Frames as buffers, the snapshot as text and as an object. */
export function loadCorpus(directory, symbol) {
  const bytes = readFileSync(join(directory, `${symbol}.frames`));
  const frames = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    frames.push(bytes.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  const snapshotText = readFileSync(join(directory, `${symbol}.snapshot.json`), 'utf8');
  return { symbol, frames, snapshotText, snapshot: JSON.parse(snapshotText) };
}

/** The venue's rule: the first delta spans the snapshot, each further one names its predecessor. */
export class Sequence {
  #last;
  #joined = false;

  constructor(lastUpdateId) {
    this.#last = lastUpdateId;
  }

  check(data) {
    const follows = this.#joined ? data.pu === this.#last : data.U <= this.#last && this.#last <= data.u;
    if (!follows) throw new Error(`a hole before update id ${data.U}`);
    this.#last = data.u;
    this.#joined = true;
  }
}

function cpuNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

/** ns a frame of one pass. The first frame, at which book and snapshot join, is not timed. */
function pass(contender, { frames }) {
  contender.begin();
  contender.frame(frames[0]);
  const start = cpuNs();
  for (let index = 1; index < frames.length; index++) contender.frame(frames[index]);
  return (cpuNs() - start) / (frames.length - 1);
}

function block(contender, corpus, ns) {
  const passes = [];
  for (let spent = 0; passes.length === 0 || spent < ns; ) {
    const each = pass(contender, corpus);
    spent += each * corpus.frames.length;
    passes.push(each);
  }
  passes.sort((a, b) => a - b);
  return { ns_per_frame: passes[passes.length >> 1], passes: passes.length };
}

/** Answers until stdin ends. `makers`: name → () => contender, made when it is first wanted. */
export async function serve(makers, corpus, versions = {}) {
  const made = new Map();
  const contender = async (name) => {
    if (!Object.hasOwn(makers, name)) throw new Error(`no contender is named ${name}`);
    if (!made.has(name)) made.set(name, await makers[name]());
    return made.get(name);
  };
  const answer = async ([word, name, ns]) => {
    const found = await contender(name);
    if (word === 'block') return block(found, corpus, Number(ns));
    if (word !== 'top') throw new Error(`${word} is no command`);
    pass(found, corpus);
    return { top: found.top?.() ?? null };
  };
  const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  say({ names: Object.keys(makers), versions });
  for await (const line of createInterface(process.stdin)) {
    say(await answer(line.split(' ')).catch((error) => ({ error: String(error.stack ?? error).slice(0, 600) })));
  }
}
