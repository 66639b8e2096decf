import { fixedDecimal, plainDecimal } from './decimal.js';

/** What the simulated market of one symbol needs to know; prices count in ticks, quantities in lots. */
export interface SymbolSpec {
  /** The venue's spelling in messages, upper case. */
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  /** Decimals of the price, and how many units of the last decimal one tick is (0.10 = 2 places, 10 units). */
  readonly pricePlaces: number;
  readonly tickUnits: number;
  /** Decimals of the quantity, and how many units of the last one a lot is; default one. */
  readonly qtyPlaces: number;
  readonly lotUnits?: number;
  /** First best bid, ticks. */
  readonly startTick: number;
  /** Distance from the touch at which the book is deepest, ticks. */
  readonly humpTicks: number;
  /** Ordinary order size, lots. */
  readonly typicalLots: number;
  /** Share of the venue's activity, relative to the other symbols. */
  readonly weight: number;
}

/** Turns ticks and lots of one symbol into the venue's text. */
export class SymbolText {
  readonly #spec: SymbolSpec;
  readonly #pricePad: string;
  readonly #qtyPad: string;

  /** `padTo` is the venue's fixed number of decimals, or 0 to write the places of tick and lot. */
  constructor(spec: SymbolSpec, padTo: number) {
    this.#spec = spec;
    this.#pricePad = '0'.repeat(Math.max(0, padTo - spec.pricePlaces));
    this.#qtyPad = '0'.repeat(Math.max(0, padTo - spec.qtyPlaces));
  }

  /** As messages spell it. */
  get symbol(): string {
    return this.#spec.symbol;
  }

