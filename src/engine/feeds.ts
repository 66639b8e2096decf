import type { EngineConfig, FeedConfig } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import {
  channelsOf,
  dataTypesOf,
  type FeedCreated,
  type FeedInfo,
  type IngestResult,
  type IngestRow,
  isOf,
  isSource,
  plainSymbol,
  SOURCE_SYMBOL,
} from '../model/feeds.js';
import type { ControlRequests, InstrumentStatus } from '../model/status.js';
import { tradingState } from '../model/subscribed.js';
import { channelsServed, type Venue, type VenueMinute, venueIn } from '../model/venue.js';
import type { InstrumentDefinition } from '../native/index.js';
import type { FeedEntry, FeedRegistry } from './feed-registry.js';
import { ListingWatch, type Watched } from './listing-watch.js';
import { instrumentsOf, type ListingCache, type ListingDeps, listInstruments } from './listings.js';
import { fetchMinutes } from './minutes.js';
import type { ShardSupervisor } from './shard-supervisor.js';
import { sourceInstrument } from './source-instrument.js';

/** Longest wait for a venue's listing while a request waits, ms. */
const LISTING_DEADLINE_MS = 3_500;
/** Longest wait for a worker that applies rows, ms. */
const INGEST_DEADLINE_MS = 4_000;

export interface FeedsDeps extends ListingDeps {
  readonly config: EngineConfig;
  readonly feeds: FeedRegistry;
  readonly listings: ListingCache;
  /** A listing is not asked for again before this, ms. */
  readonly listingAgainMs: number;
  venue(name: string): Venue;
  /** The shard of a feed's id. */
  shardOf(feedId: string): ShardSupervisor;
  /** The shard of sources; started when it is first asked for. */
  internalShard(): ShardSupervisor;
}

/** Symbols that share connections: one venue, one set of channels. */
interface Group {
  readonly feed: FeedConfig;
  readonly shard: ShardSupervisor;
  readonly instruments: Map<string, InstrumentDefinition>;
}

/** Which symbols run, in which group and shard. The only one who decides that. */
export class Feeds {
  readonly #deps: FeedsDeps;
  readonly #groups = new Map<string, Group>();
  /** By instrument: its group now. */
  readonly #groupOf = new Map<number, Group>();
  /** Feeds beside a configured one are in its shard: everything of an instrument lives in one. */
  readonly #bases = new Map<string, string>();
  /** Instruments that a shard was ever given: it keeps a place for each. */
  readonly #given = new Map<ShardSupervisor, Set<number>>();
  readonly unlisted: { readonly feed: string; readonly symbol: string }[] = [];
  readonly #watch: ListingWatch;

