import type { ConnectionClass, VenueLimits } from '../../model/venue.js';

/** Production addresses. */
export const DEFAULTS = { wsUrl: 'wss://stream.binance.com:9443', restUrl: 'https://api.binance.com' } as const;

/** Production addresses where the sockets speak binary. */
export const SBE_DEFAULTS = { ...DEFAULTS, wsUrl: 'wss://stream-sbe.binance.com:9443' } as const;

/** All channels share one socket. */
export const CLASSES: readonly ConnectionClass[] = [{ name: 'stream', channels: ['book', 'trade', 'quote'], path: '/stream' }];

export const LIMITS: VenueLimits = {
  streamsPerConnection: 1024,
  // Ours: neither document names a limit.
  streamsPerMessage: 100,
  messagesPerSecond: 5,
  connectionAttemptsPer5Minutes: 300,
  restWeightPerMinute: 6000,
  // The venue pings every 20 seconds and cuts after 60.
  idleTimeoutMs: 60_000,
  silenceTimeoutMs: 30_000,
  connectionLifeMs: 24 * 3_600_000,
};
