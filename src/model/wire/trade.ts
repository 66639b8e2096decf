// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { Aggressor } from './aggressor.js';

/**
 * One trade print.
 */
export class Trade {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Trade {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsTrade(bb:flatbuffers.ByteBuffer, obj?:Trade):Trade {
  return (obj || new Trade()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsTrade(bb:flatbuffers.ByteBuffer, obj?:Trade):Trade {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Trade()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

price():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

qty():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

tradeId():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

aggressor():Aggressor {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readUint8(this.bb_pos + offset) as Aggressor : Aggressor.Unknown;
}

static startTrade(builder:flatbuffers.Builder) {
  builder.startObject(4);
}

static addPrice(builder:flatbuffers.Builder, price:bigint) {
  builder.addFieldInt64(0, price, BigInt('0'));
}

static addQty(builder:flatbuffers.Builder, qty:bigint) {
  builder.addFieldInt64(1, qty, BigInt('0'));
}

static addTradeId(builder:flatbuffers.Builder, tradeId:bigint) {
  builder.addFieldInt64(2, tradeId, BigInt('0'));
}

static addAggressor(builder:flatbuffers.Builder, aggressor:Aggressor) {
  builder.addFieldInt8(3, aggressor, Aggressor.Unknown);
}

static endTrade(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createTrade(builder:flatbuffers.Builder, price:bigint, qty:bigint, tradeId:bigint, aggressor:Aggressor):flatbuffers.Offset {
  Trade.startTrade(builder);
  Trade.addPrice(builder, price);
  Trade.addQty(builder, qty);
  Trade.addTradeId(builder, tradeId);
  Trade.addAggressor(builder, aggressor);
  return Trade.endTrade(builder);
}
}
