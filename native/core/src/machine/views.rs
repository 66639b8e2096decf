//! What of a machine others may look at.

use super::Machine;
use crate::book::Book;
use crate::counters::{InstrumentCounters, ShardCounters};
use crate::input::Instrument;

impl Machine {
    /// Counters of the shard.
    #[must_use]
    pub fn counters(&self) -> &ShardCounters {
        &self.counters
    }

    /// Counters of an instrument.
    #[must_use]
    pub fn instrument_counters(&self, slot: u32) -> Option<&InstrumentCounters> {
        Some(&self.entries.get(slot as usize)?.counters)
    }

    /// Number of slots in use, those of removed instruments included.
    #[must_use]
    pub fn instruments_len(&self) -> u32 {
        self.next_slot()
    }

    /// The definition in force.
    #[must_use]
    pub fn instrument(&self, slot: u32) -> Option<&Instrument> {
        Some(&self.entries.get(slot as usize)?.definition)
    }

    /// Slot of an instrument id.
    #[must_use]
    pub fn slot(&self, instrument_id: u32) -> Option<u32> {
        self.slots.get(&instrument_id).copied()
    }

    /// The serving book: in sync, or the last one proven while a new one is being built.
    #[must_use]
    pub fn book(&self, slot: u32) -> Option<&Book> {
        Some(&self.entries.get(slot as usize)?.book)
    }

    /// Number of the last input; before the first the one that it was made with, 0 otherwise.
    #[must_use]
    pub fn frame_seq(&self) -> u64 {
        self.frame_seq
    }
}
