/** Most trades of one answer of any of the Binance REST interfaces. */
const ROWS_MAX = 1_000n;

/** Query of `aggTrades` and `historicalTrades`: from an id on, the id included, oldest first. */
export function tradesQuery(symbol: string, first: bigint, last: bigint): string {
  const count = last - first + 1n;
  return `symbol=${encodeURIComponent(symbol)}&fromId=${first}&limit=${count < ROWS_MAX ? count : ROWS_MAX}`;
}
