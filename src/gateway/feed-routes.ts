/** Resources about feeds and subscriptions. The engine decides; the gateway adds the figures that shared memory tells. */

import { channelsOfBits, type FeedCreated, type FeedInfo, isSource, type Subscription } from '../model/feeds.js';
import { instrumentCounter } from '../native/counters.js';
import type { Api } from './api.js';
import { type ControlClient, fromEngine } from './engine-calls.js';
import { errorsOf, messagesOf } from './instrument-figures.js';
import type { InstrumentView, Monitor } from './monitor.js';
import { timeText } from './point-json.js';
import { json, notFound, Refusal } from './problem.js';
import {
  deleted,
  feedCreated,
  feedList,
  feedOrder,
  feedParams,
  subscription,
  subscriptionBatch,
  subscriptionChange,
  subscriptionCreated,
  subscriptionList,
  subscriptionOrder,
  subscriptionParams,
  subscriptionsCreated,
} from './schemas.js';

const SILENT = instrumentCounter('silent');

/** Kinds of data of a feed for which none were named. */
const ALL_TYPES = ['tick', 'quote', 'level2'] as const;

export interface FeedParts {
  readonly control: ControlClient;
  readonly monitor: Monitor;
}

export function addFeedRoutes(api: Api, { control, monitor }: FeedParts): void {
  api.add({
    method: 'get',
    path: '/feeds',
    summary: 'Symbols that are followed, with their figures',
    answers: { 200: feedList },
    handle: async () => {
      const feeds = await fromEngine(control.request('feeds'));
      const byId = new Map(monitor.instruments.map((instrument) => [instrument.id, instrument]));
      const list = feeds.map((feed) => feedJson(feed, byId.get(feed.instrument ?? 0)));
      const total = list.reduce((sum, { message_count }) => sum + message_count, 0);
      return json({ feeds: list, count: list.length, total_messages: total });
    },
  });
  api.add({
    method: 'post',
    path: '/feeds',
    summary: 'Follows a symbol; asked for again, its stream is started anew',
    body: feedOrder,
    answers: { 200: feedCreated, 201: feedCreated },
    problems: [409, 422, 502],
    handle: async ({ body, request: { caller } }) => {
      const dataTypes = body.data_types === undefined ? ALL_TYPES : [...new Set(body.data_types)];
      const order = { owner: caller?.owner, symbol: body.symbol, source: body.data_source, dataTypes };
      const feed = await fromEngine(control.request('feed_create', order));
      if (feed === null)
        throw new Refusal(403, 'the symbol is followed already, and only who asked for that may start it anew');
      return json(createdJson(feed), feed.restarted ? 200 : 201);
    },
  });
  api.add({
    method: 'delete',
    path: '/feeds/{feed_id}',
    summary: 'Follows a symbol no longer, also after a restart',
    params: feedParams,
    answers: { 200: deleted },
    problems: [404],
    handle: async ({ params: { feed_id: feedId }, request: { caller } }) => {
      if (!(await fromEngine(control.request('feed_remove', { owner: caller?.owner, feedId })))) throw notFound();
      return json({ status: 'deleted', id: feedId });
    },
  });
}

function feedJson(feed: FeedInfo, instrument: InstrumentView | undefined) {
  const last = instrument?.lastTsRecv ?? 0n;
  return {
    feed_id: feed.feedId,
    symbol: feed.symbol,
    data_source: feed.source,
    data_types: feed.dataTypes,
    is_active: feed.subscription === 'subscribed',
    last_update: last === 0n ? null : timeText(last),
    message_count: instrument === undefined ? 0 : messagesOf(instrument),
    error_count: instrument === undefined ? 0 : errorsOf(instrument),
    subscription: feed.subscription,
    silent_channels: channelsOfBits(Number(instrument?.counters[SILENT] ?? 0n)),
    origin: feed.origin,
    created_at: feed.createdAt,
  };
}

