import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BanBook, EpochBook, InstrumentRegistry } from '../../src/engine/state-files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('instrument registry', () => {
  test('ids start at 1, stay over restarts, and a symbol of another venue is another instrument', () => {
    expect(new InstrumentRegistry(folder).assign('binance-spot', ['BTCUSDT', 'ETHUSDT'])).toEqual([1, 2]);
    const registry = new InstrumentRegistry(folder);
    expect(registry.assign('binance-usdm', ['BTCUSDT'])).toEqual([3]);
    expect(registry.assign('binance-spot', ['ETHUSDT', 'SOLUSDT', 'BTCUSDT'])).toEqual([2, 4, 1]);
  });

  test('whatever is asked in whatever order with restarts between: one id a symbol, never two, never reused', () => {
    const symbol = fc.constantFrom('BTCUSDT', 'ETHUSDT', '__proto__', 'constructor', '币安人生USDT', 'X');
    const asks = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.uniqueArray(symbol), fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(asks, (steps) => {
        const place = mkdtempSync(join(folder, 'run-'));
        let registry = new InstrumentRegistry(place);
        const given = new Map<string, number>();
        for (const [venue, symbols, restart] of steps) {
          if (restart) registry = new InstrumentRegistry(place);
          for (const [index, id] of registry.assign(venue, symbols).entries()) {
            const key = `${venue}:${symbols[index]}`;
            expect(given.get(key) ?? id).toBe(id);
            given.set(key, id);
          }
        }
        expect(new Set(given.values()).size).toBe(given.size);
      }),
      { numRuns: 60 },
    );
  });

  test('an id that could not be written down is not given out', () => {
    const registry = new InstrumentRegistry(folder);
    registry.assign('v', ['A']);
    rmSync(folder, { recursive: true });
    expect(() => registry.assign('v', ['B'])).toThrow(/ENOENT/);
    expect(() => registry.assign('v', ['B'])).toThrow(/ENOENT/);
    expect(registry.assign('v', ['A'])).toEqual([1]);
  });

  test.each([
    'no JSON',
    '{"next":2}',
    '{"next":3,"ids":{"v:A":1,"v:B":1}}',
    '{"next":1,"ids":{"v:A":1}}',
    '{"next":0,"ids":{}}',
  ])('a damaged file is refused, not replaced: %s', (text) => {
    writeFileSync(join(folder, 'instruments.json'), text);
    expect(() => new InstrumentRegistry(folder)).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }));
    expect(readFileSync(join(folder, 'instruments.json'), 'utf8')).toBe(text);
  });

  test('files are for the owner alone, and no temporary file stays', () => {
    new InstrumentRegistry(folder).assign('v', ['A']);
    new EpochBook(folder).next(0);
    expect(readdirSync(folder).sort()).toEqual(['epochs.json', 'instruments.json']);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });
});

describe('epochs', () => {
  test('every start of any shard has a greater one, over restarts too, and knows the one before', () => {
    const first = new EpochBook(folder);
    const [a, b] = [first.next(0), first.next(1)];
    expect(a.prevEpoch).toBe(0n);
    expect(b.epoch).toBeGreaterThan(a.epoch);
    const second = new EpochBook(folder);
    const c = second.next(0);
    expect(c).toMatchObject({ prevEpoch: a.epoch });
    expect(c.epoch).toBeGreaterThan(b.epoch);
    expect(second.current(2)).toEqual([String(c.epoch), String(b.epoch)]);
    expect(second.current(1)).toEqual([String(c.epoch)]);
  });

  test('an epoch that could not be written down is not given out, and the next knows the right one before', () => {
    const book = new EpochBook(folder);
    const { epoch } = book.next(0);
    rmSync(folder, { recursive: true });
    expect(() => book.next(0)).toThrow(/ENOENT/);
    expect(book.current(1)).toEqual([String(epoch)]);
  });

  test('without a file the count starts beyond what any earlier engine can have reached', () => {
    expect(new EpochBook(folder).next(0).epoch).toBeGreaterThan(1_700_000_000n);
  });

  test('a file that cannot be read is an error, not an empty one', () => {
    writeFileSync(join(folder, 'epochs.json'), '{"last":"x","shards":{}}');
    expect(() => new EpochBook(folder)).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }));
    chmodSync(join(folder, 'epochs.json'), 0o600);
  });
});

describe('bans', () => {
  test('a ban outlives a restart, and ends in time', () => {
    let now = 1_000_000;
    const clock = (): number => now;
    new BanBook(folder, clock).banned('http://venue', 120_000);
    now += 20_000;
    expect(new BanBook(folder, clock).remaining('http://venue')).toBe(100_000);
    expect(new BanBook(folder, clock).remaining('http://other')).toBe(0);
    now += 200_000;
    expect(new BanBook(folder, clock).remaining('http://venue')).toBe(0);
  });
});
