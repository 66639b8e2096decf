//! Where the state machine's output goes: the ring writer live, a digest or a list in replay and tests.

use crate::book::Book;
use crate::event::{Event, Stats24h, Trade};
use crate::input::Instrument;

/// The newest state of one instrument, for the latest table.
#[derive(Clone, Copy, Debug)]
pub struct Latest<'a> {
    /// Instrument id.
    pub instrument: u32,
    /// Book flags (stale, crossed, locked, partial) of [`crate::event::flag`].
    pub flags: u16,
    /// Venue's time of the last book change, ns; 0 where unknown.
    pub ts_event: u64,
    /// Receive time of the input that changed this state last, ns.
    pub ts_recv: u64,
    /// Number of that input.
    pub frame_seq: u64,
    /// Update id of the book.
    pub last_update_id: u64,
    /// Price exponent in force.
    pub price_exponent: i8,
    /// Quantity exponent in force.
    pub qty_exponent: i8,
    /// The full book: a sink takes the best levels from it into where they are to be, with [`Book::each_top`].
    pub book: &'a Book,
    /// How many of them a side, at most.
    pub depth: usize,
    /// Last trade; `trade_id` 0 and quantity 0 where none was seen.
    pub trade: Trade,
    /// Its venue time, ns.
    pub trade_ts_event: u64,
    /// Its flags (aggressor, aggregated).
    pub trade_flags: u16,
    /// 24-hour figures.
    pub stats: Stats24h,
}

/// Receives the output of one input in order. Implementations must not allocate per event.
pub trait Sink {
    /// One event.
    fn event(&mut self, event: &Event<'_>);

    /// The state of an instrument after the events of an input that touched it. `slot` is dense from 0 in the order in which
    /// instruments were defined.
    fn latest(&mut self, slot: u32, latest: &Latest<'_>);

    /// A new or changed definition, before the event that says so.
    fn instrument(&mut self, slot: u32, instrument: &Instrument);

    /// The frame has been read: what comes now is its sequence and its book.
    #[inline]
    fn parsed(&mut self) {}

    /// Of several lines that carry a stream one brought a message by so many ns before another one.
    #[inline]
    fn lead(&mut self, _ns: u64) {}

    /// Slot whose state the sink wants to see again though no input changed it; asked for after each input.
    #[inline]
    fn wanted(&mut self) -> Option<u32> {
        None
    }

    /// The state of the slot that was [`Self::wanted`]. Its receive time and number are those of the input just applied.
    fn again(&mut self, _slot: u32, _latest: &Latest<'_>) {}
}

/// A sink that keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl Sink for Discard {
    fn event(&mut self, _: &Event<'_>) {}
    fn latest(&mut self, _: u32, _: &Latest<'_>) {}
    fn instrument(&mut self, _: u32, _: &Instrument) {}
}
