/** `tickring book`: the book of any instant. */
import type { Command } from 'commander';
import { TickringError } from '../model/errors.js';
import { journalDir } from './journal/folders.js';
import { bookAt } from './library/book-at.js';
import { integer } from './options.js';
import { nanosecondsAt, timeText } from './times.js';

interface BookFlags {
  readonly at: string;
  readonly journal?: string;
  readonly config?: string;
  readonly engine?: string;
  readonly depth?: string;
  readonly json?: boolean;
}

const DEPTH = 10;
const DEPTH_MAX = 1_000_000;

/** The best levels of both sides: canonical lines are in that order. */
function sides(text: string, depth: number): { bids: string[][]; asks: string[][] } {
  const lines = text.trimEnd().split('\n');
  const of = (letter: string): string[][] =>
    lines
      .filter((line) => line.startsWith(letter))
      .slice(0, depth)
      .map((line) => line.split(' ').slice(1));
  return { bids: of('B '), asks: of('A ') };
}

async function book(symbol: string, flags: BookFlags): Promise<void> {
  const at = nanosecondsAt('at', flags.at);
  const depth = integer('depth', flags.depth, 0, DEPTH_MAX) ?? DEPTH;
  const found = await bookAt(symbol, at, { journal: journalDir(flags.journal, flags) });
  if (found === undefined)
    throw new TickringError('INSTRUMENT_UNKNOWN', `the journal knows no ${symbol.slice(0, 80)} at ${timeText(at)}`);
  const { bids, asks } = sides(found.text, depth === 0 ? DEPTH_MAX : depth);
  const { venue, inSync, exact, lastUpdateId, frameSeq, epoch, tsLatest, shard } = found;
  if (flags.json === true) {
    const json = {
      venue,
      symbol: found.symbol,
      at: String(at),
      in_sync: inSync,
      exact,
      last_update_id: String(lastUpdateId),
      shard,
      frame_seq: String(frameSeq),
      epoch: String(epoch),
      ts_latest: String(tsLatest),
      bids,
      asks,
    };
    process.stdout.write(`${JSON.stringify(json)}\n`);
    return;
  }
  const state = [inSync ? 'in sync' : 'NOT in sync', ...(exact ? [] : ['behind a gap of the journal: not what was live'])];
  const lines = [
    `${venue}:${found.symbol}  ${state.join(', ')}  update id ${lastUpdateId}  after input ${frameSeq} of epoch ${epoch}, ${timeText(tsLatest)}`,
    ...asks.map(([price, qty]) => `  ask  ${price}  ${qty}`).reverse(),
    ...bids.map(([price, qty]) => `  bid  ${price}  ${qty}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Adds `book`. */
export function registerBook(program: Command): void {
  program
    .command('book')
    .description('the book of an instant, from the journal')
    .argument('<symbol>', 'SYMBOL or venue:SYMBOL')
    .requiredOption('--at <time>', 'ISO 8601 with up to nine digits behind the second, or digits since 1970')
    .option('--journal <dir>', "a journal's folder; absent: that of the engine")
    .option('-c, --config <file>', 'YAML configuration, for the place of the journal')
    .option('--engine <name>', 'name of the engine')
    .option('--depth <n>', `levels a side, 0 for all; ${DEPTH} unless told`)
    .option('--json', 'JSON instead of text')
    .action(book);
}
