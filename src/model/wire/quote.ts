// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * Best bid and ask as the venue publishes them.
 */
export class Quote {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Quote {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsQuote(bb:flatbuffers.ByteBuffer, obj?:Quote):Quote {
  return (obj || new Quote()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsQuote(bb:flatbuffers.ByteBuffer, obj?:Quote):Quote {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Quote()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

bidPrice():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

bidQty():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

askPrice():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

askQty():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

static startQuote(builder:flatbuffers.Builder) {
  builder.startObject(4);
}

static addBidPrice(builder:flatbuffers.Builder, bidPrice:bigint) {
  builder.addFieldInt64(0, bidPrice, BigInt('0'));
}

static addBidQty(builder:flatbuffers.Builder, bidQty:bigint) {
  builder.addFieldInt64(1, bidQty, BigInt('0'));
}

static addAskPrice(builder:flatbuffers.Builder, askPrice:bigint) {
  builder.addFieldInt64(2, askPrice, BigInt('0'));
}

static addAskQty(builder:flatbuffers.Builder, askQty:bigint) {
  builder.addFieldInt64(3, askQty, BigInt('0'));
}

static endQuote(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createQuote(builder:flatbuffers.Builder, bidPrice:bigint, bidQty:bigint, askPrice:bigint, askQty:bigint):flatbuffers.Offset {
  Quote.startQuote(builder);
  Quote.addBidPrice(builder, bidPrice);
  Quote.addBidQty(builder, bidQty);
  Quote.addAskPrice(builder, askPrice);
  Quote.addAskQty(builder, askQty);
  return Quote.endQuote(builder);
}
}
