/** One target for a while under libFuzzer: what it did, and what it found. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../setup/run.mjs';
import { FOLDER, program } from './build.mjs';
import { TEXT_TARGETS } from './corpus.mjs';

/** One allocation beyond it, or memory in all beyond the other, is a finding: inputs are at most 8 KiB. */
const MALLOC_MB_MAX = 256;
const RSS_MB_MAX = 2_048;
/** A single input may not take longer, sanitizer included. */
const SECONDS_PER_INPUT_MAX = 20;

const OPTIONS = [
  '-len_control=0',
  '-max_len=8192',
  '-print_final_stats=1',
  '-use_value_profile=0',
  '-reload=0',
  `-timeout=${SECONDS_PER_INPUT_MAX}`,
  `-malloc_limit_mb=${MALLOC_MB_MAX}`,
  `-rss_limit_mb=${RSS_MB_MAX}`,
];

function numberAfter(text, pattern) {
  const found = [...text.matchAll(pattern)].at(-1);
  return found === undefined ? 0 : Number(found[1]);
}

/** The line that says what broke. */
function firstComplaint(log) {
  const lines = log.split('\n');
  const at = lines.findIndex((line) => /panicked at|ERROR: (AddressSanitizer|libFuzzer)/.test(line));
  return at === -1
    ? (lines.at(-2) ?? '')
    : lines
        .slice(at, at + 3)
        .join(' ')
        .slice(0, 600);
}

/**
 * Runs a target for `seconds`. Its corpus is kept between runs. A finding leaves its input as a file, which the result names.
 */
export async function runTarget(name, seconds, seed, seeds) {
  const corpus = join(FOLDER, 'corpus', name);
  const artifacts = join(FOLDER, 'artifacts', name);
  mkdirSync(corpus, { recursive: true });
  mkdirSync(artifacts, { recursive: true });
  const before = new Set(readdirSync(artifacts));
  const dictionary = TEXT_TARGETS.has(name) ? ['-dict=native/fuzz/json.dict'] : [];
  const args = [...OPTIONS, ...dictionary, `-seed=${seed}`, `-max_total_time=${seconds}`, `-artifact_prefix=${artifacts}/`];
  const started = performance.now();
  const child = spawn(program(name), [...args, corpus, seeds(name)], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      // A corpus that grows writes a line an input; the end tells all.
      log = (log + text).slice(-200_000);
    });
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const result = {
    target: name,
    seed,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    executions: numberAfter(log, /stat::number_of_executed_units:\s+(\d+)/g),
    coverage: numberAfter(log, /cov: (\d+)/g),
    rssMb: numberAfter(log, /stat::peak_rss_mb:\s+(\d+)/g),
    finding: null,
  };
  if (status !== 0) {
    const input = readdirSync(artifacts).find((file) => !before.has(file));
    const path = input === undefined ? null : join(artifacts, input);
    writeFileSync(join(artifacts, 'last.log'), log);
    result.finding = { status, complaint: firstComplaint(log), input: path, reproduce: path && `${program(name)} ${path}` };
  }
  return result;
}
