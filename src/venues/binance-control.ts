/** Control messages that both Binance dialects share: venue documents §2, spot read 2026-07-21, USDT-M read 2026-05-28. */

/** `SUBSCRIBE`; the venue answers `{"result":null,"id":…}`, also for streams that do not exist. */
export function subscribeFrame(id: number, streams: readonly string[]): string {
  return JSON.stringify({ method: 'SUBSCRIBE', params: streams, id });
}

export function unsubscribeFrame(id: number, streams: readonly string[]): string {
  return JSON.stringify({ method: 'UNSUBSCRIBE', params: streams, id });
}

/** The weight that the venue says was used in this minute. */
export function usedWeight(headers: Readonly<Record<string, string | string[] | undefined>>): number | undefined {
  const text = headers['x-mbx-used-weight-1m'];
  const weight = typeof text === 'string' ? Number.parseInt(text, 10) : Number.NaN;
  return Number.isSafeInteger(weight) && weight >= 0 ? weight : undefined;
}
