import type { ConnectionClass, VenueLimits } from '../../model/venue.js';

/** Production addresses. */
export const DEFAULTS = { wsUrl: 'wss://futures.kraken.com', restUrl: 'https://futures.kraken.com' } as const;

const PATH = '/ws/v1';

/** A control message names one feed, so each feed has its connections. */
export const CLASSES: readonly ConnectionClass[] = [
  { name: 'book', channels: ['book'], path: PATH },
  // Trades say of themselves that they closed a position by force.
  { name: 'trade', channels: ['trade', 'liquidation'], path: PATH },
  { name: 'ticker', channels: ['quote', 'mark_price', 'funding', 'open_interest', 'status'], path: PATH },
];

export const LIMITS: VenueLimits = {
  // Ours: no limit is documented.
  streamsPerConnection: 200,
  // Each product is answered apart.
  streamsPerMessage: 50,
  // 100 requests a second are documented.
  messagesPerSecond: 20,
  // Ours: 100 connections at a time are documented, no rate.
  connectionAttemptsPer5Minutes: 100,
  // Ours: public requests cost nothing.
  restWeightPerMinute: 300,
  idleTimeoutMs: 60_000,
  // Ours: heartbeats are asked for, and how often they come is not documented.
  silenceTimeoutMs: 25_000,
  // Ours: no cut is documented.
  connectionLifeMs: 24 * 3_600_000,
};

/** Heartbeats keep a quiet connection apart from a dead one. */
export const OPENING = '{"event":"subscribe","feed":"heartbeat"}';

/** A connection that did not ping for 60 s is cut, whatever the venue sent on it. */
export const PING_EVERY_MS = 30_000;
