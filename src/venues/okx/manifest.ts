import { textAt, type VenueManifest } from '../../model/manifest.js';
import type { InstrumentType } from './endpoints.js';

/** Members of the rows of a channel that tells of one instrument. */
function rows(names: string): string {
  const paths = names.split(' ').map((name) => `data[].${name}`);
  return ['arg arg.channel arg.instId data', ...paths].join(' ');
}

/** Of a channel that tells of all instruments of a type. */
function rowsOfType(names: string): string {
  return rows(names).replace('arg.instId', 'arg.instType');
}

const BOOKS = {
  books: `${rows('bids asks ts seqId prevSeqId checksum?')} action`,
  'bbo-tbt': rows('asks bids ts seqId checksum?'),
  trades: rows('instId tradeId px sz side ts count? source? seqId?'),
  // Its rows are lists.
  candle1m: 'arg arg.channel arg.instId data',
};

/** What the listing has of an instrument: that is recorded. */
const INSTRUMENTS = {
  instruments: rowsOfType(
    [
      'instType instId state uly? instFamily? category? baseCcy? quoteCcy? settleCcy? tradeQuoteCcyList? ctVal? ctMult? ctValCcy? ctType?',
      'optType? stk? listTime? contTdSwTime? preMktSwTime? auctionEndTime? expTime? lever? tickSz? lotSz? minSz? alias? ruleType? openType?',
      'instIdCode? futureSettlement? maxLmtSz? maxMktSz? maxLmtAmt? maxMktAmt? maxTwapSz? maxIcebergSz? maxTriggerSz? maxStopSz?',
      'maxPlatOILmt? posLmtAmt? posLmtPct?',
    ].join(' '),
  ),
};

const CONTRACTS = {
  'mark-price': rows('instType instId markPx ts'),
  'index-tickers': rows('instId idxPx high24h low24h open24h sodUtc0 sodUtc8 ts'),
  'open-interest': rows('instType instId oi oiCcy oiUsd? ts'),
  'liquidation-orders': rowsOfType(
    'instType instFamily? uly instId details details[].side details[].posSide details[].bkPx details[].sz details[].bkLoss details[].ccy details[].ts',
  ),
};

const PERPETUALS = {
  'funding-rate': rows(
    'instType? instId fundingRate nextFundingRate fundingTime nextFundingTime ts? method? formulaType? minFundingRate? maxFundingRate? interestRate? impactValue? premium? settFundingRate? settState?',
  ),
};

const MEMBERS = {
  SPOT: { ...BOOKS, ...INSTRUMENTS },
  SWAP: { ...BOOKS, ...INSTRUMENTS, ...CONTRACTS, ...PERPETUALS },
  FUTURES: { ...BOOKS, ...INSTRUMENTS, ...CONTRACTS },
} as const;

/** Reference of 2026-11-21. Answers name a channel too, but have no data. */
export const manifestOf = (type: InstrumentType): VenueManifest => ({
  kindOf: (message) => (message['data'] === undefined ? undefined : textAt(message, 'arg', 'channel')),
  members: MEMBERS[type],
  states: { member: 'state', known: ['live', 'suspend', 'preopen', 'test'] },
});
