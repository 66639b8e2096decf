import { hashText, Random } from '../market/random.js';

/** Quantity of a level that stays, in the spellings of all venues: what stands before it, and its digits. */
const LEVELS = [
  /(\["[\d.]+",")([\d.]*[1-9][\d.]*)/g,
  /(\["[a-z]+",[\d.e+-]+,)([\d.]*[1-9][\d.]*)/g,
  /("price":[\d.]+,"qty":)([\d.]*[1-9][\d.]*)/g,
  /("price_level":"[\d.]+","new_quantity":")([\d.]*[1-9][\d.]*)/g,
];

/** Another digit, and never a zero: the level stays. */
const otherDigit = (digit: string): string => (digit === '9' ? '8' : String(Number(digit) + 1));

/**
 * Changes the quantity of a share of the levels that do not leave; ids, prices and everything else stay as they are. What is drawn depends on
 * `seed` and the message alone, so that all connections get the same.
 */
export function corrupt(share: number, seed: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const text = bytes.toString('latin1');
    const random = new Random(seed, String(hashText(text)));
    const change = (whole: string, before: string, quantity: string): string =>
      random.u32() >= share * 0x1_0000_0000 ? whole : before + quantity.replace(/[1-9]/, otherDigit);
    return Buffer.from(
      LEVELS.reduce((result, spelling) => result.replace(spelling, change), text),
      'latin1',
    );
  };
}
