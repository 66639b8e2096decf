/** A symbol that spoke is not called silent before this, ms. */
const SILENCE_MS_MIN = 6_000;
/** Its usual distances that fit into a silence, before that is one. */
const DISTANCES_MIN = 40;
/** Nor before it is so many times the longest pause so far. */
const PAUSES_MIN = 3;
/** Messages that make a rhythm. */
const MESSAGES_MIN = 20;
/** Other symbols that spoke within this are awake, ms. */
const AWAKE_MS = 2_000;
/** Symbols that are looked at in one look: where there are more, each is looked at less often. */
const LOOKS_MAX = 500;

export interface SilentSymbolsOptions {
  /** Messages of an instrument that arrived so far, and changes of its market's state. */
  arrived(instrument: number): { readonly messages: number; readonly states: number };
  /** Silent for many times their usual distance, or told to be in another state. */
  doubt(instruments: readonly number[]): void;
  readonly now?: () => number;
}

interface Rhythm {
  count: number;
  states: number;
  messages: number;
  /** When it was looked at first, and when it last spoke. */
  readonly since: number;
  spokeAt: number;
  pauseMs: number;
  /** A silence of so long is told; doubled each time. */
  toldAfterMs: number;
}

/**
 * Notices symbols of a feed that no longer speak while others do, on whatever channel: a venue that delists or halts a symbol ends its
 * streams without a word. Whether it did, its listing says.
 */
export class SilentSymbols {
  readonly #options: SilentSymbolsOptions;
  readonly #now: () => number;
  readonly #rhythms = new Map<number, Rhythm>();
  #first = 0;
  #awakeAt = Number.NEGATIVE_INFINITY;

  constructor(options: SilentSymbolsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Called about once a second with all instruments of one feed. */
  check(instruments: readonly { readonly id: number }[]): void {
    const now = this.#now();
    const doubted: number[] = [];
    const silent: { readonly id: number; readonly rhythm: Rhythm }[] = [];
    const count = Math.min(LOOKS_MAX, instruments.length);
    for (let step = 0; step < count; step += 1) {
      const { id } = instruments[(this.#first + step) % instruments.length] as { readonly id: number };
      const rhythm = this.#look(id, now, doubted);
      if (rhythm !== undefined && now - rhythm.spokeAt >= rhythm.toldAfterMs) silent.push({ id, rhythm });
    }
    this.#first = instruments.length === 0 ? 0 : (this.#first + count) % instruments.length;
    // Where nothing speaks at all it is no symbol that is gone: the connection has a deadline for that.
    if (now - this.#awakeAt < AWAKE_MS) {
      for (const { id, rhythm } of silent) {
        rhythm.toldAfterMs = (now - rhythm.spokeAt) * 2;
        doubted.push(id);
      }
    }
    if (doubted.length > 0) this.#options.doubt(doubted);
  }

  /** What was known of an instrument that is no longer carried says nothing once it is carried again. */
  forget(instrument: number): void {
    this.#rhythms.delete(instrument);
  }

  /** Undefined unless it has a rhythm, and is silent. */
  #look(id: number, now: number, doubted: number[]): Rhythm | undefined {
    const { messages: count, states } = this.#options.arrived(id);
    const known = this.#rhythms.get(id);
    const limitMs = SILENCE_MS_MIN;
    const rhythm = known ?? { count, states, messages: count, since: now, spokeAt: now, pauseMs: 0, toldAfterMs: limitMs };
    if (known === undefined) this.#rhythms.set(id, rhythm);
    // The first state is what each connection begins with.
    if (rhythm.states > 0 && states > rhythm.states) doubted.push(id);
    rhythm.states = states;
    // A shard that was rebuilt counts from zero.
    const more = Math.max(0, count - rhythm.count);
    rhythm.count = count;
    if (more > 0) {
      rhythm.pauseMs = Math.max(rhythm.pauseMs, now - rhythm.spokeAt - AWAKE_MS);
      rhythm.messages += more;
      rhythm.spokeAt = now;
      this.#awakeAt = now;
      const distanceMs = (now - rhythm.since) / rhythm.messages;
      rhythm.toldAfterMs = Math.max(SILENCE_MS_MIN, distanceMs * DISTANCES_MIN, rhythm.pauseMs * PAUSES_MIN);
      return undefined;
    }
    return rhythm.messages < MESSAGES_MIN ? undefined : rhythm;
  }
}
