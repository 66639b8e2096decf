import type { ControlOutcome } from '../server/control-messages.js';

interface Params {
  readonly channel?: unknown;
  readonly symbol?: unknown;
  readonly depth?: unknown;
}

interface Request {
  readonly method?: unknown;
  readonly params?: Params;
  readonly req_id?: unknown;
}

/** The one depth that is simulated: the whole book has fewer levels. */
const DEPTH = 1_000;
/** The channel that tells of all pairs. */
const ALL = 'instrument';
const TIMES = { time_in: '2026-04-07T09:04:31.742599Z', time_out: '2026-04-07T09:04:31.742648Z' } as const;

/** Reads one message of a client: the venue's reference §2. Each symbol is answered by itself, right or wrong. */
export function readControl(text: string, isKnown: (stream: string) => boolean): ControlOutcome {
  const { method, params, req_id: id } = parse(text);
  const named = typeof id === 'number' ? { req_id: id } : {};
  const refused = (error: string, more: object = {}): string =>
    JSON.stringify({ error, method, success: false, ...more, ...TIMES, ...named });
  if (method === 'ping') {
    const pong = JSON.stringify({ method: 'pong', ...TIMES, ...named });
    return { ok: true, subscribes: false, act: () => pong, refusal: (_, msg) => refused(msg) };
  }
  const { channel, symbol, depth } = params ?? {};
  // The one channel without symbols; what is there already is refused, and stays.
  const isOfAll = channel === ALL && symbol === undefined;
  const symbols = isOfAll ? [''] : symbol;
  if ((method !== 'subscribe' && method !== 'unsubscribe') || typeof channel !== 'string' || !isTexts(symbols))
    return { ok: false, text: refused('Malformed request') };
  if (channel === 'book' && depth !== DEPTH) return { ok: false, text: refused('Subscription depth not supported') };
  return {
    ok: true,
    subscribes: method === 'subscribe',
    act: (target) =>
      symbols.map((symbol) => {
        const stream = isOfAll ? ALL : `${channel}:${symbol}`;
        if (isOfAll && method === 'subscribe' && target.list().includes(stream)) return refused('Already subscribed');
        if (!isKnown(stream)) return refused(`Currency pair not supported ${symbol}`, { symbol });
        if (method === 'subscribe') target.subscribe([stream]);
        else target.unsubscribe([stream]);
        const result = { channel, ...(isOfAll ? { snapshot: true } : { symbol }), ...(channel === 'book' ? { depth } : {}) };
        return JSON.stringify({ method, result, success: true, ...TIMES, ...named });
      }),
    refusal: (_, msg) => refused(msg),
  };
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
