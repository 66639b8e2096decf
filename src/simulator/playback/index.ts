/** Recordings served as their venues would: see the room's README. */
import type { VenueName } from '../dialects/dialect.js';
import { dialects } from '../dialects/index.js';
import { OracleLog } from '../server/oracle-log.js';
import { Player } from './player.js';
import type { PlayedVenue, Recording } from './recording.js';
import { PlayedVenueServer } from './venue.js';

export interface PlaybackOptions {
  readonly venues: readonly PlayedVenue[];
  /** The recording from its beginning; called again for each time that it is played. */
  open(): Recording;
  /** Times as fast as it was; undefined: as fast as clients read. */
  readonly speed?: number | undefined;
  /** Connections that must have subscribed something before it begins; default 1. */
  readonly waitFor?: number;
  /** How long the first recorded snapshot of a book waits for clients who listen to the book and have not asked for it, ms; default 5,000. */
  readonly askMs?: number;
  /** Port of the first venue, the others take those behind it; default whatever is free. */
  readonly port?: number;
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string;
}

export interface PlaybackStats {
  /** Inputs of the recording that were played. */
  readonly inputs: number;
  /** Messages of the recording, and books that subscriptions began with, that clients were sent. */
  readonly sent: number;
  readonly sentBytes: number;
  readonly connections: number;
  readonly restRequests: number;
  /** Clients that were cut because they did not read. */
  readonly closedSlow: number;
  /** How long it has been played, or was, ms. */
  readonly playedMs: number;
}

/** A recording that is served. */
export interface Playback {
  /** Addresses without path. */
  readonly venues: readonly {
    readonly name: VenueName;
    readonly wsUrl: string;
    readonly restUrl: string;
    readonly symbols: readonly string[];
  }[];
  /** Plays it once, when enough clients have subscribed; then its last books stay served. Ends all connections first if it was played before. */
  play(): Promise<void>;
  stats(): PlaybackStats;
  close(): Promise<void>;
}

/** Names of the streams that a recorded message is of. */
export function streamsOf(venue: VenueName, bytes: Buffer): readonly string[] {
  return dialects[venue].recorded.namesOf(bytes.toString('utf8'));
}

/** Opens the venues' servers; resolves when all of them listen. */
export async function startPlayback(options: PlaybackOptions): Promise<Playback> {
  const { speed, waitFor = 1, askMs = 5_000, port = 0, host = '127.0.0.1' } = options;
  const log = new OracleLog(undefined);
  const servers = new Map<string, PlayedVenueServer>();
  const player = new Player(servers, { speed, waitFor, askMs });
  let connections = 0;
  const stage = {
    host,
    log,
    nowUs: () => player.nowUs,
    elapsedMs: () => player.elapsedMs,
    book: ({ name }: { readonly name: VenueName }, symbol: string) => player.recording?.book(name, symbol),
    nextConnectionId: () => {
      connections += 1;
      return connections;
    },
    changed: () => player.wake(),
  };
  for (const [index, venue] of options.venues.entries())
    servers.set(venue.name, new PlayedVenueServer(stage, venue, port === 0 ? 0 : port + index));
  const all = [...servers.values()];
  const close = async (): Promise<void> => {
    player.close();
    await Promise.all(all.map((server) => server.close()));
    log.close();
  };
  try {
    for (const server of all) await server.listen();
  } catch (error) {
    await close();
    throw error;
  }
  let isAnew = false;
  const total = (count: (server: PlayedVenueServer) => number): number => all.reduce((sum, server) => sum + count(server), 0);
  return {
    venues: all.map(({ dialect, authority, symbols }) => ({
      name: dialect.name,
      wsUrl: `ws://${authority}`,
      restUrl: `http://${authority}`,
      symbols,
    })),
    play: async () => {
      if (isAnew) for (const server of all) server.restart();
      isAnew = true;
      await player.run(options.open());
    },
    stats: () => ({
      inputs: player.played.inputs,
      playedMs: player.played.ms,
      sent: total(({ counters }) => counters.sent),
      sentBytes: total(({ counters }) => counters.sentBytes),
      connections,
      restRequests: total(({ counters }) => counters.restRequests),
      closedSlow: total(({ counters }) => counters.closedSlow),
    }),
    close,
  };
}
