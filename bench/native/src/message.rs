//! The records that the ring's measurements send, and the bare lines of the same size beside them.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use tickring_core::event::{Body, BookChange, Event, Header, Level, Quote, flag};
use tickring_core::sink::Sink;
use tickring_shm::{Clock, Record, Writer};

use crate::clock::wall_ns;
use crate::lines::{Line, Lines};

/// Size of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Shape {
    /// A quote: one slot of 64 bytes, 48 of payload.
    Small = 0,
    /// A delta of ten levels: four slots, 256 bytes.
    Large = 1,
}

/// Levels of a large message.
const LEVELS: usize = 10;

impl Shape {
    /// The shape with this number.
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::Small),
            1 => Some(Self::Large),
            _ => None,
        }
    }

    /// Name in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "64",
            Self::Large => "256",
        }
    }

    /// Slots of the ring.
    pub const fn span(self) -> u64 {
        match self {
            Self::Small => 1,
            Self::Large => 4,
        }
    }

    /// Words of the bare message of the same size.
    const fn bare_words(self) -> usize {
        match self {
            Self::Small => 8,
            Self::Large => 32,
        }
    }
}

/// Publishes messages that carry a due time as a quantity: records keep it unchanged.
#[derive(Debug)]
pub struct Sender {
    /// The ring.
    pub writer: Writer,
    number: u64,
    has_standing_clock: bool,
    /// Receive time that records carry: a feed has it before it publishes, so taking it is no part of the ring's cost.
    ts_recv: u64,
    levels: [Level; LEVELS],
}

impl Sender {
    /// Over a ring, which is stamped by the counter, as the addon does.
    pub fn new(mut writer: Writer) -> Self {
        writer.use_clock(Clock::counter());
        Self::of(writer)
    }

    const fn of(writer: Writer) -> Self {
        Self { writer, number: 0, has_standing_clock: false, ts_recv: 0, levels: [Level { price: 618_000, qty: 0 }; LEVELS] }
    }

    /// With one receive time for ever, where the writer has one time for ever as well.
    pub fn standing(writer: Writer, ts_recv: u64) -> Self {
        Self { has_standing_clock: true, ts_recv, ..Self::of(writer) }
    }

    /// Publishes one; `due` is below 2^48, as quantities of compact quotes are.
    #[inline]
    pub fn send(&mut self, shape: Shape, due: u64) {
        self.send_as(shape, due, 0);
    }

    /// As [`Self::send`], as the record with this index of its input, of which the first takes the stamp for all.
    #[inline]
    pub fn send_as(&mut self, shape: Shape, due: u64, index: u32) {
        // Often enough that the record's compact stamp (16 ms) holds.
        if self.number.is_multiple_of(1024) && !self.has_standing_clock {
            self.ts_recv = wall_ns();
        }
        self.number += 1;
        let flags = flag::LAST | flag::NO_TS_EVENT;
        let header = Header { instrument: 1, flags, ts_event: 0, ts_recv: self.ts_recv, frame_seq: self.number, index };
        let qty = due.cast_signed();
        let body = match shape {
            Shape::Small => Body::Quote(Quote { bid_price: 618_000, bid_qty: qty, ask_price: 618_001, ask_qty: 2 }),
            Shape::Large => {
                self.levels[0].qty = qty;
                let (bids, asks) = self.levels.split_at(LEVELS / 2);
                let (prev_update_id, last_update_id) = (self.number, self.number + 1);
                Body::BookDelta(BookChange { prev_update_id, last_update_id, part: 0, parts: 1, bids, asks })
            }
        };
        self.writer.event(&Event { header, body });
    }
}

/// Due time of a received message.
#[inline]
pub fn due_of(shape: Shape, record: &Record) -> Option<u64> {
    let qty = match shape {
        Shape::Small => record.quote()?.bid_qty,
        Shape::Large => record.book()?.bids.first()?.qty,
    };
    Some(qty.cast_unsigned())
}

/// Writes a bare message of this number.
#[inline]
pub fn send_bare(lines: &Lines, shape: Shape, number: u64, due: u64) {
    for index in 1..shape.bare_words() {
        lines.word(Line::Bare, index).store(due, Relaxed);
    }
    lines.word(Line::Bare, 0).store(number, Release);
}

/// Waits for a bare message other than `seen`; gives its number and due time.
#[inline]
pub fn receive_bare(lines: &Lines, shape: Shape, seen: u64) -> (u64, u64) {
    loop {
        // Acquire: pairs with the Release store of `send_bare`, after all other words.
        let number = lines.word(Line::Bare, 0).load(Acquire);
        if number != seen {
            let last = (1..shape.bare_words()).fold(0, |_, index| lines.word(Line::Bare, index).load(Relaxed));
            return (number, last);
        }
        std::hint::spin_loop();
    }
}
