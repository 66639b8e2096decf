import type { Dialect } from '../dialects/dialect.js';
import { Channel, Frame } from './channel.js';
import type { EventTime, KlineEvent } from './events.js';
import type { MarketMinute, Minutes } from './minutes.js';
import type { SymbolSpec, SymbolText } from './symbols.js';

/** Shortest time between two messages of the same minute, ms. */
const EVERY_MS = 1_000;

export interface KlineOptions {
  readonly dialect: Dialect;
  readonly minutes: Minutes;
  readonly publish: (frame: Frame) => void;
}

/** Minutes of one symbol's trades as a stream: what has changed once a second, and each minute once more when it is over. */
export class Klines {
  readonly channels: Channel[] = [];
  readonly #spec: SymbolSpec;
  readonly #text: SymbolText;
  readonly #options: KlineOptions;
  #minute: MarketMinute | undefined;
  #toldMs = 0;
  #toldCount = -1;

  constructor(spec: SymbolSpec, text: SymbolText, options: KlineOptions) {
    this.#spec = spec;
    this.#text = text;
    this.#options = options;
    const { kline } = options.dialect;
    if (kline !== undefined) this.channels.push(new Channel(kline.name(spec), spec.symbol, 'kline'));
  }

  /** One step of the symbol, whose trades the minutes have. A minute without a trade is told with the close before it. */
  step(time: EventTime): void {
    const [channel] = this.channels;
    if (channel === undefined) return;
    const nowMs = Math.floor(time.engineUs / 1_000);
    const startMs = nowMs - (nowMs % this.#options.minutes.intervalMs);
    const fromMs = this.#minute?.startMs ?? startMs;
    if (fromMs === startMs && nowMs - this.#toldMs < EVERY_MS) return;
    for (const minute of this.#options.minutes.between(fromMs, nowMs, Number.MAX_SAFE_INTEGER, nowMs)) {
      if (minute.startMs < startMs) this.#tell(channel, { ...time, minute, isClosed: true }, nowMs);
      else this.#tellOpen(channel, { ...time, minute, isClosed: false }, nowMs);
    }
  }

  /** Where a subscription begins with the bars so far: those. */
  greeting(channel: Channel, nowUs: number): Frame | undefined {
    const whole = this.#options.dialect.kline?.whole;
    if (whole === undefined || channel !== this.channels[0]) return undefined;
    const minutes = this.#options.minutes.between(0, nowUs / 1_000, Number.MAX_SAFE_INTEGER, nowUs / 1_000);
    const told = minutes.map((minute) => ({ ...minute }));
    return new Frame(channel, channel.events, channel.events, () => whole(this.#text, this.#spec, told, nowUs));
  }

  #tellOpen(channel: Channel, event: KlineEvent, nowMs: number): void {
    const { minute } = event;
    const isNew = this.#minute?.startMs !== minute.startMs;
    if (!isNew && this.#toldCount === minute.count) return;
    this.#tell(channel, event, nowMs);
    this.#minute = minute;
  }

  #tell(channel: Channel, event: KlineEvent, nowMs: number): void {
    const { dialect, publish } = this.#options;
    // The minute goes on while the frame waits.
    const told = { ...event, minute: { ...event.minute } };
    this.#toldMs = nowMs;
    this.#toldCount = told.minute.count;
    channel.events += 1;
    if (channel.subscribers.size === 0) return;
    const { events } = channel;
    publish(new Frame(channel, events, events, (micros) => dialect.kline?.words(this.#text, this.#spec, told, micros) ?? ''));
  }
}
