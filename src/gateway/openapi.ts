/** The OpenAPI 3.1 document of all resources, from the schemas that check them, and a page that shows it. */

import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { Operation } from './api.js';
import { constant } from './etag.js';
import type { Router } from './exchange.js';
import { documentPage, PAGE_POLICY } from './openapi-page.js';
import { problemBody } from './schemas.js';

/** Statuses of problems that every resource can end with. */
const PROBLEMS_OF_ALL = [400, 401, 403, 421, 429, 500, 503, 504];
/** And those with a body. */
const PROBLEMS_OF_BODIES = [408, 413, 415, 422];

export interface DocumentOperation {
  readonly summary: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: object;
  }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

export interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
}

const schemaOf = (shape: z.ZodType, io: 'input' | 'output'): Record<string, unknown> => {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any' });
  return schema;
};

/** Makes the document of these resources. */
export function documentOf(operations: readonly Operation[], version: string): Document {
  const paths: Record<string, Record<string, DocumentOperation>> = {};
  for (const operation of operations) {
    const methods = paths[operation.path] ?? {};
    paths[operation.path] = methods;
    methods[operation.method] = operationOf(operation);
  }
  const info = {
    title: 'Tickring gateway',
    version,
    description:
      'Older shapes carry JSON numbers in their shortest exact form (`numbers=string` gives strings). Errors are RFC 9457 problems. ' +
      'A POST or PATCH with an `Idempotency-Key` that is sent again gets the first answer. ' +
      'Writes, and everything from another host, need `Authorization: Bearer` with a key.',
  };
  const components = { schemas: { Problem: schemaOf(problemBody, 'output') } };
  return { openapi: '3.1.0', info, servers: [{ url: '/' }], paths, components } as Document;
}

function operationOf({ method, path, summary, params, query, body, answers, problems = [] }: Operation): DocumentOperation {
  const hasBody = body !== undefined;
  const statuses = [
    ...PROBLEMS_OF_ALL,
    ...(method === 'post' || method === 'patch' ? [408, 409, 413, 422] : []),
    ...(hasBody ? PROBLEMS_OF_BODIES : []),
    ...(params === undefined ? [] : [404]),
    ...problems,
  ];
  const responses: Record<string, { description: string }> = {};
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const status of [...new Set(statuses)].sort((a, b) => a - b))
    responses[status] = { description: STATUS_CODES[status] ?? '', content: problem } as { description: string };
  for (const [status, answer] of Object.entries(answers)) {
    const content =
      typeof answer === 'string' ? { [answer]: {} } : { 'application/json': { schema: schemaOf(answer, 'output') } };
    const both = status === '503' ? { ...content, ...problem } : content;
    const plain = { schema: { type: 'string' } };
    const text = path === '/metrics' ? { ...both, 'text/plain': plain, 'application/openmetrics-text': plain } : both;
    responses[status] = { description: STATUS_CODES[Number(status)] ?? '', content: text } as { description: string };
  }
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(query, 'query')];
  const content = hasBody ? { 'application/json': { schema: schemaOf(body, 'input') } } : undefined;
  const operationId = `${method}${path.replace(/[^a-z0-9]+/gi, '_')}`.replace(/_$/, '');
  const operation = { operationId, summary, parameters, responses };
  return (content === undefined ? operation : { ...operation, requestBody: { required: true, content } }) as DocumentOperation;
}

function parametersOf(shape: z.ZodType | undefined, place: 'path' | 'query'): DocumentOperation['parameters'] {
  if (shape === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(shape, 'input') as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: place, required: required.includes(name), schema }));
}

/** Adds `/openapi.json` and `/docs`. */
export function addDocument(router: Router, operations: readonly Operation[], version: string): void {
  const document = documentOf(operations, version);
  router.add('get', '/openapi.json', constant(JSON.stringify(document), { 'Content-Type': 'application/json' }));
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': PAGE_POLICY };
  router.add('get', '/docs', constant(documentPage(document), headers));
}
