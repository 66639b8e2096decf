import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { ControlClient } from '../engine/index.js';
import type { InstrumentStatus } from '../model/status.js';

/** Longest wait for one book to be in sync and answered by the oracle. */
const DEADLINE_MS = 5_000;

/** How one book compares with the simulated venue's true book at the same update id. */
export interface BookVerdict {
  readonly venue: string;
  readonly symbol: string;
  readonly lastUpdateId: string;
  readonly equal: boolean;
  readonly reason: string;
}

/** Compares the engine's books with the oracle's. */
export async function verifyBooks(
  control: ControlClient,
  controlUrl: string,
  instruments: readonly InstrumentStatus[],
): Promise<BookVerdict[]> {
  return await Promise.all(instruments.map((instrument) => verifyBook(control, controlUrl, instrument)));
}

async function verifyBook(
  control: ControlClient,
  controlUrl: string,
  { id, venue, symbol }: InstrumentStatus,
): Promise<BookVerdict> {
  const deadline = performance.now() + DEADLINE_MS;
  let reason = 'the engine does not hold it';
  let lastUpdateId = '0';
  while (performance.now() < deadline) {
    const book = await control.request('book', { instrument: id }).catch(() => null);
    if (book?.inSync === true) {
      lastUpdateId = book.lastUpdateId;
      const query = new URLSearchParams({ venue, symbol, id: lastUpdateId });
      const answer = await request(`${controlUrl}/oracle/book?${query}`);
      const body = (await answer.body.json()) as { text?: string; error?: string };
      if (typeof body.text === 'string') {
        const equal = body.text === book.text;
        return {
          venue,
          symbol,
          lastUpdateId,
          equal,
          reason: equal ? '' : `differs from the true book at update id ${lastUpdateId}`,
        };
      }
      reason = `no true book at update id ${lastUpdateId}: ${body.error ?? answer.statusCode}`;
    } else if (book !== null) {
      reason = 'not in sync';
    }
    await sleep(100);
  }
  return { venue, symbol, lastUpdateId, equal: false, reason };
}
