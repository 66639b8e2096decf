/**
 * Every fault meets every venue of the registry: over real sockets, on a whole engine, compared with what the simulated venue knows. Venues run beside each
 * other, the cells of one in turn. `TICKRING_CONFORMANCE` (JSON: `venue`, `fault`, `write`) chooses; `npm run conformance` sets it, without it the quick cells
 * run, and what the table says of the others is believed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressCells } from './address-cells.js';
import { PROMISED } from './cell.js';
import { connectionCells } from './connection-cells.js';
import { frameCells } from './frame-cells.js';
import { messageCells } from './message-cells.js';
import { requestCells } from './request-cells.js';
import { Stage } from './stage.js';
import { type Subject, subjects } from './subject.js';
import { gradesIn, table } from './table.js';

const FILE = new URL('../../../src/venues/CONFORMANCE.md', import.meta.url);
const CELL_MS = 120_000;
/** Watchdog of all venues. */
const ALL_MS = 3_600_000;
/** Lines of the log that a failed cell shows. */
const LINES_SHOWN = 12;

interface Choice {
  readonly venue?: string;
  readonly fault?: string;
  readonly write?: boolean;
}
const asked = process.env['TICKRING_CONFORMANCE'];
const choice = JSON.parse(asked ?? '{}') as Choice;

const all = [...addressCells, ...messageCells, ...frameCells, ...connectionCells, ...requestCells].sort((left, right) =>
  left.id.localeCompare(right.id, 'en', { numeric: true }),
);
const chosen = subjects.filter(({ name }) => choice.venue === undefined || choice.venue === name);
const cells = all.filter(({ id, isQuick }) =>
  choice.fault === undefined ? asked !== undefined || isQuick === true : [id, id.replace(/[a-z]$/, '')].includes(choice.fault),
);
const grades = gradesIn(readFileSync(FILE, 'utf8'), subjects, all);

/** Venues that run beside each other: more would only make deadlines fight. */
const LANES = 5;
const waiting: (() => void)[] = [];
let lanes = LANES;

async function enter(): Promise<void> {
  if (lanes === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else lanes -= 1;
}

function leave(): void {
  const next = waiting.shift();
  if (next === undefined) lanes += 1;
  else next();
}

/** One engine that the cells of a venue share; another one after a cell that left it in a bad state. */
class Shared {
  readonly #subject: Subject;
  #stage: Stage | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  async run(act: (stage: Stage) => Promise<void>): Promise<void> {
    this.#stage ??= await Stage.start(this.#subject);
    try {
      await this.#stage.begin();
      await act(this.#stage);
    } catch (error) {
      const last = this.#stage.lines().slice(-LINES_SHOWN);
      const told = last.map(({ message, fields }) => `  ${message} ${JSON.stringify(fields)}`);
      (error as Error).message += `\nthe engine's last lines:\n${told.join('\n')}`;
      // What the cell left behind must not fail the next one.
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#stage?.stop();
    this.#stage = undefined;
  }
}

it('there is a venue and a fault of that name', () => {
  expect({ venues: chosen.length, faults: cells.length }).not.toMatchObject({ venues: 0 });
  expect(cells.length).toBeGreaterThan(0);
});

/** A venue that no fault of the choice can meet has nothing to run. */
const met = chosen.filter((subject) => cells.some(({ standing }) => standing?.(subject).is !== 'void'));

describe.concurrent.each(met)('$name', (subject) => {
  const shared = new Shared(subject);
  beforeAll(enter, ALL_MS);
  afterAll(async () => {
    await shared.stop();
    leave();
  });

  for (const cell of cells) {
    const standing = cell.standing?.(subject) ?? PROMISED;
    const key = `${subject.name} ${cell.id}`;
    if (standing.is === 'void') continue;
    it.sequential(`${cell.id} ${cell.fault}`, { timeout: CELL_MS }, async () => {
      try {
        await cell.alone?.(subject);
        if (cell.run !== undefined) await shared.run((stage) => cell.run?.(stage) ?? Promise.resolve());
        grades.set(key, { standing, failed: false });
      } catch (error) {
        grades.set(key, { standing, failed: true });
        throw error;
      }
    });
  }
});

describe('the table', () => {
  const isPart = choice.write !== true && (choice.fault !== undefined || choice.venue !== undefined);
  it.skipIf(isPart)('is what the suite found', () => {
    const found = table(subjects, all, grades);
    if (choice.write === true) writeFileSync(FILE, found);
    expect(readFileSync(FILE, 'utf8')).toBe(found);
  });
});
