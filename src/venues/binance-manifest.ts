import { textAt, type VenueManifest } from '../model/manifest.js';

/**
 * What messages of a Binance market hold: each stream's members, in its combined form. `states` is where its listing says whether a symbol
 * trades, and what it has been known to say.
 */
export function manifestOf(streams: Readonly<Record<string, string>>, states: VenueManifest['states']): VenueManifest {
  const members = Object.entries(streams).map(([kind, names]) => {
    const paths = names.split(' ').map((name) => `data.${name}`);
    return [kind, ['stream', 'data', ...paths].join(' ')] as const;
  });
  return {
    kindOf: (message) => textAt(message, 'stream')?.split('@')[1],
    members: Object.fromEntries(members),
    states,
  };
}

/** Members of futures' streams. */
export const FUTURES_STREAMS = {
  depth: 'e E T s ps? U u pu b a st?',
  bookTicker: 'e u E T s ps? b B a A st?',
  aggTrade: 'e E a s p q nq? f l T m st?',
};
