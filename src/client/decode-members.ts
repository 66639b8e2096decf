/** `tickring.json.v1` and `tickring.msgpack.v1`: the same members, numbers as text or as integers. */
import { Unpackr } from 'msgpackr/unpack';
import type { FlagName } from '../model/codes.js';
import { BadMessage, known, type Level, type Message, type MessageHead } from './messages.js';
import type { Reply } from './topics.js';

type Members = Readonly<Record<string, unknown>>;

const text = (from: Members, name: string): string => {
  const value = from[name];
  if (typeof value !== 'string') throw new BadMessage(`${name} is no string`);
  return value;
};
const number = (from: Members, name: string): number => {
  const value = from[name];
  if (!Number.isSafeInteger(value)) throw new BadMessage(`${name} is no integer`);
  return value as number;
};

const texts = (from: Members, name: string): string[] => {
  const value = from[name];
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string'))
    throw new BadMessage(`${name} is no list of strings`);
  return value as string[];
};
const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** How an encoding writes 64-bit integers and mantissas. */
interface Numbers {
  id(from: Members, name: string): bigint;
  mantissa(value: unknown, exponent: number): bigint;
}

const JSON_NUMBERS: Numbers = {
  id: (from, name) => {
    const digits = text(from, name);
    if (!/^\d{1,20}$/.test(digits)) throw new BadMessage(`${name} is no integer`);
    return BigInt(digits);
  },
  mantissa: (decimal, exponent) => {
    const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(decimal)) ?? [];
    if (whole === undefined || fraction.length > -exponent) {
      throw new BadMessage(`${String(decimal)} is no multiple of 10^${exponent}`);
    }
    const digits = BigInt(whole + fraction.padEnd(-exponent, '0'));
    return sign === '-' ? -digits : digits;
  },
};

function integer(value: unknown, name: string): bigint {
  if (typeof value === 'bigint') return value;
  if (!Number.isSafeInteger(value)) throw new BadMessage(`${name} is no integer`);
  return BigInt(value as number);
}

const MSGPACK_NUMBERS: Numbers = {
  id: (from, name) => integer(from[name], name),
  mantissa: (value) => integer(value, 'mantissa'),
};

const unpackr = new Unpackr({ int64AsType: 'bigint', useRecords: false, mapsAsObjects: true });

export function decodeMsgPack(bytes: Uint8Array): Message {
  return decode(unpackr.unpack(bytes), MSGPACK_NUMBERS);
}

/** Of a text: an answer has a `type`, a message has none. */
export function decodeText(data: string): Message | Reply {
  const members: unknown = JSON.parse(data);
  if (!isMembers(members)) throw new BadMessage('not an object');
  return 'type' in members ? replyOf(members) : decode(members, JSON_NUMBERS);
}

function replyOf(reply: Members): Reply {
  for (const name of ['type', 'op', 'code', 'message', 'stream', 'topic', 'conflation']) {
    if (name === 'type' || name in reply) text(reply, name);
  }
  if ('topics' in reply) texts(reply, 'topics');
  const { as: names = {} } = reply;
  if (!isMembers(names)) throw new BadMessage('as is no object');
  for (const name of Object.keys(names)) text(names, name);
  return reply as unknown as Reply;
}

function decode(message: unknown, numbers: Numbers): Message {
  if (!isMembers(message)) throw new BadMessage('not an object');
  const { id } = numbers;
  const head: MessageHead = {
    topic: text(message, 'topic'),
    venue: text(message, 'venue'),
    symbol: text(message, 'symbol'),
    instrument: number(message, 'instrument'),
    shard: number(message, 'shard'),
    epoch: id(message, 'epoch'),
    prevSeq: number(message, 'prev_seq'),
    seq: number(message, 'seq'),
    sequence: id(message, 'sequence'),
    frameSeq: id(message, 'frame_seq'),
    index: number(message, 'index'),
    tsEvent: id(message, 'ts_event'),
    tsRecv: id(message, 'ts_recv'),
    tsOut: id(message, 'ts_out'),
    priceExponent: number(message, 'price_exponent'),
    qtyExponent: number(message, 'qty_exponent'),
    flags: texts(message, 'flags') as FlagName[],
  };
  const type = text(message, 'body_type');
  return { ...head, type, ...bodyOf(type, known(message['body'], 'body') as Members, head, numbers) } as Message;
}

/** A number with the exponent beside it. */
function scaled(body: Members, mantissa: Numbers['mantissa'], name: 'price' | 'qty' | 'value'): object {
  const exponent = number(body, `${name}_exponent`);
  return { [name]: mantissa(body[name], exponent), [`${name}Exponent`]: exponent };
}

