/** Clients that other people made, on a recording that we serve: where `npm run check:clients` has installed them. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSimulator } from '../../src/simulator/index.js';
import { venueByName } from '../../src/venues/index.js';
import { ROOT } from './program.js';

interface Case {
  readonly client: string;
  readonly venue: string;
}

interface Clients {
  readonly SIMULATED: readonly Case[];
  held(one: Case, files: readonly string[]): Promise<{ errors: string[]; rows: { symbol: string; verdict: string }[] }>;
  record(venue: string, file: string, product: object): Promise<string[]>;
}

const parts = ['cases', 'held', 'record'].map(
  (name) => import(new URL(`../../scripts/clients/${name}.mjs`, import.meta.url).href),
);
const { SIMULATED, held, record }: Clients = Object.assign({}, ...(await Promise.all(parts)));

const isInstalled = existsSync(join(ROOT, 'bench/peers/npm/node_modules/ccxt'));

describe.skipIf(!isInstalled)('ccxt', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tickring-clients-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // One whose books are fetched, and one whose books come in the stream.
  test.each(SIMULATED.filter(({ venue }) => venue === 'binance-spot' || venue === 'coinbase'))(
    '$venue: its books are those of the recording, to the last level',
    async (one) => {
      const file = join(folder, one.venue);
      const symbols = await record(one.venue, file, { startSimulator, venueByName });
      const { errors, rows } = await held(one, [file]);
      expect(errors).toEqual([]);
      expect(rows.map(({ symbol, verdict }) => [symbol, verdict])).toEqual(symbols.map((symbol) => [symbol, 'equal']));
    },
    300_000,
  );
});
