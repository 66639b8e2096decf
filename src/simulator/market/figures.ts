import type { Dialect, FigureStream } from '../dialects/dialect.js';
import { Channel, Frame } from './channel.js';
import type { EventTime, FigureEvent } from './events.js';
import { Random } from './random.js';
import type { SymbolSpec, SymbolText } from './symbols.js';

/** Steps of a symbol between two messages of a kind. */
const EVERY = { mark: 10, index: 10, funding: 20, openInterest: 20, liquidation: 25, status: 50 } as const;
const FUNDING_INTERVAL_MS = 8 * 3_600_000;
/** Of so many messages of its state one says that the symbol does not trade. */
const HALTED_OF = 8;

export interface FigureOptions {
  readonly dialect: Dialect;
  readonly seed: number;
  /** Channels that tell of all symbols, by name. */
  readonly shared: Map<string, Channel>;
  readonly publish: (frame: Frame) => void;
}

/** Mark and index prices, funding, open interest, liquidations and the state of one symbol. They change nothing of its order flow. */
export class Figures {
  readonly channels: Channel[] = [];
  readonly #streams: { readonly stream: FigureStream; readonly channel: Channel }[];
  readonly #random: Random;
  readonly #spec: SymbolSpec;
  readonly #text: SymbolText;
  readonly #publish: (frame: Frame) => void;
  #steps = 0;
  #count = 0;
  #openLots: number;

  constructor(spec: SymbolSpec, text: SymbolText, { dialect, seed, shared, publish }: FigureOptions) {
    this.#spec = spec;
    this.#text = text;
    this.#publish = publish;
    this.#random = new Random(seed, `${dialect.name}/${spec.symbol}/figures`);
    this.#openLots = spec.typicalLots * (50_000 + this.#random.below(50_000));
    this.#streams = (dialect.figures ?? []).map((stream) => {
      const name = stream.name(spec);
      const channel = shared.get(name) ?? new Channel(name, spec.symbol, stream.kind);
      if (stream.isShared === true) shared.set(name, channel);
      this.channels.push(channel);
      return { stream, channel };
    });
  }

  /** One step of the symbol, whose best bid stands at this tick. */
  step(bidTick: number, time: EventTime): void {
    this.#steps += 1;
    for (const { stream, channel } of this.#streams) {
      if (this.#steps % EVERY[stream.kind] !== 0) continue;
      const event = this.#event(bidTick, time, false);
      channel.events += 1;
      this.#count += 1;
      if (channel.subscribers.size > 0) this.#publish(this.#frame(stream, channel, event));
    }
  }

  /** The figures of a moment, for venues that tell them with something else. */
  now(bidTick: number, time: EventTime): FigureEvent {
    return this.#event(bidTick, time, false);
  }

  /** What a new subscription begins with, where the venue begins with all of it. */
  greeting(channel: Channel, bidTick: number, nowUs: number): Frame | undefined {
    const found = this.#streams.find((each) => each.channel === channel);
    if (found?.stream.greets !== true) return undefined;
    const event = this.#event(bidTick, { engineUs: nowUs, eventUs: nowUs + 1_000 }, true);
    return this.#frame(found.stream, channel, event);
  }

  #frame(stream: FigureStream, channel: Channel, event: FigureEvent): Frame {
    return new Frame(channel, this.#count, this.#count, () => stream.words(this.#text, this.#spec, event));
  }

  #event(bidTick: number, time: EventTime, isWhole: boolean): FigureEvent {
    const random = this.#random;
    const finer = (tick: number): string => {
      const text = this.#text.price(tick);
      return `${text}${text.includes('.') ? '' : '.'}${String(random.below(10_000)).padStart(4, '0')}`;
    };
    this.#openLots += random.below(2_001) - 1_000;
    const bips = random.below(40) - 15;
    return {
      ...time,
      isWhole,
      turn: this.#count,
      mark: finer(bidTick + random.below(5)),
      index: finer(bidTick + random.below(9)),
      rate: `${bips < 0 ? '-' : ''}0.0000${String(Math.abs(bips)).padStart(2, '0')}`,
      nextFundingMs: (Math.floor(time.engineUs / 1_000 / FUNDING_INTERVAL_MS) + 1) * FUNDING_INTERVAL_MS,
      fundingIntervalMs: FUNDING_INTERVAL_MS,
      openInterest: this.#text.qty(this.#openLots),
      openInterestValue: `${this.#openLots * 7}.25`,
      price: this.#text.price(bidTick + random.below(21) - 10),
      qty: this.#text.qty(1 + random.below(this.#spec.typicalLots * 3)),
      sells: random.below(2) === 0,
      isHalted: !isWhole && random.below(HALTED_OF) === 0,
    };
  }
}
