// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * A bar as the venue counts it, with exponents of its own; each one replaces the one before with the same `start_ts`.
 */
export class Kline {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Kline {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsKline(bb:flatbuffers.ByteBuffer, obj?:Kline):Kline {
  return (obj || new Kline()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsKline(bb:flatbuffers.ByteBuffer, obj?:Kline):Kline {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Kline()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
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

/**
 * Worth of the volume; 0 where the venue does not tell it.
 */
turnover():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 14);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

/**
 * Number of trades; 0 where the venue does not tell it.
 */
count():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 16);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

/**
 * Beginning and length of its interval, ns.
 */
startTs():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 18);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

intervalNs():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 20);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

priceExponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 22);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

qtyExponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 24);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

turnoverExponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 26);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

/**
 * It is final.
 */
closed():boolean {
  const offset = this.bb!.__offset(this.bb_pos, 28);
  return offset ? !!this.bb!.readInt8(this.bb_pos + offset) : false;
}

static startKline(builder:flatbuffers.Builder) {
  builder.startObject(13);
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

static addTurnover(builder:flatbuffers.Builder, turnover:bigint) {
  builder.addFieldInt64(5, turnover, BigInt('0'));
}

static addCount(builder:flatbuffers.Builder, count:bigint) {
  builder.addFieldInt64(6, count, BigInt('0'));
}

static addStartTs(builder:flatbuffers.Builder, startTs:bigint) {
  builder.addFieldInt64(7, startTs, BigInt('0'));
}

static addIntervalNs(builder:flatbuffers.Builder, intervalNs:bigint) {
  builder.addFieldInt64(8, intervalNs, BigInt('0'));
}

static addPriceExponent(builder:flatbuffers.Builder, priceExponent:number) {
  builder.addFieldInt8(9, priceExponent, 0);
}

static addQtyExponent(builder:flatbuffers.Builder, qtyExponent:number) {
  builder.addFieldInt8(10, qtyExponent, 0);
}

static addTurnoverExponent(builder:flatbuffers.Builder, turnoverExponent:number) {
  builder.addFieldInt8(11, turnoverExponent, 0);
}

static addClosed(builder:flatbuffers.Builder, closed:boolean) {
  builder.addFieldInt8(12, +closed, +false);
}

static endKline(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createKline(builder:flatbuffers.Builder, open:bigint, high:bigint, low:bigint, close:bigint, volume:bigint, turnover:bigint, count:bigint, startTs:bigint, intervalNs:bigint, priceExponent:number, qtyExponent:number, turnoverExponent:number, closed:boolean):flatbuffers.Offset {
  Kline.startKline(builder);
  Kline.addOpen(builder, open);
  Kline.addHigh(builder, high);
  Kline.addLow(builder, low);
  Kline.addClose(builder, close);
  Kline.addVolume(builder, volume);
  Kline.addTurnover(builder, turnover);
  Kline.addCount(builder, count);
  Kline.addStartTs(builder, startTs);
  Kline.addIntervalNs(builder, intervalNs);
  Kline.addPriceExponent(builder, priceExponent);
  Kline.addQtyExponent(builder, qtyExponent);
  Kline.addTurnoverExponent(builder, turnoverExponent);
  Kline.addClosed(builder, closed);
  return Kline.endKline(builder);
}
}
