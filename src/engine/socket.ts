import type { LookupFunction } from 'node:net';
import type { TransportName } from '../model/config.js';
import type { SocketFrames } from '../native/index.js';
import { REFUSALS } from './backoff.js';
import { retryAfterMs } from './rest.js';

/** Name, connection, TLS and handshake together, ms, where the venue's limits say nothing else. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Bytes that may wait to be sent; more means that the venue does not read. */
export const UNSENT_BYTES_MAX = 1 << 20;

export interface Closing {
  /** A number of `DISCONNECT_REASONS`. */
  readonly reason: number;
  /** Set when the venue refused the handshake. */
  readonly refusal: { readonly retryAfterMs: number; readonly status?: number } | null;
  readonly text: string;
}

export interface SocketEvents {
  open(): void;
  /** Exactly once, also when the handshake failed. */
  closed(closing: Closing): void;
}

/** Where messages go: one by one, or as whole chunks through frames that the shard reads itself. */
export interface SocketInputs {
  /** One message. */
  frame(connection: number, bytes: Buffer): void;
  /** The shard's reader for a fresh connection; undefined while there is no shard. */
  frames(connection: number): SocketFrames | undefined;
  /** One of the messages, after somebody asked for a sample; the bytes are the receiver's. */
  sample(connection: number, bytes: Buffer): void;
  /** What the shard answered to a part of a chunk: a code, requests, or a refusal, whose bytes `refused` gives. */
  attend(connection: number, result: number, refused: () => Buffer): void;
}

export interface SocketOptions {
  readonly url: string;
  readonly transport: TransportName;
  /** Besides those of every handshake; they may hold a secret. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Number of the connection within the shard. */
  readonly connection: number;
  readonly inputs: SocketInputs;
  readonly events: SocketEvents;
  /** Longest that it may take to open, ms; default `HANDSHAKE_TIMEOUT_MS`. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Where a name leads; default: what the system says. */
  readonly lookup?: LookupFunction | undefined;
}

/** One WebSocket to a venue, from handshake to close. It is never reused. */
export interface VenueSocket {
  readonly isOpen: boolean;
  /** Messages that arrived. */
  readonly frames: number;
  readonly lastFrameAgeMs: number;
  readonly lastByteAgeMs: number;
  /** How long a probe has been without an answer of any kind, ms; 0 if none is. */
  readonly unansweredMs: number;
  readonly ageMs: number;
  send(text: string): void;
  /** Asks for a sign of life, unless one is awaited already: RFC 6455 has every endpoint answer a ping. */
  probe(): void;
  /** Gives a copy of one of the next messages to `SocketInputs.sample`. */
  sample(): void;
  /** Ends it from our side, without waiting for the venue. */
  end(reason: number, text: string): void;
}

/** Why a connection that did not open in time ended. */
export const noHandshake = (withinMs: number): string => `no handshake within ${withinMs} ms`;

/** What an HTTP answer other than 101 means for the next attempt. */
export function refusalOf(status: number, retryAfter: string | undefined): Closing['refusal'] {
  if (!REFUSALS.has(status)) return null;
  return { status, retryAfterMs: status === 401 || status === 403 ? 0 : retryAfterMs(retryAfter ?? '1') };
}
