/** What a sink that takes the journal implements: PostgreSQL and Parquet to come, files first. */
import type { FeedBatch } from '../../native/index.js';

/** Where the events of one shard go. Calls come one after the other; any of them may reject, and `begin` comes next then. */
export interface Destination {
  /**
   * Goes back to what `flush` said, whatever was written since: so each event is there once. Empty: the sink has never been here.
   */
  begin(output: string): Promise<void>;
  /** Takes a batch, first of all what is missing before it. Nobody relies on it yet. Gives the number of events. */
  write(batch: FeedBatch): Promise<number>;
  /** Makes durable what was written, and says in one line of at most 1,024 bytes what `begin` needs to come back to here. */
  flush(): Promise<string>;
  close(): Promise<void>;
}
