// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * Rolling 24-hour figures from the trades seen.
 */
export class Stats24h {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Stats24h {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsStats24h(bb:flatbuffers.ByteBuffer, obj?:Stats24h):Stats24h {
  return (obj || new Stats24h()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsStats24h(bb:flatbuffers.ByteBuffer, obj?:Stats24h):Stats24h {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Stats24h()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

open():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

high():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

low():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

close():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

volume():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 12);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

count():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 14);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

static startStats24h(builder:flatbuffers.Builder) {
  builder.startObject(6);
}

static addOpen(builder:flatbuffers.Builder, open:bigint) {
  builder.addFieldInt64(0, open, BigInt('0'));
}

static addHigh(builder:flatbuffers.Builder, high:bigint) {
  builder.addFieldInt64(1, high, BigInt('0'));
}

static addLow(builder:flatbuffers.Builder, low:bigint) {
  builder.addFieldInt64(2, low, BigInt('0'));
}

static addClose(builder:flatbuffers.Builder, close:bigint) {
  builder.addFieldInt64(3, close, BigInt('0'));
}

static addVolume(builder:flatbuffers.Builder, volume:bigint) {
  builder.addFieldInt64(4, volume, BigInt('0'));
}

static addCount(builder:flatbuffers.Builder, count:bigint) {
  builder.addFieldInt64(5, count, BigInt('0'));
}

static endStats24h(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createStats24h(builder:flatbuffers.Builder, open:bigint, high:bigint, low:bigint, close:bigint, volume:bigint, count:bigint):flatbuffers.Offset {
  Stats24h.startStats24h(builder);
  Stats24h.addOpen(builder, open);
  Stats24h.addHigh(builder, high);
  Stats24h.addLow(builder, low);
  Stats24h.addClose(builder, close);
  Stats24h.addVolume(builder, volume);
  Stats24h.addCount(builder, count);
  return Stats24h.endStats24h(builder);
}
}
