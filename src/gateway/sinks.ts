/** How the sinks are doing, as their process writes it beside the ring. */
import { readFileSync } from 'node:fs';
import { type JobsStatus, type JournalLag, jobsStatusPath, SINK_BOUNDS_SECONDS, type SinkStatus } from '../model/sink.js';
import type { Exposition, Labels } from './prometheus.js';

/** What was written longer ago than this says nothing about now, ns. */
const AGE_NS_MAX = 2_000_000_000n;
const FILE_BYTES_MAX = 1 << 16;

const COUNTERS = [
  ['published', 'Messages and keys that the destination has confirmed.'],
  ['dropped', 'Messages that the destination did not get.'],
  ['unconfirmed', 'Messages that were on the way when the connection was lost.'],
  ['lostRecords', 'Ring records overwritten before the sink had read them.'],
  ['gapsTold', 'Accounts of losses that were told.'],
  ['reconnects', 'Connections after the first one.'],
] as const satisfies readonly (readonly [keyof SinkStatus, string])[];
const GAUGES = [
  ['outboxMessages', 'Messages and keys that wait.'],
  ['outboxBytes', 'Their bytes.'],
  ['lagSlots', 'Slots of the ring that the sink has not read yet.'],
] as const satisfies readonly (readonly [keyof SinkStatus, string])[];

const LAGS = [
  ['lagInputs', 'Inputs of the engine that the sink does not have yet.'],
  ['lagSeconds', 'How old the last input is that the sink has, while it does not have all.'],
] as const satisfies readonly (readonly [keyof JournalLag, string])[];

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export class SinkMonitor {
  readonly #path: string;
  readonly #names: readonly string[];
  #statuses: readonly SinkStatus[] = [];

  /** `names` are the sinks that are configured. */
  constructor(shmRoot: string, engine: string, names: readonly string[]) {
    this.#path = jobsStatusPath(shmRoot, engine);
    this.#names = names;
  }

  /** Reads what was written last. */
  look(): void {
    if (this.#names.length > 0) this.#statuses = read(this.#path);
  }

  /** Whether a sink's destination answers; null where the sink is not configured. */
  connected(name: string): boolean | null {
    if (!this.#names.includes(name)) return null;
    return this.#statuses.find(({ sink }) => sink === name)?.connected ?? false;
  }

  /** Every sink that is configured, in short. */
  summary(): { sink: string; connected: boolean; lag_inputs: number | null; lag_seconds: number | null }[] {
    return this.#names.map((sink) => {
      const journal = this.#statuses.find((status) => status.sink === sink)?.journal;
      const inputs = journal?.map(({ lagInputs }) => lagInputs) ?? [];
      return {
        sink,
        connected: this.connected(sink) === true,
        lag_inputs:
          inputs.length === 0 || inputs.includes(null) ? null : inputs.reduce<number>((sum, lag) => sum + (lag ?? 0), 0),
        lag_seconds: journal === undefined ? null : Math.max(0, ...journal.map(({ lagSeconds }) => lagSeconds)),
      };
    });
  }

  expose(out: Exposition): void {
    const all = this.#statuses;
    const connected = this.#names.map((sink): [Labels, number] => [{ sink }, this.connected(sink) === true ? 1 : 0]);
    out.add('tickring_sink_connected', 'gauge', '1 while the destination answers.', connected);
    const samples = (key: (typeof COUNTERS | typeof GAUGES)[number][0]): [Labels, number][] =>
      all.map((status) => [{ sink: status.sink }, status[key]]);
    for (const [key, help] of COUNTERS) out.add(`tickring_sink_${snake(key)}_total`, 'counter', help, samples(key));
    for (const [key, help] of GAUGES) out.add(`tickring_sink_${snake(key)}`, 'gauge', help, samples(key));
    for (const [key, help] of LAGS) {
      const lags = all.flatMap(({ sink, journal = [] }) =>
        journal.flatMap((lag): [Labels, number][] => {
          const value = lag[key];
          return value === null ? [] : [[{ sink, shard: lag.shard }, value]];
        }),
      );
      out.add(`tickring_sink_${snake(key)}`, 'gauge', help, lags);
    }
    const missing = all.flatMap(({ sink, journal = [] }) =>
      journal.map((lag): [Labels, number] => [{ sink, shard: lag.shard }, lag.missing]),
    );
    out.add('tickring_sink_missing_inputs_total', 'counter', 'Inputs of which the journal had no events to give.', missing);
    for (const { sink, latency } of all) {
      const { counts, count, sumSeconds: sum } = latency;
      const help = "From a record's being read to the destination's confirmation.";
      out.histogram(`tickring_${sink}_publish_latency_seconds`, help, { bounds: SINK_BOUNDS_SECONDS, counts, count, sum });
    }
  }
}

/** Statuses; none where the process does not live, or has not said anything yet. */
function read(path: string): readonly SinkStatus[] {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > FILE_BYTES_MAX) return [];
    const { writtenNs, sinks } = JSON.parse(text) as JobsStatus;
    return process.hrtime.bigint() - BigInt(writtenNs) <= AGE_NS_MAX ? sinks : [];
  } catch {
    return [];
  }
}
