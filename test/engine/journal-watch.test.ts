import { expect, test } from 'vitest';
import { JournalWatch } from '../../src/engine/journal-watch.js';
import { JOURNAL_COUNTERS, type Shard } from '../../src/native/index.js';
import { memoryLogger } from './memory-logger.js';

/** States as the counter has them. */
const NORMAL = 1n;
const DEGRADED = 2n;

function status(state: bigint, failures: bigint): Pick<Shard, 'journalStatus'> {
  const counters = JOURNAL_COUNTERS.map(({ name }) =>
    name === 'journal_state' ? state : name === 'journal_failures' ? failures : 0n,
  );
  return { journalStatus: () => ({ counters, failure: 'No space left on device', recovered: [] }) };
}

test('a disk that stays full is told once, not with every attempt', () => {
  const logger = memoryLogger();
  const watch = new JournalWatch(logger);
  let failures = 0n;
  const look = (state: bigint, times: number): void => {
    for (let tick = 0; tick < times * 5; tick += 1) watch.look(status(state, failures) as Shard);
  };
  failures = 1n;
  look(NORMAL, 3);
  for (; failures < 1_000n; failures += 2n) look(DEGRADED, 1);
  look(NORMAL, 3);
  expect(logger.lines.map(({ level, message }) => [level, message.split(':')[0]])).toEqual([
    ['warn', 'the disk refused the journal once'],
    ['error', 'journal degraded'],
    ['warn', 'journal keeps up again'],
  ]);
});
