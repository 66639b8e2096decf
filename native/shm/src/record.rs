//! One record as a reader holds it: its own copy, checked, never a view of shared memory.

use tickring_core::error::Code;
use tickring_core::event::{BookChange, Gap, GapReason, GapStream, Kind, Level, Quote, State, Stats24h, Status, Trade};
use tickring_core::input::{Instrument, Symbol, TradingState};

use crate::layout::{BOOK_HEAD_WORDS, LEVELS_MAX};
use crate::payload::{self, EpochReason, EpochStart};

pub use crate::canonical::{CANONICAL_HEAD_SIZE, CANONICAL_SIZE_MAX};

/// Payload words of every kind but the levels of books.
pub(crate) const FIXED_WORDS_MAX: usize = 12;

/// A record of the ring. Make one and let [`crate::Reader::poll`] fill it again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What kind it is.
    pub kind: Kind,
    /// Bits of [`tickring_core::event::flag`]; the layout's own bit is never set here.
    pub flags: u16,
    /// Instrument id; 0 when the record is about a connection.
    pub instrument: u32,
    /// Index among the records of its input, from 0.
    pub index: u32,
    /// Its number in the epoch, +1 each.
    pub sequence: u64,
    /// Number of the input within the shard.
    pub frame_seq: u64,
    /// Venue's engine time, ns since the UNIX epoch; 0 with the flag `no_ts_event`.
    pub ts_event: u64,
    /// When the input reached the engine, ns since the UNIX epoch.
    pub ts_recv: u64,
    /// When the input's first record reached the ring, ns since the UNIX epoch.
    pub ts_out: u64,
    pub(crate) fixed: [u64; FIXED_WORDS_MAX],
    pub(crate) levels: [Level; LEVELS_MAX],
    pub(crate) bid_count: usize,
    pub(crate) ask_count: usize,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            kind: Kind::EpochStart,
            flags: 0,
            instrument: 0,
            index: 0,
            sequence: 0,
            frame_seq: 0,
            ts_event: 0,
            ts_recv: 0,
            ts_out: 0,
            fixed: [0, 0, EpochReason::First as u64, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            levels: [Level { price: 0, qty: 0 }; LEVELS_MAX],
            bid_count: 0,
            ask_count: 0,
        }
    }
}

impl Record {
    /// The trade, if it is one.
    #[must_use]
    pub fn trade(&self) -> Option<Trade> {
        let [price, qty, trade_id, ..] = self.fixed;
        (self.kind == Kind::Trade).then(|| Trade { price: price.cast_signed(), qty: qty.cast_signed(), trade_id })
    }

    /// The quote, if it is one.
    #[must_use]
    pub fn quote(&self) -> Option<Quote> {
        let [bid_price, bid_qty, ask_price, ask_qty, ..] = self.fixed.map(u64::cast_signed);
        (self.kind == Kind::Quote).then_some(Quote { bid_price, bid_qty, ask_price, ask_qty })
    }