function klineOf(body: Members, { id, mantissa }: Numbers): object {
  const priceExponent = number(body, 'price_exponent');
  const price = (name: string): bigint => mantissa(body[name], priceExponent);
  const prices = { open: price('open'), high: price('high'), low: price('low'), close: price('close'), priceExponent };
  const [qtyExponent, turnoverExponent] = [number(body, 'qty_exponent'), number(body, 'turnover_exponent')];
  const volume = { volume: mantissa(body['volume'], qtyExponent), qtyExponent };
  const turnover = { turnover: mantissa(body['turnover'], turnoverExponent), turnoverExponent };
  const times = { startTs: id(body, 'start_ts'), intervalNs: id(body, 'interval_ns') };
  const closed = known(body['closed'], 'closed') === true;
  return { ...prices, ...volume, ...turnover, count: id(body, 'count'), ...times, closed };
}

function bodyOf(type: string, body: Members, { priceExponent, qtyExponent }: MessageHead, numbers: Numbers): object {
  const { id, mantissa } = numbers;
  const price = (name: string): bigint => mantissa(body[name], priceExponent);
  const qty = (name: string): bigint => mantissa(body[name], qtyExponent);
  const levels = (name: string): Level[] =>
    (known(body[name], name) as [string, string][]).map(([at, held]) => ({
      price: mantissa(at, priceExponent),
      qty: mantissa(held, qtyExponent),
    }));
  const depth = (): object =>
    body['valid_bids'] === undefined
      ? {}
      : { validDepth: { bids: number(body, 'valid_bids'), asks: number(body, 'valid_asks') } };
  const sides = (): object => ({ ...depth(), hash: id(body, 'hash'), bids: levels('bids'), asks: levels('asks') });
  switch (type) {
    case 'book_snapshot':
      return { lastUpdateId: id(body, 'last_update_id'), depth: number(body, 'depth'), ...sides() };
    case 'book_delta':
      return { prevUpdateId: id(body, 'prev_update_id'), lastUpdateId: id(body, 'last_update_id'), ...sides() };
    case 'trade':
      return { price: price('price'), qty: qty('qty'), tradeId: id(body, 'trade_id'), aggressor: text(body, 'aggressor') };
    case 'quote': {
      const bid = { bidPrice: price('bid_price'), bidQty: qty('bid_qty') };
      return { ...bid, askPrice: price('ask_price'), askQty: qty('ask_qty') };
    }
    case 'status': {
      const code = body['code'] === null ? null : text(body, 'code');
      return { state: text(body, 'state'), connection: number(body, 'connection'), code, detail: id(body, 'detail') };
    }
    case 'gap':
      return { stream: text(body, 'stream'), reason: text(body, 'reason'), first: id(body, 'first'), last: id(body, 'last') };
    case 'stats_24h': {
      const prices = { open: price('open'), high: price('high'), low: price('low'), close: price('close') };
      return { ...prices, volume: qty('volume'), count: id(body, 'count') };
    }
    case 'instrument': {
      const sizes = { tickSize: price('tick_size'), lotSize: qty('lot_size') };
      return { ...sizes, tradingState: text(body, 'trading_state'), changeCount: number(body, 'change_count') };
    }
    case 'bar': {
      const prices = { open: price('open'), high: price('high'), low: price('low'), close: price('close') };
      const counts = { volume: qty('volume'), count: id(body, 'count'), late: number(body, 'late') };
      const timeframe = text(body, 'timeframe');
      return { timeframe, start: id(body, 'start'), ...prices, ...counts, closed: known(body['closed'], 'closed') === true };
    }
    case 'mark_price':
    case 'index_price':
      return { price: mantissa(body['price'], number(body, 'exponent')), exponent: number(body, 'exponent') };
    case 'funding': {
      const exponent = number(body, 'exponent');
      const times = { intervalS: number(body, 'interval_s'), nextTs: id(body, 'next_ts') };
      return { rate: mantissa(body['rate'], exponent), exponent, ...times };
    }
    case 'open_interest':
      return { ...scaled(body, mantissa, 'qty'), ...scaled(body, mantissa, 'value') };
    case 'liquidation': {
      const numbers = { ...scaled(body, mantissa, 'price'), ...scaled(body, mantissa, 'qty') };
      return { ...numbers, id: id(body, 'id'), side: text(body, 'side') };
    }
    case 'kline':
      return klineOf(body, numbers);
    case 'trading_status':
      return { state: text(body, 'state') };
    case 'skipped':
      return { reason: text(body, 'reason'), from: id(body, 'from'), to: id(body, 'to'), count: id(body, 'count') };
    default:
      throw new BadMessage(`body ${type} is not known`);
  }
}
