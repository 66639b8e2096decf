// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * The price of the underlying.
 */
export class IndexPrice {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):IndexPrice {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsIndexPrice(bb:flatbuffers.ByteBuffer, obj?:IndexPrice):IndexPrice {
  return (obj || new IndexPrice()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsIndexPrice(bb:flatbuffers.ByteBuffer, obj?:IndexPrice):IndexPrice {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new IndexPrice()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

price():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

exponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

static startIndexPrice(builder:flatbuffers.Builder) {
  builder.startObject(2);
}

static addPrice(builder:flatbuffers.Builder, price:bigint) {
  builder.addFieldInt64(0, price, BigInt('0'));
}

static addExponent(builder:flatbuffers.Builder, exponent:number) {
  builder.addFieldInt8(1, exponent, 0);
}

static endIndexPrice(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createIndexPrice(builder:flatbuffers.Builder, price:bigint, exponent:number):flatbuffers.Offset {
  IndexPrice.startIndexPrice(builder);
  IndexPrice.addPrice(builder, price);
  IndexPrice.addExponent(builder, exponent);
  return IndexPrice.endIndexPrice(builder);
}
}
