// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { Level } from './level.js';
import { ValidDepth } from './valid-depth.js';

/**
 * Levels that changed, to be applied as a whole.
 */
export class BookDelta {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):BookDelta {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsBookDelta(bb:flatbuffers.ByteBuffer, obj?:BookDelta):BookDelta {
  return (obj || new BookDelta()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsBookDelta(bb:flatbuffers.ByteBuffer, obj?:BookDelta):BookDelta {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new BookDelta()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

prevUpdateId():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

lastUpdateId():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

bids(index: number, obj?:Level):Level|null {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? (obj || new Level()).__init(this.bb!.__vector(this.bb_pos + offset) + index * 16, this.bb!) : null;
}

bidsLength():number {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.__vector_len(this.bb_pos + offset) : 0;
}

asks(index: number, obj?:Level):Level|null {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? (obj || new Level()).__init(this.bb!.__vector(this.bb_pos + offset) + index * 16, this.bb!) : null;
}

asksLength():number {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.__vector_len(this.bb_pos + offset) : 0;
}

/**
 * Hash of the whole book after these levels.
 */
hash():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 12);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

/**
 * Absent where it is as the message before said.
 */
validDepth(obj?:ValidDepth):ValidDepth|null {
  const offset = this.bb!.__offset(this.bb_pos, 14);
  return offset ? (obj || new ValidDepth()).__init(this.bb_pos + offset, this.bb!) : null;
}

static startBookDelta(builder:flatbuffers.Builder) {
  builder.startObject(6);
}

static addPrevUpdateId(builder:flatbuffers.Builder, prevUpdateId:bigint) {
  builder.addFieldInt64(0, prevUpdateId, BigInt('0'));
}

static addLastUpdateId(builder:flatbuffers.Builder, lastUpdateId:bigint) {
  builder.addFieldInt64(1, lastUpdateId, BigInt('0'));
}

static addBids(builder:flatbuffers.Builder, bidsOffset:flatbuffers.Offset) {
  builder.addFieldOffset(2, bidsOffset, 0);
}

static startBidsVector(builder:flatbuffers.Builder, numElems:number) {
  builder.startVector(16, numElems, 8);
}

static addAsks(builder:flatbuffers.Builder, asksOffset:flatbuffers.Offset) {
  builder.addFieldOffset(3, asksOffset, 0);
}

static startAsksVector(builder:flatbuffers.Builder, numElems:number) {
  builder.startVector(16, numElems, 8);
}

static addHash(builder:flatbuffers.Builder, hash:bigint) {
  builder.addFieldInt64(4, hash, BigInt('0'));
}

static addValidDepth(builder:flatbuffers.Builder, validDepthOffset:flatbuffers.Offset) {
  builder.addFieldStruct(5, validDepthOffset, 0);
}

static endBookDelta(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

}
