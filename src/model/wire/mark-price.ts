// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * The price that positions are valued at. Exponents of this and the next four are their own, not those of the message.
 */
export class MarkPrice {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):MarkPrice {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsMarkPrice(bb:flatbuffers.ByteBuffer, obj?:MarkPrice):MarkPrice {
  return (obj || new MarkPrice()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsMarkPrice(bb:flatbuffers.ByteBuffer, obj?:MarkPrice):MarkPrice {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new MarkPrice()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

price():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

exponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

static startMarkPrice(builder:flatbuffers.Builder) {
  builder.startObject(2);
}

static addPrice(builder:flatbuffers.Builder, price:bigint) {
  builder.addFieldInt64(0, price, BigInt('0'));
}

static addExponent(builder:flatbuffers.Builder, exponent:number) {
  builder.addFieldInt8(1, exponent, 0);
}

static endMarkPrice(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createMarkPrice(builder:flatbuffers.Builder, price:bigint, exponent:number):flatbuffers.Offset {
  MarkPrice.startMarkPrice(builder);
  MarkPrice.addPrice(builder, price);
  MarkPrice.addExponent(builder, exponent);
  return MarkPrice.endMarkPrice(builder);
}
}
