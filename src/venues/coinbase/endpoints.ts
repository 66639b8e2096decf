import type { ConnectionClass, VenueLimits } from '../../model/venue.js';

/** Production addresses; neither needs a login for public data. */
export const DEFAULTS = { wsUrl: 'wss://advanced-trade-ws.coinbase.com', restUrl: 'https://api.coinbase.com' } as const;

/**
 * A message names one channel alone, and the numbers of a connection count all that it carries: with a connection for each channel a
 * lost ticker costs no book.
 */
export const CLASSES: readonly ConnectionClass[] = [
  { name: 'level2', channels: ['book'], path: '/' },
  { name: 'market_trades', channels: ['trade'], path: '/' },
  { name: 'ticker', channels: ['quote'], path: '/' },
  { name: 'status', channels: ['status'], path: '/' },
  { name: 'candles', channels: ['kline'], path: '/' },
];

export const LIMITS: VenueLimits = {
  // Ours: no limit is documented, and a hole costs all books of a connection.
  streamsPerConnection: 50,
  // Ours.
  streamsPerMessage: 50,
  // Of a client without a login.
  messagesPerSecond: 8,
  // 8 a second are documented.
  connectionAttemptsPer5Minutes: 300,
  // 10 a second.
  restWeightPerMinute: 600,
  restWindow: { weight: 10, ms: 1_000 },
  idleTimeoutMs: 60_000,
  // Heartbeats come every second, and are messages.
  silenceTimeoutMs: 15_000,
  // Ours: no cut is documented, but servers restart.
  connectionLifeMs: 24 * 3_600_000,
};

/** Heartbeats keep a quiet connection open, and have no products. */
export const OPENING = '{"type":"subscribe","channel":"heartbeats"}';
