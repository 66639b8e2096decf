/** Faults rewrite the text of messages: one that finds nothing in the spelling of a venue would do nothing, and its test blame the engine. */
import { describe, expect, it } from 'vitest';
import { dialects } from '../../src/simulator/dialects/index.js';
import { corrupt } from '../../src/simulator/faults/corrupt.js';
import { cross, malform, shiftTime } from '../../src/simulator/faults/malform.js';
import type { MalformKind } from '../../src/simulator/faults/script.js';
import { spike } from '../../src/simulator/faults/spike.js';
import { BINARY_PREFIX } from '../../src/simulator/market/binary-channels.js';
import { Random } from '../../src/simulator/market/random.js';
import { VenueMarket } from '../../src/simulator/market/venue-market.js';

type Spoil = (bytes: Buffer) => Buffer;
type Kind = 'depth' | 'trade' | 'bookTicker';

const malformed = (kind: MalformKind): Spoil => malform(kind, { size: 3 }, new Random(1, kind));

/** What is rewritten, of which messages, and which list of spellings has to know them. */
const SPELLED: readonly (readonly [fault: string, kind: Kind, spoil: Spoil, list: string])[] = [
  ['wrong_type', 'depth', malformed('wrong_type'), 'QUANTITIES of malform.ts'],
  ['negative', 'trade', malformed('negative'), 'QUANTITIES of malform.ts'],
  ['exponent', 'bookTicker', malformed('exponent'), 'QUANTITIES of malform.ts'],
  ['unknown_type', 'depth', malformed('unknown_type'), 'TYPE of change.ts'],
  ['missing_member', 'depth', malformed('missing_member'), 'LEVELS of change.ts'],
  ['crossed', 'depth', cross, 'cross of malform.ts'],
  ['corrupt', 'depth', corrupt(1, 1), 'LEVELS of corrupt.ts'],
  ['bad_time', 'depth', shiftTime(-3_600_000, 1), 'shiftTime of malform.ts'],
  ['spike of a price', 'trade', spike('price', 10), 'PLACES of spike.ts'],
  ['spike of a quantity', 'trade', spike('quantity', 10), 'PLACES of spike.ts'],
  ['spike of an ask', 'bookTicker', spike('ask', 10), 'PLACES of spike.ts'],
];

describe.each(Object.values(dialects).map((dialect) => [dialect.name, dialect] as const))('%s', (name, dialect) => {
  const texts: Record<Kind, string[]> = { depth: [], trade: [], bookTicker: [] };
  const market = new VenueMarket({
    dialect,
    symbols: [...dialect.symbols.values()],
    seed: 7,
    rate: 1_000,
    epochMs: 1_767_225_600_000,
    historyChanges: 100_000,
    extraKeys: false,
    publish: (frame) => {
      const { kind, name: stream } = frame.channel;
      if (kind in texts && !stream.startsWith(BINARY_PREFIX))
        texts[kind as Kind].push(frame.payload(false, false).bytes.toString());
    },
  });
  for (const channel of market.channels.values()) channel.subscribers.add({ deliver: () => {}, expect: () => {} });
  for (let step = 0; step < 300; step += 1) market.step();

  it.each(SPELLED)('%s finds what it spoils', (fault, kind, spoil, list) => {
    expect(texts[kind].length).toBeGreaterThan(10);
    const spoilt = texts[kind].filter((text) => spoil(Buffer.from(text)).toString() !== text);
    const [first] = texts[kind];
    expect(spoilt.length, `${list} (src/simulator/faults) knows no ${fault} of ${name} in ${first}`).toBeGreaterThan(0);
  });
});