  constructor(deps: FeedsDeps) {
    this.#deps = deps;
    this.#watch = new ListingWatch({
      ...deps,
      againMs: deps.listingAgainMs,
      watched: (venue, restUrl) => this.#watched(venue, restUrl),
      change: (changed) => this.#change(changed),
    });
  }

  /** Starts what is configured and what was asked for before the restart. Each waits for its own venue alone. */
  start(): void {
    const { config, feeds, logger } = this.#deps;
    for (const feed of config.feeds) feeds.configured(feed.venue, feed.symbols, dataTypesOf(feed.channels));
    const configured = new Set(config.feeds.flatMap(({ venue, symbols }) => symbols.map((symbol) => `${venue}:${symbol}`)));
    for (const feed of config.feeds) {
      const removed = feed.symbols.filter((symbol) => feeds.find(feed.venue, symbol)?.removed === true);
      if (removed.length > 0) logger.warn({ feed: feed.id, symbols: removed }, 'removed by a request, so not started');
      void this.#startConfigured(feed);
    }
    const requested = feeds.active.filter(({ source, symbol }) => !configured.has(`${source}:${symbol}`));
    this.#putSources(requested.filter(({ source }) => isSource(source)));
    const byGroup = new Map<string, { readonly feed: FeedConfig; readonly symbols: string[] }>();
    for (const entry of requested.filter(({ source }) => !isSource(source))) {
      const feed = this.#feedOf(entry);
      const known = byGroup.get(feed.id) ?? { feed, symbols: [] };
      known.symbols.push(entry.symbol);
      byGroup.set(feed.id, known);
    }
    for (const { feed, symbols } of byGroup.values()) void this.#startConfigured({ ...feed, symbols });
  }

  /** All feeds that run, with what their shards say of them. */
  list(instruments: readonly InstrumentStatus[]): FeedInfo[] {
    const byName = new Map(instruments.map((each) => [`${each.venue}:${each.symbol}`, each]));
    return this.#deps.feeds.active.map((entry) => infoOf(entry, byName.get(`${entry.source}:${entry.symbol}`)));
  }

  /** See `ControlRequests.minutes`. Throws `ARGUMENT_RANGE` for too many, `VENUE_REST`. */
  async minutes({ instrument, fromMs, toMs }: ControlRequests['minutes']['fields']): Promise<readonly VenueMinute[] | null> {
    const feed = this.#groupOf.get(instrument)?.feed;
    const symbol = this.#symbolOf(instrument);
    if (feed === undefined || symbol === undefined || isSource(feed.venue)) return null;
    return await fetchMinutes(this.#deps.venue(feed.venue), feed.restUrl, symbol, { fromMs, toMs }, this.#deps);
  }

  #symbolOf(instrument: number): string | undefined {
    for (const { id, symbol } of this.#groupOf.get(instrument)?.instruments.values() ?? [])
      if (id === instrument) return symbol;
    return undefined;
  }

  /** The shard that holds an instrument. */
  shardOfInstrument(instrument: number): ShardSupervisor | undefined {
    return this.#groupOf.get(instrument)?.shard;
  }

  /**
   * Starts a feed, or starts it anew. Throws `VENUE_UNKNOWN`, `SYMBOL_UNLISTED`, `ARGUMENT_RANGE` for data that the venue has no
   * channel for, `INSTRUMENT_TABLE_FULL`, `VENUE_REST` while the venue does not answer. Null where another owner's runs.
   */
  async create({ owner, symbol, source, dataTypes }: ControlRequests['feed_create']['fields']): Promise<FeedCreated | null> {
    const { feeds } = this.#deps;
    if (isSource(source)) {
      const name = symbol.toUpperCase();
      if (!this.#mayStart(source, name, owner)) return null;
      const restarted = feeds.find(source, name)?.removed === false;
      checkSourceSymbol(name);
      if (this.#instrumentOf(source, name) === null) this.#check(this.#deps.internalShard(), 1);
      const entries = feeds.put(source, [name], dataTypes, 'request', owner);
      this.#putSources(entries);
      return { ...infoOf(entries[0] as FeedEntry, undefined), instrument: this.#instrumentOf(source, name), restarted };
    }
    if (channelsOf(dataTypes).length === 0)
      throw new TickringError('ARGUMENT_RANGE', `${source} has no channel for ${dataTypes.join(', ')}`);
    const venue = this.#deps.venue(source);
    const { format } = this.#feedOf({ source, symbol, dataTypes: [...dataTypes], origin: 'request' });
    const served = channelsServed(venueIn(venue, format) ?? venue);
    const lacks = channelsOf(dataTypes).find((channel) => !served.includes(channel));
    if (lacks !== undefined)
      throw new TickringError('ARGUMENT_RANGE', `${source} has no channel ${lacks}, it has ${served.join(', ')}`);
    const definition = await this.#listed(source, symbol);
    if (!this.#mayStart(source, definition.symbol, owner)) return null;
    const before = feeds.find(source, definition.symbol);
    const restarted = before?.removed === false;
    const wanted = { source, symbol: definition.symbol, dataTypes: [...dataTypes], origin: before?.origin ?? 'request' };
    const feed = this.#feedOf(wanted);
    const shard = this.#shardOf(feed);
    if (this.#given.get(shard)?.has(definition.id) !== true) this.#check(shard, 1);
    const [entry] = feeds.put(source, [definition.symbol], dataTypes, 'request', owner) as [FeedEntry];
    this.#join(this.#group(feed), definition);
    return { ...infoOf(entry, undefined), instrument: definition.id, restarted };
  }

  /** The venue may no longer list these, or has halted them. */
  doubt(instruments: readonly number[]): void {
    for (const id of instruments) {
      const group = this.#groupOf.get(id);
      const definition = [...(group?.instruments.values() ?? [])].find((each) => each.id === id);
      if (group !== undefined && definition !== undefined && !isSource(group.feed.venue))
        this.#watch.doubt({ feed: group.feed, definition });
    }
  }

  #watched(venue: string, restUrl: string): Watched[] {
    const groups = [...this.#groups.values()].filter(({ feed }) => feed.venue === venue && feed.restUrl === restUrl);
    return groups.flatMap(({ feed, instruments }) => [...instruments.values()].map((definition) => ({ feed, definition })));
  }

  /** Defines what runs otherwise; its shard clears the book of what does not trade, and subscribes anew what does again. */
  #change(changed: readonly Watched[]): void {
    const groups = new Set<Group>();
    for (const { definition } of changed) {
      const group = this.#groupOf.get(definition.id);
      // It may have been removed while the listing was under way.
      if (group?.instruments.has(definition.symbol) !== true) continue;
      group.instruments.set(definition.symbol, definition);
      groups.add(group);
    }
    for (const group of groups) this.#put(group);
  }

  /** Whether nobody else's feed of this symbol runs. */
  #mayStart(source: string, symbol: string, owner: string | undefined): boolean {
    const known = this.#deps.feeds.find(source, symbol);
    return known === undefined || known.removed || isOf(owner, known);
  }

  /** Whether there was such a feed of this owner. It stays away after a restart too. */
  remove(feedId: string, owner: string | undefined): boolean {
    const { feeds } = this.#deps;
    const entry = feeds.byId(feedId);
    if (entry === undefined || !isOf(owner, entry)) return false;
    feeds.remove(entry);
    const instrument = this.#instrumentOf(entry.source, entry.symbol);
    const group = instrument === null ? undefined : this.#groupOf.get(instrument);
    if (group !== undefined && instrument !== null) this.#leave(group, entry.symbol, instrument);
    return true;
  }

  /** Rows of sources, in their order; symbols that are new get a feed. */
  async ingest(rows: readonly IngestRow[], owner: string | undefined): Promise<IngestResult> {
    const { feeds } = this.#deps;
    const shard = this.#deps.internalShard();
    const errors: { index: number; code: string; message: string }[] = [];
    const refused = new Set<number>();
    let freshCount = 0;
    const fresh = new Map<IngestRow['source'], Set<string>>();
    for (const [index, { source, symbol }] of rows.entries()) {
      try {
        checkSourceSymbol(symbol);
        if (this.#instrumentOf(source, symbol) !== null) continue;
        const names = fresh.get(source) ?? new Set<string>();
        if (names.has(symbol)) continue;
        this.#check(shard, freshCount + 1);
        freshCount += 1;
        fresh.set(source, names.add(symbol));
      } catch (error) {
        if (!(error instanceof TickringError)) throw error;
        refused.add(index);
        errors.push({ index, code: error.code, message: error.message });
      }
    }
    for (const [source, symbols] of fresh)
      this.#putSources(feeds.put(source, [...symbols], ['tick', 'quote'], 'ingest', owner));
    const places = [...rows.keys()].filter((index) => !refused.has(index));
    const hosted = places.map((index) => {
      const row = rows[index] as IngestRow;
      return { ...row, instrument: this.#instrumentOf(row.source, row.symbol) ?? 0 };
    });
    const { worker } = shard;
    if (worker === undefined) throw new TickringError('CLOSED', 'the shard of sources is being started');
    const { errors: rejected, events } = await worker.call('ingest', hosted, INGEST_DEADLINE_MS);
    for (const { index, ...rest } of rejected) errors.push({ index: places[index] ?? 0, ...rest });
    errors.sort((a, b) => a.index - b.index);
    return { accepted: rows.length - errors.length, errors, shard: shard.shard, events };
  }

  async #startConfigured(feed: FeedConfig): Promise<void> {
    const { logger, signal, feeds } = this.#deps;
    try {
      const listed = await listInstruments(this.#deps.venue(feed.venue), feed, this.#deps);
      for (const symbol of listed.unlisted) this.unlisted.push({ feed: feed.id, symbol });
      const group = this.#group(feed);
      for (const definition of listed.instruments) {
        // A request may have been quicker, or has taken the symbol away meanwhile.
        if (this.#groupOf.has(definition.id) || feeds.find(feed.venue, definition.symbol)?.removed !== false) continue;
        this.#place(group, definition);
      }
      this.#put(group);
    } catch (error) {
      if (!signal.aborted) logger.error({ feed: feed.id, err: error }, 'a feed could not be started');
    }
  }

  /** The definition of a symbol in any spelling. */
  async #listed(source: string, symbol: string): Promise<InstrumentDefinition> {
    const { config, listings, registry, signal } = this.#deps;
    const venue = this.#deps.venue(source);
    const restUrl = config.feeds.find((feed) => feed.venue === source)?.restUrl ?? venue.defaults.restUrl;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LISTING_DEADLINE_MS)]);
    const all = await listings.get(venue, restUrl, deadline).catch((error: unknown) => {
      if (error instanceof TickringError) throw error;
      throw new TickringError('VENUE_REST', `${source} did not list its instruments in time`, { cause: error });
    });
    const plain = plainSymbol(symbol);
    const known = all.find((each) => each.symbol === symbol) ?? all.find((each) => plainSymbol(each.symbol) === plain);
    if (known === undefined) throw new TickringError('SYMBOL_UNLISTED', `${source} does not list ${symbol}`);
    return instrumentsOf(venue, [known.symbol], all, registry).instruments[0] as InstrumentDefinition;
  }

  /** The feed whose connections carry an entry: the configured one if its channels fit, else one beside it in its shard. */
  #feedOf({ source, symbol, dataTypes, origin }: Pick<FeedEntry, 'source' | 'symbol' | 'dataTypes' | 'origin'>): FeedConfig {
    const { config } = this.#deps;
    const channels = channelsOf(dataTypes);
    const ofVenue = config.feeds.filter(({ venue }) => venue === source);
    const configured = origin === 'config' ? ofVenue.find(({ symbols }) => symbols.includes(symbol)) : undefined;
    const base = configured ?? ofVenue[0];
    if (base === undefined) {
      const { defaults, name } = this.#deps.venue(source);
      return { id: `${name}+${channels.join('+')}`, venue: name, ...defaults, symbols: [], channels, transport: 'native' };
    }
    const fits = channels.length === base.channels.length && channels.every((channel) => base.channels.includes(channel));
    if (fits) return base;
    const id = `${base.id}+${channels.join('+')}`;
    this.#bases.set(id, base.id);
    return { ...base, id, channels };
  }

  #shardOf(feed: FeedConfig): ShardSupervisor {
    return this.#deps.shardOf(this.#bases.get(feed.id) ?? feed.id);
  }

  #group(feed: FeedConfig): Group {
    const known = this.#groups.get(feed.id);
    if (known !== undefined) return known;
    const shard = isSource(feed.venue) ? this.#deps.internalShard() : this.#shardOf(feed);
    const group = { feed, shard, instruments: new Map() };
    this.#groups.set(feed.id, group);
    return group;
  }

  #join(group: Group, definition: InstrumentDefinition): void {
    const before = this.#groupOf.get(definition.id);
    if (before === group) {
      const held = group.instruments.get(definition.symbol);
      if (held !== undefined && tradingState(held) !== tradingState(definition))
        this.#change([{ feed: group.feed, definition }]);
      group.shard.worker?.notify('restart', { feed: group.feed.id, instrument: definition.id });
      return;
    }
    // It leaves its old connections first: the core knows one subscription of an instrument.
    if (before !== undefined) this.#leave(before, definition.symbol, definition.id);
    this.#place(group, definition);
    this.#put(group);
  }

  #place(group: Group, definition: InstrumentDefinition): void {
    group.instruments.set(definition.symbol, definition);
    this.#groupOf.set(definition.id, group);
    const given = this.#given.get(group.shard) ?? new Set<number>();
    this.#given.set(group.shard, given.add(definition.id));
  }

  #leave(group: Group, symbol: string, instrument: number): void {
    group.instruments.delete(symbol);
    this.#groupOf.delete(instrument);
    this.#put(group);
  }

  #put({ feed, shard, instruments }: Group): void {
    shard.put({ feed, instruments: [...instruments.values()] });
  }

  #putSources(entries: readonly FeedEntry[]): void {
    const changed = new Set<Group>();
    for (const { source, symbol } of entries) {
      const feed = {
        id: source,
        venue: source,
        wsUrl: '',
        restUrl: '',
        symbols: [],
        channels: [],
        transport: 'native' as const,
      };
      const group = this.#group(feed);
      if (group.instruments.has(symbol)) continue;
      const [id] = this.#deps.registry.assign(source, [symbol]) as [number];
      this.#place(group, sourceInstrument(id, source, symbol));
      changed.add(group);
    }
    for (const group of changed) this.#put(group);
  }

  #instrumentOf(source: string, symbol: string): number | null {
    for (const { feed, instruments } of this.#groups.values()) {
      const definition = feed.venue === source ? instruments.get(symbol) : undefined;
      if (definition !== undefined) return definition.id;
    }
    return null;
  }

  /** Whether a shard has a place for so many more. Instruments that left keep theirs. */
  #check(shard: ShardSupervisor, more: number): void {
    const { instrumentsMax } = this.#deps.config;
    const held = this.#given.get(shard)?.size ?? 0;
    if (held + more > instrumentsMax)
      throw new TickringError(
        'INSTRUMENT_TABLE_FULL',
        `a shard would hold ${held + more} instruments, instruments_max is ${instrumentsMax}`,
      );
  }
}

function infoOf(entry: FeedEntry, instrument: InstrumentStatus | undefined): FeedInfo {
  const { feedId, symbol, source, dataTypes, origin, createdAt } = entry;
  const subscription = instrument?.subscription ?? 'pending';
  return { feedId, symbol, source, dataTypes, instrument: instrument?.id ?? null, origin, subscription, createdAt };
}

function checkSourceSymbol(symbol: string): void {
  if (!SOURCE_SYMBOL.test(symbol))
    throw new TickringError('ARGUMENT_RANGE', `symbol ${JSON.stringify(symbol.slice(0, 64))} does not match ${SOURCE_SYMBOL}`);
}
