// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { Body } from './body.js';

/**
 * One message of one topic.
 */
export class Message {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Message {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsMessage(bb:flatbuffers.ByteBuffer, obj?:Message):Message {
  return (obj || new Message()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsMessage(bb:flatbuffers.ByteBuffer, obj?:Message):Message {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Message()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static bufferHasIdentifier(bb:flatbuffers.ByteBuffer):boolean {
  return bb.__has_identifier('TKR1');
}

topic():string|null
topic(optionalEncoding:flatbuffers.Encoding):string|Uint8Array|null
topic(optionalEncoding?:flatbuffers.Encoding):string|Uint8Array|null {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.__string(this.bb_pos + offset, optionalEncoding) : null;
}

venue():string|null
venue(optionalEncoding:flatbuffers.Encoding):string|Uint8Array|null
venue(optionalEncoding?:flatbuffers.Encoding):string|Uint8Array|null {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.__string(this.bb_pos + offset, optionalEncoding) : null;
}

symbol():string|null
symbol(optionalEncoding:flatbuffers.Encoding):string|Uint8Array|null
symbol(optionalEncoding?:flatbuffers.Encoding):string|Uint8Array|null {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.__string(this.bb_pos + offset, optionalEncoding) : null;
}

instrument():number {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readUint32(this.bb_pos + offset) : 0;
}

/**
 * Writer epoch of the record that this message was made of.
 */
epoch():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 12);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

/**
 * `seq` of the topic's message before this one; equal to `seq` in a snapshot made for one client.
 */
prevSeq():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 14);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

/**
 * Number of this message within its topic, +1 each.
 */
seq():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 16);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

/**
 * Ring sequence of the record within its shard.
 */
sequence():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 18);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

tsEvent():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 20);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

tsRecv():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 22);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

tsOut():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 24);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

priceExponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 26);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

qtyExponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 28);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

/**
 * Bits of the record flags: 3 stale, 4 crossed, 5 locked, 6 recovered, 7 bad_ts, 8 no_ts_event, 9 aggressor_sell,
 * 10 aggregated, 11 partial.
 */
flags():number {
  const offset = this.bb!.__offset(this.bb_pos, 30);
  return offset ? this.bb!.readUint32(this.bb_pos + offset) : 0;
}

bodyType():Body {
  const offset = this.bb!.__offset(this.bb_pos, 32);
  return offset ? this.bb!.readUint8(this.bb_pos + offset) as Body : Body.NONE;
}

body<T extends { bb: flatbuffers.ByteBuffer|null; bb_pos: number }>(obj:T):T|null {
  const offset = this.bb!.__offset(this.bb_pos, 34);
  return offset ? this.bb!.__union(obj as flatbuffers.Table, this.bb_pos + offset) as T : null;
}

/**
 * Shard whose stream `epoch`, `sequence`, `frame_seq` and `index` belong to.
 */
shard():number {
  const offset = this.bb!.__offset(this.bb_pos, 36);
  return offset ? this.bb!.readUint16(this.bb_pos + offset) : 0;
}

/**
 * Number of the input within the shard, and index of the event among those of its input.
 */
frameSeq():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 38);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

index():number {
  const offset = this.bb!.__offset(this.bb_pos, 40);
  return offset ? this.bb!.readUint32(this.bb_pos + offset) : 0;
}

static startMessage(builder:flatbuffers.Builder) {
  builder.startObject(19);
}

static addTopic(builder:flatbuffers.Builder, topicOffset:flatbuffers.Offset) {
  builder.addFieldOffset(0, topicOffset, 0);
}

static addVenue(builder:flatbuffers.Builder, venueOffset:flatbuffers.Offset) {
  builder.addFieldOffset(1, venueOffset, 0);
}

static addSymbol(builder:flatbuffers.Builder, symbolOffset:flatbuffers.Offset) {
  builder.addFieldOffset(2, symbolOffset, 0);
}

static addInstrument(builder:flatbuffers.Builder, instrument:number) {
  builder.addFieldInt32(3, instrument, 0);
}

