/** Error answers as RFC 9457 problem JSON. */
import { STATUS_CODES } from 'node:http';

/** An answer before it is written. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Why a request is refused. Only `detail`s written for clients go out; causes stay in the log under the request's id. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Each place that is wrong, where there are several. */
  readonly errors: readonly object[] | undefined;

  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}, errors?: readonly object[]) {
    super(detail);
    this.status = status;
    this.headers = headers;
    this.errors = errors;
  }
}

/** Seconds after which a client should ask again when the engine is away. */
const RETRY_AFTER_SECONDS = '1';

/** One refusal for every resource that is not there, or not for this client: it tells nothing about which (THREATS S35). */
export const notFound = (): Refusal => new Refusal(404, 'no such resource');

/** The engine is needed and does not answer. */
export const engineAway = (): Refusal => new Refusal(503, 'the engine does not answer', { 'Retry-After': RETRY_AFTER_SECONDS });

/** The problem JSON of a refusal. */
export function problem(refusal: Refusal, requestId: string): Reply {
  const title = STATUS_CODES[refusal.status] ?? 'Error';
  const { status, message: detail, errors } = refusal;
  const body = { type: 'about:blank', title, status, detail, request_id: requestId, ...(errors && { errors }) };
  return {
    status: refusal.status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...refusal.headers },
    body: JSON.stringify(body),
  };
}

/** A JSON answer that is not to be kept. */
export function json(value: unknown, status = 200): Reply {
  return jsonText(JSON.stringify(value), status);
}

/** The same of what is JSON already. */
export function jsonText(body: string | Uint8Array, status = 200): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body,
  };
}
