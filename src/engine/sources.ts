import { CHANNELS, CODES, type CodeName, VENUES } from '../model/codes.js';
import { TickringError } from '../model/errors.js';
import { isSource, type SourceName } from '../model/feeds.js';
import type { InstrumentDefinition } from '../native/index.js';
import type { FeedTask, HostedRow, IngestedRows } from './shard-contract.js';
import type { ShardHost } from './shard-host.js';

/**
 * The sources of shard `internal`: to the core each is a connection that is always open, and rows are its frames. What the core
 * refuses is answered to who sent it, so it is not quarantined a second time.
 */
export class Sources {
  readonly #host: ShardHost;
  readonly #nextConnection: () => number;
  readonly #connections = new Map<SourceName, number>();
  /** Next number of each instrument's rows. They begin at the time, so that a restart repeats none. */
  readonly #numbers = new Map<number, bigint>();
  readonly #carried = new Map<string, readonly InstrumentDefinition[]>();

  constructor(host: ShardHost, nextConnection: () => number) {
    this.#host = host;
    this.#nextConnection = nextConnection;
  }

  /** Venue number of a connection that is a source's; undefined for another. */
  venueOf(connection: number): number | undefined {
    const source = [...this.#connections].find(([, number]) => number === connection)?.[0];
    return source === undefined ? undefined : VENUES[source];
  }

  /** Takes up a source's instruments, or other ones than before. */
  take({ feed, instruments }: FeedTask): void {
    if (!isSource(feed.venue)) throw new Error(`invariant: ${feed.venue} is a source`);
    const connection = this.#connection(feed.venue);
    const before = this.#carried.get(feed.venue) ?? [];
    this.#carried.set(feed.venue, instruments);
    for (const { id } of before) if (!instruments.some((kept) => kept.id === id)) this.#host.remove(id);
    for (const definition of instruments) {
      if (before.some(({ id }) => id === definition.id)) continue;
      this.#host.add({ definition, venueName: feed.venue });
      this.#follow(connection, definition);
    }
  }

  /** After the shard was rebuilt: says everything again. */
  announce(): void {
    for (const [source, connection] of this.#connections) {
      this.#host.connect(connection);
      for (const definition of this.#carried.get(source) ?? []) this.#follow(connection, definition);
    }
  }

  /** Applies rows in their order; the core checks each. */
  ingest(rows: readonly HostedRow[], events: () => number): IngestedRows {
    const errors: { index: number; code: string; message: string }[] = [];
    for (const [index, row] of rows.entries()) {
      const connection = this.#connections.get(row.source);
      if (connection === undefined) throw new TickringError('CLOSED', `source ${row.source} is not taken up yet`);
      const number = this.#numbers.get(row.instrument) ?? BigInt(Date.now()) * 1_000n;
      const rejection = this.#host.row(connection, frameOf(row, number));
      // A row that was refused takes no number, or the next one would tell of a gap.
      if (rejection === undefined) this.#numbers.set(row.instrument, number + 1n);
      else errors.push({ index, code: rejection.code, message: CODES[rejection.code as CodeName].meaning });
    }
    return { errors, events: events() };
  }

  #connection(source: SourceName): number {
    const known = this.#connections.get(source);
    if (known !== undefined) return known;
    const connection = this.#nextConnection();
    this.#connections.set(source, connection);
    this.#host.connect(connection);
    return connection;
  }

  #follow(connection: number, { id }: InstrumentDefinition): void {
    this.#host.subscribe(connection, id, CHANNELS.trade | CHANNELS.quote);
    this.#host.ack(connection, id, true);
  }
}

/** The row as `native/core/src/venue/source.rs` reads it. */
function frameOf({ symbol, ts, values }: HostedRow, number: bigint): Buffer {
  const name = JSON.stringify(symbol);
  if (values.kind === 'trade') {
    const { price, qty, sell } = values;
    return Buffer.from(`{"e":"trade","s":${name},"T":${ts},"t":${number},"p":"${price}","q":"${qty}","m":${sell}}`);
  }
  const { bid, bidQty, ask, askQty } = values;
  return Buffer.from(
    `{"e":"quote","s":${name},"T":${ts},"u":${number},"b":"${bid}","B":"${bidQty}","a":"${ask}","A":"${askQty}"}`,
  );
}
