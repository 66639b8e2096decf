/** Control messages of a WebSocket: what a client may ask, and how it is answered. JSON text in both subprotocols. */

import { RUNG_NAMES, type RungName } from './ring.js';

/** Most topics that one socket may hold. */
export const TOPICS_MAX = 1_000;
/** Most patterns that one socket may hold: each is compared with every topic. */
export const PATTERNS_MAX = 16;
/** Deepest nesting in a message; ours need 2. Checked before parsing, whose cost grows with depth (THREATS S14). */
const DEPTH_MAX = 4;
const TOPIC_LENGTH_MAX = 128;
const ID_LENGTH_MAX = 64;
/** A resume token: whose numbers, and the number of the last message. */
const TOKEN = /^[0-9a-f]{1,32}:\d{1,15}$/;

/** Comes back in the answer as it was sent. */
export type RequestId = number | string;

export interface SubscribeMessage {
  readonly op: 'subscribe';
  readonly topics: readonly string[];
  readonly id?: RequestId;
  /** Tokens by topic: where the client was. */
  readonly resume?: ReadonlyMap<string, string>;
  /** The highest rung that is wanted; default full. */
  readonly conflation?: RungName;
}

export type ControlMessage =
  | SubscribeMessage
  | { readonly op: 'unsubscribe'; readonly topics: readonly string[]; readonly id?: RequestId }
  | { readonly op: 'ping' | 'list'; readonly id?: RequestId };

export const CONTROL_ERRORS = {
  'bad-message': 'The message is not JSON text of the documented form.',
  'unknown-op': 'The operation is not one of subscribe, unsubscribe, ping, list.',
  'unknown-topic': 'A topic does not exist now; nothing was subscribed.',
  'too-many-topics': 'The socket would hold more topics than the limit; nothing was subscribed.',
  'rate-limited': 'Messages come faster than the limit; this one was not acted on.',
} as const;
export type ControlError = keyof typeof CONTROL_ERRORS;

/** Why a message is not acted on. */
export interface ControlRefusal {
  readonly error: ControlError;
  readonly message: string;
  readonly id?: RequestId;
  /** With `unknown-topic`: those that do not exist. */
  readonly topics?: readonly string[];
}

const text = new TextDecoder('utf-8', { fatal: true });

/** Reads one control message. Never throws. */
export function readControl(bytes: ArrayBuffer, isBinary: boolean): ControlMessage | ControlRefusal {
  const value = readJson(bytes, isBinary);
  return isRefusal(value) ? value : readObject(value);
}

/** A refusal made here; what a client sent is never one, whatever its members. */
const isRefusal = (value: object): value is ControlRefusal => refusals.has(value);
const refusals = new WeakSet<object>();
function refused(message: string): ControlRefusal {
  const made: ControlRefusal = { error: 'bad-message', message };
  refusals.add(made);
  return made;
}

function readJson(bytes: ArrayBuffer, isBinary: boolean): object {
  if (isBinary) return refused('control messages are text frames');
  let value: unknown;
  try {
    const source = text.decode(bytes);
    if (isDeep(source)) return refused(`nesting exceeds ${DEPTH_MAX}`);
    value = JSON.parse(source);
  } catch {
    return refused('not JSON in UTF-8');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused('not a JSON object');
  }
  return value;
}

/** Whether brackets nest too deeply. Brackets within strings count as well: none of ours hold any. */
function isDeep(source: string): boolean {
  let depth = 0;
  for (let index = 0; index < source.length; index += 1) {
    const letter = source.charCodeAt(index);
    if (letter === 0x7b || letter === 0x5b) depth += 1;
    else if (letter === 0x7d || letter === 0x5d) depth -= 1;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}

/** Own members only: `JSON.parse` makes `__proto__` one, and nothing here is copied from object to object (THREATS S15). */
function own(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function isId(value: unknown): value is RequestId {
  return typeof value === 'string' ? value.length <= ID_LENGTH_MAX : Number.isSafeInteger(value);
}

function readObject(value: object): ControlMessage | ControlRefusal {
  const given = own(value, 'id');
  if (given !== undefined && !isId(given)) {
    return { error: 'bad-message', message: `id is neither an integer nor a string of at most ${ID_LENGTH_MAX} letters` };
  }
  const id = given === undefined ? {} : { id: given };
  const op = own(value, 'op');
  if (op === 'ping' || op === 'list') return { op, ...id };
  if (op !== 'subscribe' && op !== 'unsubscribe') {
    return { error: 'unknown-op', message: 'op is none of subscribe, unsubscribe, ping, list', ...id };
  }
  const topics = own(value, 'topics');
  if (!Array.isArray(topics) || topics.length === 0 || !topics.every(isTopic)) {
    return {
      error: 'bad-message',
      message: `topics is no list of 1 or more names of at most ${TOPIC_LENGTH_MAX} letters`,
      ...id,
    };
  }
  const names = [...new Set<string>(topics)];
  return op === 'unsubscribe' ? { op, topics: names, ...id } : readSubscribe(value, names, id);
}

function readSubscribe(value: object, topics: string[], id: { id?: RequestId }): ControlMessage | ControlRefusal {
  const conflation = own(value, 'conflation');
  if (conflation !== undefined && !RUNG_NAMES.includes(conflation as RungName)) {
    return { error: 'bad-message', message: `conflation is none of ${RUNG_NAMES.join(', ')}`, ...id };
  }
  const given = own(value, 'resume');
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  const entries = isObject ? Object.entries(given) : [];
  if ((given !== undefined && !isObject) || !entries.every(([, token]) => isToken(token))) {
    return { error: 'bad-message', message: 'resume is no object of tokens by topic', ...id };
  }
  const resume = new Map(entries as [string, string][]);
  return {
    op: 'subscribe',
    topics,
    resume,
    ...id,
    ...(conflation === undefined ? {} : { conflation: conflation as RungName }),
  };
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/** Reads one message in the older shape of `/ws/stream`. Never throws. */
export function readOlder(bytes: ArrayBuffer, isBinary: boolean): ControlMessage | ControlRefusal {
  const value = readJson(bytes, isBinary);
  if (isRefusal(value)) return value;
  const type = own(value, 'type');
  if (type === 'ping') return { op: 'ping' };
  return readObject({ op: type, topics: own(value, 'topics') });
}

function isTopic(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= TOPIC_LENGTH_MAX;
}

/** The answer to a message that was acted on. */
export function ack(request: ControlMessage, members: object = {}): string {
  return JSON.stringify({ type: 'ack', op: request.op, id: request.id, ...members });
}

/** The same in the older shape. */
export function olderAck({ op }: ControlMessage, topics: readonly string[] | undefined): string {
  const type = { subscribe: 'subscribed', unsubscribe: 'unsubscribed', ping: 'pong', list: 'list' }[op];
  return JSON.stringify({ type, topics });
}

/** The answer to a message that was not. */
export function refusal({ error, message, id, topics }: ControlRefusal): string {
  return JSON.stringify({ type: 'error', code: error, message, id, topics });
}
