/**
 * The one way from a request to its answer. uWebSockets.js ends the process when a handler returns without an answer and
 * without `onAborted`, and when an answer is written twice or after an abort: here all of that is done once, in this order.
 */

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Logger } from './logger.js';
import { notFound, problem, Refusal, type Reply } from './problem.js';

/** An answer takes no longer than this, ms: once a request is complete, uWebSockets.js has no timeout of its own. */
const DEADLINE_MS = 10_000;

/** Sent with every answer. No CORS header ever: other origins may not read (THREATS S07). */
const COMMON_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  Vary: 'Origin, Accept',
};

/** What a route may know of a request; copied while the request is valid, which is during the callback alone. */
export interface Request {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly host: string;
  readonly origin: string;
  readonly accept: string;
  readonly ifNoneMatch: string;
}

export type Route = (request: Request) => Reply | Promise<Reply>;

/** Requests that wait for an answer, and how many were refused or failed. */
export interface ExchangeCounts {
  pending: number;
  requests: number;
  failures: number;
}

/** Reads what is needed of a request. */
export function readRequest(req: HttpRequest): Request {
  return {
    id: randomUUID(),
    method: req.getMethod(),
    path: req.getUrl(),
    query: new URLSearchParams(req.getQuery()),
    host: req.getHeader('host'),
    origin: req.getHeader('origin'),
    accept: req.getHeader('accept'),
    ifNoneMatch: req.getHeader('if-none-match'),
  };
}

/** Writes an answer in one piece. */
function write(res: HttpResponse, reply: Reply, method: string, requestId: string): void {
  res.cork(() => {
    res.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? ''}`);
    for (const [name, value] of Object.entries({ ...COMMON_HEADERS, ...reply.headers, 'X-Request-Id': requestId })) {
      res.writeHeader(name, value);
    }
    if (method === 'head') res.endWithoutBody(Buffer.byteLength(reply.body));
    else if (reply.status === 304) res.endWithoutBody();
    else res.end(reply.body);
  });
}

/** Answers requests by routes, each exactly once. */
export class Exchange {
  readonly counts: ExchangeCounts = { pending: 0, requests: 0, failures: 0 };
  readonly #logger: Logger;
  readonly #deadlineMs: number;

  constructor(logger: Logger, deadlineMs = DEADLINE_MS) {
    this.#logger = logger;
    this.#deadlineMs = deadlineMs;
  }

  /** Answers one request with what `route` returns, or with the problem that it throws. */
  answer(res: HttpResponse, request: Request, route: Route): void {
    let open = true;
    let timer: NodeJS.Timeout | undefined;
    this.counts.requests += 1;
    this.counts.pending += 1;
    /** Takes the right to answer; undefined when it is gone. */
    const close = (): boolean => {
      if (!open) return false;
      open = false;
      clearTimeout(timer);
      this.counts.pending -= 1;
      return true;
    };
    res.onAborted(close);
    const send = (reply: Reply): void => {
      if (close()) write(res, reply, request.method, request.id);
    };
    const fail = (error: unknown): void => send(this.#problem(error, request));
    try {
      const reply = route(request);
      if (!(reply instanceof Promise)) {
        send(reply);
        return;
      }
      timer = setTimeout(() => fail(new Refusal(504, 'the answer took too long')), this.#deadlineMs);
      reply.then(send).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #problem(error: unknown, request: Request): Reply {
    if (error instanceof Refusal) return problem(error, request.id);
    this.counts.failures += 1;
    this.#logger.error({ err: error, requestId: request.id, path: request.path }, 'request failed');
    return problem(new Refusal(500, 'the request failed'), request.id);
  }
}

/** Finds routes by method and exact path. */
export class Router {
  readonly #routes = new Map<string, Map<string, Route>>();

  add(method: string, path: string, route: Route): void {
    const methods = this.#routes.get(path) ?? new Map<string, Route>();
    methods.set(method, route);
    this.#routes.set(path, methods);
  }

  /** The route of a request; `HEAD` goes where `GET` goes. Refuses what is not there. */
  readonly route: Route = (request) => {
    const methods = this.#routes.get(request.path);
    if (methods === undefined) throw notFound();
    const route = methods.get(request.method === 'head' ? 'get' : request.method);
    if (route !== undefined) return route(request);
    const allowed = [...methods.keys()].flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    throw new Refusal(405, 'the resource has no such method', { Allow: allowed.join(', ') });
  };
}
