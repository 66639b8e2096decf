import { VENUES } from '../model/codes.js';
import type { SourceName } from '../model/feeds.js';
import type { InstrumentDefinition } from '../native/index.js';

/** Decimals that most sources keep to; the core widens where a value has more. */
const EXPONENTS = { priceExponent: -4, qtyExponent: -4 } as const;

/** A symbol of a source: nobody tells its steps. */
export function sourceInstrument(id: number, source: string, symbol: string): InstrumentDefinition {
  const steps = { ...EXPONENTS, tickSize: 0n, lotSize: 0n };
  return { id, venue: VENUES[source as SourceName], symbol, ...steps, trading: true, changeCount: 0 };
}
