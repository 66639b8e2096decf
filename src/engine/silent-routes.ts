import type { ChannelName } from '../model/config.js';

/** A channel that spoke is not called silent before this, ms. */
const SILENCE_MS_MIN = 6_000;
/** Its usual distances that fit into a silence, before that is one; a burst's pause is several of them. */
const DISTANCES_MIN = 40;
/** Nor before it is so many times the longest pause so far. */
const PAUSES_MIN = 3;
/** Messages that make a rhythm. */
const MESSAGES_MIN = 100;
/** Other channels that spoke within this are awake, ms. */
const AWAKE_MS = 2_000;
/** Instruments of a connection that are looked at: a route carries all of them or none. */
const WATCHED_MAX = 20;

/** What one connection carries. */
export interface RouteLine {
  readonly connection: number;
  readonly connectionClass: string;
  readonly channels: readonly ChannelName[];
  readonly instruments: readonly { readonly id: number }[];
  readonly isOpen: boolean;
}

export interface SilentRoutesOptions {
  /** Messages of this channel that arrived so far. */
  arrived(instrument: number, channel: ChannelName): number;
  /** A class of connections no longer brings a channel. */
  silent(line: RouteLine, channel: ChannelName, silentMs: number): void;
  readonly now?: () => number;
}

interface Rhythm {
  count: number;
  messages: number;
  /** When it was looked at first, and when it last spoke. */
  readonly since: number;
  spokeAt: number;
  pauseMs: number;
  isTold: boolean;
}

/**
 * Notices that an address no longer carries a channel which it still acknowledges, as when a venue moves channels to an address of their own: the
 * channel had a rhythm, is silent for many times its usual distance, and others of the same feed go on. A rhythm outlives its connection.
 */
export class SilentRoutes {
  readonly #options: SilentRoutesOptions;
  readonly #now: () => number;
  readonly #rhythms = new Map<string, Rhythm>();

  constructor(options: SilentRoutesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Called about once a second with all connections of one feed. */
  check(lines: readonly RouteLine[]): void {
    const now = this.#now();
    const looks = lines.flatMap((line) =>
      line.channels.map((channel) => ({ line, channel, rhythm: this.#look(line, channel, now) })),
    );
    for (const { line, channel, rhythm } of looks) {
      if (rhythm.isTold || !line.isOpen || rhythm.messages < MESSAGES_MIN) continue;
      const silentMs = now - rhythm.spokeAt;
      const distanceMs = (rhythm.spokeAt - rhythm.since) / rhythm.messages;
      if (silentMs < Math.max(SILENCE_MS_MIN, distanceMs * DISTANCES_MIN, rhythm.pauseMs * PAUSES_MIN)) continue;
      // Where nothing speaks at all it is no route that is missing: the connection has a deadline for that.
      if (!looks.some((other) => other.rhythm !== rhythm && now - other.rhythm.spokeAt < AWAKE_MS)) continue;
      rhythm.isTold = true;
      this.#options.silent(line, channel, silentMs);
    }
  }

  #look(line: RouteLine, channel: ChannelName, now: number): Rhythm {
    const key = `${line.connection} ${channel}`;
    const count = line.instruments.slice(0, WATCHED_MAX).reduce((sum, { id }) => sum + this.#options.arrived(id, channel), 0);
    const known = this.#rhythms.get(key);
    const rhythm = known ?? { count, messages: 0, since: now, spokeAt: now, pauseMs: 0, isTold: false };
    this.#rhythms.set(key, rhythm);
    // Another set of instruments has another sum.
    const more = Math.max(0, count - rhythm.count);
    rhythm.count = count;
    if (more === 0) return rhythm;
    // A pause of a look or two is how looks fall, and the one that was told is over.
    if (!rhythm.isTold) rhythm.pauseMs = Math.max(rhythm.pauseMs, now - rhythm.spokeAt - AWAKE_MS);
    rhythm.messages += more;
    rhythm.spokeAt = now;
    rhythm.isTold = false;
    return rhythm;
  }
}
