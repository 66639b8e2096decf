// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import { Bar } from './bar.js';
import { BookDelta } from './book-delta.js';
import { BookSnapshot } from './book-snapshot.js';
import { Funding } from './funding.js';
import { Gap } from './gap.js';
import { IndexPrice } from './index-price.js';
import { Instrument } from './instrument.js';
import { Kline } from './kline.js';
import { Liquidation } from './liquidation.js';
import { MarkPrice } from './mark-price.js';
import { OpenInterest } from './open-interest.js';
import { Quote } from './quote.js';
import { Skipped } from './skipped.js';
import { Stats24h } from './stats24h.js';
import { Status } from './status.js';
import { Trade } from './trade.js';
import { TradingStatus } from './trading-status.js';

export const Body = {
  NONE: 0,
  BookSnapshot: 1,
  BookDelta: 2,
  Trade: 3,
  Quote: 4,
  Status: 5,
  Gap: 6,
  Stats24h: 7,
  Instrument: 8,
  Skipped: 9,
  Bar: 10,
  MarkPrice: 11,
  IndexPrice: 12,
  Funding: 13,
  OpenInterest: 14,
  Liquidation: 15,
  TradingStatus: 16,
  Kline: 17,
} as const;
export type Body = (typeof Body)[keyof typeof Body];

export function unionToBody(
  type: Body,
  accessor: (obj:Bar|BookDelta|BookSnapshot|Funding|Gap|IndexPrice|Instrument|Kline|Liquidation|MarkPrice|OpenInterest|Quote|Skipped|Stats24h|Status|Trade|TradingStatus) => Bar|BookDelta|BookSnapshot|Funding|Gap|IndexPrice|Instrument|Kline|Liquidation|MarkPrice|OpenInterest|Quote|Skipped|Stats24h|Status|Trade|TradingStatus|null
): Bar|BookDelta|BookSnapshot|Funding|Gap|IndexPrice|Instrument|Kline|Liquidation|MarkPrice|OpenInterest|Quote|Skipped|Stats24h|Status|Trade|TradingStatus|null {
  switch(type) {
    case Body.NONE: return null;
    case Body.BookSnapshot: return accessor(new BookSnapshot());
    case Body.BookDelta: return accessor(new BookDelta());
    case Body.Trade: return accessor(new Trade());
    case Body.Quote: return accessor(new Quote());
    case Body.Status: return accessor(new Status());
    case Body.Gap: return accessor(new Gap());
    case Body.Stats24h: return accessor(new Stats24h());
    case Body.Instrument: return accessor(new Instrument());
    case Body.Skipped: return accessor(new Skipped());
    case Body.Bar: return accessor(new Bar());
    case Body.MarkPrice: return accessor(new MarkPrice());
    case Body.IndexPrice: return accessor(new IndexPrice());
    case Body.Funding: return accessor(new Funding());
    case Body.OpenInterest: return accessor(new OpenInterest());
    case Body.Liquidation: return accessor(new Liquidation());
    case Body.TradingStatus: return accessor(new TradingStatus());
    case Body.Kline: return accessor(new Kline());
    default: return null;
  }
}
