import { MINUTE_MS } from '../market/minutes.js';
import { type KlineStream, timeText } from './dialect.js';

/** `s@kline_1m` of all Binance markets. What takers bought is not simulated. */
export const binanceKline: KlineStream = {
  name: ({ symbol }) => `${symbol.toLowerCase()}@kline_1m`,
  words: (text, { symbol }, { eventUs, minute, isClosed }, micros) => {
    const { startMs, open, high, low, close, lots, count, worth, firstId, lastId } = minute;
    const time = (ms: number): string => timeText(ms * 1_000, micros);
    const ids = count === 0 ? '"f":-1,"L":-1' : `"f":${firstId},"L":${lastId}`;
    const prices = `"o":"${text.price(open)}","c":"${text.price(close)}","h":"${text.price(high)}","l":"${text.price(low)}"`;
    const traded = `"v":"${text.qty(lots)}","n":${count},"x":${isClosed},"q":"${text.worth(worth)}","V":"0","Q":"0","B":"0"`;
    const minuteOf = `"t":${time(startMs)},"T":${time(startMs + MINUTE_MS - 1)},"s":"${symbol}","i":"1m",${ids},${prices},${traded}`;
    return `{"e":"kline","E":${timeText(eventUs, micros)},"s":"${symbol}","k":{${minuteOf}}}`;
  },
};
