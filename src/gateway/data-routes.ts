/** Resources about data: points, snapshots, ingestion. */
import type { Api } from './api.js';
import { parseDigits } from './body.js';
import type { DataQueries } from './data-queries.js';
import { type ControlClient, fromEngine } from './engine-calls.js';
import { FreshSymbols } from './fresh-symbols.js';
import { rowsOf } from './ingest-rows.js';
import { rulesOf } from './ingest-rules.js';
import type { Monitor } from './monitor.js';
import { json, jsonText, Refusal } from './problem.js';
import { dataAnswer, dataQuery, ingestAnswer, ingestBody, snapshotAnswer, snapshotQuery, symbolParams } from './schemas.js';

/** Most bytes of ingested rows in one request. */
const INGEST_BYTES_MAX = 1 << 20;

export interface DataParts {
  readonly queries: DataQueries;
  readonly control: ControlClient;
  readonly monitor: Monitor;
}

export function addDataRoutes(api: Api, { queries, control, monitor }: DataParts): void {
  const fresh = new FreshSymbols(monitor);
  api.add({
    method: 'get',
    path: '/data/{symbol}',
    summary: 'The newest points of a symbol, oldest first, from memory',
    params: symbolParams,
    query: dataQuery,
    answers: { 200: dataAnswer },
    problems: [404],
    handle: ({ params, query }) => jsonText(queries.data(params.symbol, query)),
  });
  api.add({
    method: 'post',
    path: '/symbols/{symbol}/snapshot',
    summary: 'Last trade, quote and 24-hour figures of a symbol',
    params: symbolParams,
    query: snapshotQuery,
    answers: { 200: snapshotAnswer },
    problems: [404],
    handle: ({ params, query }) => jsonText(queries.snapshot(params.symbol, query.source, query.numbers)),
  });
  api.add({
    method: 'post',
    path: '/data/ingest',
    summary: 'Takes rows of sources; rows that cannot be taken are named, the others count',
    body: ingestBody,
    bodyBytesMax: INGEST_BYTES_MAX,
    answers: { 200: ingestAnswer },
    problems: [409, 422],
    handle: async ({ body, text, request: { caller } }) => {
      const lastPrice = (source: string, symbol: string) => monitor.lastPrice(source, symbol);
      const { rows, places, errors: unread } = rowsOf(body.data, parseDigits(text), rulesOf(caller?.key, lastPrice));
      const owner = caller?.owner;
      const result = rows.length === 0 ? undefined : await fromEngine(control.request('ingest', { owner, rows }));
      const refused = (result?.errors ?? []).map(({ index, code, message }) => ({
        index: places[index] ?? 0,
        code,
        detail: message,
      }));
      const errors = [...unread, ...refused].sort((a, b) => a.index - b.index);
      const count = result?.accepted ?? 0;
      const gone = new Set(result?.errors.map(({ index }) => index));
      await fresh.seen(rows.filter((_, index) => !gone.has(index)));
      if (count === 0) throw new Refusal(422, 'no row could be taken', {}, errors.slice(0, 100).map(rowProblem));
      const others = monitor.events((shard) => shard !== result?.shard);
      const status = errors.length === 0 ? 'ingested' : 'partially_ingested';
      return json({ status, count, total_stored: others + (result?.events ?? 0), errors });
    },
  });
}

const rowProblem = ({ index, code, detail }: { index: number; code: string; detail: string }): object => ({
  at: `data.${index}`,
  detail: `${code}: ${detail}`,
});
