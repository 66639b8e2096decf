import type { ChannelName } from '../../model/config.js';
import type { ConnectionClass, VenueAddresses, VenueLimits } from '../../model/venue.js';

/** Kinds of instruments: one address serves them all, and their listings are asked apart. */
export type InstrumentType = 'SPOT' | 'SWAP' | 'FUTURES';

/** Production addresses. Port 8443, which older clients name, was to stop on 2026-10-31. */
export const DEFAULTS: VenueAddresses = {
  wsUrl: 'wss://ws.okx.com',
  restUrl: 'https://openapi.okx.com',
  restAlternates: ['https://www.okx.com'],
};

/** What each kind has beside. */
const FIGURES: Readonly<Record<InstrumentType, readonly ChannelName[]>> = {
  SPOT: ['status'],
  SWAP: ['mark_price', 'funding', 'open_interest', 'liquidation', 'status'],
  FUTURES: ['mark_price', 'open_interest', 'liquidation', 'status'],
};

export function classesOf(type: InstrumentType): readonly ConnectionClass[] {
  return [
    { name: 'public', channels: ['book', 'trade', 'quote', ...FIGURES[type]], path: '/ws/v5/public' },
    { name: 'business', channels: ['kline'], path: '/ws/v5/business' },
  ];
}

export const LIMITS: VenueLimits = {
  // Fewer than 30 deep books a connection are advised: with trades and quotes three streams each.
  streamsPerConnection: 87,
  // 64 KB of arguments a message; an error names none of them, so few stand together.
  streamsPerMessage: 30,
  // Ours. 480 requests an hour and connection are allowed.
  messagesPerSecond: 4,
  // 3 a second and address.
  connectionAttemptsPer5Minutes: 900,
  // Listings: 20 in 2 seconds, one weighs 1.
  restWeightPerMinute: 600,
  restWindow: { weight: 20, ms: 2_000 },
  // The venue cuts a connection on which nothing was said for 30 s.
  idleTimeoutMs: 30_000,
  // Shorter than the interval of our pings, whose answers are messages too.
  silenceTimeoutMs: 15_000,
  // Ours: no cut is documented, and upgrades of the service are announced 60 s before.
  connectionLifeMs: 24 * 3_600_000,
};

/** Text, no JSON; due before 30 s of silence are over. */
export const KEEP_ALIVE = { text: 'ping', intervalMs: 20_000 } as const;
