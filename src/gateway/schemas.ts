/** Shapes of requests and answers: what is checked here is what the OpenAPI document says. */
import { z } from 'zod';
import { DATA_TYPES, INGEST_ROWS_MAX, SOURCES, SUBSCRIPTION_BATCH_MAX, SUBSCRIPTION_SYMBOLS_MAX } from '../model/feeds.js';
import { TIMEFRAME_NAMES } from '../model/timeframes.js';

/** Points of one answer; more than are kept in memory are for the store behind it. */
export const LIMIT_MAX = 10_000;
const LIMIT_DEFAULT = 100;

/** A symbol as consumers spell it: `BTCUSDT`, `BTC-USDT`, `BTC/USDT`, `binance-usdm:BTCUSDT`. */
export const symbolText = z
  .string()
  .min(1)
  .max(96)
  .regex(/^[!-~\u00a1-\uffff]+$/)
  .meta({ examples: ['BTCUSDT'] });

/** Numbers in older shapes are JSON numbers in their shortest exact form; strings where a client asks for them. */
export const numberStyle = z.enum(['number', 'string']).default('number');
const decimal = z.union([z.number(), z.string()]).describe('a JSON number, or a string with numbers=string');
const time = z.string().describe('RFC 3339, UTC, nanoseconds');
const count = z.int().min(0);
const idText = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9_-]+$/);

export const symbolParams = z.object({ symbol: symbolText });
export const feedParams = z.object({ feed_id: idText });
export const subscriptionParams = z.object({ subscription_id: idText });

export const problemBody = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  request_id: z.string(),
  errors: z.array(z.object({ at: z.string(), detail: z.string() })).optional(),
});

// Feeds.

const dataTypes = z.array(z.enum(DATA_TYPES)).min(1).max(DATA_TYPES.length);

export const feedOrder = z.object({
  symbol: symbolText,
  data_source: z
    .string()
    .min(1)
    .max(64)
    .meta({ examples: ['binance-usdm', ...SOURCES] }),
  data_types: dataTypes.optional(),
});

export const feedCreated = z.object({
  status: z.enum(['created', 'restarted']),
  feed_id: z.string(),
  symbol: z.string(),
  data_source: z.string(),
  data_types: z.array(z.string()),
  note: z.string().optional(),
});

export const feedList = z.object({
  feeds: z.array(
    z.object({
      feed_id: z.string(),
      symbol: z.string(),
      data_source: z.string(),
      data_types: z.array(z.string()),
      is_active: z.boolean(),
      last_update: time.nullable(),
      message_count: count,
      error_count: count,
      subscription: z.enum(['pending', 'subscribed', 'failed']),
      silent_channels: z
        .array(z.enum(['book', 'trade', 'quote']))
        .describe('silent beyond the limit learned of each, while others of their connection speak'),
      origin: z.enum(['config', 'request', 'ingest']),
      created_at: time,
    }),
  ),
  count,
  total_messages: count,
});

// Data.

export const dataQuery = z.object({
  data_type: z
    .enum(['all', 'tick', 'trade', 'trades', 'quote', 'ticker', 'bar', 'level2', 'orderbook', 'klines', 'news'])
    .default('all'),
  limit: z.int().min(1).max(LIMIT_MAX).default(LIMIT_DEFAULT),
  source: z.string().min(1).max(64).optional(),
  numbers: numberStyle,
});

export const dataAnswer = z.object({
  symbol: z.string(),
  data_type: z.string(),
  data: z.array(
    z.object({
      timestamp: time,
      data_type: z.enum(['tick', 'quote']),
      source: z.string(),
      data: z.union([
        z.object({ price: decimal, size: decimal, exchange: z.string() }),
        z.object({ bid: decimal, ask: decimal, bid_size: decimal, ask_size: decimal }),
      ]),
      sequence: count,
      latency_ms: z.number().min(0),
    }),
  ),
  count,
  truncated: z.boolean().describe('more was published than this answer could hold: it is no longer in memory'),
});

export const snapshotQuery = z.object({ source: z.string().min(1).max(64).optional(), numbers: numberStyle });

export const snapshotAnswer = z.object({
  symbol: z.string(),
  timestamp: time,
  source: z.string(),
  stale: z.boolean().optional(),
  partial: z.boolean().optional().describe('the 24-hour window is not whole yet'),
  snapshot: z.object({
    last_trade: z.object({ price: decimal, size: decimal, timestamp: time }).nullable(),
    quote: z.object({ bid: decimal, ask: decimal, bid_size: decimal, ask_size: decimal }).nullable(),
    daily_stats: z.object({ open: decimal, high: decimal, low: decimal, volume: decimal }).nullable(),
  }),
});

/** A value that is exact: a JSON number's digits are taken as they stand, and decimal text is one too. */
const exact = z.union([z.number(), z.string().max(64)]);

const row = {
  symbol: symbolText,
  source: z.enum(SOURCES).default('internal'),
  timestamp: z
    .string()
    .min(10)
    .max(40)
    .meta({ examples: ['2025-08-24T10:30:15.123Z'] }),
  latency_ms: z.number().min(0).optional(),
};

export const ingestRow = z.discriminatedUnion('data_type', [
  z.object({
    ...row,
    data_type: z.enum(['tick', 'trade']),
    data: z.object({
      price: exact,
      size: exact,
      exchange: z.string().max(64).optional(),
      side: z.enum(['buy', 'sell']).optional(),
    }),
  }),
  z.object({
    ...row,
    data_type: z.literal('quote'),
    data: z.object({ bid: exact, ask: exact, bid_size: exact, ask_size: exact }),
  }),
]);

