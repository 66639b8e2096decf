// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { State } from './state.js';

/**
 * A new state of the subscription or book.
 */
export class Status {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Status {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsStatus(bb:flatbuffers.ByteBuffer, obj?:Status):Status {
  return (obj || new Status()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsStatus(bb:flatbuffers.ByteBuffer, obj?:Status):Status {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Status()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

state():State {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readUint8(this.bb_pos + offset) as State : State.Unknown;
}

connection():number {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readUint16(this.bb_pos + offset) : 0;
}

/**
 * Name from the table of codes; absent where no code says why.
 */
code():string|null
code(optionalEncoding:flatbuffers.Encoding):string|Uint8Array|null
code(optionalEncoding?:flatbuffers.Encoding):string|Uint8Array|null {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.__string(this.bb_pos + offset, optionalEncoding) : null;
}

detail():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readUint64(this.bb_pos + offset) : BigInt('0');
}

static startStatus(builder:flatbuffers.Builder) {
  builder.startObject(4);
}

static addState(builder:flatbuffers.Builder, state:State) {
  builder.addFieldInt8(0, state, State.Unknown);
}

static addConnection(builder:flatbuffers.Builder, connection:number) {
  builder.addFieldInt16(1, connection, 0);
}

static addCode(builder:flatbuffers.Builder, codeOffset:flatbuffers.Offset) {
  builder.addFieldOffset(2, codeOffset, 0);
}

static addDetail(builder:flatbuffers.Builder, detail:bigint) {
  builder.addFieldInt64(3, detail, BigInt('0'));
}

static endStatus(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createStatus(builder:flatbuffers.Builder, state:State, connection:number, codeOffset:flatbuffers.Offset, detail:bigint):flatbuffers.Offset {
  Status.startStatus(builder);
  Status.addState(builder, state);
  Status.addConnection(builder, connection);
  Status.addCode(builder, codeOffset);
  Status.addDetail(builder, detail);
  return Status.endStatus(builder);
}
}
