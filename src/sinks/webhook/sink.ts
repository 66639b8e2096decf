/** Subscriptions' callbacks (`callback_url`): trades and quotes of the ring by HTTP POST, signed, in batches. */
import { readFileSync, statSync } from 'node:fs';
import { KINDS } from '../../model/codes.js';
import type { CallbackConfig } from '../../model/config.js';
import { DATA_TYPE_CHANNELS, plainSymbol, type Subscription } from '../../model/feeds.js';
import type { Logger } from '../../model/log.js';
import type { Sink, SinkStatus } from '../../model/sink.js';
import { NOTICES, type RecordCursor } from '../../native/cursor.js';
import type { Instrument, QuoteRecord, TradeRecord } from '../../native/records.js';
import { rfc3339 } from '../clock.js';
import { LatencyHistogram } from '../latency.js';
import { numberText } from '../number-text.js';
import { RingFeed } from '../ring-feed.js';
import { ShortNames } from '../short-names.js';
import { Callback, type CallbackCounts } from './callback.js';
import { HostGate } from './host-gate.js';
import type { Held } from './outbox.js';
import { Targets } from './target.js';

/** How often the engine is asked for its subscriptions, ms. */
const ASK_MS = 1_000;
/** Least time between the starts of two requests to one host, ms. */
const HOST_EVERY_MS = 1_000;

export interface CallbackSinkOptions {
  readonly config: CallbackConfig;
  /** Venues by rank: a symbol alone means the first one that has it. */
  readonly venues: readonly string[];
  readonly shmRoot: string;
  readonly engine: string;
  readonly logger: Logger;
  /** The engine's subscriptions; rejects while it is away. */
  readonly subscriptions: () => Promise<readonly Subscription[]>;
  /** For tests: how names are resolved, and the pace of a host. */
  readonly targets?: Targets;
  readonly hostEveryMs?: number;
}

/** A subscription that is called. */
interface Followed {
  readonly callback: Callback;
  /** `SYMBOL` or `venue:SYMBOL`, in their plain spelling. */
  readonly wanted: ReadonlySet<string>;
  readonly trades: boolean;
  readonly quotes: boolean;
  /** What it was made of, to see that it has changed. */
  readonly version: string;
}

export function startCallbackSink(options: CallbackSinkOptions): Sink {
  return new CallbackSink(options);
}

class CallbackSink implements Sink {
  readonly name = 'webhooks';
  readonly #options: CallbackSinkOptions;
  readonly #targets: Targets;
  readonly #gate: HostGate;
  readonly #feed: RingFeed;
  readonly #names: ShortNames;
  readonly #latency = new LatencyHistogram();
  readonly #counts: CallbackCounts = { delivered: 0, attempts: 0, failed: 0 };
  readonly #held: Held = { rows: 0, bytes: 0 };
  readonly #followed = new Map<string, Followed>();
  /** Those who want an instrument, found once. */
  readonly #byInstrument = new Map<number, readonly Followed[]>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #lostRecords = 0;
  #dropped = 0;
  #problem = '';

  constructor(options: CallbackSinkOptions) {
    this.#options = options;
    this.#targets = options.targets ?? new Targets(options.config);
    this.#gate = new HostGate(options.hostEveryMs ?? HOST_EVERY_MS);
    this.#names = new ShortNames(options.venues);
    this.#feed = new RingFeed({ root: options.shmRoot, name: options.engine, logger: options.logger, listener: this });
    void this.#ask();
  }

