import type { ControlOutcome } from '../server/control-messages.js';
import type { Category } from './bybit.js';

/** Topics that spot takes in one message. */
const SPOT_ARGS_MAX = 10;

interface Request {
  readonly op?: unknown;
  readonly req_id?: unknown;
  readonly args?: unknown;
}

/** Reads one message of a client: the venue's reference §2. A topic that does not exist fails the whole message. */
export function readControl(category: Category, text: string, isKnown: (stream: string) => boolean): ControlOutcome {
  const { op, req_id: id, args } = parse(text);
  const req = typeof id === 'string' ? { req_id: id } : category === 'spot' ? {} : { req_id: '' };
  const words = (success: boolean, message: string, said: unknown): string =>
    JSON.stringify({ success, ret_msg: message, conn_id: 'simulated', ...req, op: said });
  const refused = (message: string): ControlOutcome => ({ ok: false, text: words(false, message, op) });
  if (op === 'ping') {
    return {
      ok: true,
      subscribes: false,
      act: () => words(true, 'pong', 'ping'),
      refusal: (_, msg) => words(false, msg, 'ping'),
    };
  }
  if (op !== 'subscribe' && op !== 'unsubscribe') return refused('error:unknown op');
  if (!Array.isArray(args) || !args.every((arg): arg is string => typeof arg === 'string')) return refused('error:args');
  const topics: string[] = args;
  if (category === 'spot' && topics.length > SPOT_ARGS_MAX) return refused(`args size >${SPOT_ARGS_MAX}`);
  const missing = topics.find((topic) => !isKnown(topic));
  if (missing !== undefined) return refused(`error:handler not found,topic:${missing}`);
  return {
    ok: true,
    subscribes: op === 'subscribe',
    act: (target) => {
      if (op === 'subscribe') target.subscribe(topics);
      else target.unsubscribe(topics);
      return words(true, category === 'spot' ? op : '', op);
    },
    refusal: (_, msg) => words(false, msg, op),
  };
}

function parse(text: string): Request {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : {};
  } catch {
    return {};
  }
}
