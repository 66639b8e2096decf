// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { TradingState } from './trading-state.js';

/**
 * Definition of the instrument, sent when it changes.
 */
export class Instrument {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Instrument {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsInstrument(bb:flatbuffers.ByteBuffer, obj?:Instrument):Instrument {
  return (obj || new Instrument()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsInstrument(bb:flatbuffers.ByteBuffer, obj?:Instrument):Instrument {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new Instrument()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

tickSize():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

lotSize():bigint {
  const offset = this.bb!.__offset(this.bb_pos, 6);
  return offset ? this.bb!.readInt64(this.bb_pos + offset) : BigInt('0');
}

tradingState():TradingState {
  const offset = this.bb!.__offset(this.bb_pos, 8);
  return offset ? this.bb!.readUint8(this.bb_pos + offset) as TradingState : TradingState.Unknown;
}

changeCount():number {
  const offset = this.bb!.__offset(this.bb_pos, 10);
  return offset ? this.bb!.readUint32(this.bb_pos + offset) : 0;
}

static startInstrument(builder:flatbuffers.Builder) {
  builder.startObject(4);
}

static addTickSize(builder:flatbuffers.Builder, tickSize:bigint) {
  builder.addFieldInt64(0, tickSize, BigInt('0'));
}

static addLotSize(builder:flatbuffers.Builder, lotSize:bigint) {
  builder.addFieldInt64(1, lotSize, BigInt('0'));
}

static addTradingState(builder:flatbuffers.Builder, tradingState:TradingState) {
  builder.addFieldInt8(2, tradingState, TradingState.Unknown);
}

static addChangeCount(builder:flatbuffers.Builder, changeCount:number) {
  builder.addFieldInt32(3, changeCount, 0);
}

static endInstrument(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createInstrument(builder:flatbuffers.Builder, tickSize:bigint, lotSize:bigint, tradingState:TradingState, changeCount:number):flatbuffers.Offset {
  Instrument.startInstrument(builder);
  Instrument.addTickSize(builder, tickSize);
  Instrument.addLotSize(builder, lotSize);
  Instrument.addTradingState(builder, tradingState);
  Instrument.addChangeCount(builder, changeCount);
  return Instrument.endInstrument(builder);
}
}
