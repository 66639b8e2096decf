/** Feeds from either spelling: the `feeds` list, or the older `exchange_ws_url` with `symbols`. */
import { DEFAULT_CHANNELS, type FeedConfig } from '../../model/config.js';
import { TickringError } from '../../model/errors.js';
import { channelsServed, type Venue, type VenueAddresses, venueIn } from '../../model/venue.js';
import { venueByName, venues } from '../../venues/index.js';
import { hideSecrets } from './problems.js';
import { isRetired, type Settings } from './schema.js';
import type { Layers } from './source.js';
import { validationOf } from './validation.js';

/** What the older `exchange_ws_url` meant where the address does not say it. */
const OLDER_VENUE = 'binance-usdm';

interface Context {
  readonly layers: Layers;
  readonly warnings: string[];
}

function known(name: string): Venue {
  const venue = venueByName(name);
  if (venue === undefined)
    throw new TickringError(
      'VENUE_UNKNOWN',
      `venue ${name} is unknown, known are ${venues.map((each) => each.name).join(', ')}`,
    );
  return venue;
}

/** The venue of a host, whatever path an older configuration puts behind it; of several on one host the one with this path. */
function venueOfAddress({ hostname, pathname }: URL): Venue | undefined {
  const there = venues.filter((venue) => new URL(venue.defaults.wsUrl).hostname === hostname);
  return there.find(({ classes }) => classes.some(({ path }) => path === pathname)) ?? there[0];
}

/** Addresses without the trailing slash that URL adds. */
function rootOf(text: string): string {
  const url = new URL(text);
  return `${url.protocol}//${url.username === '' ? '' : `${url.username}:${url.password}@`}${url.host}`;
}

function retiredText(address: string, venue: Venue): string {
  return `${hideSecrets(address)} no longer carries data; using ${venue.defaults.wsUrl} with the venue's present paths`;
}

/** The feed that `exchange_ws_url` and `symbols` describe. */
function olderFeed(address: string, symbols: readonly string[], { layers, warnings }: Context): FeedConfig {
  const origin = layers.originOf(['exchange_ws_url']);
  const url = new URL(address);
  const venue = venueOfAddress(url);
  if (venue !== undefined) {
    if (isRetired(address)) warnings.push(`${origin}: exchange_ws_url ${retiredText(address, venue)}`);
    return { id: venue.name, venue: venue.name, ...venue.defaults, symbols, channels: DEFAULT_CHANNELS, transport: 'native' };
  }
  const wsUrl = rootOf(address);
  const restUrl = wsUrl.replace(/^ws/, 'http');
  warnings.push(
    `${origin}: exchange_ws_url is taken for ${OLDER_VENUE}, with its REST interface at ${new URL(restUrl).host}; use feeds to say otherwise`,
  );
  return { id: OLDER_VENUE, venue: OLDER_VENUE, wsUrl, restUrl, symbols, channels: DEFAULT_CHANNELS, transport: 'native' };
}

function listedFeeds({ feeds = [], validation }: Settings, { layers, warnings }: Context): FeedConfig[] {
  const seen = new Map<string, number>();
  return feeds.map((feed, index) => {
    const named = known(feed.venue);
    const venue = venueIn(named, feed.format);
    const place = layers.originOf(['feeds', String(index)]);
    if (venue === undefined) {
      const has = ['json', ...Object.keys(named.formats ?? {})].join(', ');
      throw new TickringError(
        'CONFIG_INVALID',
        `${place}: feeds.${index}.format is ${feed.format}, which ${named.name} does not have; it has ${has}`,
      );
    }
    const { defaults } = venue;
    const served = channelsServed(venue);
    const lacks = feed.channels.find((channel) => !served.includes(channel));
    if (lacks !== undefined) {
      throw new TickringError(
        'CONFIG_INVALID',
        `${place}: feeds.${index}.channels names ${lacks}, which ${venue.name} does not have; it has ${served.join(', ')}`,
      );
    }
    const retired = feed.ws_url !== undefined && isRetired(feed.ws_url);
    if (retired) warnings.push(`${place}: feeds.${index}.ws_url ${retiredText(feed.ws_url ?? '', venue)}`);
    const ws = retired ? undefined : feed.ws_url;
    if (!retired && (ws === undefined) !== (feed.rest_url === undefined)) {
      const [given, lacking] = ws === undefined ? ['rest_url', 'ws_url'] : ['ws_url', 'rest_url'];
      throw new TickringError(
        'CONFIG_INVALID',
        `${place}: feeds.${index} has ${given} but no ${lacking}: snapshots and deltas must come from one place`,
      );
    }
    const rules = `feeds.${index}.validation`;
    const foreign = Object.keys(feed.validation?.symbols ?? {}).find((symbol) => !feed.symbols.includes(symbol));
    if (foreign !== undefined)
      throw new TickringError('CONFIG_INVALID', `${place}: ${rules}.symbols names ${foreign}, which the feed does not follow`);
    const count = (seen.get(feed.venue) ?? 0) + 1;
    seen.set(feed.venue, count);
    return {
      id: feed.id ?? (count === 1 ? feed.venue : `${feed.venue}-${count}`),
      venue: feed.venue,
      wsUrl: ws === undefined ? defaults.wsUrl : rootOf(ws),
      restUrl: feed.rest_url === undefined ? defaults.restUrl : rootOf(feed.rest_url),
      symbols: feed.symbols,
      channels: feed.channels,
      transport: feed.transport,
      ...(feed.validation === undefined ? {} : { validation: validationOf(validation, feed.validation, `${place}: ${rules}`) }),
      ...(feed.format === 'json' ? {} : { format: feed.format }),
      ...alternatesOf(feed, defaults, ws === undefined),
      ...linesOf(feed, `${place}: feeds.${index}`, warnings),
    };
  });
}

