import type { ConnectionClass, VenueLimits } from '../../model/venue.js';

/** Production addresses. */
export const DEFAULTS = { wsUrl: 'wss://ws.backpack.exchange', restUrl: 'https://api.backpack.exchange' } as const;

/** All channels share one socket. */
export const CLASSES: readonly ConnectionClass[] = [
  {
    name: 'stream',
    channels: ['book', 'trade', 'quote', 'mark_price', 'funding', 'open_interest', 'liquidation', 'kline'],
    path: '/',
  },
];

/** No limit is documented but those of pings: all others are ours, and gentle. */
export const LIMITS: VenueLimits = {
  streamsPerConnection: 300,
  streamsPerMessage: 50,
  messagesPerSecond: 5,
  connectionAttemptsPer5Minutes: 100,
  restWeightPerMinute: 600,
  // The venue pings every 60 seconds and cuts after 120.
  idleTimeoutMs: 120_000,
  silenceTimeoutMs: 30_000,
  connectionLifeMs: 24 * 3_600_000,
};