export const ingestBody = z.object({ data: z.array(ingestRow).min(1).max(INGEST_ROWS_MAX) });

export const ingestAnswer = z.object({
  status: z.enum(['ingested', 'partially_ingested']),
  count,
  total_stored: count,
  errors: z.array(z.object({ index: count, code: z.string(), detail: z.string() })),
});

export const ticketAnswer = z.object({ ticket: z.string(), expires_in: z.int() });

// Subscriptions.

const symbols = z.array(symbolText).min(1).max(SUBSCRIPTION_SYMBOLS_MAX);

export const subscriptionOrder = z.object({
  symbols,
  data_types: dataTypes.default(['tick', 'quote']),
  callback_url: z.string().max(2_048).nullish().describe('http or https; called where webhooks are enabled'),
});

export const subscriptionBatch = z.object({ subscriptions: z.array(subscriptionOrder).min(1).max(SUBSCRIPTION_BATCH_MAX) });

export const subscriptionCreated = z.object({
  status: z.literal('created'),
  subscription_id: z.string(),
  symbols: z.array(z.string()),
  data_types: z.array(z.string()),
  callback_secret: z.string().optional().describe('signs what is sent to the callback_url; told here alone'),
});

export const subscriptionsCreated = z.object({ subscriptions: z.array(subscriptionCreated), count });

export const subscription = z.object({
  subscription_id: z.string(),
  symbols: z.array(z.string()),
  data_types: z.array(z.string()),
  callback_url: z.string().nullable(),
  is_active: z.boolean(),
  created_at: time,
});

export const subscriptionList = z.object({ subscriptions: z.array(subscription), count });

export const subscriptionChange = z
  .object({
    add_symbols: symbols.optional(),
    remove_symbols: symbols.optional(),
    is_active: z.boolean().optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'nothing is to be changed')
  .meta({ minProperties: 1 });

export const deleted = z.object({ status: z.literal('deleted'), id: z.string() });

// Candles.

export const candleParams = z.object({
  exchange: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9_-]+$/),
  symbol: symbolText,
  timeframe: z.enum(TIMEFRAME_NAMES),
});

const candle = z.object({
  timestamp: time,
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  volume: decimal,
  flags: z
    .array(z.enum(['open', 'partial', 'empty', 'late']))
    .describe('its interval is not over; trades may be missing; there was none; some came after it was closed'),
});

export const candleAnswer = z.object({
  exchange: z.string(),
  symbol: z.string(),
  timeframe: z.string(),
  candles: z.array(candle),
  count,
});

export const historyAnswer = candleAnswer.extend({
  mode: z.literal('retrieve'),
  gaps: z.array(z.object({ start: time, end: time, reason: z.enum(['not_in_memory', 'trades_missing']) })),
});

export const historyParams = candleParams.omit({ timeframe: true });
export const historyQuery = z.object({
  start: z.iso.datetime({ offset: true }).optional(),
  end: z.iso.datetime({ offset: true }).optional(),
  timeframe: z.enum(TIMEFRAME_NAMES).default('1m'),
  mode: z.enum(['retrieve', 'generate']).default('retrieve'),
});

// State of the service.

const nullableNumber = z.number().nullable();

export const healthAnswer = z.looseObject({
  service: z.literal('market-data'),
  status: z.enum(['healthy', 'degraded']),
  version: z.string(),
  messages_processed: count,
  data_points_stored: count,
  subscriptions_served: count,
  active_feeds: count,
  symbols_tracked: count,
  uptime_seconds: z.number().min(0),
  messagebus_connected: z.boolean().nullable(),
  sinks: z
    .array(z.object({ sink: z.string(), connected: z.boolean(), lag_inputs: nullableNumber, lag_seconds: nullableNumber }))
    .describe('those that are configured; lags of those that take the journal'),
  engine: z.string(),
});

export const readyAnswer = z.object({
  ready: z.boolean(),
  redis_connected: z.boolean().nullable(),
  engine: z.string(),
  reasons: z.array(z.string()),
});

export const metricsQuery = z.object({ format: z.enum(['json', 'prometheus']).optional() });

const figures = z.object({
  avg_latency_ms: z.number().nullable().describe('from receipt to the ring, since this gateway follows it'),
  message_count: count,
  error_count: count,
});

export const metricsAnswer = z.looseObject({
  messages_per_second: z.number(),
  data_points_per_second: z.number(),
  total_messages: count,
  total_data_points: count,
  active_subscriptions: count,
  active_feeds: count,
  symbols_tracked: count,
  latency_stats: z.looseObject({ min: nullableNumber, max: nullableNumber, avg: nullableNumber, p95: nullableNumber }),
  throughput_stats: z.object({ messages_per_second: z.number(), data_points_per_second: z.number() }),
  by_exchange: z.record(z.string(), figures).describe('each venue'),
  by_symbol: z.record(z.string(), figures).describe('each instrument, as `venue:SYMBOL`'),
  cache_size: count.nullable(),
  engine_type: z.string(),
  containerized: z.boolean(),
});

export const symbolList = z.object({
  symbols: z.array(z.string()),
  count,
  instruments: z.array(z.object({ id: count, venue: z.string(), symbol: z.string(), in_sync: z.boolean() })),
  engine: z.string(),
});
