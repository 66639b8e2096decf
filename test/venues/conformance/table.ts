/** The published table: a grade for each venue, and for each fault what it is to each venue. */
import { type Cell, PROMISED, type Standing } from './cell.js';
import type { Subject } from './subject.js';

export interface Grade {
  readonly standing: Standing;
  readonly failed: boolean;
}

const FAILED = '✗';
const SIGNS = { promised: '✓', deviation: '≈', void: '–' } as const;

const HEAD = `<!-- Written by \`npm run conformance -- --write\`. Do not edit. -->
# Conformance

Each fault of the catalogue that concerns a feed meets each venue of the registry, in each of its formats: a whole engine, real sockets, the simulated venue with its faults, and
between them a wire that does what networks do. What holds is compared from outside, with what the simulated venue knows it sent: records of the ring,
status, counters, quarantine, log (\`test/venues/conformance\`). What real venues send besides is in each folder's README.

\`npm run conformance -- --venue NAME --fault F06\` runs one cell, without the two all of them.

✓ the promise holds · ≈ another one holds, for the reason below · – the fault does not exist there · ✗ it fails
`;

/** What the published table says of each cell: failed or not, as the standing is the suite's. */
export function gradesIn(text: string, subjects: readonly Subject[], cells: readonly Cell[]): Map<string, Grade> {
  const lines = text.split('\n').map((line) => line.split('|').map((part) => part.trim()));
  const names = lines.find(([, id, fault]) => id === '' && fault === 'fault')?.slice(4) ?? [];
  const grades = new Map<string, Grade>();
  for (const cell of cells) {
    const signs = lines.find(([, id, fault]) => id === cell.id && fault === cell.fault)?.slice(4) ?? [];
    for (const subject of subjects) {
      const sign = signs[names.indexOf(subject.name)];
      const failed = sign === undefined || sign === '' || sign === FAILED;
      const standing = cell.standing?.(subject) ?? PROMISED;
      grades.set(`${subject.name} ${cell.id}`, { standing, failed: failed && standing.is !== 'void' });
    }
  }
  return grades;
}

/** `src/venues/CONFORMANCE.md`. */
export function table(subjects: readonly Subject[], cells: readonly Cell[], grades: ReadonlyMap<string, Grade>): string {
  const of = (subject: Subject, cell: Cell): Grade =>
    grades.get(`${subject.name} ${cell.id}`) ?? { standing: PROMISED, failed: true };
  const sign = (grade: Grade): string => (grade.failed ? FAILED : SIGNS[grade.standing.is]);
  const scores = subjects.map((subject) => {
    const met = cells.map((cell) => of(subject, cell)).filter(({ standing }) => standing.is !== 'void');
    const held = met.filter(({ standing, failed }) => standing.is === 'promised' && !failed).length;
    const known = met.filter(({ standing, failed }) => standing.is === 'deviation' && !failed).length;
    return `| ${subject.name} | ${held} of ${met.length} | ${known} | ${met.length - held - known} |`;
  });
  const rows = cells.map((cell) => {
    const signs = subjects.map((subject) => sign(of(subject, cell)));
    return `| ${cell.id} | ${cell.fault} | ${cell.promise} | ${signs.join(' | ')} |`;
  });
  const names = subjects.map(({ name }) => name);
  return [
    HEAD,
    '## Grades',
    '',
    '| venue | promises kept | known deviations | failed |',
    '| --- | --- | --- | --- |',
    ...scores,
    '',
    '## Faults',
    '',
    `| | fault | promise | ${names.join(' | ')} |`,
    `| --- | --- | --- | ${names.map(() => '---').join(' | ')} |`,
    ...rows,
    '',
    '## Reasons',
    '',
    '| | | venues | reason |',
    '| --- | --- | --- | --- |',
    ...reasons(subjects, cells, of),
    '',
  ].join('\n');
}

/** A line for each reason of a fault. */
function reasons(subjects: readonly Subject[], cells: readonly Cell[], of: (subject: Subject, cell: Cell) => Grade): string[] {
  return cells.flatMap((cell) => {
    const venues = new Map<string, string[]>();
    for (const subject of subjects) {
      const { standing } = of(subject, cell);
      if (standing.is === 'promised') continue;
      const line = `${SIGNS[standing.is]} | ${standing.reason}`;
      venues.set(line, [...(venues.get(line) ?? []), subject.name]);
    }
    return [...venues].map(([line, names]) => {
      const [sign = '', reason = ''] = line.split(' | ');
      return `| ${cell.id} | ${sign} | ${names.length === subjects.length ? 'all' : names.join(', ')} | ${reason} |`;
    });
  });
}
