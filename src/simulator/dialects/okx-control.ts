import type { ControlOutcome } from '../server/control-messages.js';

const CONNECTION = 'simulated';

interface Request {
  readonly op?: unknown;
  readonly id?: unknown;
  readonly args?: unknown;
}

/** A channel tells of an instrument, or of all of a type. */
interface Argument {
  readonly channel: string;
  readonly instId?: string;
  readonly instType?: string;
}

/** Reads one message of a client: the venue's reference §2. Each argument is answered by itself, right or wrong. */
export function readControl(text: string, isKnown: (stream: string) => boolean): ControlOutcome {
  if (text === 'ping') return { ok: true, subscribes: false, isRequest: false, act: () => 'pong', refusal: () => 'pong' };
  const { op, id, args } = parse(text);
  const named = typeof id === 'string' ? { id } : {};
  const error = (code: number, msg: string): string =>
    JSON.stringify({ ...named, event: 'error', code: String(code), msg, connId: CONNECTION });
  if ((op !== 'subscribe' && op !== 'unsubscribe') || !Array.isArray(args) || !args.every(isArgument))
    return { ok: false, text: error(60_012, `Invalid request: ${text}`) };
  const wanted: readonly Argument[] = args;
  return {
    ok: true,
    subscribes: op === 'subscribe',
    act: (target) =>
      wanted.map(({ channel, instId, instType }) => {
        const stream = `${channel}:${instId ?? instType}`;
        if (!isKnown(stream)) {
          const what = `wrong URL or channel:${channel},${instId === undefined ? `instType:${instType}` : `instId:${instId}`} doesn't exist.`;
          return error(60_018, `${op === 'subscribe' ? 'Subscribe' : 'Unsubscribe'} failed, ${what}`);
        }
        if (op === 'subscribe') target.subscribe([stream]);
        else target.unsubscribe([stream]);
        return JSON.stringify({ ...named, event: op, arg: { channel, instId, instType }, connId: CONNECTION });
      }),
    refusal: error,
  };
}

function isArgument(value: unknown): value is Argument {
  const { channel, instId, instType } = (value ?? {}) as Partial<Record<keyof Argument, unknown>>;
  return typeof channel === 'string' && [typeof instId, typeof instType].sort().join() === 'string,undefined';
}

function parse(text: string): Request {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : {};
  } catch {
    return {};
  }
}
