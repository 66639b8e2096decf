import { join } from 'node:path';
import type { EngineConfig } from '../model/config.js';
import { JOURNAL_COUNTERS, type JournalOptions, type Shard } from '../native/index.js';
import type { Logger } from './log.js';

const NORMAL = 1;
const DEGRADED = 2;
/** Ticks between two looks. */
const LOOK_EVERY = 5;

/** Where a shard keeps its inputs. */
export function journalOf({ journal }: EngineConfig, shard: number): { journal?: JournalOptions } {
  if (journal === undefined || journal === null) return {};
  const { dir, sinks = [], ...settings } = journal;
  return { journal: { folder: join(dir, `shard-${shard}`), ...settings, sinks: [...sinks] } };
}

/** Tells in the log when a shard's journal stops keeping up, and when it does again. */
export class JournalWatch {
  readonly #logger: Logger;
  #state = NORMAL;
  #failures = 0;
  #shedBefore = 0;
  #ticks = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A new shard has opened its journal. */
  opened(shard: Shard): void {
    this.#state = NORMAL;
    this.#failures = 0;
    this.#shedBefore = 0;
    for (const line of shard.journalStatus()?.recovered ?? [])
      this.#logger.warn({ found: line }, 'the journal was not ended in order');
  }

  /** Call it on every tick. */
  look(shard: Shard): void {
    this.#ticks += 1;
    if (this.#ticks % LOOK_EVERY !== 0) return;
    const status = shard.journalStatus();
    if (status === null) return;
    const { journal_state: state, journal_failures: failures, journal_shed: shed } = named(status.counters);
    const fields = { failures, shed, ...(status.failure === undefined ? {} : { failure: status.failure }) };
    if (state === DEGRADED && this.#state !== DEGRADED) {
      this.#logger.error(fields, 'journal degraded: the disk is full, failing or slow; inputs wait in memory, then are shed');
    } else if (state === NORMAL && this.#state === DEGRADED) {
      this.#logger.warn({ ...fields, shedMeanwhile: shed - this.#shedBefore }, 'journal keeps up again');
      this.#shedBefore = shed;
    } else if (failures !== this.#failures && state === NORMAL) {
      // Degraded, it is tried several times a second and was told once.
      this.#logger.warn(fields, 'the disk refused the journal once');
    }
    this.#state = state;
    this.#failures = failures;
  }

  /** Figures for the status of the engine; none where no journal is kept. */
  counters(shard: Shard | undefined): Record<string, number> {
    const status = shard?.journalStatus();
    return status === undefined || status === null ? {} : named(status.counters);
  }
}

type Name = (typeof JOURNAL_COUNTERS)[number]['name'];

function named(values: readonly bigint[]): Record<Name, number> {
  return Object.fromEntries(JOURNAL_COUNTERS.map(({ name }, index) => [name, Number(values[index] ?? 0n)])) as Record<
    Name,
    number
  >;
}
