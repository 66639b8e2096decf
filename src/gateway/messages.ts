/** What the gateway itself reads of data messages: their place in a topic. */
import { ByteBuffer } from 'flatbuffers';
import { unpack } from 'msgpackr';
import { Message } from '../model/wire/index.js';
import { ENCODINGS, type Encoding } from './ring.js';

/** Bytes of a JSON message within which its head is complete: names and symbols are short, numbers have 20 digits. */
const JSON_HEAD_BYTES = 2_048;
/** The head of a JSON message. Quotes within names are escaped, so no name can look like a member. */
const JSON_TOPIC = /^\{"topic":"((?:[^"\\]|\\.)*)"/;
const JSON_PLACE =
  /"shard":(\d+),"epoch":"(\d+)","prev_seq":(\d+),"seq":(\d+),"sequence":"\d+","frame_seq":"(\d+)","index":(\d+)/;

/** Where a message stands: in its topic, and the record that it was made of in its shard. */
export interface Place {
  /** Its name as it stands in the message. */
  readonly topic: string;
  readonly prevSeq: number;
  readonly seq: number;
  /** Where a client that loses this message would go on: `{shard}:{epoch}:{frame_seq}:{index}` (DECISIONS 1, 25). */
  readonly resume: string;
}

function flat(bytes: Uint8Array): Message {
  return Message.getRootAsMessage(new ByteBuffer(bytes));
}

/** The place of a data message; undefined for anything else, and for the older shape, which has no numbers. */
export function placeOf(bytes: Uint8Array, encoding: Encoding): Place | undefined {
  if (encoding === ENCODINGS.flatbuffers) {
    const message = flat(bytes);
    const resume = `${message.shard()}:${message.epoch()}:${message.frameSeq()}:${message.index()}`;
    return { topic: message.topic() ?? '', prevSeq: Number(message.prevSeq()), seq: Number(message.seq()), resume };
  }
  if (encoding === ENCODINGS.msgpack) {
    const { topic, prev_seq, seq, shard, epoch, frame_seq, index } = unpack(bytes) as Record<string, number | bigint | string>;
    return {
      topic: String(topic),
      prevSeq: Number(prev_seq),
      seq: Number(seq),
      resume: `${shard}:${epoch}:${frame_seq}:${index}`,
    };
  }
  const head = jsonHead(bytes);
  const topic = JSON_TOPIC.exec(head)?.[1];
  const [, shard, epoch, prevSeq, seq, frameSeq, index] = JSON_PLACE.exec(head) ?? [];
  if (topic === undefined || seq === undefined) return undefined;
  return { topic, prevSeq: Number(prevSeq), seq: Number(seq), resume: `${shard}:${epoch}:${frameSeq}:${index}` };
}

function jsonHead(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, JSON_HEAD_BYTES)).toString('utf8');
}
