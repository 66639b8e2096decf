import { textAt, type VenueManifest } from '../../model/manifest.js';
import type { Category } from './endpoints.js';

const BOOKS = {
  orderbook: 'topic type ts cts data data.s data.b data.a data.u data.seq',
  publicTrade:
    'topic type ts data data[].T data[].s data[].S data[].v data[].p data[].L? data[].i data[].BT data[].RPI? data[].seq?',
  kline: `topic type ts data ${'start end interval open close high low volume turnover confirm timestamp'
    .split(' ')
    .map((name) => `data[].${name}`)
    .join(' ')}`,
};

/** Of a ticker: what we read, and what stands beside it, of which contracts that expire have some alone. */
const READ = 'markPrice indexPrice openInterest openInterestValue nextFundingTime fundingRate';
const BESIDE = [
  'fundingIntervalHour fundingCap singleOpenInterest singleOpenInterestValue tickDirection price24hPcnt lastPrice prevPrice24h',
  'highPrice24h lowPrice24h prevPrice1h turnover24h volume24h bid1Price bid1Size ask1Price ask1Size preOpenPrice preQty',
  'curPreListingPhase deliveryTime basis basisRate basisRateYear deliveryFeeRate predictedDeliveryPrice',
].join(' ');

function ticker(always: string, sometimes: string): string {
  const paths = (names: string, mark: string) => names.split(' ').map((name) => `data.${name}${mark}`);
  return ['topic type cs ts data data.symbol', ...(always === '' ? [] : paths(always, '')), ...paths(sometimes, '?')].join(' ');
}

const FIGURES = {
  'tickers snapshot': ticker(READ, BESIDE),
  // What changed alone.
  'tickers delta': ticker('', `${READ} ${BESIDE}`),
  allLiquidation: 'topic type ts data data[].T data[].s data[].S data[].v data[].p',
};

/** Reference of 2026-07-24, and tickers as recorded on 2026-08-09. */
export const manifestOf = (category: Category): VenueManifest => ({
  kindOf: (message) => {
    const [kind] = textAt(message, 'topic')?.split('.') ?? [];
    return kind === 'tickers' ? `${kind} ${textAt(message, 'type')}` : kind;
  },
  members: category === 'spot' ? BOOKS : { ...BOOKS, ...FIGURES },
  states: { member: 'status', known: ['Trading', 'PreLaunch', 'Delivering', 'Closed'] },
});
