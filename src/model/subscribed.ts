/** The counter `channels` of an instrument: what is subscribed of it, as bits, and two bits that are no channel. */
import { CHANNELS } from './codes.js';

/** The instrument has left its shard. */
export const REMOVED_BIT = 256;
/** It was halted or delisted, and was not heard of since. */
const SUSPENDED_BIT = 1_024;

/** Whether there is no book that could be out of sync: nothing but trades or quotes is subscribed, or the instrument does not trade. */
export const hasNoBook = (channels: number): boolean =>
  channels !== 0 && ((channels & CHANNELS.book) === 0 || (channels & SUSPENDED_BIT) !== 0);
