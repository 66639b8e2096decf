// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { Side } from './side.js';

/**
 * An order that closes a position without margin.
 */
export class Liquidation {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Liquidation {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsLiquidation(bb:flatbuffers.ByteBuffer, obj?:Liquidation):Liquidation {
  return (obj || new Liquidation()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsLiquidation(bb:flatbuffers.ByteBuffer, obj?:Liquidation):Liquidation {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Liquidation()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

price():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

priceExponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

qty():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

qtyExponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

/**
 * The venue's id; 0 where it tells none.
 */
id():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 12);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

side():Side {
  const offset = this.bb!.__offset(this.bb_pos, 14);
  return offset ? this.bb!.readUint8(this.bb_pos + offset) as Side : Side.Unknown;
}

static startLiquidation(builder:flatbuffers.Builder) {
  builder.startObject(6);
}

static addPrice(builder:flatbuffers.Builder, price:bigint) {
  builder.addFieldInt64(0, price, BigInt('0'));
}

static addPriceExponent(builder:flatbuffers.Builder, priceExponent:number) {
  builder.addFieldInt8(1, priceExponent, 0);
}

static addQty(builder:flatbuffers.Builder, qty:bigint) {
  builder.addFieldInt64(2, qty, BigInt('0'));
}

static addQtyExponent(builder:flatbuffers.Builder, qtyExponent:number) {
  builder.addFieldInt8(3, qtyExponent, 0);
}

static addId(builder:flatbuffers.Builder, id:bigint) {
  builder.addFieldInt64(4, id, BigInt('0'));
}

static addSide(builder:flatbuffers.Builder, side:Side) {
  builder.addFieldInt8(5, side, Side.Unknown);
}

static endLiquidation(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createLiquidation(builder:flatbuffers.Builder, price:bigint, priceExponent:number, qty:bigint, qtyExponent:number, id:bigint, side:Side):flatbuffers.Offset {
  Liquidation.startLiquidation(builder);
  Liquidation.addPrice(builder, price);
  Liquidation.addPriceExponent(builder, priceExponent);
  Liquidation.addQty(builder, qty);
  Liquidation.addQtyExponent(builder, qtyExponent);
  Liquidation.addId(builder, id);
  Liquidation.addSide(builder, side);
  return Liquidation.endLiquidation(builder);
}
}
