/** Records a simulated venue as cryptofeed's recorder writes it: listing, connections, subscriptions, answers, messages, depth answers. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import WebSocket from 'ws';

/** Messages of books after each book has begun. */
const BOOK_MESSAGES = 200;

/** Writes the recording to `file`; gives its symbols. */
export async function record(venueName, file, { startSimulator, venueByName }) {
  const venue = venueByName(venueName);
  const simulator = await startSimulator({ venues: [venueName], seed: 21, rate: 400 });
  const { wsUrl, restUrl } = simulator.venues[0];
  const symbols = Object.keys(simulator.stats().venues[0].symbols).slice(0, 2);
  const lines = [];
  let last = 0;
  const keep = (t, rest) => {
    // Times of a recording only go forward.
    last = Math.max(last + 1e-6, Date.now() / 1_000);
    lines.push(`${JSON.stringify({ t, ts: 0, ...rest }).replace('"ts":0', `"ts":${last.toFixed(6)}`)}\n`);
  };
  const get = async (path) => {
    const url = restUrl + path;
    const data = await (await fetch(url)).text();
    keep('http', { conn: 'http', url, data });
  };
  await get(venue.listingRequest().path);
  const sockets = venue.classes.map(({ channels, path }, index) => {
    const [conn, addr] = [`ws.${index}`, wsUrl + path];
    const socket = new WebSocket(addr);
    const say = (data) => {
      keep('send', { conn, data });
      socket.send(data);
    };
    socket.once('open', () => {
      keep('connect', { conn, addr });
      for (const text of venue.opening ?? []) say(text);
      const streams = symbols.flatMap((symbol) => venue.streams(symbol, channels));
      for (const [id, stream] of streams.entries()) setTimeout(() => say(venue.subscribeFrame(id + 1, [stream])), id * 250);
    });
    socket.on('message', (bytes) => keep('recv', { conn, data: bytes.toString('utf8') }));
    return socket;
  });
  const sent = () => simulator.stats().venues[0].counters.sent;
  const wait = async (count) => {
    for (const goal = sent() + count; sent() < goal; ) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await wait(BOOK_MESSAGES);
  for (const symbol of symbols) if (venue.snapshotRequest !== undefined) await get(venue.snapshotRequest(symbol).path);
  // Subscriptions are paced: the last one is made 2 s after the first at most.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await wait(BOOK_MESSAGES);
  for (const socket of sockets) {
    socket.removeAllListeners('message');
    socket.terminate();
  }
  await Promise.all(sockets.map((socket) => socket.readyState === WebSocket.CLOSED || once(socket, 'close')));
  await simulator.close();
  writeFileSync(file, lines.join(''));
  return symbols;
}
