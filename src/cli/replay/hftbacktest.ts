/**
 * Recordings of lines `<receive time> <frame as received>`: one symbol a file, the REST depth answer in-line as a frame with
 * the root member `lastUpdateId`. The time is in ns (19 digits) or us (16 digits) since the UNIX epoch.
 */
import { basename } from 'node:path';
import { CHANNELS } from '../../model/codes.js';
import { TickringError } from '../../model/errors.js';
import type { ReplayInput } from './input.js';
import { type Line, linesOf } from './lines.js';

/** Lines that are looked at for the symbol of a file. */
const PEEK_LINES = 1_000;
const SPACE = 0x20;
const ALL_CHANNELS = CHANNELS.book | CHANNELS.trade | CHANNELS.quote;

function timeOf(text: string): bigint | undefined {
  if (/^\d{19}$/.test(text)) return BigInt(text);
  return /^\d{16}$/.test(text) ? BigInt(text) * 1_000n : undefined;
}

function isDepthAnswer(frame: Buffer): boolean {
  if (!frame.includes('"lastUpdateId"')) return false;
  try {
    const value: unknown = JSON.parse(frame.toString('utf8'));
    return typeof value === 'object' && value !== null && Object.hasOwn(value, 'lastUpdateId');
  } catch {
    // The state machine says what is wrong with it.
    return false;
  }
}

/** One file with its symbol, which the frames name, or else the file's name. */
class SymbolFile {
  readonly #file: string;
  readonly #lines: AsyncGenerator<Line>;
  readonly #peeked: Line[] = [];
  symbol = '';

  private constructor(file: string) {
    this.#file = file;
    this.#lines = linesOf(file);
  }

  static async open(file: string): Promise<SymbolFile> {
    const opened = new SymbolFile(file);
    while (opened.symbol === '' && opened.#peeked.length < PEEK_LINES) {
      const { value, done } = await opened.#lines.next();
      if (done === true) break;
      opened.#peeked.push(value);
      opened.symbol = /"s":"([^"\\]{1,64})"/.exec(value.bytes.toString('utf8'))?.[1] ?? '';
    }
    if (opened.symbol === '') opened.symbol = (/^[^._-]+/.exec(basename(file))?.[0] ?? '').toUpperCase();
    return opened;
  }

  async *inputs(): AsyncGenerator<ReplayInput> {
    for (const line of this.#peeked) yield this.#input(line);
    for await (const line of this.#lines) yield this.#input(line);
  }

  #input({ bytes, number }: Line): ReplayInput {
    const place = { file: this.#file, line: number };
    const space = bytes.indexOf(SPACE);
    const tsRecv = timeOf(bytes.toString('latin1', 0, Math.max(space, 0)));
    if (tsRecv === undefined) {
      throw new TickringError(
        'RECORDING_INVALID',
        `${this.#file}: line ${number} begins with no receive time of 16 or 19 digits and a blank`,
      );
    }
    const frame = bytes.subarray(space + 1);
    if (isDepthAnswer(frame)) return { kind: 'depth', tsRecv, place, symbol: this.symbol, bytes: frame };
    return { kind: 'frame', tsRecv, place, connection: 'recorded', bytes: frame };
  }
}

/** Files of one symbol continue each other. */
async function* oneSymbol(files: readonly SymbolFile[]): AsyncGenerator<ReplayInput> {
  for (const file of files) yield* file.inputs();
}

/** All inputs of these files: symbol by symbol in the order given, symbols side by side in the order of time. */
export async function* hftbacktestInputs(files: readonly string[]): AsyncGenerator<ReplayInput> {
  const bySymbol = new Map<string, SymbolFile[]>();
  for (const file of files) {
    const opened = await SymbolFile.open(file);
    bySymbol.set(opened.symbol, [...(bySymbol.get(opened.symbol) ?? []), opened]);
  }
  const streams = await Promise.all(
    [...bySymbol.values()].map(async (symbolFiles) => {
      const inputs = oneSymbol(symbolFiles);
      return { inputs, head: await inputs.next() };
    }),
  );
  const subscriptions = [...bySymbol.keys()].map((symbol) => ({ symbol, channels: ALL_CHANNELS }));
  let isFirst = true;
  for (;;) {
    let next: { inputs: AsyncGenerator<ReplayInput>; head: IteratorResult<ReplayInput> } | undefined;
    for (const stream of streams) {
      if (stream.head.done === true) continue;
      if (next === undefined || stream.head.value.tsRecv < (next.head.value as ReplayInput).tsRecv) next = stream;
    }
    if (next === undefined) return;
    const input = next.head.value as ReplayInput;
    if (isFirst) {
      isFirst = false;
      const { tsRecv, place } = input;
      yield { kind: 'connect', tsRecv, place, connection: 'recorded' };
      yield { kind: 'subscribe', tsRecv, place, connection: 'recorded', subscriptions };
    }
    yield input;
    next.head = await next.inputs.next();
  }
}
