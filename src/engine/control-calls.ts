/** Requests of the control socket about feeds, subscriptions and ingested data: their shapes, and who answers them. */
import { z } from 'zod';
import { TickringError } from '../model/errors.js';
import { DATA_TYPES, INGEST_ROWS_MAX, SOURCES, SUBSCRIPTION_BATCH_MAX, SUBSCRIPTION_SYMBOLS_MAX } from '../model/feeds.js';
import type { ControlRequests } from '../model/status.js';

/** What the engine does for these requests. */
export type ControlCalls = {
  [Op in CallName]: (
    fields: ControlRequests[Op]['fields'],
  ) => ControlRequests[Op]['result'] | Promise<ControlRequests[Op]['result']>;
};

type CallName =
  | 'drift'
  | 'minutes'
  | 'feeds'
  | 'feed_create'
  | 'feed_remove'
  | 'subscriptions'
  | 'subscribe'
  | 'subscription_change'
  | 'unsubscribe'
  | 'ingest';

const text = z.string().min(1).max(256);
const owner = text.optional();
const dataTypes = z.array(z.enum(DATA_TYPES)).min(1).max(DATA_TYPES.length);
const symbols = z.array(text).max(SUBSCRIPTION_SYMBOLS_MAX);
const decimal = z
  .string()
  .max(64)
  .regex(/^\d+(\.\d+)?$/);

const row = z.object({
  symbol: text,
  source: z.enum(SOURCES),
  ts: z.string().regex(/^\d{1,20}$/),
  values: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('trade'), price: decimal, qty: decimal, sell: z.boolean() }),
    z.object({ kind: z.literal('quote'), bid: decimal, bidQty: decimal, ask: decimal, askQty: decimal }),
  ]),
});

const minute = z.int().nonnegative().multipleOf(60_000);

const SHAPES: { readonly [Op in CallName]: z.ZodType<ControlRequests[Op]['fields']> } = {
  drift: z.object({}),
  minutes: z.object({ instrument: z.int().positive(), fromMs: minute, toMs: minute }),
  feeds: z.object({}),
  feed_create: z.object({ owner, symbol: text, source: text, dataTypes }),
  feed_remove: z.object({ owner, feedId: text }),
  subscriptions: z.object({ owner }),
  subscribe: z.object({
    owner,
    orders: z
      .array(z.object({ symbols: symbols.min(1), dataTypes, callbackUrl: z.string().max(2048).nullable() }))
      .min(1)
      .max(SUBSCRIPTION_BATCH_MAX),
  }),
  subscription_change: z.object({
    owner,
    subscriptionId: text,
    add: symbols.optional(),
    remove: symbols.optional(),
    isActive: z.boolean().optional(),
  }),
  unsubscribe: z.object({ owner, subscriptionId: text }),
  ingest: z.object({ owner, rows: z.array(row).min(1).max(INGEST_ROWS_MAX) }),
};

const isCall = (op: unknown): op is CallName => typeof op === 'string' && Object.hasOwn(SHAPES, op);

/** Answers such a request; undefined if it is none. Throws `CONTROL_PROTOCOL` for one that has another shape. */
export function answerCall(calls: ControlCalls, op: unknown, message: unknown): Promise<unknown> | undefined {
  if (!isCall(op)) return undefined;
  const fields = SHAPES[op].safeParse(message);
  if (!fields.success) {
    const [issue] = fields.error.issues;
    throw new TickringError('CONTROL_PROTOCOL', `${op}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const call = calls[op] as (fields: unknown) => unknown;
  return Promise.resolve(call(fields.data));
}
