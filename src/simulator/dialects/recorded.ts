/** How each protocol names the stream of a recorded message, and what a client means by such a name. */
import type { StreamKind } from '../market/events.js';

/** A stream as a recording or a client names it; of `other` ones only the name is known. */
export interface NamedStream {
  readonly name: string;
  readonly kind: StreamKind | 'other';
  /** The venue's spelling; empty for `other`. */
  readonly symbol: string;
}

export interface RecordedWords {
  /** Names of the streams that a message is of; none for answers, heartbeats and what is no JSON. */
  namesOf(message: string): readonly string[];
  meant(name: string): NamedStream;
  /** The message without the envelope that says its stream, where connections may go without. */
  inner?(message: string): string;
}

type Pattern = readonly [RegExp, StreamKind];

function meaning(patterns: readonly Pattern[], spelled: (symbol: string) => string = (symbol) => symbol) {
  return (name: string): NamedStream => {
    for (const [pattern, kind] of patterns) {
      const symbol = pattern.exec(name)?.[1];
      if (symbol !== undefined) return { name, kind, symbol: spelled(symbol) };
    }
    return { name, kind: 'other', symbol: '' };
  };
}

type Json = Readonly<Record<string, unknown>>;

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

function objectOf(message: string): Json {
  const value = parsed(message);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function rowsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter((row): row is Json => typeof row === 'object' && row !== null) : [];
}

function texts(values: readonly unknown[]): string[] {
  return [...new Set(values.filter((value): value is string => typeof value === 'string'))];
}

/** What a message without an envelope is of: quotes of spot have no `e`. */
const EVENTS: Readonly<Record<string, string>> = { depthUpdate: 'depth@100ms', trade: 'trade', aggTrade: 'aggTrade' };
const ENVELOPE = /^\s*\{\s*"stream"\s*:\s*"([^"\\]+)"\s*,\s*"data"\s*:\s*/;

export const binanceWords: RecordedWords = {
  namesOf: (message) => {
    const name = ENVELOPE.exec(message)?.[1];
    if (name !== undefined) return [name];
    const { e: event, s: symbol, u: id, B: bid } = objectOf(message);
    if (typeof symbol !== 'string') return [];
    const isQuote = event === 'bookTicker' || (event === undefined && id !== undefined && bid !== undefined);
    const stream = isQuote ? 'bookTicker' : EVENTS[String(event)];
    return stream === undefined ? [] : [`${symbol.toLowerCase()}@${stream}`];
  },
  meant: meaning(
    [
      [/^(.+)@depth(?:@\d+ms)?$/, 'depth'],
      [/^(.+)@trade$/, 'trade'],
      [/^(.+)@aggTrade$/, 'aggTrade'],
      [/^(.+)@bookTicker$/, 'bookTicker'],
    ],
    (symbol) => symbol.toUpperCase(),
  ),
  inner: (message) => {
    const head = ENVELOPE.exec(message)?.[0];
    return head === undefined ? message : message.slice(head.length, message.lastIndexOf('}'));
  },
};

export const bybitWords: RecordedWords = {
  namesOf: (message) => texts([objectOf(message)['topic']]),
  meant: meaning([
    [/^orderbook\.1\.(.+)$/, 'bookTicker'],
    [/^orderbook\.\d+\.(.+)$/, 'depth'],
    [/^publicTrade\.(.+)$/, 'trade'],
  ]),
};

export const deribitWords: RecordedWords = {
  namesOf: (message) => {
    const { method, params } = objectOf(message);
    return method === 'subscription' ? texts([(params as Json | undefined)?.['channel']]) : [];
  },
  meant: meaning([
    [/^book\.([^.]+)\.[^.]+$/, 'depth'],
    [/^trades\.([^.]+)\.[^.]+$/, 'trade'],
    [/^quote\.(.+)$/, 'bookTicker'],
  ]),
};

export const okxWords: RecordedWords = {
  namesOf: (message) => {
    const { arg, event } = objectOf(message);
    const { channel, instId, instType } = (arg ?? {}) as Json;
    const about = instId ?? instType;
    return event === undefined && typeof channel === 'string' && typeof about === 'string' ? [`${channel}:${about}`] : [];
  },
  meant: meaning([
    [/^books(?:50)?(?:-l2-tbt)?:(.+)$/, 'depth'],
    [/^trades:(.+)$/, 'trade'],
    [/^bbo-tbt:(.+)$/, 'bookTicker'],
  ]),
};

export const krakenWords: RecordedWords = {
  namesOf: (message) => {
    const { channel, data } = objectOf(message);
    if (channel === 'instrument') return [channel];
    return texts(rowsOf(data).map(({ symbol }) => symbol)).map((symbol) => `${String(channel)}:${symbol}`);
  },
  meant: meaning([
    [/^book:(.+)$/, 'depth'],
    [/^trade:(.+)$/, 'trade'],
    [/^ticker:(.+)$/, 'bookTicker'],
  ]),
};

export const krakenFuturesWords: RecordedWords = {
  namesOf: (message) => {
    const { feed, event, product_id: product } = objectOf(message);
    const isData = event === undefined && typeof feed === 'string' && typeof product === 'string';
    return isData ? [`${feed.replace('_snapshot', '')}:${product}`] : [];
  },
  meant: meaning([
    [/^book:(.+)$/, 'depth'],
    [/^trade:(.+)$/, 'trade'],
    [/^ticker:(.+)$/, 'bookTicker'],
  ]),
};

export const coinbaseWords: RecordedWords = {
  namesOf: (message) => {
    const { channel, events } = objectOf(message);
    if (typeof channel !== 'string') return [];
    const rows = rowsOf(events).flatMap((event) => [
      event,
      ...['trades', 'tickers', 'candles'].flatMap((name) => rowsOf(event[name])),
    ]);
    const name = channel === 'l2_data' ? 'level2' : channel;
    const products = events === undefined ? [] : rowsOf(events).flatMap((event) => rowsOf(event['products']));
    const named = [...rows.map(({ product_id: product }) => product), ...products.map(({ id }) => id)];
    return texts(named).map((product) => `${name}:${product}`);
  },
  meant: meaning([
    [/^level2:(.+)$/, 'depth'],
    [/^market_trades:(.+)$/, 'trade'],
    [/^ticker:(.+)$/, 'bookTicker'],
  ]),
};

export const backpackWords: RecordedWords = {
  namesOf: (message) => texts([objectOf(message)['stream']]),
  meant: meaning([
    [/^depth(?:\.\d+ms)?\.(.+)$/, 'depth'],
    [/^trade\.(.+)$/, 'trade'],
    [/^bookTicker\.(.+)$/, 'bookTicker'],
  ]),
};
