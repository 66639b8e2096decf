/** What a key may send, by property: a row is taken exactly where no rule speaks against it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../src/gateway/ingest-rules.js';
import type { HeldKey } from '../../src/gateway/key-ring.js';
import { isIngestPattern } from '../../src/gateway/keys.js';
import type { IngestRow } from '../../src/model/feeds.js';

const NOW = 1_800_000_000_000;
const HELD: HeldKey = {
  id: '0'.repeat(16),
  owner: '0'.repeat(16),
  scopes: new Set(['ingest']),
  isLocal: false,
  ingest: undefined,
};

const trade = (source: IngestRow['source'], symbol: string, price: number, ageMs = 0): IngestRow => {
  const values = { kind: 'trade', price: String(price), qty: '1', sell: false } as const;
  return { source, symbol, ts: `${BigInt(NOW - ageMs) * 1_000_000n}`, values };
};
const quote = (bid: number, ask: number): IngestRow => {
  const values = { kind: 'quote', bid: String(bid), bidQty: '1', ask: String(ask), askQty: '1' } as const;
  return { source: 'mock', symbol: 'A', ts: `${BigInt(NOW) * 1_000_000n}`, values };
};
const codes = (key: Partial<HeldKey> | undefined, rows: readonly IngestRow[], last?: number): (string | undefined)[] => {
  const check = rulesOf(key === undefined ? undefined : { ...HELD, ...key }, () => last, NOW);
  return rows.map((row) => check(row)?.code);
};

describe('rules of a key', () => {
  it('namespace and age: taken where a pattern covers the row and it is young enough', () => {
    const symbol = fc.stringMatching(/^[ABC]{1,3}$/);
    const source = fc.constantFrom('mock' as const, 'fred' as const);
    const pattern = fc.record({ of: fc.constantFrom('mock', 'fred', '*'), name: symbol, isPrefix: fc.boolean() });
    const rows = fc.array(fc.record({ source, symbol, ageMs: fc.integer({ min: -1_000, max: 10_000 }) }));
    fc.assert(
      fc.property(
        fc.array(pattern, { minLength: 1 }),
        fc.option(fc.integer({ min: 1, max: 9_000 })),
        rows,
        (patterns, age, all) => {
          const ingest = patterns.map(({ of, name, isPrefix }) => `${of}:${name.toLowerCase()}${isPrefix ? '*' : ''}`);
          expect(ingest.every(isIngestPattern)).toBe(true);
          const covers = (row: { source: string; symbol: string }): boolean =>
            patterns.some(
              ({ of, name, isPrefix }) =>
                (of === '*' || of === row.source) &&
                (isPrefix ? row.symbol.slice(0, name.length) === name : row.symbol === name),
            );
          const expected = all.map((row) =>
            covers(row) ? (age !== null && row.ageMs > age ? 'TIME_INVALID' : undefined) : 'NOT_ALLOWED',
          );
          const given = all.map((row) => trade(row.source, row.symbol, 10, row.ageMs));
          expect(codes({ ingest, ingestAgeMs: age ?? undefined }, given)).toEqual(expected);
        },
      ),
    );
  });

  it('band: each price is compared with the last one that was taken, the first with what is known', () => {
    const band = { ingestBand: 10 };
    expect(codes(band, [trade('mock', 'A', 110), trade('mock', 'A', 121), trade('mock', 'A', 134)], 100)).toEqual([
      undefined,
      undefined,
      'PRICE_BAND',
    ]);
    expect(codes(band, [trade('mock', 'A', 89), trade('mock', 'A', 90)], 100)).toEqual(['PRICE_BAND', undefined]);
    // Nothing is known of a symbol at first; both sides of a quote count, and their middle is what comes next.
    expect(codes(band, [quote(90, 110), quote(95, 111), trade('mock', 'A', 105), quote(1, 106)])).toEqual([
      undefined,
      'PRICE_BAND',
      undefined,
      'PRICE_BAND',
    ]);
    const others = [trade('mock', 'A', 10), trade('fred', 'A', 1_000), trade('mock', 'B', 5)];
    expect(codes(band, others)).toEqual([undefined, undefined, undefined]);
  });

  it('who has no rules, or no key, may send everything', () => {
    const rows = [trade('mock', 'A', 1), trade('fred', 'B', 1_000, 1e9), trade('mock', 'A', 1e6)];
    for (const key of [undefined, {}]) expect(codes(key, rows, 1)).toEqual([undefined, undefined, undefined]);
  });
});
