import type { ChannelName } from '../../model/config.js';
import type { ConnectionClass, VenueAddresses, VenueLimits } from '../../model/venue.js';

/** Families of products; each has its own address, and the same symbol may stand in several. */
export type Category = 'linear' | 'spot' | 'inverse';

/** Production addresses. */
export const DEFAULTS: VenueAddresses = {
  wsUrl: 'wss://stream.bybit.com',
  restUrl: 'https://api.bybit.com',
  restAlternates: ['https://api.bytick.com'],
};

/** What futures have beside. */
const FIGURES: readonly ChannelName[] = ['mark_price', 'funding', 'open_interest', 'liquidation'];

export function classesOf(category: Category): readonly ConnectionClass[] {
  const figures = category === 'spot' ? [] : FIGURES;
  return [{ name: category, channels: ['book', 'trade', 'quote', 'kline', ...figures], path: `/v5/public/${category}` }];
}

export const LIMITS: VenueLimits = {
  // 21,000 characters of topics a connection; the longest recorded symbols make 40 of one.
  streamsPerConnection: 500,
  // Spot refuses more than 10; elsewhere one bad topic fails the whole message, so few are named together.
  streamsPerMessage: 10,
  // Ours: no limit is documented.
  messagesPerSecond: 10,
  connectionAttemptsPer5Minutes: 500,
  // 600 requests in 5 seconds, one weighs 1.
  restWeightPerMinute: 7200,
  restWindow: { weight: 600, ms: 5_000 },
  idleTimeoutMs: 60_000,
  // Shorter than the interval of our pings, whose answers are messages too. Level 1 repeats itself after 3 s.
  silenceTimeoutMs: 15_000,
  // Ours: no cut is documented, but servers restart.
  connectionLifeMs: 24 * 3_600_000,
};

/** Advised every 20 s. */
export const KEEP_ALIVE = { text: '{"op":"ping"}', intervalMs: 20_000 } as const;
