import { message, number } from './deribit-words.js';
import { type FigureStream, timeText } from './dialect.js';

/** States of all instruments, on one channel. */
const STATES = 'instrument.state.any.any';

/** One ticker tells of prices, funding, open interest and state; that of spot neither of funding nor of open interest. */
export const deribitFigures: readonly FigureStream[] = [
  {
    kind: 'mark',
    greets: true,
    name: ({ symbol }) => `ticker.${symbol}.100ms`,
    words: (_, { symbol }, event) => {
      const state = `"timestamp":${timeText(event.engineUs, false)},"state":"${event.isHalted ? 'locked' : 'open'}"`;
      const prices = `"index_price":${number(event.index)},"instrument_name":"${symbol}","mark_price":${number(event.mark)}`;
      const rates = `"current_funding":${number(event.rate)},"funding_8h":${number(event.rate)}`;
      const more = symbol.includes('_') ? '' : `,"open_interest":${number(event.openInterest)},${rates}`;
      return message(`ticker.${symbol}.100ms`, `{${state},"stats":{"high":null,"low":null},${prices}${more}}`);
    },
  },
  {
    kind: 'status',
    isShared: true,
    name: () => STATES,
    words: (_, { symbol }, event) => {
      const state = event.isHalted ? 'settlement' : 'open';
      const data = `{"timestamp":${timeText(event.engineUs, false)},"state":"${state}","instrument_name":"${symbol}"}`;
      return message(STATES, data);
    },
  },
];