function createdJson({ feedId, symbol, source, dataTypes, restarted }: FeedCreated): object {
  const status = restarted ? 'restarted' : 'created';
  const feed = { status, feed_id: feedId, symbol, data_source: source, data_types: dataTypes };
  if (!isSource(source)) return feed;
  return { ...feed, note: `rows of ${source} come by POST /data/ingest` };
}

/** `secretOf`: the secret of a callback, which is told to whoever made it, once. */
export function addSubscriptionRoutes(api: Api, control: ControlClient, secretOf: ((id: string) => string) | undefined): void {
  api.add({
    method: 'get',
    path: '/subscriptions',
    summary: 'Subscriptions of consumers',
    answers: { 200: subscriptionList },
    handle: async ({ request: { caller } }) => {
      const subscriptions = (await fromEngine(control.request('subscriptions', { owner: caller?.owner }))).map(
        subscriptionJson,
      );
      return json({ subscriptions, count: subscriptions.length });
    },
  });
  api.add({
    method: 'post',
    path: '/subscriptions',
    summary: 'Subscribes to symbols; `{"subscriptions":[…]}` makes several, all or none',
    body: subscriptionOrder.or(subscriptionBatch),
    answers: { 201: subscriptionCreated.or(subscriptionsCreated) },
    problems: [422],
    handle: async ({ body, request: { caller } }) => {
      const isBatch = 'subscriptions' in body;
      const orders = (isBatch ? body.subscriptions : [body]).map(({ symbols, data_types, callback_url }) => ({
        symbols,
        dataTypes: [...new Set(data_types)],
        callbackUrl: callbackOf(callback_url),
      }));
      const added = await fromEngine(control.request('subscribe', { owner: caller?.owner, orders }));
      const made = added.map((one) => subscribedJson(one, secretOf));
      return json(isBatch ? { subscriptions: made, count: made.length } : made[0], 201);
    },
  });
  api.add({
    method: 'patch',
    path: '/subscriptions/{subscription_id}',
    summary: 'Adds and removes symbols, pauses and resumes',
    params: subscriptionParams,
    body: subscriptionChange,
    answers: { 200: subscription },
    problems: [404, 422],
    handle: async ({ params: { subscription_id: subscriptionId }, body, request: { caller } }) => {
      const { add_symbols: add, remove_symbols: remove, is_active: isActive } = body;
      const change = { owner: caller?.owner, subscriptionId, add, remove, isActive };
      const changed = await fromEngine(control.request('subscription_change', change));
      if (changed === null) throw notFound();
      return json(subscriptionJson(changed));
    },
  });
  api.add({
    method: 'delete',
    path: '/subscriptions/{subscription_id}',
    summary: 'Ends a subscription',
    params: subscriptionParams,
    answers: { 200: deleted },
    problems: [404],
    handle: async ({ params: { subscription_id: subscriptionId }, request: { caller } }) => {
      if (!(await fromEngine(control.request('unsubscribe', { owner: caller?.owner, subscriptionId })))) throw notFound();
      return json({ status: 'deleted', id: subscriptionId });
    },
  });
}

/** Kept only if it can be called at all: http or https, no user, no fragment. */
function callbackOf(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable =
    url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === '';
  if (!isUsable) throw new Refusal(422, 'callback_url is no http or https address without user and fragment');
  return url.href;
}

function subscriptionJson({ subscriptionId, symbols, dataTypes, callbackUrl, isActive, createdAt }: Subscription): object {
  const parts = { subscription_id: subscriptionId, symbols, data_types: dataTypes, callback_url: callbackUrl };
  return { ...parts, is_active: isActive, created_at: createdAt };
}

function subscribedJson(made: Subscription, secretOf: ((id: string) => string) | undefined): object {
  const { subscriptionId, symbols, dataTypes, callbackUrl } = made;
  const secret = callbackUrl === null || secretOf === undefined ? {} : { callback_secret: secretOf(subscriptionId) };
  return { status: 'created', subscription_id: subscriptionId, symbols, data_types: dataTypes, ...secret };
}
