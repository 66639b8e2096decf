/**
 * A symbol as its venue spells it. Without a capital it is taken for capitals; beside capitals small letters are the venue's own:
 * `PF_AAPLxUSD` of Kraken, `XRP_USDC-26DEC25-2d5-C` of Deribit.
 */
export function spelled(symbol: string): string {
  return /\p{Lu}/u.test(symbol) ? symbol : symbol.toUpperCase();
}
