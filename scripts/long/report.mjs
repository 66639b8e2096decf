/** What a long check did, as JSON and as Markdown. Written after every step: a run that is cut short leaves its counts. */
import { mkdirSync, writeFileSync } from 'node:fs';
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

/** Writes both files; returns the path of the Markdown. */
export function write(run, folder) {
  mkdirSync(folder, { recursive: true });
  const stem = join(folder, `long-${run.begun.replace(/[:.]/g, '-')}`);
  writeFileSync(
    `${stem}.json`,
    `${JSON.stringify({ ...run, targets: byTarget(run.turns), findings: findings(run) }, undefined, 2)}\n`,
  );
  writeFileSync(`${stem}.md`, markdown(run));
  return `${stem}.md`;
}
