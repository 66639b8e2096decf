import type { ConnectionClass, VenueLimits } from '../../model/venue.js';

/** Production addresses. */
export const DEFAULTS = { wsUrl: 'wss://dstream.binance.com', restUrl: 'https://dapi.binance.com' } as const;

/** All channels share one socket, as in the recording. */
export const CLASSES: readonly ConnectionClass[] = [
  {
    name: 'stream',
    channels: ['book', 'trade', 'quote', 'mark_price', 'funding', 'liquidation', 'status', 'kline'],
    path: '/stream',
  },
];

/** Those of USDT-M, but for the streams, of which it had 200 until 2025: no document of this venue was at hand. */
export const LIMITS: VenueLimits = {
  streamsPerConnection: 200,
  // Ours: no document names a limit.
  streamsPerMessage: 100,
  messagesPerSecond: 10,
  connectionAttemptsPer5Minutes: 300,
  restWeightPerMinute: 2400,
  idleTimeoutMs: 200_000,
  silenceTimeoutMs: 30_000,
  connectionLifeMs: 24 * 3_600_000,
};