static addEpoch(builder:flatbuffers.Builder, epoch:bigint) {
  builder.addFieldInt64(4, epoch, BigInt('0'));
}

static addPrevSeq(builder:flatbuffers.Builder, prevSeq:bigint) {
  builder.addFieldInt64(5, prevSeq, BigInt('0'));
}

static addSeq(builder:flatbuffers.Builder, seq:bigint) {
  builder.addFieldInt64(6, seq, BigInt('0'));
}

static addSequence(builder:flatbuffers.Builder, sequence:bigint) {
  builder.addFieldInt64(7, sequence, BigInt('0'));
}

static addTsEvent(builder:flatbuffers.Builder, tsEvent:bigint) {
  builder.addFieldInt64(8, tsEvent, BigInt('0'));
}

static addTsRecv(builder:flatbuffers.Builder, tsRecv:bigint) {
  builder.addFieldInt64(9, tsRecv, BigInt('0'));
}

static addTsOut(builder:flatbuffers.Builder, tsOut:bigint) {
  builder.addFieldInt64(10, tsOut, BigInt('0'));
}

static addPriceExponent(builder:flatbuffers.Builder, priceExponent:number) {
  builder.addFieldInt8(11, priceExponent, 0);
}

static addQtyExponent(builder:flatbuffers.Builder, qtyExponent:number) {
  builder.addFieldInt8(12, qtyExponent, 0);
}

static addFlags(builder:flatbuffers.Builder, flags:number) {
  builder.addFieldInt32(13, flags, 0);
}

static addBodyType(builder:flatbuffers.Builder, bodyType:Body) {
  builder.addFieldInt8(14, bodyType, Body.NONE);
}

static addBody(builder:flatbuffers.Builder, bodyOffset:flatbuffers.Offset) {
  builder.addFieldOffset(15, bodyOffset, 0);
}

static addShard(builder:flatbuffers.Builder, shard:number) {
  builder.addFieldInt16(16, shard, 0);
}

static addFrameSeq(builder:flatbuffers.Builder, frameSeq:bigint) {
  builder.addFieldInt64(17, frameSeq, BigInt('0'));
}

static addIndex(builder:flatbuffers.Builder, index:number) {
  builder.addFieldInt32(18, index, 0);
}

static endMessage(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static finishMessageBuffer(builder:flatbuffers.Builder, offset:flatbuffers.Offset) {
  builder.finish(offset, 'TKR1');
}

static finishSizePrefixedMessageBuffer(builder:flatbuffers.Builder, offset:flatbuffers.Offset) {
  builder.finish(offset, 'TKR1', true);
}

static createMessage(builder:flatbuffers.Builder, topicOffset:flatbuffers.Offset, venueOffset:flatbuffers.Offset, symbolOffset:flatbuffers.Offset, instrument:number, epoch:bigint, prevSeq:bigint, seq:bigint, sequence:bigint, tsEvent:bigint, tsRecv:bigint, tsOut:bigint, priceExponent:number, qtyExponent:number, flags:number, bodyType:Body, bodyOffset:flatbuffers.Offset, shard:number, frameSeq:bigint, index:number):flatbuffers.Offset {
  Message.startMessage(builder);
  Message.addTopic(builder, topicOffset);
  Message.addVenue(builder, venueOffset);
  Message.addSymbol(builder, symbolOffset);
  Message.addInstrument(builder, instrument);
  Message.addEpoch(builder, epoch);
  Message.addPrevSeq(builder, prevSeq);
  Message.addSeq(builder, seq);
  Message.addSequence(builder, sequence);
  Message.addTsEvent(builder, tsEvent);
  Message.addTsRecv(builder, tsRecv);
  Message.addTsOut(builder, tsOut);
  Message.addPriceExponent(builder, priceExponent);
  Message.addQtyExponent(builder, qtyExponent);
  Message.addFlags(builder, flags);
  Message.addBodyType(builder, bodyType);
  Message.addBody(builder, bodyOffset);
  Message.addShard(builder, shard);
  Message.addFrameSeq(builder, frameSeq);
  Message.addIndex(builder, index);
  return Message.endMessage(builder);
}
}
