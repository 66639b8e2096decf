import type { ControlOutcome, ControlTarget } from '../server/control-messages.js';

/** Reads one text message of a client. Source: the venues' references §2 (methods, ids, codes 0–3). */
export function readControl(text: string): ControlOutcome {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    return refused(3, `Invalid JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return invalid('request must be an object');
  const { method, params, id } = message as Record<string, unknown>;
  if (typeof method !== 'string') return invalid('missing field `method`');
  const idText = readId(id, text);
  if (idText === undefined)
    return invalid('request ID must be a signed 64-bit integer, an alphanumeric string of up to 36 characters, or null');
  switch (method) {
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return readStreams(method, params, idText);
    case 'LIST_SUBSCRIPTIONS':
      return accepted(idText, false, (target) => target.list());
    case 'SET_PROPERTY':
    case 'GET_PROPERTY':
      return readProperty(method, params, idText);
    default:
      return invalid(
        `unknown variant \`${method.slice(0, 64)}\`, expected one of \`SUBSCRIBE\`, \`UNSUBSCRIBE\`, \`LIST_SUBSCRIPTIONS\`, \`SET_PROPERTY\`, \`GET_PROPERTY\``,
      );
  }
}

function readStreams(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', params: unknown, id: string): ControlOutcome {
  if (!Array.isArray(params)) return invalid('missing field `params`');
  if (!params.every((entry): entry is string => typeof entry === 'string')) return invalid('stream name must be a string');
  const streams: string[] = params;
  const act = (target: ControlTarget): null => {
    if (method === 'SUBSCRIBE') target.subscribe(streams);
    else target.unsubscribe(streams);
    return null;
  };
  return accepted(id, method === 'SUBSCRIBE', act);
}

function readProperty(method: 'SET_PROPERTY' | 'GET_PROPERTY', params: unknown, id: string): ControlOutcome {
  const expected = method === 'SET_PROPERTY' ? 2 : 1;
  if (!Array.isArray(params)) return invalid('missing field `params`');
  if (params.length > expected) return invalid(`too many parameters: expected ${expected}`);
  const [property, value] = params as unknown[];
  if (typeof property !== 'string') return invalid('property name must be a string');
  if (property !== 'combined') return refused(0, `Unknown property: ${property.slice(0, 64)}`);
  if (method === 'GET_PROPERTY') return accepted(id, false, (target) => target.combined);
  if (typeof value !== 'boolean') return refused(1, 'Invalid value type: expected Boolean');
  const act = (target: ControlTarget): null => {
    target.combined = value;
    return null;
  };
  return accepted(id, false, act);
}

/** The id as it goes back, in JSON. Integers beyond 2^53 are copied from the text: a double would change them. */
function readId(id: unknown, text: string): string | undefined {
  if (id === null || id === undefined) return 'null';
  if (typeof id === 'string') return /^[0-9A-Za-z]{0,36}$/.test(id) ? JSON.stringify(id) : undefined;
  if (typeof id !== 'number' || !Number.isInteger(id)) return undefined;
  if (Number.isSafeInteger(id)) return String(id);
  const digits = /"id"\s*:\s*(-?\d{1,19})\s*[,}]/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  return BigInt.asIntN(64, BigInt(digits)) === BigInt(digits) ? digits : undefined;
}

function invalid(msg: string): ControlOutcome {
  return refused(2, `Invalid request: ${msg}`);
}

function accepted(id: string, subscribes: boolean, act: (target: ControlTarget) => unknown): ControlOutcome {
  return {
    ok: true,
    subscribes,
    act: (target) => `{"result":${JSON.stringify(act(target))},"id":${id}}`,
    refusal: (code, msg) => JSON.stringify({ code, msg }),
  };
}

function refused(code: number, msg: string): ControlOutcome {
  return { ok: false, text: JSON.stringify({ code, msg }) };
}
