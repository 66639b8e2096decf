import type { ConnectionClass, VenueAddresses, VenueLimits } from '../../model/venue.js';

/** Production addresses. */
export const DEFAULTS: VenueAddresses = {
  wsUrl: 'wss://stream.binance.com:9443',
  wsAlternates: ['wss://stream.binance.com', 'wss://data-stream.binance.vision'],
  restUrl: 'https://api.binance.com',
  restAlternates: [
    'https://api-gcp.binance.com',
    'https://api1.binance.com',
    'https://api2.binance.com',
    'https://api3.binance.com',
    'https://api4.binance.com',
    'https://data-api.binance.vision',
  ],
};

/** Production addresses where the sockets speak binary. */
export const SBE_DEFAULTS: VenueAddresses = {
  ...DEFAULTS,
  wsUrl: 'wss://stream-sbe.binance.com:9443',
  wsAlternates: ['wss://stream-sbe.binance.com'],
};

/** All channels share one socket. */
export const CLASSES: readonly ConnectionClass[] = [
  { name: 'stream', channels: ['book', 'trade', 'quote', 'kline'], path: '/stream' },
];

/** The binary format has no klines. */
export const SBE_CLASSES: readonly ConnectionClass[] = [
  { name: 'stream', channels: ['book', 'trade', 'quote'], path: '/stream' },
];

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
