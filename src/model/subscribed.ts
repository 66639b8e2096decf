/** What is subscribed of an instrument, and whether it trades: its counter `channels`, which has two bits that are no channel, and its definition. */
import { CHANNELS, type TradingStateName } from './codes.js';

/** The instrument has left its shard. */
export const REMOVED_BIT = 256;
/** It was halted or delisted, and was not heard of since. */
const SUSPENDED_BIT = 1_024;

/** Whether there is no book that could be out of sync: nothing but trades or quotes is subscribed, or the instrument does not trade. */
export const hasNoBook = (channels: number): boolean =>
  channels !== 0 && ((channels & CHANNELS.book) === 0 || (channels & SUSPENDED_BIT) !== 0);

/** Whether an instrument trades, as its definition says. */
export function tradingState(of: { readonly trading: boolean; readonly delisted?: boolean | undefined }): TradingStateName {
  if (of.delisted === true) return 'delisted';
  return of.trading ? 'trading' : 'halted';
}