/** Other addresses: those that are named, or the venue's own where the first ones are the venue's own too. */
function alternatesOf(
  feed: NonNullable<Settings['feeds']>[number],
  { wsAlternates = [], restAlternates = [] }: VenueAddresses,
  isDefault: boolean,
): Pick<FeedConfig, 'wsAlternates' | 'restAlternates'> {
  const ws = feed.alternate_ws_urls?.map(rootOf) ?? (isDefault ? wsAlternates : []);
  const rest = feed.alternate_rest_urls?.map(rootOf) ?? (isDefault ? restAlternates : []);
  return { ...(ws.length === 0 ? {} : { wsAlternates: ws }), ...(rest.length === 0 ? {} : { restAlternates: rest }) };
}

/** The lines of a feed: as many as the venue's numbers can tell apart, and no address for one that there is not. */
function linesOf(
  feed: NonNullable<Settings['feeds']>[number],
  place: string,
  warnings: string[],
): Pick<FeedConfig, 'lines' | 'lineWsUrls'> {
  const { lines, line_ws_urls: addresses = [] } = feed;
  const venue = known(feed.venue);
  const reason = venue.unarbitrated;
  if (lines > 1 && reason !== undefined)
    throw new TickringError('CONFIG_INVALID', `${place}.lines ${lines} exceeds 1 for ${feed.venue}: ${reason}`);
  if (addresses.length > lines)
    throw new TickringError('CONFIG_INVALID', `${place}.line_ws_urls has ${addresses.length} addresses, lines is ${lines}`);
  if (lines === 1 && addresses.length === 0) return {};
  const lineWsUrls = addresses.map((address, index) => {
    if (!isRetired(address)) return rootOf(address);
    warnings.push(`${place}.line_ws_urls.${index} ${retiredText(address, venue)}`);
    return venue.defaults.wsUrl;
  });
  return { lines, ...(lineWsUrls.length === 0 ? {} : { lineWsUrls }) };
}

/** An instrument belongs to one feed; two would fight over its book. So does an id, by which the engine tells feeds apart. */
function refuseTwice(feeds: readonly FeedConfig[], layers: Layers): void {
  const owner = new Map<string, string>();
  const ids = new Set<string>();
  for (const [index, feed] of feeds.entries()) {
    if (ids.has(feed.id))
      throw new TickringError(
        'CONFIG_INVALID',
        `${layers.originOf(['feeds', String(index)])}: feeds.${index}.id ${feed.id} stands in two feeds`,
      );
    ids.add(feed.id);
    for (const symbol of feed.symbols) {
      const instrument = `${feed.venue}:${symbol}`;
      if (owner.has(instrument))
        throw new TickringError('CONFIG_INVALID', `${layers.originOf(['feeds'])}: ${instrument} stands in two feeds`);
      owner.set(instrument, feed.id);
    }
  }
}

/** The feeds; empty means that the simulated venues run. */
export function feedsOf(settings: Settings, context: Context): FeedConfig[] {
  const { feeds, symbols, exchange_ws_url: address } = settings;
  const { layers } = context;
  if (feeds !== undefined && (address ?? symbols) !== undefined) {
    const key = address === undefined ? 'symbols' : 'exchange_ws_url';
    throw new TickringError('CONFIG_INVALID', `${layers.originOf([key])}: ${key} and feeds exclude each other`);
  }
  if (feeds !== undefined) {
    const listed = listedFeeds(settings, context);
    refuseTwice(listed, layers);
    return listed;
  }
  if (address === undefined) return [];
  if (symbols === undefined)
    throw new TickringError('CONFIG_INVALID', `${layers.originOf(['exchange_ws_url'])}: exchange_ws_url needs symbols`);
  return [olderFeed(address, symbols, context)];
}
