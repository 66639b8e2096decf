import type { SymbolSpec } from '../market/symbols.js';
import { type FigureStream, timeText } from './dialect.js';

/** Kinds of instruments: one address, listed apart. */
export type InstrumentType = 'SPOT' | 'SWAP' | 'FUTURES';

/** An index is called as its contracts are, without what follows. */
const indexOf = ({ symbol }: SymbolSpec): string => symbol.split('-').slice(0, 2).join('-');

function message(channel: string, about: string, row: string): string {
  return `{"arg":{"channel":"${channel}",${about}},"data":[${row}]}`;
}

/** Mark and index prices, funding of perpetuals, open interest, liquidations and states of all instruments of a type. */
export function okxFigures(type: InstrumentType): readonly FigureStream[] {
  const instType = `"instType":"${type}"`;
  const own = (channel: string, symbol: string, row: string): string =>
    message(channel, `"instId":"${symbol}"`, `{${instType},"instId":"${symbol}",${row}}`);
  const states: FigureStream = {
    kind: 'status',
    isShared: true,
    name: () => `instruments:${type}`,
    words: (_, { symbol }, event) =>
      message('instruments', instType, `{${instType},"instId":"${symbol}","state":"${event.isHalted ? 'suspend' : 'live'}"}`),
  };
  const funding: FigureStream = {
    kind: 'funding',
    name: ({ symbol }) => `funding-rate:${symbol}`,
    words: (_, { symbol }, event) => {
      const times = `"fundingTime":"${event.nextFundingMs}","nextFundingTime":"${event.nextFundingMs + event.fundingIntervalMs}"`;
      const rates = `"fundingRate":"${event.rate}","nextFundingRate":""`;
      return own('funding-rate', symbol, `${rates},${times},"ts":"${timeText(event.engineUs, false)}"`);
    },
  };
  if (type === 'SPOT') return [states];
  return [
    {
      kind: 'mark',
      name: ({ symbol }) => `mark-price:${symbol}`,
      words: (_, { symbol }, event) =>
        own('mark-price', symbol, `"markPx":"${event.mark}","ts":"${timeText(event.engineUs, false)}"`),
    },
    {
      kind: 'index',
      isShared: true,
      name: (spec) => `index-tickers:${indexOf(spec)}`,
      words: (_, spec, event) => {
        const day = `"high24h":"${event.index}","low24h":"${event.index}","open24h":"${event.index}"`;
        const row = `{"instId":"${indexOf(spec)}","idxPx":"${event.index}",${day},"sodUtc0":"","sodUtc8":"","ts":"${timeText(event.engineUs, false)}"}`;
        return message('index-tickers', `"instId":"${indexOf(spec)}"`, row);
      },
    },
    ...(type === 'SWAP' ? [funding] : []),
    {
      kind: 'openInterest',
      name: ({ symbol }) => `open-interest:${symbol}`,
      words: (_, { symbol }, event) => {
        const worth = `"oiCcy":"${event.openInterest}","oiUsd":"${event.openInterestValue}"`;
        const row = `"oi":"${event.openInterest}",${worth},"ts":"${timeText(event.engineUs, false)}"`;
        return own('open-interest', symbol, row);
      },
    },
    {
      kind: 'liquidation',
      isShared: true,
      name: () => `liquidation-orders:${type}`,
      words: (_, spec, event) => {
        const sides = event.sells ? '"side":"sell","posSide":"long"' : '"side":"buy","posSide":"short"';
        const order = `{${sides},"bkPx":"${event.price}","sz":"${event.qty}","bkLoss":"0","ccy":"","ts":"${timeText(event.engineUs, false)}"}`;
        const family = `"instFamily":"${indexOf(spec)}","uly":"${indexOf(spec)}"`;
        return message(
          'liquidation-orders',
          instType,
          `{${instType},${family},"instId":"${spec.symbol}","details":[${order}]}`,
        );
      },
    },
    states,
  ];
}
