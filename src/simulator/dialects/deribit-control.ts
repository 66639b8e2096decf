import type { ControlOutcome, ControlTarget } from '../server/control-messages.js';

interface Request {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: { readonly channels?: unknown; readonly interval?: unknown };
}

/** Shortest interval of heartbeats, s. */
const HEARTBEAT_S_MIN = 10;

/** Reads one message of a client: the venue's reference §2. Channels that do not exist are missing from the answer, without an error. */
export function readControl(text: string, isKnown: (stream: string) => boolean): ControlOutcome {
  const { id = null, method, params } = parse(text);
  const times = { usIn: 0, usOut: 0, usDiff: 0, testnet: false };
  const words = (result: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result, ...times });
  const refusal = (code: number, message: string): string =>
    JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data: null }, ...times });
  const plain = (result: unknown, carryOut: (target: ControlTarget) => void): ControlOutcome => ({
    ok: true,
    subscribes: false,
    act: (target) => {
      carryOut(target);
      return words(result);
    },
    refusal,
  });
  switch (method) {
    case 'public/test':
      return plain({ version: '1.2.26' }, (target) => target.proven());
    case 'public/set_heartbeat': {
      const interval = params?.interval;
      if (typeof interval !== 'number' || interval < HEARTBEAT_S_MIN)
        return { ok: false, text: refusal(-32602, 'Invalid params') };
      return plain('ok', (target) => target.beat(interval * 1_000));
    }
    case 'public/unsubscribe_all':
      return plain('ok', (target) => target.unsubscribe(target.list()));
    case 'public/subscribe':
    case 'public/unsubscribe': {
      const channels = params?.channels;
      if (!Array.isArray(channels) || !channels.every((name): name is string => typeof name === 'string'))
        return { ok: false, text: refusal(-32602, 'Invalid params') };
      const known = channels.filter(isKnown);
      const subscribes = method === 'public/subscribe';
      const act = (target: ControlTarget): string => {
        const listed = new Set(target.list());
        if (subscribes) target.subscribe(known);
        else target.unsubscribe(known);
        return words(subscribes ? known : known.filter((name) => listed.has(name)));
      };
      return { ok: true, subscribes, act, refusal };
    }
    default:
      return { ok: false, text: refusal(-32601, 'Method not found') };
  }
}

function parse(text: string): Request {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : {};
  } catch {
    return {};
  }
}
