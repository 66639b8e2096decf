// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * What holders of a perpetual future pay each other.
 */
export class Funding {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Funding {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsFunding(bb:flatbuffers.ByteBuffer, obj?:Funding):Funding {
  return (obj || new Funding()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsFunding(bb:flatbuffers.ByteBuffer, obj?:Funding):Funding {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Funding()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

rate():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

exponent():number {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readInt8(this.bb_pos + offset) : 0;
}

/**
 * Length of the interval, s; 0 where the venue does not tell it.
 */
intervalS():number {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readUint32(this.bb_pos + offset) : 0;
}

/**
 * When it is paid next, ns since the UNIX epoch; 0 where the venue does not tell it.
 */
nextTs():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

static startFunding(builder:flatbuffers.Builder) {
  builder.startObject(4);
}

static addRate(builder:flatbuffers.Builder, rate:bigint) {
  builder.addFieldInt64(0, rate, BigInt('0'));
}

static addExponent(builder:flatbuffers.Builder, exponent:number) {
  builder.addFieldInt8(1, exponent, 0);
}

static addIntervalS(builder:flatbuffers.Builder, intervalS:number) {
  builder.addFieldInt32(2, intervalS, 0);
}

static addNextTs(builder:flatbuffers.Builder, nextTs:bigint) {
  builder.addFieldInt64(3, nextTs, BigInt('0'));
}

static endFunding(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createFunding(builder:flatbuffers.Builder, rate:bigint, exponent:number, intervalS:number, nextTs:bigint):flatbuffers.Offset {
  Funding.startFunding(builder);
  Funding.addRate(builder, rate);
  Funding.addExponent(builder, exponent);
  Funding.addIntervalS(builder, intervalS);
  Funding.addNextTs(builder, nextTs);
  return Funding.endFunding(builder);
}
}
