/** Resources about views: what several venues quote at one instant, and what follows of it. */

import { z } from 'zod';
import { FLAGS } from '../model/codes.js';
import type { ViewConfig, ViewLeg } from '../model/config.js';
import { decimalText } from '../model/decimal.js';
import { instrumentCounter } from '../native/counters.js';
import type { LatestView } from '../native/index.js';
import type { Api } from './api.js';
import type { InstrumentView, Monitor } from './monitor.js';
import { json, Refusal } from './problem.js';
import type { Exposition } from './prometheus.js';

/** Readings until all are of one instant; the engine would have to be faster than this program several times in a row. */
const READINGS_MAX = 8;
const SOURCE = instrumentCounter('source');
const SWITCHES = instrumentCounter('source_switches');
const PPM = 1_000_000n;
const PPM_DIGITS = 6;

const decimal = z.string().meta({ examples: ['64000.1'] });
const level = z.object({ price: decimal, quantity: decimal });
const nanoseconds = z.string().regex(/^\d+$/).meta({ description: 'ns since the UNIX epoch' });
const absence = z.enum(['stale', 'crossed', 'late']);

const venueAnswer = z.object({
  venue: z.string(),
  symbol: z.string(),
  synchronised: z.boolean(),
  /** Why it is left out. */
  reason: absence.nullable(),
  fee_bps: z.number(),
  bid: level.nullable(),
  ask: level.nullable(),
  update_id: z.string(),
  ts_event: nanoseconds,
  ts_recv: nanoseconds,
});
const pairAnswer = z.object({
  buy: z.string(),
  sell: z.string(),
  /** Bid there less ask here. */
  gross: decimal,
  /** The same less what a taker pays on both. */
  net: decimal,
  /** Of what is paid for buying, 1/10,000. */
  net_bps: z.number(),
  quantity: decimal,
});
const sharedLevel = level.extend({
  venues: z.array(z.object({ venue: z.string(), quantity: decimal })),
});

export const viewAnswer = z.object({
  symbol: z.string(),
  mode: z.enum(['merge', 'failover']),
  /** Venue that a failover view follows, or did when it last had one; null before, and of merged views. */
  source: z.string().nullable(),
  /** How often that was another one than before. */
  switches: z.int(),
  in_sync: z.boolean(),
  tolerance_ms: z.number(),
  update_id: z.string(),
  ts_recv: nanoseconds,
  venues: z.array(venueAnswer),
  /** Every way to buy on one venue and sell on another, best first. */
  spreads: z.array(pairAnswer),
  /** The best of them, if it pays. */
  signal: pairAnswer.nullable(),
  bids: z.array(sharedLevel),
  asks: z.array(sharedLevel),
});
const viewList = z.object({
  views: z.array(
    z.object({
      symbol: z.string(),
      venues: z.array(z.string()),
      mode: z.enum(['merge', 'failover']),
      source: z.string().nullable(),
      in_sync: z.boolean(),
    }),
  ),
  count: z.int(),
});

type Pair = z.output<typeof pairAnswer>;

interface Read {
  readonly view: LatestView;
  readonly legs: readonly {
    readonly leg: ViewLeg;
    readonly latest: LatestView | null;
    readonly isSourceProven: boolean;
  }[];
}

interface Best {
  readonly leg: ViewLeg;
  readonly bid: readonly [bigint, bigint] | undefined;
  readonly ask: readonly [bigint, bigint] | undefined;
}

export function addViewRoutes(api: Api, monitor: Monitor, views: readonly ViewConfig[]): void {
  api.add({
    method: 'get',
    path: '/views',
    summary: 'Views of one thing on several venues',
    answers: { 200: viewList },
    handle: () => {
      const list = views.map((view) => ({
        symbol: view.symbol,
        venues: view.legs.map(({ venue }) => venue),
        mode: modeOf(view),
        source: sourceOf(monitor, view).source,
        in_sync: find(monitor, 'view', view.symbol)?.inSync ?? false,
      }));
      return json({ views: list, count: list.length });
    },
  });
  api.add({
    method: 'get',
    path: '/views/{symbol}',
    summary: 'What all venues of a view quote at one instant, the spread of each pair, and the book of all',
    params: z.object({ symbol: z.string().min(1).max(64) }),
    answers: { 200: viewAnswer },
    problems: [404],
    handle: ({ params }) => {
      const view = views.find(({ symbol }) => symbol === params.symbol.toUpperCase());
      if (view === undefined) throw new Refusal(404, `there is no view ${params.symbol}`);
      const read = readView(monitor, view);
      if (read === undefined)
        throw new Refusal(503, `the view ${view.symbol} cannot be read now`, {
          'Retry-After': '1',
        });
      return json(answerOf(view, read, sourceOf(monitor, view)));
    },
  });
}

