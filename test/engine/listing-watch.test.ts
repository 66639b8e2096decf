/** F16: what the listing says of symbols that are in doubt. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ListingWatch, type Watched } from '#dist/engine/listing-watch.js';
import type { FeedConfig } from '#dist/model/config.js';
import type { RestRequest, Venue } from '#dist/model/venue.js';
import { bybitLinear } from '#dist/venues/bybit/index.js';
import { memoryLogger } from './memory-logger.js';
import { eventually } from './rig.js';

const FEED = { id: 'bybit-linear', venue: 'bybit-linear', restUrl: 'http://127.0.0.1:1' } as FeedConfig;

/** Symbols that the venue lists, with state and tick size. */
type Listed = Readonly<Record<string, readonly [status: string, tick: string]>>;

function body(listed: Listed): Buffer {
  const list = Object.entries(listed).map(([symbol, [status, tickSize]]) => {
    return { symbol, status, priceFilter: { tickSize }, lotSizeFilter: { qtyStep: '0.001' } };
  });
  return Buffer.from(JSON.stringify({ retCode: 0, result: { category: 'linear', list } }));
}

const BOTH: Listed = { AAA: ['Trading', '0.1'], BBB: ['Trading', '0.1'] };
let listed: Listed | undefined;
let held: Watched[];
let asked: RestRequest[];
let stop: AbortController;
let logger: ReturnType<typeof memoryLogger>;

beforeEach(() => {
  listed = BOTH;
  asked = [];
  stop = new AbortController();
  logger = memoryLogger();
  held = ['AAA', 'BBB'].map((symbol, at) => {
    const steps = { priceExponent: -1, qtyExponent: -3, tickSize: 1n, lotSize: 1n };
    return { feed: FEED, definition: { id: at + 1, venue: bybitLinear.id, symbol, ...steps, trading: true, changeCount: 0 } };
  });
});
afterEach(() => stop.abort());

function watch(): ListingWatch {
  return new ListingWatch({
    rest: {
      get: (_venue: Venue, _url: string, request: RestRequest) => {
        asked.push(request);
        return listed === undefined ? Promise.reject(new Error('the venue is away')) : Promise.resolve(body(listed));
      },
    },
    drift: { listing: () => {} },
    logger,
    signal: stop.signal,
    againMs: 5,
    venue: () => bybitLinear,
    watched: () => held,
    change: (changed) => {
      held = held.map((each) => changed.find(({ definition }) => definition.id === each.definition.id) ?? each);
    },
  });
}

const of = (symbol: string) => held.find(({ definition }) => definition.symbol === symbol)?.definition;
const doubt = (one: ListingWatch, symbol: string): void =>
  one.doubt(held.find(({ definition }) => definition.symbol === symbol) as Watched);
const told = (): [string, unknown][] =>
  logger.lines.filter(({ level }) => level !== 'debug').map(({ message, fields }) => [message, fields['symbol']]);

it('a doubted symbol that is gone is delisted; one that is missing but speaks is not; listed again it trades again', async () => {
  listed = {};
  const one = watch();
  doubt(one, 'AAA');
  await eventually('delisted', () => of('AAA')?.delisted === true);
  expect(of('AAA')).toMatchObject({ trading: false });
  expect(of('BBB')).toMatchObject({ trading: true });
  // It is asked for until it is back.
  const before = asked.length;
  await eventually('asked again', () => asked.length > before + 1);
  listed = BOTH;
  await eventually('back', () => of('AAA')?.trading === true);
  expect(of('AAA')?.delisted).toBe(false);
  expect(told()).toEqual([
    ['the venue no longer lists a symbol; its book is cleared', 'AAA'],
    ['a symbol trades again, as the listing says', 'AAA'],
  ]);
  expect(asked[0]).toEqual(bybitLinear.listingRequest());
});

it('a doubted symbol that does not trade is halted, then delisted once it is doubted and gone', async () => {
  listed = { ...BOTH, AAA: ['Closed', '0.1'], BBB: ['PreLaunch', '0.1'] };
  const one = watch();
  doubt(one, 'AAA');
  await eventually('halted', () => of('AAA')?.trading === false);
  expect(of('AAA')?.delisted).toBe(false);
  expect(of('BBB')?.trading).toBe(true);
  listed = { BBB: ['Trading', '0.1'] };
  doubt(one, 'AAA');
  await eventually('delisted', () => of('AAA')?.delisted === true);
  expect(told().map(([message]) => message)).toEqual([
    'a symbol does not trade, as the listing says; its book is cleared',
    'the venue no longer lists a symbol; its book is cleared',
  ]);
});

it('other steps are taken over for all symbols, and who is only silent stays as it is', async () => {
  listed = { ...BOTH, BBB: ['Trading', '0.05'] };
  const one = watch();
  doubt(one, 'AAA');
  await eventually('other steps', () => of('BBB')?.tickSize === 5n);
  expect(of('BBB')).toMatchObject({ priceExponent: -2, trading: true });
  expect(told()).toEqual([['the listing tells other steps of a symbol', 'BBB']]);
  // Nobody is awaited: the listing is left in peace.
  expect(asked).toHaveLength(1);
});

it('a venue that does not answer is asked again, and nobody is judged before it does', async () => {
  listed = undefined;
  const one = watch();
  doubt(one, 'AAA');
  await eventually('asked three times', () => asked.length >= 3);
  expect(held.every(({ definition }) => definition.trading)).toBe(true);
  listed = { BBB: ['Trading', '0.1'] };
  await eventually('delisted', () => of('AAA')?.delisted === true);
});
