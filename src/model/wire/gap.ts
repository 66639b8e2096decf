// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { GapReason } from './gap-reason.js';
import { GapStream } from './gap-stream.js';

/**
 * Venue ids that were never received: exactly `first..=last`.
 */
export class Gap {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Gap {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsGap(bb:flatbuffers.ByteBuffer, obj?:Gap):Gap {
  return (obj || new Gap()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsGap(bb:flatbuffers.ByteBuffer, obj?:Gap):Gap {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Gap()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

stream():GapStream {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readUint8(this.bb_pos + offset) as GapStream : GapStream.Unknown;
}

reason():GapReason {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readUint8(this.bb_pos + offset) as GapReason : GapReason.Unknown;
}

first():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

last():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

static startGap(builder:flatbuffers.Builder) {
  builder.startObject(4);
}

static addStream(builder:flatbuffers.Builder, stream:GapStream) {
  builder.addFieldInt8(0, stream, GapStream.Unknown);
}

static addReason(builder:flatbuffers.Builder, reason:GapReason) {
  builder.addFieldInt8(1, reason, GapReason.Unknown);
}

static addFirst(builder:flatbuffers.Builder, first:bigint) {
  builder.addFieldInt64(2, first, BigInt('0'));
}

static addLast(builder:flatbuffers.Builder, last:bigint) {
  builder.addFieldInt64(3, last, BigInt('0'));
}

static endGap(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createGap(builder:flatbuffers.Builder, stream:GapStream, reason:GapReason, first:bigint, last:bigint):flatbuffers.Offset {
  Gap.startGap(builder);
  Gap.addStream(builder, stream);
  Gap.addReason(builder, reason);
  Gap.addFirst(builder, first);
  Gap.addLast(builder, last);
  return Gap.endGap(builder);
}
}
