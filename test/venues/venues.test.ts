import { describe, expect, it } from 'vitest';
import { VENUES } from '#dist/model/codes.js';
import type { ChannelName } from '#dist/model/config.js';
import { startSimulator, type VenueName } from '#dist/simulator/index.js';
import { venueByName, venues } from '#dist/venues/index.js';

const CHANNELS: readonly ChannelName[] = ['book', 'trade', 'quote'];

describe.each(venues.map((venue) => [venue.name, venue] as const))('%s', (name, venue) => {
  it('is found by its name, with the number of the addon', () => {
    expect(venueByName(name)).toBe(venue);
    expect(venue.id).toBe(VENUES[name as keyof typeof VENUES]);
  });

  it('serves every channel on exactly one class of connections', () => {
    const served = venue.classes.flatMap(({ channels }) => channels);
    expect([...served].sort()).toEqual([...CHANNELS].sort());
  });

  it('joins addresses without a double or a missing slash', () => {
    for (const root of [venue.defaults.wsUrl, venue.defaults.restUrl]) expect(root).not.toMatch(/\/$/);
    for (const { path } of venue.classes) expect(new URL(venue.defaults.wsUrl + path).protocol).toBe('wss:');
    for (const { path, weight } of [venue.listingRequest(), venue.snapshotRequest('BTCUSDT')]) {
      expect(new URL(venue.defaults.restUrl + path).protocol).toBe('https:');
      expect(weight).toBeGreaterThan(0);
    }
  });

  it('escapes symbols in addresses, and writes them in lower case in streams', () => {
    expect(venue.snapshotRequest('币安&limit=5').path).toContain('symbol=%E5%B8%81%E5%AE%89%26limit%3D5&limit=');
    for (const stream of venue.streams('BTCUSDT', CHANNELS)) expect(stream).toMatch(/^btcusdt@[a-zA-Z0-9@]+$/);
    expect(venue.streams('BTCUSDT', ['quote'])).toEqual(['btcusdt@bookTicker']);
    expect(venue.streams('BTCUSDT', [])).toEqual([]);
  });

  it('writes control messages whose id comes back', () => {
    expect(JSON.parse(venue.subscribeFrame(3, ['a"b']))).toEqual({ method: 'SUBSCRIBE', params: ['a"b'], id: 3 });
    expect(JSON.parse(venue.unsubscribeFrame(4, ['a']))).toEqual({ method: 'UNSUBSCRIBE', params: ['a'], id: 4 });
  });

  it('reads the used weight, and nothing from what is no weight', () => {
    expect(venue.usedWeight({ 'x-mbx-used-weight-1m': '17' })).toBe(17);
    for (const header of ['', 'x', '-1', '9'.repeat(30), undefined, ['1', '2']])
      expect(venue.usedWeight({ 'x-mbx-used-weight-1m': header })).toBeUndefined();
    expect(venue.usedWeight({})).toBeUndefined();
  });

  it('is what its simulated venue speaks: listing, weights, and every stream of every class', async () => {
    const simulator = await startSimulator({ venues: [name as VenueName], symbols: ['BTCUSDT'], rate: 400 });
    const [address] = simulator.venues;
    if (address === undefined) throw new Error(`${name} is not simulated`);
    const weights: number[] = [];
    for (const { path, weight } of [venue.listingRequest(), venue.snapshotRequest('BTCUSDT')]) {
      const answer = await fetch(address.restUrl + path);
      expect(answer.status).toBe(200);
      const before = weights.at(-1) ?? 0;
      weights.push(venue.usedWeight(Object.fromEntries(answer.headers)) ?? Number.NaN);
      expect((weights.at(-1) ?? 0) - before).toBe(weight);
    }
    for (const { path, channels } of venue.classes) {
      const streams = venue.streams('BTCUSDT', channels);
      const seen = await listen(address.wsUrl + path, venue.subscribeFrame(9, streams), streams.length);
      expect(seen).toEqual(new Set(streams));
    }
    await simulator.close();
  });
});

/** Names of the streams that speak, once `count` of them did. */
async function listen(url: string, subscribe: string, count: number): Promise<Set<string>> {
  const { default: WebSocket } = await import('ws');
  const socket = new WebSocket(url);
  const seen = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const watchdog = setTimeout(() => reject(new Error(`watchdog: only ${[...seen].join()}`)), 20_000);
    socket.on('open', () => socket.send(subscribe));
    socket.on('error', reject);
    socket.on('message', (data) => {
      const { stream } = JSON.parse(String(data)) as { stream?: string };
      if (stream !== undefined) seen.add(stream);
      if (seen.size < count) return;
      clearTimeout(watchdog);
      resolve();
    });
  });
  socket.terminate();
  return seen;
}
