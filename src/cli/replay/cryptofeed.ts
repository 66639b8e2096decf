/**
 * Recordings of JSON lines `header`, `http`, `connect`, `send`, `recv`: `data` is the frame or body as text, `ts` the time in
 * seconds. HTTP answers stand before the frames in the file, so records are put in the order of `ts`; a whole file is held
 * in memory for that.
 */
import { CHANNELS } from '../../model/codes.js';
import { TickringError } from '../../model/errors.js';
import type { Venue } from '../../model/venue.js';
import { native, parseListings } from '../../native/index.js';
import type { ReplayInput, Subscription } from './input.js';
import { type Line, linesOf } from './lines.js';

/** Channel of a stream name's suffix, where it is one of ours. */
const SUFFIXES: readonly (readonly [RegExp, number])[] = [
  [/^depth(@|$)/, CHANNELS.book],
  [/^(agg)?trade$/i, CHANNELS.trade],
  [/^bookTicker$/, CHANNELS.quote],
];

interface RecordFields {
  readonly t?: unknown;
  readonly conn?: unknown;
  readonly url?: unknown;
  readonly addr?: unknown;
  readonly data?: unknown;
}

/** Seconds as decimal text → ns, exactly: a double has no room for all digits. Digits beyond ns are cut off. */
export function nanosecondsOf(seconds: string): bigint | undefined {
  const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(seconds);
  if (match === null) return undefined;
  return BigInt(match[1] ?? '0') * 1_000_000_000n + BigInt((match[2] ?? '').slice(0, 9).padEnd(9, '0'));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Subscriptions that a list of stream names (`btcusdt@depth@100ms`) asks for. */
export function subscriptionsOf(streams: readonly string[]): Subscription[] {
  const channels = new Map<string, number>();
  for (const stream of streams) {
    const at = stream.indexOf('@');
    if (at < 1) continue;
    const symbol = stream.slice(0, at).toUpperCase();
    const bit = SUFFIXES.find(([suffix]) => suffix.test(stream.slice(at + 1)))?.[1] ?? 0;
    if (bit !== 0) channels.set(symbol, (channels.get(symbol) ?? 0) | bit);
  }
  return [...channels].map(([symbol, bits]) => ({ symbol, channels: bits }));
}

/** Stream names in the address of a combined stream, or in a `SUBSCRIBE` message. */
function streamsOfAddress(address: string): string[] {
  return URL.canParse(address) ? (new URL(address).searchParams.get('streams') ?? '').split('/') : [];
}

function streamsOfMessage(message: string): string[] {
  try {
    const value: unknown = JSON.parse(message);
    const { method, params } = (value ?? {}) as { method?: unknown; params?: unknown };
    return method === 'SUBSCRIBE' && Array.isArray(params) ? params.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** The inputs that one record stands for; none for what the state machine has no use for. */
function inputsOf(venue: Venue, file: string, { bytes, number }: Line): ReplayInput[] {
  const invalid = (why: string): TickringError => new TickringError('RECORDING_INVALID', `${file}: line ${number} ${why}`);
  const source = bytes.toString('utf8');
  let record: RecordFields;
  try {
    record = JSON.parse(source) as RecordFields;
  } catch (error) {
    throw invalid(`is no JSON: ${(error as Error).message}`);
  }
  const { t: type } = record;
  if (typeof type !== 'string') throw invalid('has no member "t"');
  if (type === 'header') return [];
  // Within `data` quotes are escaped, so this finds the record's own member.
  const tsRecv = nanosecondsOf(/"ts":\s*([0-9.]+)/.exec(source)?.[1] ?? '');
  if (tsRecv === undefined) throw invalid('has no time "ts" in plain decimal seconds');
  const at = { tsRecv, place: { file, line: number } };
  const connection = text(record.conn);
  const body = (): Buffer => Buffer.from(text(record.data), 'utf8');
  switch (type) {
    case 'http': {
      const url = URL.canParse(text(record.url)) ? new URL(text(record.url)) : undefined;
      const symbol = url?.searchParams.get('symbol')?.toUpperCase();
      if (url?.pathname.endsWith('/exchangeInfo') === true)
        return [{ kind: 'listings', ...at, listings: native(() => parseListings(venue.id, body())) }];
      return url?.pathname.endsWith('/depth') === true && symbol !== undefined
        ? [{ kind: 'depth', ...at, symbol, bytes: body() }]
        : [];
    }
    case 'connect': {
      const subscriptions = subscriptionsOf(streamsOfAddress(text(record.addr)));
      return [
        { kind: 'connect', ...at, connection },
        { kind: 'subscribe', ...at, connection, subscriptions },
      ];
    }
    case 'send':
      return [{ kind: 'subscribe', ...at, connection, subscriptions: subscriptionsOf(streamsOfMessage(text(record.data))) }];
    case 'recv':
      return [{ kind: 'frame', ...at, connection, bytes: body() }];
    default:
      throw invalid(`is of the unknown type ${type.slice(0, 32)}`);
  }
}

/** All inputs of these files; each file in the order of time, one file after the other. */
export async function* cryptofeedInputs(venue: Venue, files: readonly string[]): AsyncGenerator<ReplayInput> {
  for (const file of files) {
    const inputs: ReplayInput[] = [];
    for await (const line of linesOf(file)) inputs.push(...inputsOf(venue, file, line));
    yield* inputs.sort((a, b) => (a.tsRecv < b.tsRecv ? -1 : a.tsRecv > b.tsRecv ? 1 : 0));
  }
}
