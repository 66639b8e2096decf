/** All benches, in the order in which they run: one line each. */
import type { Bench } from './bench.js';
import { bench as bookImages } from './book-images.js';
import { bench as bookUpdate } from './book-update.js';
import { bench as controls } from './controls.js';
import { bench as dueToVisible } from './due-to-visible.js';
import { bench as fanOut } from './fan-out.js';
import { bench as fileSink } from './file-sink.js';
import { bench as frameToRing } from './frame-to-ring.js';
import { bench as httpData } from './http-data.js';
import { bench as journal } from './journal.js';
import { bench as latestRead } from './latest-read.js';
import { bench as memory } from './memory.js';
import { bench as napiCrossing } from './napi-crossing.js';
import { bench as parse } from './parse.js';
import { bench as readerCost } from './reader-cost.js';
import { bench as redisSink } from './redis-sink.js';
import { bench as replay } from './replay.js';
import { bench as ringOneWay } from './ring-one-way.js';
import { bench as ringThroughput } from './ring-throughput.js';
import { bench as slowFrames } from './slow-frames.js';
import { bench as socketToAddon } from './socket-to-addon.js';
import { bench as venues } from './venues.js';
import { bench as waiting } from './waiting.js';
import { bench as wholePath } from './whole-path.js';

export const BENCHES: readonly Bench[] = [
  controls,
  wholePath,
  parse,
  slowFrames,
  venues,
  bookUpdate,
  bookImages,
  frameToRing,
  ringOneWay,
  ringThroughput,
  dueToVisible,
  waiting,
  readerCost,
  latestRead,
  napiCrossing,
  socketToAddon,
  fanOut,
  httpData,
  redisSink,
  journal,
  replay,
  fileSink,
  memory,
];
