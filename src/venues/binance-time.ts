import type { Venue } from '../model/venue.js';

/** How Binance tells its time, on all its markets. */
export function binanceTime(rest: string): NonNullable<Venue['time']> {
  return {
    request: () => ({ path: `${rest}/time`, weight: 1 }),
    read: (body) => {
      const time: unknown = JSON.parse(body)?.serverTime;
      if (typeof time !== 'number' || !Number.isSafeInteger(time))
        throw new Error(`serverTime ${String(time)} is no whole number`);
      return time;
    },
  };
}
