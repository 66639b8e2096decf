import type { FigureStream } from './dialect.js';

/** One message of a stream. */
export function message(stream: string, data: string): string {
  return `{"stream":"${stream}","data":${data}}`;
}

/** Mark price with index and funding, open interest, and liquidations of all markets. The venue has them for perpetuals alone, here any market tells them. */
export const backpackFigures: readonly FigureStream[] = [
  {
    kind: 'mark',
    name: ({ symbol }) => `markPrice.${symbol}`,
    words: (_, { symbol }, event) => {
      const prices = `"p":"${event.mark}","f":"${event.rate}","i":"${event.index}","n":${event.nextFundingMs}`;
      const data = `{"e":"markPrice","E":${event.eventUs},"s":"${symbol}",${prices},"T":${event.engineUs}}`;
      return message(`markPrice.${symbol}`, data);
    },
  },
  {
    kind: 'openInterest',
    name: ({ symbol }) => `openInterest.${symbol}`,
    words: (_, { symbol }, event) =>
      message(
        `openInterest.${symbol}`,
        `{"e":"openInterest","E":${event.eventUs},"s":"${symbol}","o":"${event.openInterest}"}`,
      ),
  },
  {
    kind: 'liquidation',
    isShared: true,
    name: () => 'liquidation',
    words: (_, { symbol }, event) => {
      const order = `"q":"${event.qty}","p":"${event.price}","S":"${event.sells ? 'Ask' : 'Bid'}"`;
      const data = `{"e":"liquidation","E":${event.eventUs},${order},"s":"${symbol}","T":${event.engineUs}}`;
      return message('liquidation', data);
    },
  },
];
