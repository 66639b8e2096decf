/**
 * Child process of the fan-out bench: `gateway`, the product's, or `ws`, the same messages sent by the npm package `ws`. Both
 * follow the ring; messages of a topic are built by the addon only while somebody listens to it.
 */
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { Pump } from '#dist/gateway/pump.js';
import { ENCODINGS, type FanoutSource, openRings, RUNGS } from '#dist/gateway/ring.js';
import { startGateway } from '#dist/gateway/server.js';

const logger = {
  debug: () => {},
  info: () => {},
  warn: (fields: object, message: string) => console.error(message, fields),
  error: (fields: object, message: string) => console.error(message, fields),
};

async function gateway(root: string, name: string): Promise<number> {
  const config = { name, shmRoot: root, host: '127.0.0.1', port: 0 };
  const control = { request: () => Promise.reject(new Error('there is no engine')) };
  return (await startGateway(config, { logger, control, version: 'bench' })).port;
}

/** Sends each message to each client, as servers on `ws` do. */
function plain(root: string, name: string, topicName: string): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  const fanout: FanoutSource = openRings(root, name).fanout();
  server.on('connection', () => {
    const topic = fanout.topics().find((each) => each.name === topicName);
    if (topic === undefined) throw new Error(`the ring has no topic ${topicName}`);
    fanout.interest(topic.id, ENCODINGS.flatbuffers, RUNGS.full, true);
  });
  const publish = (_channel: string, bytes: Uint8Array, isBinary: boolean): void => {
    // The buffer is filled again before the last client has taken it.
    const message = Buffer.from(bytes);
    for (const client of server.clients) if (client.readyState === WebSocket.OPEN) client.send(message, { binary: isBinary });
  };
  // Slow clients are the gateway's business; here nobody is.
  const hub = { counts: { messages: 0, bytes: 0 }, settle: () => {}, serve: () => {}, learnTopics: () => {} };
  const pump = new Pump(fanout, hub as unknown as ConstructorParameters<typeof Pump>[1], {
    open: () => fanout,
    publish,
    logger,
  });
  pump.start();
  return new Promise((resolve) => server.on('listening', () => resolve((server.address() as AddressInfo).port)));
}

const [kind = '', root = '', name = '', topic = ''] = process.argv.slice(2);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuNs: (user + system) * 1_000 });
});
process.on('disconnect', () => process.exit(0));
const port = kind === 'gateway' ? await gateway(root, name) : await plain(root, name, topic);
process.send?.({ port });
