import { INSTRUMENT_COUNTERS } from './layout.js';

/** Place of a counter among those of an instrument. */
export const instrumentCounter = (name: (typeof INSTRUMENT_COUNTERS)[number]['name']): number =>
  INSTRUMENT_COUNTERS.findIndex((counter) => counter.name === name);
