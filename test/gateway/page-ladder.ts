/** The price ladder: as the page shows it, and as it must look for a book of the engine. */
import type { Page } from 'playwright-core';

export interface Row {
  readonly price: number;
  /** As it is written; empty where nobody stands. */
  readonly size: string;
}

export interface Ladder {
  readonly updateId: string;
  readonly step: number;
  /** Best first. */
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
}

interface Level {
  readonly price: number;
  readonly qty: number;
}

export interface BookSides {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** All of it at one moment, for the page changes between two questions. */
const READ = `(() => {
  const table = document.querySelector('.ladder-rows');
  const side = (name, size) => [...table.querySelectorAll('.' + name + ' .level')].map((row) => ({
    price: row.children[2].textContent,
    size: row.children[size].textContent,
  }));
  return { updateId: table.dataset.updateId, step: table.dataset.step, bids: side('bids', 1), asks: side('asks', 3).reverse() };
})()`;

export async function ladderOnScreen(page: Page): Promise<Ladder> {
  type Raw = { price: string; size: string }[];
  const { updateId, step, bids, asks } = (await page.evaluate(READ)) as Record<'updateId' | 'step', string> &
    Record<'bids' | 'asks', Raw>;
  const rows = (side: Raw): Row[] => side.map(({ price, size }) => ({ price: Number(price.replaceAll(',', '')), size }));
  return { updateId, step: Number(step), bids: rows(bids), asks: rows(asks) };
}

/** The sides of a book's canonical text: `B price qty`, `A price qty`, best first. */
export function bookOf(text: string): BookSides {
  const side = (letter: string): Level[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${letter} `))
      .map((line) => line.split(' '))
      .map(([, price, qty]) => ({ price: Number(price), qty: Number(qty) }));
  return { bids: side('B'), asks: side('A') };
}

/** What a ladder with the steps and as many rows as `like` shows of a book. */
export function ladderOf({ bids, asks }: BookSides, like: Ladder): Ladder {
  const { updateId, step } = like;
  const rows = (levels: readonly Level[], count: number, sign: 1 | -1): Row[] => {
    // Prices in hundredths, for these are whole.
    const [unit, cents] = [Math.round(step * 100), (price: number): number => Math.round(price * 100)];
    const rowOf = (price: number): number => (sign > 0 ? Math.ceil(cents(price) / unit) : Math.floor(cents(price) / unit));
    const first = rowOf(levels[0]?.price ?? 0);
    return Array.from({ length: count }, (_, index) => {
      const row = first + sign * index;
      const thousandths = levels
        .filter(({ price }) => rowOf(price) === row)
        .reduce((total, { qty }) => total + Math.round(qty * 1000), 0);
      return { price: (row * unit) / 100, size: thousandths === 0 ? '' : written(thousandths) };
    });
  };
  return { updateId, step, bids: rows(bids, like.bids.length, -1), asks: rows(asks, like.asks.length, 1) };
}

/** `1234500` thousandths → `1,234.500`. */
function written(thousandths: number): string {
  return (thousandths / 1000).toLocaleString('en', { minimumFractionDigits: 3, maximumFractionDigits: 3 });
}
