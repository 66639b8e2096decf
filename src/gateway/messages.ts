/** What the gateway itself reads and writes of data messages: their place in a topic, and the notice of a loss. */
import { Builder, ByteBuffer } from 'flatbuffers';
import { Body, Message, Skipped, SkipReason } from '../model/wire/index.js';
import { ENCODINGS, type Encoding } from './ring.js';

/** Bytes of a JSON message within which its head is complete: names and symbols are short, numbers have 20 digits. */
const JSON_HEAD_BYTES = 2_048;
/** The head of a JSON message. Quotes within names are escaped, so no name can look like a member. */
const JSON_TOPIC = /^\{"topic":"((?:[^"\\]|\\.)*)"/;
const JSON_PLACE =
  /"shard":(\d+),"epoch":"(\d+)","prev_seq":\d+,"seq":(\d+),"sequence":"\d+","frame_seq":"(\d+)","index":(\d+)/;

/** Where a message stands: in its topic, and the record that it was made of in its shard. */
export interface Place {
  /** Its name as it stands in the message. */
  readonly topic: string;
  readonly seq: number;
  /** Where a client that loses this message would go on: `{shard}:{epoch}:{frame_seq}:{index}` (DECISIONS 1, 25). */
  readonly resume: string;
}

function flat(bytes: Uint8Array): Message {
  return Message.getRootAsMessage(new ByteBuffer(bytes));
}

/** The place of a data message; undefined for anything else. */
export function placeOf(bytes: Uint8Array, encoding: Encoding): Place | undefined {
  if (encoding === ENCODINGS.flatbuffers) {
    const message = flat(bytes);
    const resume = `${message.shard()}:${message.epoch()}:${message.frameSeq()}:${message.index()}`;
    return { topic: message.topic() ?? '', seq: Number(message.seq()), resume };
  }
  const head = jsonHead(bytes);
  const topic = JSON_TOPIC.exec(head)?.[1];
  const [, shard, epoch, seq, frameSeq, index] = JSON_PLACE.exec(head) ?? [];
  if (topic === undefined || seq === undefined) return undefined;
  return { topic, seq: Number(seq), resume: `${shard}:${epoch}:${frameSeq}:${index}` };
}

function jsonHead(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, JSON_HEAD_BYTES)).toString('utf8');
}

/**
 * The notice that a slow client lost the messages `from ..= to` of a topic, with the head of `like`, a message of the same
 * topic and encoding. Its own `prev_seq` and `seq` bridge the hole, so the chain of numbers stays whole.
 */
export function skippedNotice(like: Uint8Array, encoding: Encoding, from: number, to: number): Uint8Array {
  return encoding === ENCODINGS.flatbuffers ? flatNotice(flat(like), from, to) : jsonNotice(jsonHead(like), from, to);
}

function jsonNotice(head: string, from: number, to: number): Uint8Array {
  const body = { reason: 'slow_client', from: `${from}`, to: `${to}`, count: `${to - from + 1}` };
  const kept = head.slice(0, head.indexOf(',"body_type":'));
  const bridged = kept.replace(/"prev_seq":\d+,"seq":\d+/, `"prev_seq":${from - 1},"seq":${to}`);
  return Buffer.from(`${bridged},"body_type":"skipped","body":${JSON.stringify(body)}}`);
}

function flatNotice(like: Message, from: number, to: number): Uint8Array {
  const builder = new Builder(512);
  const name = (text: string | null) => builder.createString(text ?? '');
  const [topic, venue, symbol] = [name(like.topic()), name(like.venue()), name(like.symbol())];
  const body = Skipped.createSkipped(builder, SkipReason.SlowClient, BigInt(from), BigInt(to), BigInt(to - from + 1));
  Message.startMessage(builder);
  Message.addTopic(builder, topic);
  Message.addVenue(builder, venue);
  Message.addSymbol(builder, symbol);
  Message.addInstrument(builder, like.instrument());
  Message.addEpoch(builder, like.epoch());
  Message.addPrevSeq(builder, BigInt(from - 1));
  Message.addSeq(builder, BigInt(to));
  Message.addSequence(builder, like.sequence());
  Message.addTsEvent(builder, like.tsEvent());
  Message.addTsRecv(builder, like.tsRecv());
  Message.addTsOut(builder, like.tsOut());
  Message.addPriceExponent(builder, like.priceExponent());
  Message.addQtyExponent(builder, like.qtyExponent());
  Message.addFlags(builder, like.flags());
  Message.addBodyType(builder, Body.Skipped);
  Message.addBody(builder, body);
  Message.addShard(builder, like.shard());
  Message.addFrameSeq(builder, like.frameSeq());
  Message.addIndex(builder, like.index());
  Message.finishMessageBuffer(builder, Message.endMessage(builder));
  return builder.asUint8Array();
}
