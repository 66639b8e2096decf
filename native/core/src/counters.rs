//! Counters of a shard and of an instrument: plain arrays, written by one thread, copied to shared memory on ticks.

use serde::{Deserialize, Serialize};

macro_rules! counters {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $help:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name { $(#[doc = $help] pub $field: u64,)+ }

        impl $name {
            /// Names and help texts, in the order of [`Self::values`].
            pub const TABLE: &[(&str, &str)] = &[$((stringify!($field), $help),)+];

            /// Place of a counter in the table; `TABLE.len()` where there is none of that name.
            #[must_use]
            pub const fn place(name: &str) -> usize {
                let mut place = 0;
                while place < Self::TABLE.len() {
                    let (held, name) = (Self::TABLE[place].0.as_bytes(), name.as_bytes());
                    let mut same = 0;
                    while same < held.len() && same < name.len() && held[same] == name[same] {
                        same += 1;
                    }
                    if same == held.len() && same == name.len() {
                        break;
                    }
                    place += 1;
                }
                place
            }

            /// The values in the order of the table.
            #[must_use]
            pub const fn values(&self) -> [u64; Self::TABLE.len()] { [$(self.$field,)+] }
        }
    };
}

counters! {
    /// Counters of a shard.
    ShardCounters {
        inputs: "Inputs of any kind.",
        frames: "Frames received.",
        frame_bytes: "Bytes of those frames.",
        events: "Events published.",
        trades: "Trade events.",
        quotes: "Quote events.",
        book_deltas: "Book deltas applied.",
        book_snapshots: "Full books published.",
        book_differences: "New books, and topped up ones, published as what differs from the one that served.",
        gaps: "Gap events.",
        resyncs: "Times a book had to be rebuilt.",
        duplicates: "Messages that repeated what was applied already.",
        older_than_snapshot: "Buffered deltas that the snapshot contained.",
        buffered: "Deltas buffered while a snapshot was awaited.",
        held: "Messages behind a hole that waited for another line to fill it.",
        filled: "Of those the ones that followed once another line had filled it.",
        quarantined: "Inputs set aside with their bytes.",
        ignored: "Messages known to the manifest that carry nothing we publish.",
        off_market: "Trade messages that are no market trades.",
        replies: "Answers to control messages.",
        connects: "Connections opened.",
        disconnects: "Connections lost or closed.",
        crossed: "Times a book became crossed.",
        checksums: "Books that the venue's checksum was compared with.",
        checksum_mismatches: "Books that were not the ones of the venue's checksum.",
        silences: "Times a channel was silent beyond the limit learned of it.",
        audits: "Copies of books that were fetched and compared.",
        audit_levels: "Levels compared.",
        audit_different: "Levels that were different.",
        top_ups: "Books extended by a copy, because the market came near to the end of what was known.",
        audits_void: "Audits that came to nothing: no answer, or the book was rebuilt meanwhile.",
        rollbacks: "Times a venue restarted its ids.",
        widened: "Times an instrument's exponents had to be widened.",
        suspended: "Times an instrument was halted or delisted while it was followed, and its book cleared.",
        mark_prices: "Mark and index price events.",
        fundings: "Funding events.",
        open_interests: "Open interest events.",
        liquidations: "Liquidation events.",
        trading_statuses: "Trading status events.",
        bars: "Bars as the venue counts them.",
        checked: "Trades, quotes and book deltas that the rules of validation were applied to.",
        suspects: "Of these, events that a rule doubts.",
        suspect_price_range: "Trades and quotes with a price outside the configured bounds.",
        suspect_outlier: "Trades with a price far from the median of those before.",
        suspect_volume: "Trades many times larger than the largest of those before.",
        suspect_time: "Events whose venue time goes back or leaps ahead.",
        suspect_spread: "Quotes and book deltas with a spread beyond the limit.",
        suspect_completeness: "Minutes of a book's or the trades' ids of which too many were missing.",
        cross_checks: "Books of sources that were compared with those of the other sources of a view.",
        cross_deviations: "Of these, books whose middle price is far from the others'.",
        ids_expected: "Venue ids that should have come, in whole minutes.",
        ids_missing: "Of these, ids that did not come in their minute.",
    }
}

counters! {
    /// Figures of a shard's journal; zeros where none is kept.
    JournalCounters {
        journal_state: "0 no journal, 1 all becomes durable, 2 degraded: the disk fails or is slow, 3 closed.",
        journal_durable: "Number of the last input that is on disk.",
        journal_appended: "Number of the last input.",
        journal_shed: "Inputs that the journal could not take; each is in a gap.",
        journal_shed_bytes: "Bytes of those inputs.",
        journal_bytes: "Bytes written to the journal.",
        journal_groups: "Groups of inputs made durable together.",
        journal_segments: "Segments begun.",
        journal_failures: "Errors of the disk.",
    }
}

counters! {
    /// Counters of an instrument.
    InstrumentCounters {
        book_deltas: "Book deltas applied.",
        trades: "Trade events.",
        quotes: "Quote events.",
        gaps: "Gap events.",
        resyncs: "Times the book had to be rebuilt.",
        duplicates: "Messages that repeated what was applied already.",
        quarantined: "Messages of this instrument set aside.",
        channels: "Channels subscribed, as bits; kept while their connection is lost; 256: it left; 1024: it is halted or delisted.",
        silences: "Times a channel was silent beyond the limit learned of it.",
        audits: "Copies of books that were fetched and compared.",
        audit_levels: "Levels compared.",
        audit_different: "Levels that were different.",
        silent: "Channels that are, as bits.",
        book_silence_ms_max: "Silence of the book that is reported, ms; 0 while it is learned.",
        trade_silence_ms_max: "The same of trades.",
        quote_silence_ms_max: "The same of quotes.",
        known_bids: "Bid levels from the best to the worst that is known; worse ones are in the book only if they changed.",
        known_asks: "The same of asks.",
        in_sync: "1 while the book is proven in sync, else 0.",
        last_update_id: "Update id of the book.",
        last_ts_recv: "Receive time of the last message, ns since the UNIX epoch.",
        mark_prices: "Mark and index price events.",
        fundings: "Funding events.",
        open_interests: "Open interest events.",
        liquidations: "Liquidation events.",
        trading_statuses: "Trading status events.",
        bars: "Bars as the venue counts them.",
        suspects: "Events that a rule of validation doubts.",
        watched_ns: "Time for which its book was subscribed, ns, since its rules were set.",
        live_ns: "Of this, time in which the book was proven in sync, ns.",
        source: "Instrument of the leg that a view follows; 0: none, or all.",
        source_switches: "Times that was another leg than before.",
    }
}

/// Bit of [`InstrumentCounters::channels`] of an instrument that has left its shard. No channel has it.
pub const REMOVED: u64 = 1 << 8;

/// Bit of [`InstrumentCounters::channels`] of an instrument that was halted or delisted and not heard of since: it has no book that could
/// be out of sync. No channel has it.
pub const SUSPENDED: u64 = 1 << 10;
