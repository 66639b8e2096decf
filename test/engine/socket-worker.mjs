/** Receives at full rate in a worker thread until it is told to end, or is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSocket } from '../../dist/engine/transports.js';
import { FrameProbe } from '../../dist/native/index.js';

const probe = new FrameProbe(false);
openSocket({
  url: workerData.url,
  transport: 'native',
  connection: 1,
  inputs: { frame: () => {}, frames: (connection) => probe.socket(connection, true), attend: () => {} },
  events: { open: () => {}, closed: () => {} },
});
const timer = setInterval(() => {
  if (probe.frames < 1_000) return;
  clearInterval(timer);
  parentPort.postMessage(probe.frames);
}, 1);
