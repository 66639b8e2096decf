// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { SkipReason } from './skip-reason.js';

/**
 * What this topic's stream passed over. On a book topic the client's book is void until the next BookSnapshot.
 */
export class Skipped {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Skipped {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsSkipped(bb:flatbuffers.ByteBuffer, obj?:Skipped):Skipped {
  return (obj || new Skipped()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsSkipped(bb:flatbuffers.ByteBuffer, obj?:Skipped):Skipped {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Skipped()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

reason():SkipReason {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readUint8(this.bb_pos + offset) as SkipReason : SkipReason.Unknown;
}

from():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

to():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

count():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

static startSkipped(builder:flatbuffers.Builder) {
  builder.startObject(4);
}

static addReason(builder:flatbuffers.Builder, reason:SkipReason) {
  builder.addFieldInt8(0, reason, SkipReason.Unknown);
}

static addFrom(builder:flatbuffers.Builder, from:bigint) {
  builder.addFieldInt64(1, from, BigInt('0'));
}

static addTo(builder:flatbuffers.Builder, to:bigint) {
  builder.addFieldInt64(2, to, BigInt('0'));
}

static addCount(builder:flatbuffers.Builder, count:bigint) {
  builder.addFieldInt64(3, count, BigInt('0'));
}

static endSkipped(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createSkipped(builder:flatbuffers.Builder, reason:SkipReason, from:bigint, to:bigint, count:bigint):flatbuffers.Offset {
  Skipped.startSkipped(builder);
  Skipped.addReason(builder, reason);
  Skipped.addFrom(builder, from);
  Skipped.addTo(builder, to);
  Skipped.addCount(builder, count);
  return Skipped.endSkipped(builder);
}
}