/** Of failover views: which venue each follows, and how often it changed. */
export function exposeViews(monitor: Monitor, views: readonly ViewConfig[], out: Exposition): void {
  const followed = views.filter(({ failover }) => failover !== undefined).map((view) => ({ view, ...sourceOf(monitor, view) }));
  out.add(
    'tickring_view_source',
    'gauge',
    '1 for the venue that the view follows, or did when it last had one.',
    followed.flatMap(({ view, source }) =>
      view.legs.map(({ venue }) => [{ view: view.symbol, venue }, source === venue ? 1 : 0] as const),
    ),
  );
  out.add(
    'tickring_view_switches_total',
    'counter',
    'Times the view followed another venue than before.',
    followed.map(({ view, switches }) => [{ view: view.symbol }, switches] as const),
  );
  out.add(
    'tickring_view_live',
    'gauge',
    '1 while a venue of the view is fit; else its last book stands, and is stale.',
    followed.map(({ view }) => [{ view: view.symbol }, find(monitor, 'view', view.symbol)?.inSync === true ? 1 : 0] as const),
  );
}

function find(monitor: Monitor, venue: string, symbol: string): InstrumentView | undefined {
  return monitor.instruments.find((each) => each.venue === venue && each.symbol === symbol);
}

const modeOf = ({ failover }: ViewConfig): 'merge' | 'failover' => (failover === undefined ? 'merge' : 'failover');

/** Which venue a view follows, and how often that was another one than before. */
export function sourceOf(monitor: Monitor, { symbol, legs }: ViewConfig): { source: string | null; switches: number } {
  const counters = find(monitor, 'view', symbol)?.counters ?? [];
  const id = Number(counters[SOURCE] ?? 0n);
  const source = legs.find(({ venue }) => id !== 0 && find(monitor, 'view', `${symbol}@${venue}`)?.id === id);
  return { source: source?.venue ?? null, switches: Number(counters[SWITCHES] ?? 0n) };
}

function latestOf(monitor: Monitor, venue: string, symbol: string): LatestView | null {
  const instrument = find(monitor, venue, symbol);
  return instrument === undefined ? null : monitor.latest(instrument);
}

/** View and legs as they were behind one input: the view's book changes its id with each change of a leg that is in it. */
function readView(monitor: Monitor, { symbol, legs }: ViewConfig): Read | undefined {
  let view = latestOf(monitor, 'view', symbol);
  for (let reading = 0; reading < READINGS_MAX && view !== null; reading += 1) {
    const read = legs.map((leg) => ({
      leg,
      latest: latestOf(monitor, 'view', `${symbol}@${leg.venue}`),
      isSourceProven: find(monitor, leg.venue, leg.symbol)?.inSync ?? false,
    }));
    const again = latestOf(monitor, 'view', symbol);
    if (again !== null && again.lastUpdateId === view.lastUpdateId) return { view: again, legs: read };
    view = again;
  }
  return undefined;
}

const isStale = (latest: LatestView): boolean => (latest.flags & FLAGS.stale) !== 0;

function reasonOf(latest: LatestView | null, isSourceProven: boolean): z.output<typeof absence> | null {
  if (latest === null) return 'stale';
  if (!isStale(latest)) return null;
  if (!isSourceProven) return 'stale';
  return (latest.flags & FLAGS.crossed) !== 0 ? 'crossed' : 'late';
}

function bestOf(pairs: BigInt64Array): readonly [bigint, bigint] | undefined {
  const [price, qty] = pairs;
  return price === undefined || qty === undefined ? undefined : [price, qty];
}

