// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * Levels a side, from the best on, up to which a fetched book is known, as counted within the last seconds. Of worse prices it has those
 * alone that have changed since it was fetched.
 */
export class ValidDepth {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):ValidDepth {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

bids():number {
  return this.bb!.readUint32(this.bb_pos);
}

asks():number {
  return this.bb!.readUint32(this.bb_pos + 4);
}

static sizeOf():number {
  return 8;
}

static createValidDepth(builder:flatbuffers.Builder, bids: number, asks: number):flatbuffers.Offset {
  builder.prep(4, 8);
  builder.writeInt32(asks);
  builder.writeInt32(bids);
  return builder.offset();
}

}
