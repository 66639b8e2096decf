import type { ControlOutcome, ControlTarget } from '../server/control-messages.js';

interface Request {
  readonly event?: unknown;
  readonly feed?: unknown;
  readonly product_ids?: unknown;
}

/** The feed without products. How often it speaks is not documented. */
const HEARTBEAT = 'heartbeat';
const HEARTBEAT_MS = 1_000;

function error(message: string): string {
  return JSON.stringify({ event: 'error', message });
}

function alert(message: string): string {
  return JSON.stringify({ event: 'alert', message });
}

/** Reads one message of a client: the venue's pages "Book", "Trade" and "Ticker". Each product is answered by itself, without an id. */
export function readControl(text: string, isKnown: (stream: string) => boolean): ControlOutcome {
  const { event, feed, product_ids: products } = parse(text);
  const refusal = (_: number, message: string): string => error(message);
  if ((event !== 'subscribe' && event !== 'unsubscribe') || typeof feed !== 'string')
    return { ok: false, text: error('Json Error') };
  const subscribes = event === 'subscribe';
  if (feed === HEARTBEAT) {
    const act = (target: ControlTarget): string => {
      target.beat(HEARTBEAT_MS);
      return JSON.stringify({ event: `${event}d`, feed });
    };
    return { ok: true, subscribes: false, act, refusal };
  }
  if (!isTexts(products)) return { ok: false, text: error('Invalid product id') };
  const act = (target: ControlTarget): readonly string[] =>
    products.map((product) => {
      const stream = `${feed}:${product}`;
      if (!isKnown(stream)) return error('Invalid product id');
      const has = target.list().includes(stream);
      if (subscribes) target.subscribe([stream]);
      else target.unsubscribe([stream]);
      if (has === subscribes) return alert(subscribes ? 'Already subscribed to feed, re-requesting' : 'Not subscribed to feed');
      return JSON.stringify({ event: `${event}d`, feed, product_ids: [product] });
    });
  return { ok: true, subscribes, act, refusal };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function parse(text: string): Request {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : {};
  } catch {
    return {};
  }
}
