/**
 * A client in a process of its own, since only the start of a process decides which authorities it trusts: opens the address in
 * `argv[2]` over the transport in `argv[3]`, waits for the frames that `argv[4]` counts or for the end, prints what it got.
 */
import { openSocket } from '../../dist/engine/transports.js';
import { FrameProbe } from '../../dist/native/index.js';

const [url, transport, count] = process.argv.slice(2);
const probe = new FrameProbe(true);
const ingest = probe.ingester();
const print = (closing) => {
  const { frames, bytes, digest } = probe;
  process.stdout.write(JSON.stringify({ frames, bytes, digest, closing }));
  process.exit(0);
};
openSocket({
  url,
  transport,
  connection: 1,
  inputs: {
    frame: (connection, bytes) => ingest(connection, bytes, bytes.length),
    frames: (connection) => probe.socket(connection, false),
    attend: () => {},
  },
  events: { open: () => {}, closed: print },
});
setInterval(() => {
  if (probe.frames >= Number(count)) print(null);
}, 5);
