// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

import * as flatbuffers from 'flatbuffers';

/**
 * One price level: absolute quantity, 0 removes it.
 */
export class Level {
  bb: flatbuffers.ByteBuffer|null = null;
  bb_pos = 0;
  __init(i:number, bb:flatbuffers.ByteBuffer):Level {
  this.bb_pos = i;
  this.bb = bb;
  return this;
}

price():bigint {
  return this.bb!.readInt64(this.bb_pos);
}

qty():bigint {
  return this.bb!.readInt64(this.bb_pos + 8);
}

static sizeOf():number {
  return 16;
}

static createLevel(builder:flatbuffers.Builder, price: bigint, qty: bigint):flatbuffers.Offset {
  builder.prep(8, 16);
  builder.writeInt64(BigInt(qty ?? 0));
  builder.writeInt64(BigInt(price ?? 0));
  return builder.offset();
}

}
