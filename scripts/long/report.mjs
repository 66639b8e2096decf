/** What a long check did, as JSON and as Markdown. Written after every step: a run that is cut short leaves its counts. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function number(value) {
  return value.toLocaleString('en-US');
}

function minutes(seconds) {
  return (seconds / 60).toFixed(1);
}

/** Executions, time, seeds and findings of each target over all its turns. */
export function byTarget(turns) {
  const rows = new Map();
  for (const { target, executions, seconds, seed, coverage, rssMb, finding } of turns) {
    const row = rows.get(target) ?? {
      target,
      turns: 0,
      executions: 0,
      seconds: 0,
      seeds: [],
      coverage: 0,
      rssMb: 0,
      findings: [],
    };
    row.turns += 1;
    row.executions += executions;
    row.seconds += seconds;
    row.seeds.push(seed);
    row.coverage = Math.max(row.coverage, coverage);
    row.rssMb = Math.max(row.rssMb, rssMb);
    if (finding !== null) row.findings.push(finding);
    rows.set(target, row);
  }
  return [...rows.values()];
}

/** Every finding, of steps and targets. */
export function findings({ steps, turns }) {
  const ofSteps = steps.filter(({ finding }) => finding !== null).map(({ name, finding }) => `${name}: ${finding}`);
  const ofTurns = turns
    .filter(({ finding }) => finding !== null)
    .map(({ target, finding }) => `${target}: ${finding.complaint} (${finding.reproduce ?? 'no input was left'})`);
  return [...ofSteps, ...ofTurns];
}

function markdown(run) {
  const found = findings(run);
  const steps = run.steps.map(
    ({ name, seconds, did, finding }) => `| ${name} | ${did} | ${minutes(seconds)} | ${finding ?? 'none'} |`,
  );
  const rows = byTarget(run.turns).map(
    (row) =>
      `| \`${row.target}\` | ${number(row.executions)} | ${minutes(row.seconds)} | ${row.seeds[0]} … ${row.seeds.at(-1)} | ` +
      `${row.coverage} | ${row.rssMb} | ${row.findings.length} |`,
  );
  const executions = run.turns.reduce((sum, turn) => sum + turn.executions, 0);
  return [
    '# Long check',
    '',
    `Commit ${run.commit}, ${run.rustc}, ${run.cpu}, code paths ${run.codePaths}, seed ${run.seed}, begun ${run.begun}, ` +
      `${minutes(run.seconds)} minutes of ${run.minutes} asked for. **${found.length} findings.**`,
    '',
    '| step | did | minutes | finding |',
    '|---|---|---|---|',
    ...steps,
    '',
    `Fuzz targets, ${number(executions)} executions:`,
    '',
    '| target | executions | minutes | seeds | edges | most MB | findings |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    ...found.map((line) => `- ${line}`),
    '',
  ].join('\n');
}

/** What all runs did whose reports lie in a folder: a long check may be done in pieces. */
function sums(folder) {
  const files = readdirSync(folder).filter((name) => /^long-.*\.json$/.test(name));
  const runs = files.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const rows = new Map();
  const add = (what, count) => rows.set(what, (rows.get(what) ?? 0) + count);
  for (const { steps, turns } of runs) {
    for (const { name, counts } of steps) {
      for (const [what, count] of Object.entries(counts ?? {})) add(`${name}: ${what}`, count);
    }
    for (const { target, executions } of turns) add(`fuzz executions: \`${target}\``, executions);
  }
  const found = runs.flatMap((run) => run.findings);
  const commits = [...new Set(runs.map(({ commit }) => commit))].join(', ');
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  return [
    '# All runs in this folder',
    '',
    `${runs.length} runs, commits ${commits}, ${minutes(seconds)} minutes. **${found.length} findings.**`,
    '',
    '| what | sum |',
    '|---|---|',
    ...[...rows].map(([what, count]) => `| ${what} | ${number(count)} |`),
    '',
    ...found.map((line) => `- ${line}`),
    '',
  ].join('\n');
}

/** Writes both files and the sum of all runs; returns the path of the Markdown. */
export function write(run, folder) {
  mkdirSync(folder, { recursive: true });
  const stem = join(folder, `long-${run.begun.replace(/[:.]/g, '-')}`);
  writeFileSync(
    `${stem}.json`,
    `${JSON.stringify({ ...run, targets: byTarget(run.turns), findings: findings(run) }, undefined, 2)}\n`,
  );
  writeFileSync(`${stem}.md`, markdown(run));
  writeFileSync(join(folder, 'sum.md'), sums(folder));
  return `${stem}.md`;
}