    /// The levels, if it is a delta or a snapshot of a book.
    #[must_use]
    pub fn book(&self) -> Option<BookChange<'_>> {
        if !matches!(self.kind, Kind::BookDelta | Kind::BookSnapshot) {
            return None;
        }
        let (bids, rest) = self.levels.split_at(self.bid_count);
        let [prev_update_id, last_update_id, counts, ..] = self.fixed;
        let (part, parts) = (counts as u16, (counts >> 16) as u16);
        Some(BookChange { prev_update_id, last_update_id, part, parts, bids, asks: &rest[..self.ask_count] })
    }

    /// The 24-hour figures, if it carries them.
    #[must_use]
    pub fn stats(&self) -> Option<Stats24h> {
        let [open, high, low, close, volume, count, ..] = self.fixed.map(u64::cast_signed);
        let count = count.cast_unsigned();
        (self.kind == Kind::Stats24h).then_some(Stats24h { open, high, low, close, volume, count })
    }

    /// The definition, if it carries one.
    #[must_use]
    pub fn instrument_definition(&self) -> Option<Instrument> {
        (self.kind == Kind::Instrument).then(|| decode_instrument(self.instrument, &self.fixed)).flatten()
    }

    /// The status, if it is one.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        (self.kind == Kind::Status).then(|| decode_status(&self.fixed)).flatten()
    }

    /// The gap, if it is one.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        (self.kind == Kind::Gap).then(|| decode_gap(&self.fixed)).flatten()
    }

    /// The start of an epoch, if it is one.
    #[must_use]
    pub fn epoch_start(&self) -> Option<EpochStart> {
        (self.kind == Kind::EpochStart).then(|| decode_epoch_start(&self.fixed)).flatten()
    }

    /// Number of payload words of the canonical form.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        payload::words(self.kind) + 2 * (self.bid_count + self.ask_count)
    }

    /// Whether the payload is one that its kind can have: what accessors return is then never `None` for their kind.
    pub(crate) fn is_sound(&self) -> bool {
        match self.kind {
            Kind::Trade | Kind::Quote | Kind::Stats24h | Kind::BookDelta | Kind::BookSnapshot => true,
            Kind::Instrument => decode_instrument(self.instrument, &self.fixed).is_some(),
            Kind::Status => decode_status(&self.fixed).is_some(),
            Kind::Gap => decode_gap(&self.fixed).is_some(),
            Kind::EpochStart => decode_epoch_start(&self.fixed).is_some(),
            Kind::MarkPrice => self.mark_price().is_some(),
            Kind::IndexPrice => self.index_price().is_some(),
            Kind::Funding => self.funding().is_some(),
            Kind::OpenInterest => self.open_interest().is_some(),
            Kind::Liquidation => self.liquidation().is_some(),
            Kind::TradingStatus => self.trading_status().is_some(),
            Kind::Bar => self.bar().is_some(),
        }
    }

    /// Counts of levels of a book payload whose first words are `fixed`; `None` if they exceed the limit.
    pub(crate) fn level_counts(kind: Kind, fixed: &[u64]) -> Option<(usize, usize)> {
        if !matches!(kind, Kind::BookDelta | Kind::BookSnapshot) {
            return Some((0, 0));
        }
        let counts = *fixed.get(BOOK_HEAD_WORDS - 1)?;
        let (bids, asks) = (usize::from((counts >> 32) as u16), usize::from((counts >> 48) as u16));
        (bids + asks <= LEVELS_MAX).then_some((bids, asks))
    }
}

/// The definition in twelve payload words; `None` if it cannot be one.
pub(crate) fn decode_instrument(id: u32, words: &[u64; FIXED_WORDS_MAX]) -> Option<Instrument> {
    let mut bytes = [0; 64];
    for (chunk, word) in bytes.chunks_exact_mut(8).zip(&words[4..]) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    let symbol = std::str::from_utf8(bytes.get(..usize::from((words[0] >> 40) as u8))?).ok()?;
    Some(Instrument {
        id,
        venue: words[0] as u16,
        symbol: Symbol::new(symbol)?,
        price_exponent: ((words[0] >> 24) as u8).cast_signed(),
        qty_exponent: ((words[0] >> 32) as u8).cast_signed(),
        tick_size: words[1].cast_signed(),
        lot_size: words[2].cast_signed(),
        state: TradingState::from_number((words[0] >> 16) as u8)?,
        change_count: words[3] as u32,
    })
}

fn decode_status(words: &[u64]) -> Option<Status> {
    let state = words[0] as u8;
    let code = (words[0] >> 32) as u16;
    Some(Status {
        state: State::ALL.iter().copied().find(|known| *known as u8 == state)?,
        connection: (words[0] >> 16) as u16,
        // A code newer than this build is told as none.
        code: Code::from_number(code),
        detail: words[1],
    })
}

fn decode_gap(words: &[u64]) -> Option<Gap> {
    Some(Gap {
        stream: match words[0] as u8 {
            1 => GapStream::Book,
            2 => GapStream::Trade,
            _ => return None,
        },
        reason: match (words[0] >> 8) as u8 {
            1 => GapReason::Sequence,
            2 => GapReason::Disconnect,
            3 => GapReason::Rollback,
            4 => GapReason::BufferFull,
            5 => GapReason::Quarantined,
            _ => return None,
        },
        first: words[1],
        last: words[2],
    })
}

fn decode_epoch_start(words: &[u64]) -> Option<EpochStart> {
    let reason = words[2] as u8;
    let reason = EpochReason::ALL.iter().copied().find(|known| *known as u8 == reason)?;
    Some(EpochStart { prev_epoch: words[0], last_durable: words[1], reason })
}
