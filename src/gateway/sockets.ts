/** The WebSockets at `/ws` and `/ws/stream`: who may open it, and what reaches the hub. */
import {
  DISABLED,
  type HttpRequest,
  type HttpResponse,
  type us_socket_context_t,
  type WebSocket,
  type WebSocketBehavior,
} from 'uWebSockets.js';
import { type Access, type Caller, dataProtocols, readCredentials } from './access.js';
import { BACKPRESSURE_BYTES_MAX, CLOSE_CODES, Client } from './client.js';
import { readControl, readOlder } from './control.js';
import { type Exchange, readRequest } from './exchange.js';
import type { Guests } from './guests.js';
import type { Hub } from './hub.js';
import { Refusal } from './problem.js';
import type { Pump } from './pump.js';
import { ENCODINGS, type Encoding } from './ring.js';

const CLIENTS_MAX = 10_000;
/** Control messages refused in a row for coming too fast, before the socket is closed. */
const EXCESS_MAX = 200;
const PAYLOAD_BYTES_MAX = 16_384;
/** Silence after which a socket is closed, s; pings keep an attentive one open. */
const IDLE_SECONDS = 60;
/**
 * A socket is closed with 1000 `please reconnect` after this, min. The library counts minutes modulo 240: the 240 that its
 * own check allows would close every socket at the next full minute.
 */
const LIFETIME_MINUTES = 230;

/** Encoding by subprotocol. */
const SUBPROTOCOLS: ReadonlyMap<string, Encoding> = new Map([
  ['tickring.fb.v1', ENCODINGS.flatbuffers],
  ['tickring.json.v1', ENCODINGS.json],
  ['tickring.msgpack.v1', ENCODINGS.msgpack],
]);

interface Session {
  readonly caller: Caller;
  readonly encoding: Encoding;
  client?: Client;
}

export interface SocketParts {
  readonly access: Access;
  readonly guests: Guests;
  readonly exchange: Exchange;
  readonly hub: Hub;
  readonly pump: Pump;
  readonly isStopping: () => boolean;
  /** Whether it is `/ws/stream`, in the older shape, which knows no subprotocols. */
  readonly isOlder?: boolean;
}

/** The subprotocol of an upgrade: the first offered that is known. Empty where none is offered: then it is JSON. */
function chooseProtocol(offered: string): string {
  if (offered === '') return '';
  const known = offered.split(',').find((name) => SUBPROTOCOLS.has(name.trim()));
  if (known === undefined) {
    throw new Refusal(400, `none of the subprotocols is known, there are ${[...SUBPROTOCOLS.keys()].join(', ')}`);
  }
  return known.trim();
}

export function socketBehavior(parts: SocketParts): WebSocketBehavior<Session> {
  const { guests, hub, pump } = parts;
  const clientOf = (ws: WebSocket<Session>): Client | undefined => ws.getUserData().client;
  return {
    compression: DISABLED,
    maxPayloadLength: PAYLOAD_BYTES_MAX,
    maxBackpressure: BACKPRESSURE_BYTES_MAX,
    closeOnBackpressureLimit: false,
    idleTimeout: IDLE_SECONDS,
    sendPingsAutomatically: true,
    maxLifetime: LIFETIME_MINUTES,
    upgrade: (res, req, context) => upgrade(res, req, context, parts),
    open: (ws) => {
      const session = ws.getUserData();
      session.client = new Client(ws, session.encoding, performance.now());
      hub.clients.add(session.client);
      guests.opened(session.client, session.caller);
    },
    message: (ws, message, isBinary) => {
      const client = clientOf(ws);
      if (client !== undefined) receive(client, message, isBinary, parts);
    },
    dropped: (ws, message, isBinary) => {
      const client = clientOf(ws);
      if (client !== undefined) hub.dropped(client, new Uint8Array(message), isBinary);
    },
    drain: (ws) => {
      const client = clientOf(ws);
      if (client === undefined || !client.hasRoom) return;
      hub.drained(client);
      pump.wake();
    },
    close: (ws) => {
      const client = clientOf(ws);
      if (client === undefined) return;
      hub.closed(client);
      guests.closed(client);
    },
  };
}

function upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t, parts: SocketParts): void {
  const { access, exchange, guests, hub } = parts;
  const request = readRequest(req);
  const credentials = readCredentials(res, req);
  const key = req.getHeader('sec-websocket-key');
  const offered = dataProtocols(credentials.protocols);
  const extensions = req.getHeader('sec-websocket-extensions');
  let chosen: string;
  let caller: Caller;
  try {
    caller = access.admitSocket(request, credentials);
    guests.checkRoom(caller);
    if (parts.isStopping()) throw new Refusal(503, 'the gateway is ending', { 'Retry-After': '1' });
    if (hub.clients.size >= CLIENTS_MAX)
      throw new Refusal(503, `there are ${CLIENTS_MAX} clients already`, { 'Retry-After': '5' });
    chosen = parts.isOlder ? '' : chooseProtocol(offered);
  } catch (refusal) {
    exchange.answer(res, request, () => {
      throw refusal;
    });
    return;
  }
  const encoding = parts.isOlder ? ENCODINGS.stream : (SUBPROTOCOLS.get(chosen) ?? ENCODINGS.json);
  const session: Session = { caller, encoding };
  res.upgrade(session, key, chosen, extensions, context);
}

/** One control message. */
function receive(client: Client, message: ArrayBuffer, isBinary: boolean, { hub, pump, isOlder }: SocketParts): void {
  if (client.isClosing) return;
  if (!client.mayAsk(performance.now())) {
    if (client.excess === 1) hub.refuse(client, { error: 'rate-limited', message: 'at most 20 messages a second, 40 at once' });
    else if (client.excess > EXCESS_MAX) hub.close(client, CLOSE_CODES.policy, 'messages come too fast');
  } else {
    const request = isOlder ? readOlder(message, isBinary) : readControl(message, isBinary);
    const reason = 'error' in request ? request : hub.act(client, request);
    if (reason !== undefined) hub.refuse(client, reason);
  }
  pump.wake();
}
