// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { Level } from './level.js';
import { ValidDepth } from './valid-depth.js';

/**
 * The whole book or the best of it, best levels first. Replaces what the client holds.
 */
export class BookSnapshot {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):BookSnapshot {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsBookSnapshot(bb:flatbuffers.ByteBuffer, obj?:BookSnapshot):BookSnapshot {
  return (obj || new BookSnapshot()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsBookSnapshot(bb:flatbuffers.ByteBuffer, obj?:BookSnapshot):BookSnapshot {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new BookSnapshot()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

lastUpdateId():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

bids(index: number, obj?:Level):Level|null {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? (obj || new Level()).__init(this.bb!.__vector(this.bb_pos + offset) + index * 16, this.bb!) : null;
}

bidsLength():number {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.__vector_len(this.bb_pos + offset) : 0;
}

asks(index: number, obj?:Level):Level|null {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? (obj || new Level()).__init(this.bb!.__vector(this.bb_pos + offset) + index * 16, this.bb!) : null;
}

asksLength():number {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.__vector_len(this.bb_pos + offset) : 0;
}

/**
 * Hash of the levels above: native/wire/README.md says how it is computed.
 */
hash():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

/**
 * Levels a side at most, 0 for the whole book.
 */
depth():number {
  const offset = this.bb!.__offset(this.bb_pos, 12);
  return offset ? this.bb!.readUint16(this.bb_pos + offset) : 0;
}

/**
 * Absent where the book is known to its end, or nothing was counted yet.
 */
validDepth(obj?:ValidDepth):ValidDepth|null {
  const offset = this.bb!.__offset(this.bb_pos, 14);
  return offset ? (obj || new ValidDepth()).__init(this.bb_pos + offset, this.bb!) : null;
}

static startBookSnapshot(builder:flatbuffers.Builder) {
  builder.startObject(6);
}

static addLastUpdateId(builder:flatbuffers.Builder, lastUpdateId:bigint) {
  builder.addFieldInt64(0, lastUpdateId, BigInt('0'));
}

static addBids(builder:flatbuffers.Builder, bidsOffset:flatbuffers.Offset) {
  builder.addFieldOffset(1, bidsOffset, 0);
}

static startBidsVector(builder:flatbuffers.Builder, numElems:number) {
  builder.startVector(16, numElems, 8);
}

static addAsks(builder:flatbuffers.Builder, asksOffset:flatbuffers.Offset) {
  builder.addFieldOffset(2, asksOffset, 0);
}

static startAsksVector(builder:flatbuffers.Builder, numElems:number) {
  builder.startVector(16, numElems, 8);
}

static addHash(builder:flatbuffers.Builder, hash:bigint) {
  builder.addFieldInt64(3, hash, BigInt('0'));
}

static addDepth(builder:flatbuffers.Builder, depth:number) {
  builder.addFieldInt16(4, depth, 0);
}

static addValidDepth(builder:flatbuffers.Builder, validDepthOffset:flatbuffers.Offset) {
  builder.addFieldStruct(5, validDepthOffset, 0);
}

static endBookSnapshot(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

}