function answerOf(config: ViewConfig, { view, legs }: Read, chosen: ReturnType<typeof sourceOf>): z.output<typeof viewAnswer> {
  const { priceExponent, qtyExponent } = view;
  const levelOf = (pair: readonly [bigint, bigint] | undefined) =>
    pair === undefined
      ? null
      : {
          price: decimalText(pair[0], priceExponent),
          quantity: decimalText(pair[1], qtyExponent),
        };
  const present = legs.flatMap(({ leg, latest }) => (latest === null || isStale(latest) ? [] : [{ leg, latest }]));
  const spreads = spreadsOf(
    present.map(({ leg, latest }) => ({
      leg,
      bid: bestOf(latest.bids),
      ask: bestOf(latest.asks),
    })),
    view,
  );
  const [first] = spreads;
  // The book of a failover view is that of one leg, also when that is no longer proven.
  const isShown = ({ leg }: { leg: ViewLeg }): boolean => config.failover === undefined || leg.venue === chosen.source;
  const shared = (side: 'bids' | 'asks') => sharedLevels(view, side, present.filter(isShown));
  return {
    symbol: config.symbol,
    mode: modeOf(config),
    ...chosen,
    in_sync: !isStale(view),
    tolerance_ms: config.toleranceMs,
    update_id: String(view.lastUpdateId),
    ts_recv: String(view.tsRecv),
    venues: legs.map(({ leg, latest, isSourceProven }) => {
      const reason = reasonOf(latest, isSourceProven);
      return {
        venue: leg.venue,
        symbol: leg.symbol,
        synchronised: reason === null,
        reason,
        fee_bps: leg.feePpm / 100,
        bid: levelOf(latest === null ? undefined : bestOf(latest.bids)),
        ask: levelOf(latest === null ? undefined : bestOf(latest.asks)),
        update_id: String(latest?.lastUpdateId ?? 0n),
        ts_event: String(latest?.tsEvent ?? 0n),
        ts_recv: String(latest?.tsRecv ?? 0n),
      };
    }),
    spreads,
    signal: first !== undefined && !first.net.startsWith('-') && first.net !== '0' ? first : null,
    bids: shared('bids'),
    asks: shared('asks'),
  };
}

/** Exactly, whatever the fees: with six more decimals. */
function spreadsOf(best: readonly Best[], { priceExponent, qtyExponent }: LatestView): Pair[] {
  const pairs = best.flatMap((buy) =>
    best.flatMap((sell) => {
      if (buy === sell || buy.ask === undefined || sell.bid === undefined) return [];
      const cost = buy.ask[0] * (PPM + BigInt(buy.leg.feePpm));
      const net = sell.bid[0] * (PPM - BigInt(sell.leg.feePpm)) - cost;
      return [{ buy, sell, net, cost, ask: buy.ask, bid: sell.bid }];
    }),
  );
  pairs.sort((a, b) => (a.net > b.net ? -1 : a.net < b.net ? 1 : 0));
  return pairs.map(({ buy, sell, net, cost, ask, bid }) => ({
    buy: buy.leg.venue,
    sell: sell.leg.venue,
    gross: decimalText(bid[0] - ask[0], priceExponent),
    net: decimalText(net, priceExponent - PPM_DIGITS),
    net_bps: Number((net * PPM) / cost) / 100,
    quantity: decimalText(bid[1] < ask[1] ? bid[1] : ask[1], qtyExponent),
  }));
}

/** Levels of the view's book, each with the venues that have something there. */
function sharedLevels(
  view: LatestView,
  side: 'bids' | 'asks',
  present: readonly { readonly leg: ViewLeg; readonly latest: LatestView }[],
): z.output<typeof sharedLevel>[] {
  const { priceExponent, qtyExponent } = view;
  const byPrice = new Map<bigint, { venue: string; quantity: string }[]>();
  for (const { leg, latest } of present) {
    const pairs = latest[side];
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const price = pairs[at] ?? 0n;
      const share = {
        venue: leg.venue,
        quantity: decimalText(pairs[at + 1] ?? 0n, qtyExponent),
      };
      byPrice.set(price, [...(byPrice.get(price) ?? []), share]);
    }
  }
  const levels: z.output<typeof sharedLevel>[] = [];
  for (let at = 0; at + 1 < view[side].length; at += 2) {
    const price = view[side][at] ?? 0n;
    const quantity = decimalText(view[side][at + 1] ?? 0n, qtyExponent);
    levels.push({
      price: decimalText(price, priceExponent),
      quantity,
      venues: byPrice.get(price) ?? [],
    });
  }
  return levels;
}
