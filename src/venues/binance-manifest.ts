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
    // A stream that tells of all symbols has a name of its own: `!contractInfo`.
    kindOf: (message) => {
      const [symbol, kind] = textAt(message, 'stream')?.split('@') ?? [];
      return symbol?.startsWith('!') === true ? symbol : kind;
    },
    members: Object.fromEntries(members),
    states,
  };
}

/** Members of klines: those of takers and `B`, which says nothing, are not read. */
export const KLINE_MEMBERS = 'e E s k k.t k.T k.s k.i k.f k.L k.o k.c k.h k.l k.v k.n k.x k.q k.V k.Q k.B ps? st?';

/** Members of futures' streams. */
export const FUTURES_STREAMS = {
  depth: 'e E T s ps? U u pu b a st?',
  bookTicker: 'e u E T s ps? b B a A st?',
  aggTrade: 'e E a s p q nq? f l T m st?',
  // `ap` is of 2025; contracts that expire have neither index nor funding.
  markPrice: 'e E s ps? p ap? i? P r T st?',
  kline_1m: KLINE_MEMBERS,
  forceOrder: 'e E o o.s o.ps? o.S o.o o.f o.q o.p o.ap o.X o.l o.z o.T st?',
  '!contractInfo': 'e E s ps ct dt ot cs bks? bks[].bs? bks[].bnf? bks[].bnc? bks[].mmr? bks[].cf? bks[].mi? bks[].ma? st?',
};
