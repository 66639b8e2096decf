import type { ConnectionClass, VenueLimits } from '../../model/venue.js';

/** Production addresses; routed by class of channels since 2026-04-23. */
export const DEFAULTS = { wsUrl: 'wss://fstream.binance.com', restUrl: 'https://fapi.binance.com' } as const;

/** Books and quotes come from `public`, all else from `market`; the wrong class is acknowledged and stays silent. */
export const CLASSES: readonly ConnectionClass[] = [
  { name: 'public', channels: ['book', 'quote'], path: '/public/stream' },
  { name: 'market', channels: ['trade', 'mark_price', 'funding', 'liquidation', 'status', 'kline'], path: '/market/stream' },
];

export const LIMITS: VenueLimits = {
  streamsPerConnection: 1024,
  // Ours: neither document names a limit.
  streamsPerMessage: 100,
  messagesPerSecond: 10,
  connectionAttemptsPer5Minutes: 300,
  restWeightPerMinute: 2400,
  // The venue pings every 3 minutes; busy streams are never that quiet.
  idleTimeoutMs: 200_000,
  silenceTimeoutMs: 30_000,
  connectionLifeMs: 24 * 3_600_000,
};
