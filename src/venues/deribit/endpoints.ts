import type { ConnectionClass, VenueLimits } from '../../model/venue.js';

/** Production addresses. The one for data alone, `streams.deribit.com`, takes the same messages. */
export const DEFAULTS = { wsUrl: 'wss://www.deribit.com', restUrl: 'https://www.deribit.com' } as const;

/** All channels share one socket. */
export const CLASSES: readonly ConnectionClass[] = [
  {
    name: 'jsonrpc',
    channels: ['book', 'trade', 'quote', 'mark_price', 'funding', 'open_interest', 'status', 'kline'],
    path: '/ws/api/v2',
  },
];

export const LIMITS: VenueLimits = {
  // Ours: some 500 channels a call are advised, none is documented for a connection.
  streamsPerConnection: 900,
  // Below the thousand of which our message ids carry the number.
  streamsPerMessage: 300,
  // A subscription costs 3,000 of 30,000 credits that come back within 10 s; without them the session ends.
  messagesPerSecond: 3,
  // Ours: 32 connections at a time are documented, no rate.
  connectionAttemptsPer5Minutes: 100,
  // One listing a second.
  restWeightPerMinute: 60,
  idleTimeoutMs: 60_000,
  // Heartbeats come every 30 s, and are messages.
  silenceTimeoutMs: 45_000,
  // Ours: no cut is documented, but servers restart.
  connectionLifeMs: 24 * 3_600_000,
};

/** Seconds between heartbeats; 10 is the least. */
const HEARTBEAT_S = 30;

/** Asks the venue for heartbeats; without one answered it cuts the connection. */
export const OPENING = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'public/set_heartbeat',
  params: { interval: HEARTBEAT_S },
});

/** What a `test_request` wants to hear. */
export const ANSWER = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'public/test', params: {} });
