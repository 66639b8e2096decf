/** Names that clients may ask for, and the topics behind them. */
import { isBusTopic } from './bus.js';
import type { RingTopic } from './ring.js';

const PATTERN =
  /^(book|trade|quote|mark_price|funding|open_interest|liquidation|status|kline|bar\.(1s|1m|5m|15m|1h|4h|1d))\.[a-z0-9_-]{1,64}\.\*$/;
/** Channels by their name in the older shape. */
const OLDER_CHANNELS = new Map([
  ['trade', 'marketdata.tick'],
  ['quote', 'marketdata.quote'],
  ['bar.1m', 'marketdata.bar'],
]);

export const isPattern = (name: string): boolean => PATTERN.test(name);

/** How a message in the older shape begins, up to the symbol: `prefix`; and what stands there with its venue. */
export interface Qualified {
  readonly prefix: string;
  readonly longer: string;
}

/** Topics of one fan-out, by name. */
export class TopicNames {
  #topics = new Map<string, RingTopic>();
  /** Names in the older shape: the first instrument of a symbol has the symbol alone, all have `{venue}:{symbol}`. */
  #older = new Map<string, RingTopic>();
  /** Names with a venue, of topics whose messages name the symbol alone; and those topics. */
  readonly #longNames = new Set<string>();
  readonly #qualified = new Map<number, Qualified>();

  /** Returns those that are new, with the names that each goes by. */
  learn(topics: readonly RingTopic[]): { topic: RingTopic; names: string[] }[] {
    const fresh = [];
    for (const topic of topics) {
      if (this.#topics.has(topic.name)) continue;
      this.#topics.set(topic.name, topic);
      const [, channel = '', venue = '', symbol = ''] = /^((?:bar\.)?[^.]*)\.([^.]*)\.(.*)$/s.exec(topic.name) ?? [];
      const names = [topic.name, `${channel}.${venue}.*`];
      const older = OLDER_CHANNELS.get(channel);
      if (older !== undefined) {
        // The fan-out names the first of a symbol by the symbol alone.
        if (!this.#older.has(`${older}.${symbol}`)) {
          const prefix = `{"type":"data","topic":"${older}.`;
          this.#qualified.set(topic.id, { prefix, longer: `${prefix}${venue}:` });
          this.#longNames.add(`${older}.${venue}:${symbol}`);
        }
        for (const name of [`${older}.${symbol}`, `${older}.${venue}:${symbol}`]) {
          if (this.#older.has(name)) continue;
          this.#older.set(name, topic);
          names.push(name);
        }
      }
      fresh.push({ topic, names });
    }
    return fresh;
  }

  clear(): void {
    this.#topics.clear();
    this.#older.clear();
    this.#longNames.clear();
    this.#qualified.clear();
  }

  get names(): string[] {
    return [...this.#topics.keys()];
  }

  /** Whether a topic's messages in the older shape have a shorter name than this. */
  isLonger(name: string): boolean {
    return this.#longNames.has(name);
  }

  qualified(topic: number): Qualified | undefined {
    return this.#qualified.get(topic);
  }

  /** The topics behind a name or pattern now, none behind those of the bus alone; undefined for a name of nothing. */
  find(name: string, isOlder: boolean): readonly RingTopic[] | undefined {
    if (isBusTopic(name)) return [];
    if (isOlder) return [this.#older.get(name) ?? []].flat();
    const topic = this.#topics.get(name) ?? this.#older.get(name);
    if (topic !== undefined) return [topic];
    if (!isPattern(name)) return undefined;
    const prefix = name.slice(0, -1);
    return [...this.#topics.values()].filter((each) => each.name.startsWith(prefix));
  }
}

/** Names of the message bus that stand for a topic, and its name, as a member of an answer: messages carry that one. */
export function aliasesOf(found: readonly { name: string; topics: readonly RingTopic[] | undefined }[]): object {
  const aliases = found.flatMap(({ name, topics }) => {
    const [topic] = topics ?? [];
    return topic === undefined || topic.name === name || isPattern(name) ? [] : [[name, topic.name] as const];
  });
  return aliases.length === 0 ? {} : { as: Object.fromEntries(aliases) };
}
