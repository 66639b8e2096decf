// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * Contracts that are open.
 */
export class OpenInterest {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):OpenInterest {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsOpenInterest(bb:flatbuffers.ByteBuffer, obj?:OpenInterest):OpenInterest {
  return (obj || new OpenInterest()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsOpenInterest(bb:flatbuffers.ByteBuffer, obj?:OpenInterest):OpenInterest {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new OpenInterest()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

qty():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

qtyExponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

/**
 * Worth in the quote currency; 0 where the venue does not tell it.
 */
value():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

valueExponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

static startOpenInterest(builder:flatbuffers.Builder) {
  builder.startObject(4);
}

static addQty(builder:flatbuffers.Builder, qty:bigint) {
  builder.addFieldInt64(0, qty, BigInt('0'));
}

static addQtyExponent(builder:flatbuffers.Builder, qtyExponent:number) {
  builder.addFieldInt8(1, qtyExponent, 0);
}

static addValue(builder:flatbuffers.Builder, value:bigint) {
  builder.addFieldInt64(2, value, BigInt('0'));
}

static addValueExponent(builder:flatbuffers.Builder, valueExponent:number) {
  builder.addFieldInt8(3, valueExponent, 0);
}

static endOpenInterest(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createOpenInterest(builder:flatbuffers.Builder, qty:bigint, qtyExponent:number, value:bigint, valueExponent:number):flatbuffers.Offset {
  OpenInterest.startOpenInterest(builder);
  OpenInterest.addQty(builder, qty);
  OpenInterest.addQtyExponent(builder, qtyExponent);
  OpenInterest.addValue(builder, value);
  OpenInterest.addValueExponent(builder, valueExponent);
  return OpenInterest.endOpenInterest(builder);
}
}