  price(tick: number): string {
    return fixedDecimal(tick * this.#spec.tickUnits, this.#spec.pricePlaces) + this.#pricePad;
  }

  qty(lots: number): string {
    const text = fixedDecimal(lots * (this.#spec.lotUnits ?? 1), this.#spec.qtyPlaces);
    // A quantity without decimals gets its dot only when the venue pads.
    return this.#spec.qtyPlaces === 0 && this.#qtyPad !== '' ? `${text}.${this.#qtyPad}` : text + this.#qtyPad;
  }

  /** What something is worth, from ticks × lots. */
  worth(worth: number): string {
    const { tickUnits, lotUnits = 1, pricePlaces, qtyPlaces } = this.#spec;
    const digits = String(BigInt(worth) * BigInt(tickUnits * lotUnits)).padStart(pricePlaces + qtyPlaces + 1, '0');
    const whole = digits.slice(0, digits.length - pricePlaces - qtyPlaces);
    return pricePlaces + qtyPlaces === 0 ? whole : `${whole}.${digits.slice(whole.length)}`;
  }

  /** `<price> <qty>` as canonical book texts spell them: plain decimals without trailing zeros. */
  canonicalLevel(tick: number, lots: number): string {
    const price = plainDecimal(tick * this.#spec.tickUnits, this.#spec.pricePlaces);
    return `${price} ${plainDecimal(lots * (this.#spec.lotUnits ?? 1), this.#spec.qtyPlaces)}`;
  }
}

type Row = readonly [
  symbol: string,
  pricePlaces: number,
  tickUnits: number,
  qtyPlaces: number,
  start: number,
  hump: number,
  lots: number,
  weight: number,
];

/** What Kraken's names of futures begin with. */
const KIND = /^[PF][IFV]_/;
const QUOTE_ASSET = /USD[TC]?(?=_PERP|-|$)/;

function table(rows: readonly Row[]): ReadonlyMap<string, SymbolSpec> {
  return new Map(
    rows.map(([symbol, pricePlaces, tickUnits, qtyPlaces, startTick, humpTicks, typicalLots, weight]) => [
      symbol,
      {
        symbol,
        baseAsset: symbol.replace(KIND, '').split(/[-_/]|USDT?(?=_PERP|$)/)[0] ?? '',
        quoteAsset: QUOTE_ASSET.exec(symbol)?.[0] ?? 'USD',
        pricePlaces,
        tickUnits,
        qtyPlaces,
        startTick,
        humpTicks,
        typicalLots,
        weight,
      },
    ]),
  );
}

/** Ticks and lots as USDT-M lists them: one tick of the spread is 0.10 on BTC, SOL trades in whole coins. */
export const usdmSymbols = table([
  ['BTCUSDT', 2, 10, 3, 650_000, 260, 25, 8],
  ['ETHUSDT', 2, 1, 3, 320_000, 280, 500, 6],
  ['BNBUSDT', 3, 10, 2, 60_000, 240, 300, 3],
  ['SOLUSDT', 4, 100, 0, 15_000, 220, 8, 4],
]);

/** Ticks and lots of the spot market. */
export const spotSymbols = table([
  ['BTCUSDT', 2, 1, 5, 6_500_000, 2_500, 1_500, 8],
  ['ETHUSDT', 2, 1, 4, 320_000, 400, 3_000, 6],
  ['BNBUSDT', 2, 1, 3, 60_000, 260, 900, 3],
  ['SOLUSDT', 2, 1, 3, 15_000, 220, 8_000, 4],
]);

/** Futures settled in the coin, as COIN-M lists them: a lot is a contract of 100 USD, or of 10. */
export const coinmSymbols = table([
  ['BTCUSD_PERP', 1, 1, 0, 650_000, 260, 40, 8],
  ['ETHUSD_PERP', 2, 1, 0, 320_000, 280, 200, 6],
]);

/** Futures settled in the coin, as Deribit lists them, with amounts in USD, and a spot pair, whose amounts are small. */
export const deribitSymbols = table([
  ['BTC-PERPETUAL', 1, 5, 0, 130_000, 260, 2_000, 8],
  ['ETH-PERPETUAL', 2, 5, 0, 64_000, 280, 1_500, 6],
  ['BTC_USDC', 1, 5, 6, 130_000, 260, 40, 2],
]);

/** As Coinbase lists them. */
export const coinbaseSymbols = table([
  ['BTC-USD', 2, 1, 8, 6_500_000, 2_500, 1_500_000, 8],
  ['ETH-USD', 2, 1, 8, 320_000, 400, 30_000_000, 6],
]);

/** Spot and perpetual pairs, as Backpack lists them. */
export const backpackSymbols = table([
  ['BTC_USDC_PERP', 1, 1, 5, 650_000, 260, 1_500, 8],
  ['SOL_USDC', 2, 1, 2, 15_000, 220, 800, 6],
]);

/** The same as Bybit lists them: a lot is a contract of 1 USD. */
export const inverseSymbols = table([
  ['BTCUSD', 2, 50, 0, 130_000, 260, 2_000, 8],
  ['ETHUSD', 2, 5, 0, 64_000, 280, 1_500, 6],
]);

/** Spot as OKX spells and lists it. */
export const okxSpotSymbols = table([
  ['BTC-USDT', 1, 1, 8, 650_000, 2_500, 1_500_000, 8],
  ['ETH-USDT', 2, 1, 6, 320_000, 400, 300_000, 6],
]);

/** Perpetual futures as OKX lists them: quantities count contracts of 0.01 BTC and of 0.1 ETH. */
export const okxSwapSymbols = table([
  ['BTC-USDT-SWAP', 1, 1, 2, 650_000, 260, 250, 8],
  ['ETH-USDT-SWAP', 2, 1, 2, 320_000, 280, 500, 6],
]);

/** Futures settled in the coin that expire: contracts of 100 USD, and of 10. */
export const okxFuturesSymbols = table([
  ['BTC-USD-270326', 1, 1, 0, 650_000, 260, 40, 8],
  ['ETH-USD-270326', 2, 1, 0, 320_000, 280, 200, 6],
]);

/** Spot as Kraken spells and lists it. */
export const krakenSymbols = table([
  ['BTC/USD', 1, 1, 8, 650_000, 260, 1_500_000, 8],
  ['ETH/USD', 2, 1, 8, 320_000, 400, 3_000_000, 6],
]);

/** Perpetual futures as Kraken lists them: contracts of 1 USD settled in the coin, and parts of the coin. */
export const krakenFuturesSymbols = table([
  ['PI_XBTUSD', 1, 5, 0, 130_000, 260, 2_000, 8],
  ['PF_ETHUSD', 1, 1, 3, 32_000, 280, 1_500, 6],
]);
