/** Views of one thing on several venues. */
import { z } from 'zod';
import type { FeedConfig, ViewConfig, ViewLeg } from '../../model/config.js';
import { TickringError } from '../../model/errors.js';
import { sizesOf } from '../../model/venue.js';
import { venueByName } from '../../venues/index.js';
import type { Layers } from './source.js';
import { spelled } from './symbols.js';

const leg = z.strictObject({
  venue: z.string().refine((name) => venueByName(name) !== undefined, 'is no venue of the registry'),
  symbol: z.string().min(1).max(64).transform(spelled),
  fee_bps: z.number().min(0).max(10_000).default(0),
  multiplier: z
    .string()
    .regex(/^(?!0+(\.0+)?$)(0|[1-9]\d{0,8})(\.\d{1,9})?$/, 'is no number above 0 as decimal text, in quotes')
    .optional(),
});

/** What a leg may be silent for, ms: merged legs are to be of one instant; a venue is not given up for a moment's quiet. */
const TOLERANCE_MS = { merge: 100, failover: 3_000 } as const;
const HOLD_MS = 5_000;

const view = z.strictObject({
  symbol: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'is no name of 1 to 32 letters, digits, `.`, `_`, `-`')
    .transform((text) => text.toUpperCase()),
  mode: z.enum(['merge', 'failover']).default('merge'),
  hold_ms: z.int().min(0).max(3_600_000).optional(),
  depth: z.int().min(1).max(100).default(20),
  sync_tolerance_ms: z.int().min(1).max(60_000).optional(),
  deviation_bps: z.int().min(0).max(1_000_000).default(100),
  legs: z.array(leg).min(2).max(32),
});

export const viewsSchema = z.array(view).max(64).default([]);
type Settings = z.output<typeof viewsSchema>;

/** Keys of a view, or of a leg in it. */
export function viewKeysAt(path: readonly PropertyKey[]): readonly string[] {
  return Object.keys(path[0] === 'legs' ? leg.shape : view.shape);
}

interface Context {
  readonly layers: Layers;
  /** What is followed. */
  readonly feeds: readonly Pick<FeedConfig, 'venue' | 'symbols' | 'channels'>[];
  readonly depthMax: number;
}

/** What is simulated where no feed is configured. */
export const SIMULATED_VENUES = ['binance-usdm', 'binance-spot'] as const;

/** The views; what cannot be one is refused with its line. */
export function viewsOf(settings: Settings, { layers, feeds, depthMax }: Context): ViewConfig[] {
  const seen = new Set<string>();
  return settings.map((given, index) => {
    const refuse = (path: readonly string[], what: string): never => {
      const key = ['views', String(index), ...path];
      throw new TickringError('CONFIG_INVALID', `${layers.originOf(key)}: ${key.join('.')} ${what}`);
    };
    if (seen.has(given.symbol)) refuse(['symbol'], `${given.symbol} stands in two views`);
    seen.add(given.symbol);
    if (given.depth > depthMax)
      refuse(['depth'], `${given.depth} exceeds order_book_depth ${depthMax}, which is what venues' books are read with`);
    if (given.hold_ms !== undefined && given.mode !== 'failover')
      refuse(['hold_ms'], `${given.hold_ms} is of views with mode failover; this one has mode ${given.mode}`);
    const venues = new Set<string>();
    const legs = given.legs.map((each, at): ViewLeg => {
      const path = ['legs', String(at)];
      if (venues.has(each.venue)) refuse([...path, 'venue'], `${each.venue} stands in two legs`);
      venues.add(each.venue);
      const feed = feeds.find(({ venue, symbols }) => venue === each.venue && symbols.includes(each.symbol));
      if (feed === undefined) refuse([...path, 'symbol'], `${each.symbol} is in no feed of ${each.venue}`);
      if (feed?.channels.includes('book') === false)
        refuse([...path, 'symbol'], `${each.symbol} has no books: the feed of ${each.venue} does not have the channel book`);
      const sizes = sizesOf(venueByName(each.venue) ?? {}, each.symbol);
      if (sizes === 'quote')
        refuse(
          [...path, 'venue'],
          `${each.venue} counts sizes of ${each.symbol} in the quote currency: what they are of the base depends on the price`,
        );
      if (sizes === 'contracts' && each.multiplier === undefined)
        refuse(
          [...path, 'multiplier'],
          `is missing: ${each.venue} counts sizes in contracts, and one is that much of the base`,
        );
      const feePpm = Math.round(each.fee_bps * 100);
      return {
        venue: each.venue,
        symbol: each.symbol,
        feePpm,
        multiplier: each.multiplier ?? '1',
      };
    });
    const { symbol, mode, depth, sync_tolerance_ms: toleranceMs = TOLERANCE_MS[mode], deviation_bps: deviationBps } = given;
    const failover = mode === 'failover' ? { failover: { holdMs: given.hold_ms ?? HOLD_MS } } : {};
    return { symbol, ...failover, depth, toleranceMs, deviationBps, legs };
  });
}

/** The same as keys of the file. */
export function viewSettings(views: readonly ViewConfig[] = []): object {
  if (views.length === 0) return {};
  return {
    views: views.map(({ symbol, failover, depth, toleranceMs, deviationBps, legs }) => ({
      symbol,
      ...(failover === undefined ? {} : { mode: 'failover', hold_ms: failover.holdMs }),
      depth,
      sync_tolerance_ms: toleranceMs,
      deviation_bps: deviationBps,
      legs: legs.map(({ feePpm, ...rest }) => ({
        ...rest,
        fee_bps: feePpm / 100,
      })),
    })),
  };
}
