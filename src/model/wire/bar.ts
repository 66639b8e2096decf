// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * A candle of our own trades as it is now; each message of it replaces the one before.
 */
export class Bar {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Bar {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsBar(bb:flatbuffers.ByteBuffer, obj?:Bar):Bar {
  return (obj || new Bar()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsBar(bb:flatbuffers.ByteBuffer, obj?:Bar):Bar {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Bar()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

/**
 * Length of its interval.
 */
seconds():number {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readUint32(this.bb_pos + offset) : 0;
}

/**
 * Beginning of its interval, ns since the UNIX epoch.
 */
start():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

open():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

high():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

low():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 12);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

close():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 14);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

volume():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 16);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

count():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 18);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

/**
 * Trades among them that came after it was closed.
 */
late():number {
  const offset = this.bb!.__offset(this.bb_pos, 20);
  return offset ? this.bb!.readUint32(this.bb_pos + offset) : 0;
}

closed():boolean {
  const offset = this.bb!.__offset(this.bb_pos, 22);
  return offset ? !!this.bb!.readInt8(this.bb_pos + offset) : false;
}

static startBar(builder:flatbuffers.Builder) {
  builder.startObject(10);
}

static addSeconds(builder:flatbuffers.Builder, seconds:number) {
  builder.addFieldInt32(0, seconds, 0);
}

static addStart(builder:flatbuffers.Builder, start:bigint) {
  builder.addFieldInt64(1, start, BigInt('0'));
}

static addOpen(builder:flatbuffers.Builder, open:bigint) {
  builder.addFieldInt64(2, open, BigInt('0'));
}

static addHigh(builder:flatbuffers.Builder, high:bigint) {
  builder.addFieldInt64(3, high, BigInt('0'));
}

static addLow(builder:flatbuffers.Builder, low:bigint) {
  builder.addFieldInt64(4, low, BigInt('0'));
}

static addClose(builder:flatbuffers.Builder, close:bigint) {
  builder.addFieldInt64(5, close, BigInt('0'));
}

static addVolume(builder:flatbuffers.Builder, volume:bigint) {
  builder.addFieldInt64(6, volume, BigInt('0'));
}

static addCount(builder:flatbuffers.Builder, count:bigint) {
  builder.addFieldInt64(7, count, BigInt('0'));
}

static addLate(builder:flatbuffers.Builder, late:number) {
  builder.addFieldInt32(8, late, 0);
}

static addClosed(builder:flatbuffers.Builder, closed:boolean) {
  builder.addFieldInt8(9, +closed, +false);
}

static endBar(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createBar(builder:flatbuffers.Builder, seconds:number, start:bigint, open:bigint, high:bigint, low:bigint, close:bigint, volume:bigint, count:bigint, late:number, closed:boolean):flatbuffers.Offset {
  Bar.startBar(builder);
  Bar.addSeconds(builder, seconds);
  Bar.addStart(builder, start);
  Bar.addOpen(builder, open);
  Bar.addHigh(builder, high);
  Bar.addLow(builder, low);
  Bar.addClose(builder, close);
  Bar.addVolume(builder, volume);
  Bar.addCount(builder, count);
  Bar.addLate(builder, late);
  Bar.addClosed(builder, closed);
  return Bar.endBar(builder);
}
}
