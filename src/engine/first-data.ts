import type { ChannelName } from '../model/config.js';
import type { InstrumentDefinition } from '../native/index.js';
import type { Logger } from './log.js';

/** An acknowledged stream that is silent for so long is reported. */
const FIRST_DATA_DEADLINE_MS = 10_000;
/** Channels that are never silent for so long. */
const ALWAYS_BUSY: ReadonlySet<ChannelName> = new Set(['book', 'quote', 'mark_price']);
/** Symbols named in one log line. */
const SYMBOLS_NAMED_MAX = 20;

export interface FirstDataOptions {
  readonly channels: readonly ChannelName[];
  readonly connection: number;
  readonly logger: Logger;
  /** Messages of this channel that arrived so far. */
  arrived(instrument: number, channel: ChannelName): number;
  /** Streams that are never silent for so long gave nothing. */
  silent?(instruments: readonly number[]): void;
  readonly now?: () => number;
}

interface Expected {
  readonly symbol: string;
  readonly instrument: number;
  readonly channel: ChannelName;
  readonly before: number;
  readonly deadline: number;
}

/**
 * Reports streams that were acknowledged and then stay silent: the venue acknowledges streams that do not exist as well
 * (venue documents, §2 spot, §1 USDT-M). Silence alone proves nothing, so that it is reported, the venue's
 * listing is asked, and nothing else changes.
 */
export class FirstData {
  readonly #options: FirstDataOptions;
  readonly #now: () => number;
  #expected: Expected[] = [];

  constructor(options: FirstDataOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** These instruments are about to be asked for. */
  expect(instruments: readonly InstrumentDefinition[]): void {
    const deadline = this.#now() + FIRST_DATA_DEADLINE_MS;
    for (const { id: instrument, symbol } of instruments) {
      for (const channel of this.#options.channels) {
        this.#expected.push({
          symbol,
          instrument,
          channel,
          before: this.#options.arrived(instrument, channel),
          deadline,
        });
      }
    }
  }

  /** The connection is gone, and what was expected of it. */
  forget(): void {
    this.#expected = [];
  }

  /** Called about once a second. */
  check(): void {
    const now = this.#now();
    const due = this.#expected.filter(({ deadline }) => deadline <= now);
    if (due.length === 0) return;
    this.#expected = this.#expected.filter(({ deadline }) => deadline > now);
    const { channels, connection, arrived, logger } = this.#options;
    for (const channel of channels) {
      const silent = due.filter((one) => one.channel === channel && arrived(one.instrument, channel) <= one.before);
      if (silent.length === 0) continue;
      const symbols = silent.slice(0, SYMBOLS_NAMED_MAX).map(({ symbol }) => symbol);
      const fields = { connection, channel, count: silent.length, symbols };
      if (ALWAYS_BUSY.has(channel)) this.#options.silent?.(silent.map(({ instrument }) => instrument));
      // Quiet minutes without a trade or a liquidation are ordinary; a book without a change is not.
      logger[ALWAYS_BUSY.has(channel) ? 'warn' : 'info'](fields, 'streams gave no data yet');
    }
  }
}
