/** The file sink's part of the configuration. */
import { join } from 'node:path';
import type { FileSinkConfig, JobsConfig, JournalConfig } from '../../model/config.js';
import { TickringError } from '../../model/errors.js';
import type { Settings } from './schema.js';
import type { Layers } from './source.js';

/** Null where it is not enabled. */
export function fileSinkOf(
  { file_sink: sink, shards }: Settings,
  layers: Layers,
  journal: JournalConfig | null,
  stateDir: string,
): FileSinkConfig | null {
  if (!sink.enabled) return null;
  if (journal === null) {
    const place = layers.originOf(['file_sink', 'enabled']);
    throw new TickringError('CONFIG_INVALID', `${place}: file_sink.enabled needs the journal, and journal.enabled is false`);
  }
  const { rotate_bytes: rotateBytes, from } = sink;
  return { dir: sink.dir ?? join(stateDir, 'events'), rotateBytes, from, journalDir: journal.dir, shards };
}

/** The same as keys of the file. */
export function fileSinkSettings({ file }: JobsConfig): object {
  if (file === null) return {};
  return { file_sink: { enabled: true, dir: file.dir, rotate_bytes: file.rotateBytes, from: file.from } };
}
