import type { EngineStatus, ViewStatus } from '../model/status.js';

/** A status line every so often where the output is no terminal. */
const PLAIN_EVERY_MS = 5_000;

/** What one look at the engine adds up to. */
export interface Figures {
  readonly framesPerSecond: number;
  readonly eventsPerSecond: number;
  readonly booksInSync: number;
  readonly books: number;
}

/** Rates between two looks at the engine's counters. */
export class Rates {
  #before: { at: number; frames: number; events: number } | undefined;

  look(status: EngineStatus): Figures {
    const now = { at: performance.now(), frames: status.counters['frames'] ?? 0, events: status.counters['events'] ?? 0 };
    const before = this.#before;
    this.#before = now;
    const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
    // A restarted engine counts from zero: its first look has no rate.
    const rate = (later: number, earlier: number): number =>
      seconds > 0 && later >= earlier ? (later - earlier) / seconds : 0;
    return {
      framesPerSecond: rate(now.frames, before?.frames ?? now.frames),
      eventsPerSecond: rate(now.events, before?.events ?? now.events),
      booksInSync: status.instruments.filter(({ inSync }) => inSync).length,
      books: status.instruments.length,
    };
  }
}

function us(ns: number): string {
  return ns < 1_000 ? `${ns} ns` : `${(ns / 1_000).toFixed(1)} us`;
}

/** Whom a failover view follows. */
function sourceText({ symbol, mode, inSync, source }: ViewStatus): string[] {
  return mode === 'failover' ? [`${symbol} from ${inSync ? source : 'nobody'}`] : [];
}

/** The live line's text. */
export function statusText(status: EngineStatus, figures: Figures): string {
  const { counters, latencyNs } = status;
  return [
    `${Math.round(figures.framesPerSecond).toLocaleString('en-US')} frames/s`,
    `${Math.round(figures.eventsPerSecond).toLocaleString('en-US')} events/s`,
    `books in sync ${figures.booksInSync}/${figures.books}`,
    `receive → ring p50 ${us(latencyNs.p50)} p99 ${us(latencyNs.p99)}`,
    `gaps ${counters['gaps'] ?? 0}`,
    `quarantined ${counters['quarantined'] ?? 0}`,
    ...status.views.flatMap(sourceText),
  ].join('  ·  ');
}

/** One line that is rewritten in place on a terminal, and printed now and then elsewhere; other output goes above it. */
export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  #line = '';
  #state = '';
  #printedAt = Number.NEGATIVE_INFINITY;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // A closed pipe must not end the engine.
    stream.on('error', () => {});
  }

  /** Text above the line, ending in a line break. */
  above(text: string): void {
    if (!this.#stream.isTTY) {
      this.#stream.write(text);
      return;
    }
    this.#stream.write(`\r\u001b[K${text}${text.endsWith('\n') ? '' : '\n'}${this.#line}`);
  }

  /** Shows a new text. Where the output is no terminal, a new state is printed at once, the same one every 5 s. */
  show(text: string, state = text): void {
    if (this.#stream.isTTY) {
      this.#line = text.slice(0, Math.max(20, this.#stream.columns - 1));
      this.#stream.write(`\r\u001b[K${this.#line}`);
      return;
    }
    if (state === this.#state && performance.now() - this.#printedAt < PLAIN_EVERY_MS) return;
    this.#state = state;
    this.#printedAt = performance.now();
    this.#stream.write(`${text}\n`);
  }

  /** Leaves the line where it is. */
  end(): void {
    if (this.#stream.isTTY && this.#line !== '') this.#stream.write('\n');
    this.#line = '';
  }
}
