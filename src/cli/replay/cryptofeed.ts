/**
 * Recordings of JSON lines `header`, `http`, `connect`, `send`, `recv`: `data` is the frame or body as text, `ts` the time in
 * seconds. HTTP answers stand before the frames in the file, so records are put in the order of `ts`; a whole file is held
 * in memory for that.
 */
import { TickringError } from '../../model/errors.js';
import type { Venue } from '../../model/venue.js';
import { native, parseListings } from '../../native/index.js';
import type { ReplayInput } from './input.js';
import { type Line, linesOf } from './lines.js';
import { isConnectionTo, isListingOf, streamsOfAddress, streamsOfMessage, subscriptionsOf, symbolOfBook } from './streams.js';

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

/**
 * The inputs that one record stands for; none for what the state machine has no use for. Connections to other markets of the
 * exchange join `elsewhere`, and what they received is left out.
 */
function inputsOf(venue: Venue, file: string, { bytes, number }: Line, elsewhere: Set<string>): ReplayInput[] {
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
  if (type === 'connect' && !isConnectionTo(venue, text(record.addr))) elsewhere.add(connection);
  if (elsewhere.has(connection)) return [];
  const body = (): Buffer => Buffer.from(text(record.data), 'utf8');
  switch (type) {
    case 'http': {
      const url = URL.canParse(text(record.url)) ? new URL(text(record.url)) : undefined;
      if (url !== undefined && isListingOf(venue, url))
        return [{ kind: 'listings', ...at, url, bytes: body(), listings: native(() => parseListings(venue.id, body())) }];
      const symbol = url === undefined ? undefined : symbolOfBook(venue, url);
      return symbol === undefined ? [] : [{ kind: 'depth', ...at, symbol, bytes: body() }];
    }
    case 'connect': {
      const subscriptions = subscriptionsOf(streamsOfAddress(text(record.addr)));
      return [
        { kind: 'connect', ...at, connection },
        { kind: 'subscribe', ...at, connection, subscriptions },
      ];
    }
    case 'send':
      return [
        {
          kind: 'subscribe',
          ...at,
          connection,
          subscriptions: subscriptionsOf(streamsOfMessage(venue.name, text(record.data))),
        },
      ];
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
    const elsewhere = new Set<string>();
    for await (const line of linesOf(file)) inputs.push(...inputsOf(venue, file, line, elsewhere));
    yield* inputs.sort((a, b) => (a.tsRecv < b.tsRecv ? -1 : a.tsRecv > b.tsRecv ? 1 : 0));
  }
}