  status(): SinkStatus {
    const { delivered, failed } = this.#counts;
    const dropped = [...this.#followed.values()].reduce((sum, { callback }) => sum + callback.outbox.dropped, this.#dropped);
    return {
      sink: this.name,
      connected: [...this.#followed.values()].every(({ callback }) => callback.isAnswered),
      published: delivered,
      dropped,
      unconfirmed: 0,
      lostRecords: this.#lostRecords,
      gapsTold: 0,
      reconnects: failed,
      outboxMessages: this.#held.rows,
      outboxBytes: this.#held.bytes,
      lagSlots: this.#isStopped ? 0 : this.#feed.lag,
      latency: this.#latency.figures,
    };
  }

  /** What waits is let go: a body takes longer than a stop may. */
  stop(longestMs: number): Promise<void> {
    if (!this.#isStopped) {
      this.#isStopped = true;
      clearTimeout(this.#timer);
      this.#feed.stop(longestMs, () => {});
      for (const { callback } of this.#followed.values()) callback.end();
    }
    return Promise.resolve();
  }

  async #ask(): Promise<void> {
    try {
      this.#take(await this.#options.subscriptions(), this.#key());
      this.#problem = '';
    } catch (error) {
      // While the engine is away its subscriptions are as they were.
      const problem = (error as Error).message;
      if (problem !== this.#problem) this.#options.logger.info({ problem }, 'callbacks stay as they are');
      this.#problem = problem;
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#ask(), ASK_MS);
  }

  /** The installation's key for callbacks; the gateway makes it. */
  #key(): string {
    const { keyFile } = this.#options.config;
    if ((statSync(keyFile).mode & 0o077) !== 0) throw new Error(`${keyFile} is open to others: chmod 600`);
    return readFileSync(keyFile, 'utf8').trim();
  }

  #take(subscriptions: readonly Subscription[], key: string): void {
    if (this.#isStopped) return;
    const called = subscriptions.filter(({ callbackUrl, isActive }) => callbackUrl !== null && isActive);
    const ids = new Set(called.map(({ subscriptionId }) => subscriptionId));
    for (const [id, { callback }] of this.#followed) if (!ids.has(id)) this.#forget(id, callback);
    for (const subscription of called) this.#follow(subscription, key);
  }

  #forget(id: string, callback: Callback): void {
    this.#dropped += callback.outbox.dropped;
    callback.end();
    this.#followed.delete(id);
    this.#byInstrument.clear();
  }

  #follow({ subscriptionId: id, symbols, dataTypes, callbackUrl }: Subscription, key: string): void {
    const url = callbackUrl ?? '';
    const version = JSON.stringify([url, symbols, dataTypes]);
    const before = this.#followed.get(id);
    if (before?.version === version) return;
    const { config, logger } = this.#options;
    const taken = (ms: number): void => this.#latency.record(ms);
    const parts = {
      config,
      key,
      targets: this.#targets,
      gate: this.#gate,
      counts: this.#counts,
      held: this.#held,
      logger,
      taken,
    };
    const callback = before?.callback.url === url ? before.callback : new Callback(id, url, parts);
    if (before !== undefined && before.callback !== callback) this.#forget(id, before.callback);
    const channels = new Set(dataTypes.map((type) => DATA_TYPE_CHANNELS[type]));
    const wanted = new Set(symbols.map(plainName));
    this.#followed.set(id, { callback, wanted, trades: channels.has('trade'), quotes: channels.has('quote'), version });
    this.#byInstrument.clear();
  }

  /** See `FeedListener`. */
  opened(feed: RingFeed): void {
    for (const { venue, symbol } of feed.definitions.values()) this.#names.add(venue, symbol);
    this.#byInstrument.clear();
  }

  take(cursor: RecordCursor, feed: RingFeed): void {
    const { kind } = cursor;
    if (kind === KINDS.trade || kind === KINDS.quote) this.#tell(cursor, feed);
    else if (kind === KINDS.instrument) this.opened(feed);
    else if (kind === NOTICES.lapped) this.#lostRecords += cursor.lost;
  }

  #tell(cursor: RecordCursor, feed: RingFeed): void {
    const { instrument: id } = cursor;
    const instrument = feed.definitions.get(id);
    if (instrument === undefined || this.#followed.size === 0) return;
    let found = this.#byInstrument.get(id);
    if (found === undefined) {
      found = this.#wanting(instrument);
      this.#byInstrument.set(id, found);
    }
    if (found.length === 0) return;
    const exact = cursor.object();
    if (exact.kind !== 'trade' && exact.kind !== 'quote') return;
    const isTrade = exact.kind === 'trade';
    const told = found.filter(({ callback, trades, quotes }) => !callback.isOver && (isTrade ? trades : quotes));
    if (told.length === 0) return;
    const text = rowOf(exact, instrument);
    for (const { callback } of told) {
      if (isTrade) callback.outbox.trade(text);
      else callback.outbox.quote(id, text);
      callback.wake();
    }
  }

  #wanting({ venue, symbol }: Instrument): readonly Followed[] {
    const names = [`${venue}:${plainSymbol(symbol)}`];
    if (this.#names.suffixes(venue, symbol).length > 1) names.push(plainSymbol(symbol));
    return [...this.#followed.values()].filter(({ wanted }) => names.some((name) => wanted.has(name)));
  }
}

function plainName(name: string): string {
  const [venue, symbol] = name.includes(':') ? name.split(':', 2) : [undefined, name];
  return venue === undefined ? plainSymbol(symbol ?? '') : `${venue}:${plainSymbol(symbol ?? '')}`;
}

/** A row as `POST /data/ingest` takes it. */
function rowOf(record: TradeRecord | QuoteRecord, { symbol, venue, priceExponent, qtyExponent }: Instrument): string {
  const price = (mantissa: bigint): string => numberText(mantissa, priceExponent);
  const qty = (mantissa: bigint): string => numberText(mantissa, qtyExponent);
  const { tsEvent, tsRecv, tsOut } = record;
  const at = rfc3339(tsEvent === 0n ? tsRecv : tsEvent);
  const latencyMs = tsOut <= tsRecv ? 0 : Number(tsOut - tsRecv) / 1e6;
  const row = (type: string, data: string): string =>
    `{"symbol":${JSON.stringify(symbol)},"data_type":"${type}","source":"${venue}","timestamp":"${at}","data":{${data}},"latency_ms":${latencyMs}}`;
  if (record.kind === 'trade')
    return row('tick', `"price":${price(record.price)},"size":${qty(record.qty)},"exchange":"${venue}"`);
  const { bidPrice, askPrice, bidQty, askQty } = record;
  return row('quote', `"bid":${price(bidPrice)},"ask":${price(askPrice)},"bid_size":${qty(bidQty)},"ask_size":${qty(askQty)}`);
}
