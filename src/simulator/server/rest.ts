import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { assetsOf, type Dialect, type RestCall, type ServerLimits } from '../dialects/dialect.js';
import { malform } from '../faults/malform.js';
import type { Fault } from '../faults/script.js';
import type { Random } from '../market/random.js';
import type { SymbolMarket } from '../market/symbol-market.js';
import type { VenueMarket } from '../market/venue-market.js';
import type { Weights } from './weights.js';

export type SnapshotFault = Extract<Fault, { fault: `snapshot_${string}` }>;

export interface RestHost {
  readonly dialect: Dialect;
  readonly limits: ServerLimits;
  readonly market: VenueMarket;
  readonly weights: Weights;
  readonly random: Random;
  readonly counters: Record<'restRequests' | 'restRefused', number>;
  /** Whether the venue lists the symbol now. */
  isListed(symbol: string): boolean;
}

interface Waiting {
  readonly fault: SnapshotFault;
  left: number;
}

/** The venue's REST interface: weights, depth snapshots, listing, and the faults of a snapshot. */
export class Rest {
  readonly #host: RestHost;
  #faults: Waiting[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(host: RestHost) {
    this.#host = host;
  }

  /** What is delisted is unknown to every request. */
  get #symbols(): ReadonlySet<string> {
    const { market, isListed } = this.#host;
    return new Set([...market.symbols.keys()].filter(isListed));
  }

  add(fault: SnapshotFault): void {
    this.#faults.push({ fault, left: fault.args.n });
  }

  answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const { dialect, market } = this.#host;
    this.#host.counters.restRequests += 1;
    const call = request.method === 'GET' ? dialect.rest(url.pathname, url.searchParams, this.#symbols) : undefined;
    const address = request.socket.remoteAddress ?? '';
    const admission = this.#host.weights.admit(address, call?.weight ?? 1, Date.now());
    const { weightHeader } = dialect;
    if (weightHeader !== undefined) response.setHeader(weightHeader, String(admission.used));
    if (admission.outcome !== 'admitted') {
      this.#refuse(response, admission.outcome === 'banned', admission.retryAfterSeconds, admission.untilMs);
    } else if (call === undefined) {
      const assets = dialect.assetsBody?.(url.pathname, assetsOf([...market.symbols.values()].map(({ spec }) => spec)));
      if (assets !== undefined) send(response, 200, assets);
      else send(response, 404, errorBody(-5000, `Path ${url.pathname}, Method ${request.method ?? ''} is invalid`));
    } else if (call.error !== undefined) {
      send(response, call.error.status, errorBody(call.error.code, call.error.msg));
    } else if (call.endpoint === 'depth') this.#depth(response, call, address);
    else if (call.endpoint === 'klines') this.#klines(response, call);
    else if (call.endpoint === 'trades') this.#trades(response, call);
    else this.#plain(response, call);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #plain(response: ServerResponse, call: RestCall): void {
    const { market, dialect, limits, isListed } = this.#host;
    if (call.endpoint === 'ping') send(response, 200, '{}');
    else if (call.endpoint === 'time') send(response, 200, `{"serverTime":${Math.floor(market.nowUs / 1000)}}`);
    else {
      const listed = [...market.symbols.values()].map(({ spec }) => spec).filter(({ symbol }) => isListed(symbol));
      const specs = call.symbols.length === 0 ? listed : listed.filter(({ symbol }) => call.symbols.includes(symbol));
      send(response, 200, dialect.exchangeInfoBody(specs, market.nowUs, limits));
    }
  }

  #klines(response: ServerResponse, { symbols: [symbol = ''], limit, span: [fromMs, toMs] = [0, 0] }: RestCall): void {
    const { market, dialect } = this.#host;
    const { text, spec, minutes } = market.symbols.get(symbol) as SymbolMarket;
    const found = minutes.between(fromMs, toMs, limit, Math.floor(market.nowUs / 1000));
    send(response, 200, dialect.klinesBody?.(text, spec, found, market.nowUs) ?? '');
  }

  #trades(response: ServerResponse, { symbols: [symbol = ''], limit, trades }: RestCall): void {
    const { market, dialect } = this.#host;
    const { fromId, aggregated = false } = trades ?? {};
    const asked = market.symbols.get(symbol) as SymbolMarket;
    const kept = aggregated ? asked.aggregates : asked.trades;
    const found = fromId === undefined ? kept.newest(limit) : kept.from(fromId, limit);
    send(response, 200, dialect.tradesBody?.(asked.text, found, aggregated, symbol) ?? '');
  }

  #depth(response: ServerResponse, call: RestCall, address: string): void {
    const symbol = call.symbols[0] ?? '';
    const market = this.#host.market.symbols.get(symbol) as SymbolMarket;
    const fault = this.#take(symbol);
    switch (fault?.fault) {
      case undefined:
        send(response, 200, this.#snapshot(market, call.limit));
        break;
      case 'snapshot_slow': {
        // The book is taken first and sent late, as a slow network would: by then it is old.
        const body = this.#snapshot(market, call.limit);
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          send(response, 200, body);
        }, fault.args.ms);
        this.#timers.add(timer);
        break;
      }
      case 'snapshot_error':
        send(
          response,
          fault.args.status,
          errorBody(-1000, fault.args.status === 503 ? 'Service Unavailable.' : 'Simulated error.'),
        );
        break;
      case 'snapshot_limit': {
        const nowMs = Date.now();
        const untilMs = nowMs + fault.args.ban_seconds * 1000;
        if (!this.#waits(fault) && fault.args.ban_seconds > 0) this.#host.weights.ban(address, nowMs, untilMs);
        this.#refuse(response, false, fault.args.retry_after, untilMs);
        break;
      }
      case 'snapshot_stale': {
        const levels = market.history.at(market.history.idBack(fault.args.changes));
        const top =
          levels === undefined
            ? market.snapshot(call.limit)
            : { ...levels, bids: levels.bids.slice(0, call.limit), asks: levels.asks.slice(0, call.limit) };
        send(response, 200, this.#host.dialect.snapshotBody?.(market.text, top, this.#host.market.nowUs) ?? '');
        break;
      }
      case 'snapshot_short':
        send(response, 200, this.#snapshot(market, Math.min(call.limit, fault.args.levels)));
        break;
      case 'snapshot_wrong_symbol': {
        const other = [...this.#host.market.symbols.values()].find((candidate) => candidate !== market) ?? market;
        send(response, 200, this.#snapshot(other, call.limit));
        break;
      }
      case 'snapshot_malformed':
        this.#malformed(response, Buffer.from(this.#snapshot(market, call.limit)), fault);
        break;
    }
  }

  #malformed(response: ServerResponse, body: Buffer, fault: Extract<SnapshotFault, { fault: 'snapshot_malformed' }>): void {
    const { kind, size } = fault.args;
    response.statusCode = 200;
    response.setHeader('Content-Type', 'application/json;charset=UTF-8');
    if (kind === 'wrong_length') {
      // Promises twice what comes, and then the connection is cut.
      response.setHeader('Content-Length', body.length * 2);
      response.write(body, () => response.socket?.destroy());
      return;
    }
    if (kind === 'gzip_bomb') {
      response.setHeader('Content-Encoding', 'gzip');
      response.end(gzipSync(Buffer.alloc(size ?? 64 * 1024 * 1024, 0x20)));
      return;
    }
    response.end(malform(kind, { size }, this.#host.random)(body));
  }

  #snapshot(market: SymbolMarket, limit: number): string {
    return this.#host.dialect.snapshotBody?.(market.text, market.copy(limit), this.#host.market.nowUs) ?? '';
  }

  #take(symbol: string): SnapshotFault | undefined {
    const waiting = this.#faults.find(({ fault }) => fault.args.symbol === undefined || fault.args.symbol === symbol);
    if (waiting === undefined) return undefined;
    waiting.left -= 1;
    if (waiting.left === 0) this.#faults = this.#faults.filter((other) => other !== waiting);
    return waiting.fault;
  }

  #waits(fault: SnapshotFault): boolean {
    return this.#faults.some((waiting) => waiting.fault === fault);
  }

  #refuse(response: ServerResponse, banned: boolean, retryAfterSeconds: number, untilMs: number): void {
    this.#host.counters.restRefused += 1;
    response.setHeader('Retry-After', String(retryAfterSeconds));
    const limit = this.#host.limits.restWeightPerMinute;
    const limited = `Too much request weight used; current limit is ${limit} request weight per 1 MINUTE.`;
    const msg = banned ? `Way too much request weight used; IP banned until ${untilMs}.` : limited;
    send(response, banned ? 418 : 429, errorBody(-1003, msg));
  }
}

function errorBody(code: number, msg: string): string {
  return JSON.stringify({ code, msg });
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json;charset=UTF-8' }).end(body);
}
