/** N8, F23: a stream that falls silent on a connection that speaks is told, and asked for anew. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CODES, KINDS, STATES } from '#dist/model/codes.js';
import { INSTRUMENT_COUNTERS, PAYLOAD_FIELDS, RECORD_OFFSETS, RECORD_SIZE_MAX, RingReader } from '#dist/native/index.js';
import { eventually, Rig } from './rig.js';

const SYMBOL = 'BTCUSDT';
const SILENT = INSTRUMENT_COUNTERS.findIndex(({ name }) => name === 'silent');
const QUOTE_BIT = 4;

let rig: Rig;
let reader: RingReader;
beforeAll(async () => {
  // Bybit promises to repeat its best prices after 3 s of silence, so that nothing has to be learned first.
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['bybit-linear'], symbols: [SYMBOL, 'ETHUSDT'] } });
  reader = new RingReader(rig.config.shmRoot, rig.config.name, 0);
});
afterAll(async () => {
  reader?.close();
  await rig?.stop();
});

it('quotes that stop are told with symbol, channel and code; the venue is asked anew, and they come back', async () => {
  await eventually('quotes', async () => (await rig.counter('quotes')) > 50);
  const { instruments } = await rig.status();
  const instrument = instruments.find(({ symbol }) => symbol === SYMBOL)?.id ?? 0;
  const told: { state: number; code: number; detail: bigint }[] = [];
  const out = Buffer.alloc(RECORD_SIZE_MAX * 256);
  const drain = (): void => {
    for (let count = 1; count > 0; ) {
      count = reader.poll(out, 128);
      for (let at = 0, left = count; left > 0; left -= 1) {
        const isStatus = out.readUInt8(at + RECORD_OFFSETS.kind) === KINDS.status;
        if (isStatus && out.readUInt32LE(at + RECORD_OFFSETS.instrument) === instrument) {
          const word = (name: keyof typeof PAYLOAD_FIELDS.status): bigint => wordAt(out, at, PAYLOAD_FIELDS.status[name]);
          told.push({ state: Number(word('state')), code: Number(word('code')), detail: word('detail') });
        }
        at += out.readUInt32LE(at + RECORD_OFFSETS.size);
      }
    }
  };
  rig.inject('drop', { stream: 'bookTicker', symbol: SYMBOL, n: 1_000_000 });
  await eventually('it is told', () => {
    drain();
    return told.some(({ state }) => state === STATES.silent);
  });
  const code = CODES.CHANNEL_SILENT.number;
  expect(told).toContainEqual({ state: STATES.silent, code, detail: BigInt(QUOTE_BIT) });
  const lines = rig.lines.filter(({ fields }) => fields['code'] === 'CHANNEL_SILENT');
  expect(lines.map(({ level, fields }) => [level, fields['symbol'], fields['channels']])).toEqual([
    ['warn', SYMBOL, ['quote']],
  ]);
  await eventually('they come back', () => {
    drain();
    return told.some(({ state, code: why }) => state === STATES.subscribed && why === code);
  });
  expect(await rig.counter('silences')).toBe(1);
  await eventually('no channel is silent', () => Number(reader.instrumentCounters(instrument)?.[SILENT]) === 0);
  // The book's stream was never touched.
  expect(await rig.counter('resyncs')).toBe(0);
});

interface Field {
  readonly word: number;
  readonly shift?: number;
  readonly bits?: number;
}

/** A field of a record's payload. */
function wordAt(out: Buffer, at: number, field: Field): bigint {
  const word = out.readBigUInt64LE(at + RECORD_OFFSETS.payload + 8 * field.word) >> BigInt(field.shift ?? 0);
  return field.bits === undefined ? word : word & ((1n << BigInt(field.bits)) - 1n);
}
