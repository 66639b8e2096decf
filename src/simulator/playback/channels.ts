/** Streams that clients of a recording may listen to, and who gets what was recorded. */
import type { NamedStream, RecordedWords } from '../dialects/recorded.js';
import { Channel, Frame } from '../market/channel.js';

/** Names that clients ask for and nobody recorded are remembered up to this many. */
const CHANNELS_MAX = 65_536;

function keyOf({ kind, symbol }: NamedStream): string {
  return `${kind} ${symbol}`;
}

/**
 * A client may ask for a book or its trades at another pace or depth than was recorded: it gets the recorded stream of that kind and
 * symbol under the name that it asked for. Of several such streams the one it named, or else the one that spoke first.
 */
export class PlayedChannels {
  readonly #words: RecordedWords;
  readonly #symbols: ReadonlySet<string>;
  readonly #recorded: Set<string>;
  /** By kind and symbol: the recorded stream that stands for names that were not recorded. */
  readonly #stands = new Map<string, string>();
  readonly #byName = new Map<string, Channel>();
  readonly #byKey = new Map<string, Channel[]>();

  constructor(words: RecordedWords, symbols: ReadonlySet<string>, recorded: ReadonlySet<string>) {
    this.#words = words;
    this.#symbols = symbols;
    this.#recorded = new Set(recorded);
  }

  has(name: string): boolean {
    const meant = this.#words.meant(name);
    return this.#recorded.has(name) || (meant.kind !== 'other' && this.#symbols.has(meant.symbol));
  }

  get(name: string): Channel | undefined {
    const known = this.#byName.get(name);
    if (known !== undefined || !this.has(name) || this.#byName.size >= CHANNELS_MAX) return known;
    const meant = this.#words.meant(name);
    // What has no kind of ours is of every class of traffic that quotes are.
    const channel = new Channel(name, meant.symbol, meant.kind === 'other' ? 'bookTicker' : meant.kind);
    this.#byName.set(name, channel);
    const key = meant.kind === 'other' ? name : keyOf(meant);
    this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), channel]);
    return channel;
  }

  /** The recorded message for each channel that is to get it; a listener of two of them gets it once. */
  framesOf(bytes: Buffer): Frame[] {
    const frames: Frame[] = [];
    for (const name of this.#words.namesOf(bytes.toString('utf8'))) {
      const meant = this.#words.meant(name);
      const key = meant.kind === 'other' ? name : keyOf(meant);
      this.#recorded.add(name);
      if (!this.#stands.has(key)) this.#stands.set(key, name);
      for (const channel of this.#byKey.get(key) ?? []) {
        if (channel.subscribers.size === 0 || !this.#gets(channel.name, name, key)) continue;
        channel.events += 1;
        frames.push(this.#frame(channel, name, bytes));
      }
    }
    return frames;
  }

  #gets(asked: string, recorded: string, key: string): boolean {
    return asked === recorded || (!this.#recorded.has(asked) && this.#stands.get(key) === recorded);
  }

  /** Latin-1 keeps every byte, also of what is no UTF-8. */
  #frame(channel: Channel, recorded: string, bytes: Buffer): Frame {
    const { inner } = this.#words;
    return new Frame(channel, 0, 0, () => {
      if (inner === undefined && channel.name === recorded) return bytes;
      const message = bytes.toString('latin1');
      const named = (name: string): string => Buffer.from(name, 'utf8').toString('latin1');
      const text = inner?.(message) ?? message.replace(named(recorded), () => named(channel.name));
      return text === message ? bytes : Buffer.from(text, 'latin1');
    });
  }
}
