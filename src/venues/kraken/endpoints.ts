import type { ConnectionClass, VenueLimits } from '../../model/venue.js';

/** Production addresses. */
export const DEFAULTS = { wsUrl: 'wss://ws.kraken.com', restUrl: 'https://api.kraken.com' } as const;

/** A control message names one channel, so each channel has its connections. */
export const CLASSES: readonly ConnectionClass[] = [
  { name: 'book', channels: ['book'], path: '/v2' },
  { name: 'trade', channels: ['trade'], path: '/v2' },
  { name: 'ticker', channels: ['quote'], path: '/v2' },
  { name: 'instrument', channels: ['status'], path: '/v2' },
  { name: 'ohlc', channels: ['kline'], path: '/v2' },
];

export const LIMITS: VenueLimits = {
  // Ours: no limit is documented. A whole book of 1,000 levels a side is some 75 KB.
  streamsPerConnection: 200,
  // Each symbol is answered apart.
  streamsPerMessage: 25,
  // Ours: the documented limit is dynamic.
  messagesPerSecond: 4,
  // 150 in 10 minutes and address, then 10 minutes of refusal.
  connectionAttemptsPer5Minutes: 75,
  // About one request a second.
  restWeightPerMinute: 60,
  // A heartbeat comes every second in which nothing else does.
  idleTimeoutMs: 20_000,
  silenceTimeoutMs: 10_000,
  // Ours: no cut is documented.
  connectionLifeMs: 24 * 3_600_000,
};

/** Levels a side; the core drops what falls out of so many. */
export const DEPTH = 1_000;
