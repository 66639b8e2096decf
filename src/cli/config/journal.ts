/** The keys below `journal`, and what the engine gets. */
import { join } from 'node:path';
import type { JournalConfig } from '../../model/config.js';
import type { Settings } from './schema.js';

const HOUR_MS = 3_600_000;

/** Null where no journal is kept. */
export function journalOf({ journal }: Settings, stateDir: string): JournalConfig | null {
  if (!journal.enabled) return null;
  return {
    dir: journal.dir ?? join(stateDir, 'journal'),
    durability: journal.durability,
    segmentBytes: journal.segment_bytes,
    bufferBytes: journal.buffer_bytes,
    retainBytes: journal.retain_bytes,
    retainMs: journal.retain_hours * HOUR_MS,
    diskFloorBytes: journal.disk_floor_bytes,
    compress: journal.compress,
    recovery: journal.recovery,
  };
}

/** The same as it stands in a file. */
export function journalSettings(journal: JournalConfig | null | undefined): object {
  if (journal === null || journal === undefined) return { enabled: false };
  return {
    enabled: true,
    dir: journal.dir,
    durability: journal.durability,
    segment_bytes: journal.segmentBytes,
    buffer_bytes: journal.bufferBytes,
    retain_bytes: journal.retainBytes,
    retain_hours: journal.retainMs / HOUR_MS,
    disk_floor_bytes: journal.diskFloorBytes,
    compress: journal.compress,
    recovery: journal.recovery,
  };
}
