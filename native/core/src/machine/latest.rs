//! The newest state of each instrument that an input changed, for the latest table.

use super::{Machine, Touched};
use crate::sink::{Latest, Sink};

impl Machine {
    pub(super) fn touch(&mut self, slot: u32) {
        self.entries[slot as usize].touched = true;
        self.touched = match self.touched {
            Touched::None => Touched::One(slot),
            Touched::One(one) if one == slot => Touched::One(slot),
            Touched::One(_) | Touched::Many => Touched::Many,
        };
    }

    pub(super) fn publish_touched<S: Sink>(&mut self, ts_recv: u64, sink: &mut S) {
        match self.touched {
            Touched::None => {}
            Touched::One(slot) => self.publish_latest(slot, ts_recv, sink),
            Touched::Many => {
                for slot in 0..self.next_slot() {
                    if self.entries[slot as usize].touched {
                        self.publish_latest(slot, ts_recv, sink);
                    }
                }
            }
        }
    }

    /// Shows a sink that knows nothing yet all definitions and states, as they are since the last input, which came at `ts_recv`.
    pub fn show_all<S: Sink>(&mut self, ts_recv: u64, sink: &mut S) {
        for slot in 0..self.next_slot() {
            sink.instrument(slot, &self.entries[slot as usize].definition);
            self.lend(slot, ts_recv, |latest| {
                sink.latest(slot, latest);
                // No event says that its book is another one than none.
                sink.again(slot, latest);
            });
        }
    }

    fn publish_latest<S: Sink>(&mut self, slot: u32, ts_recv: u64, sink: &mut S) {
        self.entries[slot as usize].touched = false;
        self.lend(slot, ts_recv, |latest| sink.latest(slot, latest));
    }

    /// Shows a sink what it asks for.
    #[inline]
    pub(super) fn publish_wanted<S: Sink>(&mut self, ts_recv: u64, sink: &mut S) {
        if let Some(slot) = sink.wanted() {
            self.lend(slot, ts_recv, |latest| sink.again(slot, latest));
        }
    }

    #[inline]
    fn lend(&mut self, slot: u32, ts_recv: u64, show: impl FnOnce(&Latest<'_>)) {
        let Some(entry) = self.entries.get_mut(slot as usize) else { return };
        let stats = entry.stats.figures();
        show(&Latest {
            instrument: entry.definition.id,
            flags: entry.latest_flags(),
            ts_event: entry.book_ts_event,
            ts_recv,
            frame_seq: self.frame_seq,
            last_update_id: entry.counters.last_update_id,
            price_exponent: entry.definition.price_exponent,
            qty_exponent: entry.definition.qty_exponent,
            book: &entry.book,
            depth: self.config.depth,
            trade: entry.last_trade,
            trade_ts_event: entry.last_trade_ts_event,
            trade_flags: entry.last_trade_flags,
            stats,
        });
    }
}
