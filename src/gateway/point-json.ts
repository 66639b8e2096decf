/** Points and figures in the shapes that older consumers read. */

import { FLAGS } from '../model/codes.js';
import { decimalText, toNumber } from '../model/decimal.js';
import { RECORD_OFFSETS as AT } from '../native/layout.js';
import type { PointRing } from './point-ring.js';
import type { PointKind } from './points.js';

/** Decimals as JSON numbers in their shortest exact form, or as strings. */
export type NumberStyle = 'number' | 'string';

const NS_PER_MS = 1_000_000n;
const WORD = 8;

let second = -1;
let secondText = '';

/** RFC 3339 with nanoseconds. */
export function timeText(ns: bigint): string {
  const ms = Number(ns / NS_PER_MS);
  const whole = Math.floor(ms / 1_000);
  if (whole !== second) {
    second = whole;
    secondText = new Date(whole * 1_000).toISOString().slice(0, 19);
  }
  const fraction = (ms - whole * 1_000) * 1e6 + Number(ns % NS_PER_MS);
  return `${secondText}.${String(fraction).padStart(9, '0')}Z`;
}

/** Mantissa × 10^exponent as JSON. */
export function decimalJson(mantissa: bigint, exponent: number, style: NumberStyle): string {
  const text = decimalText(mantissa, exponent);
  return style === 'string' ? `"${text}"` : text;
}

function wordJson(view: DataView, at: number, exponent: number, style: NumberStyle): string {
  const value = view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  // Exact in a number, whose shortest text reads as the same decimal; other ones keep their digits.
  if (style === 'string' || !Number.isSafeInteger(value)) return decimalJson(view.getBigInt64(at, true), exponent, style);
  return String(toNumber(value, exponent));
}

/** From receipt in the engine to the ring, ms. */
function latencyMs(view: DataView, at: number): number {
  const out = view.getBigUint64(at + AT.tsOut, true);
  const recv = view.getBigUint64(at + AT.tsRecv, true);
  return out <= recv ? 0 : Number(out - recv) / 1e6;
}

/** The venue's time of a point, or that of its receipt where the venue gave none. */
export function pointTime(view: DataView, at: number): bigint {
  const none = (view.getUint16(at + AT.flags, true) & FLAGS.no_ts_event) !== 0;
  return view.getBigUint64(at + (none ? AT.tsRecv : AT.tsEvent), true);
}

/** `{price,size,exchange}` of a trade, `{bid,ask,bid_size,ask_size}` of a quote. */
function values(ring: PointRing, at: number, kind: PointKind, venue: string, style: NumberStyle): string {
  const { view } = ring;
  const word = (index: number, exponent: number): string => wordJson(view, at + AT.payload + index * WORD, exponent, style);
  const [price, qty] = [ring.priceExponent(at), ring.qtyExponent(at)];
  if (kind === 'tick') return `{"price":${word(0, price)},"size":${word(1, qty)},"exchange":"${venue}"}`;
  return `{"bid":${word(0, price)},"ask":${word(2, price)},"bid_size":${word(1, qty)},"ask_size":${word(3, qty)}}`;
}

/** Makes the JSON of points of one instrument and kind. `venue` needs no escapes. */
export function pointRenderer(kind: PointKind, venue: string, style: NumberStyle): (ring: PointRing, at: number) => string {
  return (ring, at) => {
    const { view } = ring;
    const sequence = view.getBigUint64(at + AT.sequence, true);
    const data = values(ring, at, kind, venue, style);
    const time = timeText(pointTime(view, at));
    return `{"timestamp":"${time}","data_type":"${kind}","source":"${venue}","data":${data},"sequence":${sequence},"latency_ms":${latencyMs(view, at)}}`;
  };
}

/** The newest quote as it stands in a snapshot; null where there is none. */
export function newestQuote(ring: PointRing | undefined, style: NumberStyle): string {
  return ring === undefined || ring.size === 0 ? 'null' : values(ring, ring.at(0), 'quote', '', style);
}
