// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

import { MarketState } from './market-state.js';

/**
 * Whether the market trades.
 */
export class TradingStatus {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):TradingStatus {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

static getRootAsTradingStatus(bb:flatbuffers.ByteBuffer, obj?:TradingStatus):TradingStatus {
  return (obj || new TradingStatus()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

static getSizePrefixedRootAsTradingStatus(bb:flatbuffers.ByteBuffer, obj?:TradingStatus):TradingStatus {
  bb.setPosition(bb.position() + flatbuffers.SIZE_PREFIX_LENGTH);
  return (obj || new TradingStatus()).__init(bb.readInt32(bb.position()) + bb.position(), bb);
}

state():MarketState {
  const offset = this.bb!.__offset(this.bb_pos, 4);
  return offset ? this.bb!.readUint8(this.bb_pos + offset) as MarketState : MarketState.Unknown;
}

static startTradingStatus(builder:flatbuffers.Builder) {
  builder.startObject(1);
}

static addState(builder:flatbuffers.Builder, state:MarketState) {
  builder.addFieldInt8(0, state, MarketState.Unknown);
}

static endTradingStatus(builder:flatbuffers.Builder):flatbuffers.Offset {
  const offset = builder.endObject();
  return offset;
}

static createTradingStatus(builder:flatbuffers.Builder, state:MarketState):flatbuffers.Offset {
  TradingStatus.startTradingStatus(builder);
  TradingStatus.addState(builder, state);
  return TradingStatus.endTradingStatus(builder);
}
}
