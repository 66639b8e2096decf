/**
 * The one way from a request to its answer. uWebSockets.js ends the process when a handler returns without an answer and
 * without `onAborted`, and when an answer is written twice or after an abort: here all of that is done once, in this order.
 */

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { randomUUID } from 'node:crypto';
import type { Caller } from './access.js';
import { Answers } from './answers.js';
import { receive } from './body.js';
import type { Logger } from './logger.js';
import { notFound, problem, Refusal, type Reply } from './problem.js';

/** An answer takes no longer than this, ms: once a request is complete, uWebSockets.js has no timeout of its own. */
const DEADLINE_MS = 10_000;

/** Requests that wait for an answer at once. */
const PENDING_MAX = 1_000;
/** An id that a client gives its request; any other is replaced by ours. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

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
  readonly acceptEncoding: string;
  readonly contentType: string;
  readonly idempotencyKey: string;
  /** Who asks; undefined until access has decided. */
  readonly caller?: Caller;
  /** Receives the body, at most `limit` bytes of it. To be called once, before the route returns. */
  readonly body: (limit: number) => Promise<Buffer>;
}

/** What is read of a request before it is known how its body comes. */
export type RequestHead = Omit<Request, 'body'> & {
  readonly contentLength: number;
  /** Two lines say how long the body is. The library believes the first; a proxy in front may believe the other (RFC 9112 6.3). */
  readonly hasTwoLengths: boolean;
};

export type Route = (request: Request) => Reply | Promise<Reply>;

/** Requests that wait for an answer, and how many were refused or failed. */
export interface ExchangeCounts {
  pending: number;
  requests: number;
  failures: number;
}

function countOf(req: HttpRequest, header: string): number {
  let count = 0;
  req.forEach((name) => {
    if (name === header) count += 1;
  });
  return count;
}

/** Reads what is needed of a request. */
export function readRequest(req: HttpRequest): RequestHead {
  const id = req.getHeader('x-request-id');
  const length = req.getHeader('content-length');
  return {
    id: REQUEST_ID.test(id) ? id : randomUUID(),
    method: req.getMethod(),
    path: req.getUrl(),
    query: new URLSearchParams(req.getQuery()),
    host: req.getHeader('host'),
    origin: req.getHeader('origin'),
    accept: req.getHeader('accept'),
    ifNoneMatch: req.getHeader('if-none-match'),
    acceptEncoding: req.getHeader('accept-encoding'),
    contentType: req.getHeader('content-type'),
    contentLength: Number(length) || 0,
    hasTwoLengths: length !== '' && countOf(req, 'content-length') > 1,
    idempotencyKey: req.getHeader('idempotency-key'),
  };
}

/** Answers requests by routes, each exactly once. */
export class Exchange {
  readonly counts: ExchangeCounts = { pending: 0, requests: 0, failures: 0 };
  readonly #logger: Logger;
  readonly #deadlineMs: number;
  readonly #answers = new Answers();

  constructor(logger: Logger, deadlineMs = DEADLINE_MS) {
    this.#logger = logger;
    this.#deadlineMs = deadlineMs;
  }

  /** Answers one request with what `route` returns, or with the problem that it throws. */
  answer(res: HttpResponse, head: RequestHead, route: Route): void {
    let open = true;
    let isReceiving = false;
    let endBody = (): void => {};
    let forgetAnswer = (): void => {};
    let timer: NodeJS.Timeout | undefined;
    this.counts.requests += 1;
    this.counts.pending += 1;
    /** Takes the right to answer; undefined when it is gone. */
    const close = (): boolean => {
      if (!open) return false;
      open = false;
      clearTimeout(timer);
      this.counts.pending -= 1;
      endBody();
      return true;
    };
    res.onAborted(() => {
      close();
      forgetAnswer();
    });
    if (head.hasTwoLengths) {
      // After an answer the library would go on with what may be the rest of this body.
      res.close();
      return;
    }
    const body = (limit: number): Promise<Buffer> => {
      isReceiving = true;
      const received = receive(res, head.contentLength, limit, (end) => {
        endBody = end;
      });
      return received.finally(() => {
        isReceiving = false;
      });
    };
    const request: Request = { ...head, body };
    const send = (reply: Reply): void => {
      if (close()) forgetAnswer = this.#answers.write(res, reply, request.method, request.id);
    };
    const fail = (error: unknown): void => send(this.#problem(error, request));
    try {
      if (this.counts.pending > PENDING_MAX) throw new Refusal(503, 'too many requests wait', { 'Retry-After': '1' });
      if (this.#answers.areTooMany) throw new Refusal(503, 'too many answers are not read', { 'Retry-After': '5' });
      const reply = route(request);
      if (!(reply instanceof Promise)) {
        send(reply);
        return;
      }
      timer = setTimeout(() => {
        const late = new Refusal(408, 'the body took too long', { Connection: 'close' });
        fail(isReceiving ? late : new Refusal(504, 'the answer took too long'));
      }, this.#deadlineMs);
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

type Methods = Map<string, Route>;

/** Finds routes by method and path; `{name}` in a path stands for one segment. */
export class Router {
  readonly #exact = new Map<string, Methods>();
  readonly #patterns: { readonly segments: readonly string[]; readonly methods: Methods }[] = [];

  add(method: string, path: string, route: Route): void {
    this.#methods(path).set(method, route);
  }

  #methods(path: string): Methods {
    const segments = path.split('/');
    if (!path.includes('{')) {
      const methods = this.#exact.get(path) ?? new Map();
      this.#exact.set(path, methods);
      return methods;
    }
    const known = this.#patterns.find((pattern) => pattern.segments.join('/') === path);
    if (known !== undefined) return known.methods;
    const pattern = { segments, methods: new Map() };
    this.#patterns.push(pattern);
    return pattern.methods;
  }

  /** Segments are compared as they were sent: what is encoded in one is never a separator. */
  #match(path: string): Methods | undefined {
    const segments = path.split('/');
    return this.#patterns.find(
      (pattern) =>
        pattern.segments.length === segments.length &&
        pattern.segments.every((part, index) => (part.startsWith('{') ? segments[index] !== '' : part === segments[index])),
    )?.methods;
  }

  /** The route of a request; `HEAD` goes where `GET` goes. Refuses what is not there. */
  readonly route: Route = (request) => {
    const methods = this.#exact.get(request.path) ?? this.#match(request.path);
    if (methods === undefined) throw notFound();
    const route = methods.get(request.method === 'head' ? 'get' : request.method);
    if (route !== undefined) return route(request);
    const allowed = [...methods.keys()].flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    throw new Refusal(405, 'the resource has no such method', { Allow: allowed.join(', ') });
  };
}
