/** Resources with their shapes: each is checked by the schemas that the OpenAPI document is made of. */
import { z } from 'zod';
import { parseJson, textOf } from './body.js';
import type { Request, Router } from './exchange.js';
import type { Idempotency } from './idempotency.js';
import { Refusal, type Reply } from './problem.js';

/** Problems named in one answer. */
const ISSUES_MAX = 20;
/** Media types of bodies. Forms are what `curl -d` says when it sends JSON. */
const BODY_TYPES = /^(application\/(json|[a-z0-9.+-]+\+json|x-www-form-urlencoded)|text\/(json|plain))\s*(;|$)/i;

type Shape = z.ZodType;

export interface Operation<P extends Shape = Shape, Q extends Shape = Shape, B extends Shape = Shape> {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Segments in braces are members of `params`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly bodyBytesMax?: number;
  /** Answers by status; a string is the media type of one that is no JSON. */
  readonly answers: Readonly<Record<number, Shape | string>>;
  /** Statuses of problems that it can end with, besides those that every resource can. */
  readonly problems?: readonly number[];
  handle(input: OperationInput<P, Q, B>): Reply | Promise<Reply>;
}

export interface OperationInput<P extends Shape, Q extends Shape, B extends Shape> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  /** The body as it came, where there is one. */
  readonly text: string;
  readonly request: Request;
}

const BODY_BYTES_MAX = 262_144;
const NONE: Shape = z.object({});

/** All resources: adds them to the router, and keeps them for the document. */
export class Api {
  readonly operations: Operation[] = [];
  readonly #router: Router;
  readonly #idempotency: Idempotency;

  constructor(router: Router, idempotency: Idempotency) {
    this.#router = router;
    this.#idempotency = idempotency;
  }

  add<P extends Shape, Q extends Shape, B extends Shape>(operation: Operation<P, Q, B>): void {
    this.operations.push(operation as unknown as Operation);
    const { method, path, params, query, body } = operation;
    const names = path.split('/').map((segment) => /^\{(.+)\}$/.exec(segment)?.[1]);
    const integers = integerMembers(query);
    const input = (request: Request, value: unknown, text: string): OperationInput<P, Q, B> => ({
      params: check((params ?? NONE) as P, paramsOf(request.path, names), 'path', 404),
      query: check((query ?? NONE) as Q, queryOf(request.query, integers), 'query', 400),
      body: check((body ?? NONE) as B, value, 'body', 422),
      text,
      request,
    });
    this.#router.add(method, path, (request) => {
      if (method === 'get' || method === 'delete') return operation.handle(input(request, {}, ''));
      const bytes = this.#receive(operation as unknown as Operation, request);
      return bytes.then((received) =>
        this.#idempotency.once(request, received, async () => {
          const text = body === undefined ? '' : textOf(received);
          return await operation.handle(input(request, body === undefined ? {} : parseJson(text), text));
        }),
      );
    });
  }

  #receive({ body, bodyBytesMax = BODY_BYTES_MAX }: Operation, request: Request): Promise<Buffer> {
    const bytes = request.body(bodyBytesMax);
    if (body !== undefined && request.contentType !== '' && !BODY_TYPES.test(request.contentType)) {
      bytes.catch(() => undefined);
      throw new Refusal(415, `the body is to be application/json, not ${request.contentType.slice(0, 64)}`);
    }
    return bytes;
  }
}

/** Values of the path's parameters, decoded once. */
function paramsOf(path: string, names: readonly (string | undefined)[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [index, segment] of path.split('/').entries()) {
    const name = names[index];
    if (name === undefined) continue;
    try {
      params[name] = decodeURIComponent(segment);
    } catch {
      throw new Refusal(400, `the path's ${name} is not percent-encoded UTF-8`);
    }
  }
  return params;
}

function queryOf(query: URLSearchParams, integers: ReadonlySet<string>): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of query) {
    if (Object.hasOwn(values, name)) throw new Refusal(400, `query ${name.slice(0, 64)} stands there twice`);
    values[name] = integers.has(name) && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value;
  }
  return values;
}

/** Members of a query that are integers: in an address everything is text. */
function integerMembers(query: Shape | undefined): ReadonlySet<string> {
  if (query === undefined) return new Set();
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' });
  return new Set(
    Object.entries(properties).flatMap(([name, schema]) => ((schema as { type?: string }).type === 'integer' ? [name] : [])),
  );
}

function check<S extends Shape>(schema: S, value: unknown, place: string, status: number): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, ISSUES_MAX).map(({ path, message }) => ({
    at: [place, ...path.map(String)].join('.').slice(0, 200),
    detail: message.slice(0, 200),
  }));
  const [first] = errors;
  throw new Refusal(status, `${first?.at}: ${first?.detail}`, {}, errors);
}
