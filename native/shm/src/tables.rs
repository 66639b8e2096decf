//! What stands beside the ring: slots of the latest table and of the instrument table, field by field, to and from words; counters
//! and histograms.

use tickring_core::book::{Book, Side};
use tickring_core::counters::{InstrumentCounters, JournalCounters, ShardCounters};
use tickring_core::event::{Level, Stats24h, Trade};
use tickring_core::input::Instrument;
use tickring_core::sink::Latest;

use crate::codec::{instrument_words, stats_words};
use crate::layout::{
    INSTRUMENT_COUNTER_WORDS, INSTRUMENT_WORDS, JOURNAL_COUNTERS_AT, LATEST_HEAD_WORDS, RING_COUNTERS, latest_words,
};
use crate::metrics::{CountersCopy, HistogramCopy, Stage};
use crate::reader::Reader;
use crate::record::{FIXED_WORDS_MAX, decode_instrument};
use crate::seqlock;
use crate::sync::{AtomicU64, Ordering, Words};

/// The newest state of one instrument, copied out. Make one and fill it again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatestCopy {
    /// Instrument id.
    pub instrument: u32,
    /// Book flags (stale, crossed, locked, partial).
    pub flags: u16,
    /// Venue's time of the last book change, ns; 0 where unknown.
    pub ts_event: u64,
    /// Receive time of the input that changed this state last, ns.
    pub ts_recv: u64,
    /// Number of that input.
    pub frame_seq: u64,
    /// Update id of the book.
    pub last_update_id: u64,
    /// Sequence of the last ring record that this state contains: apply later ones to it.
    pub sequence: u64,
    /// Price exponent in force.
    pub price_exponent: i8,
    /// Quantity exponent in force.
    pub qty_exponent: i8,
    /// Number of bid levels in the full book.
    pub bid_levels: u32,
    /// Number of ask levels in the full book.
    pub ask_levels: u32,
    /// Last trade; `trade_id` 0 and quantity 0 where none was seen.
    pub trade: Trade,
    /// Its venue time, ns.
    pub trade_ts_event: u64,
    /// Its flags (aggressor, aggregated).
    pub trade_flags: u16,
    /// 24-hour figures.
    pub stats: Stats24h,
    /// Best bids, best first.
    pub bids: Vec<Level>,
    /// Best asks, best first.
    pub asks: Vec<Level>,
    words: Vec<u64>,
}

/// A row of the instrument table, copied out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstrumentCopy {
    /// Slot of the instrument in every table of the shard.
    pub slot: u32,
    /// The definition in force.
    pub instrument: Instrument,
}

/// Writes a latest slot; levels beyond `depth` are left out.
#[inline]
pub(crate) fn write_latest<W: Words>(table: &W, slot: u32, depth: u16, latest: &Latest<'_>, sequence: u64) {
    let first = slot as usize * latest_words(depth);
    let depth = usize::from(depth);
    seqlock::write(table, first, LATEST_HEAD_WORDS - 1 + 4 * depth, |words| {
        let (head, levels) = words.split_at(LATEST_HEAD_WORDS - 1);
        let (bids, asks) = levels.as_chunks().0.split_at(depth);
        let most = depth.min(latest.depth);
        let counts = [(Side::Bid, bids), (Side::Ask, asks)].map(|(side, places)| store_top(latest.book, side, most, places));
        store(head, &latest_head(latest, sequence, counts));
    });
}

/// Stores the best levels of a side, each into its place; gives their number.
#[inline]
fn store_top(book: &Book, side: Side, most: usize, places: &[[AtomicU64; 2]]) -> usize {
    book.each_top(side, most, |place, level| {
        let [price, qty] = &places[place];
        price.store(level.price.cast_unsigned(), Ordering::Relaxed);
        qty.store(level.qty.cast_unsigned(), Ordering::Relaxed);
    })
}

#[inline]
fn store(words: &[AtomicU64], values: &[u64]) {
    for (word, value) in words.iter().zip(values) {
        word.store(*value, Ordering::Relaxed);
    }
}

/// The words of a latest slot between its version and its levels.
#[inline]
fn latest_head(latest: &Latest<'_>, sequence: u64, [bids, asks]: [usize; 2]) -> [u64; LATEST_HEAD_WORDS - 1] {
    let exponents = u64::from(latest.price_exponent.cast_unsigned()) | u64::from(latest.qty_exponent.cast_unsigned()) << 8;
    let [open, high, low, close, volume, count] = stats_words(&latest.stats);
    let levels = |side| latest.book.levels(side) as u64;
    [
        u64::from(latest.instrument) | u64::from(latest.flags) << 32 | exponents << 48,
        latest.ts_event,
        latest.ts_recv,
        latest.frame_seq,
        latest.last_update_id,
        sequence,
        levels(Side::Bid) | levels(Side::Ask) << 32,
        bids as u64 | (asks as u64) << 16 | u64::from(latest.trade_flags) << 32,
        latest.trade.price.cast_unsigned(),
        latest.trade.qty.cast_unsigned(),
        latest.trade.trade_id,
        latest.trade_ts_event,
        open,
        high,
        low,
        close,
        volume,
        count,
    ]
}

/// Reads a latest slot; `false` if it was never written, or cannot be read whole now.
pub(crate) fn read_latest<W: Words>(table: &W, slot: u32, depth: u16, copy: &mut LatestCopy) -> bool {
    let stride = latest_words(depth);
    copy.words.resize(stride - 1, 0);
    if !seqlock::read(table, slot as usize * stride, &mut copy.words) {
        return false;
    }
    let depth = usize::from(depth);
    let signed = |index: usize| copy.words[index].cast_signed();
    let words = &copy.words;
    let (bid_count, ask_count) = (usize::from(words[7] as u16), usize::from((words[7] >> 16) as u16));
    if bid_count > depth || ask_count > depth {
        return false;
    }
    copy.instrument = words[0] as u32;
    copy.flags = (words[0] >> 32) as u16;
    copy.price_exponent = ((words[0] >> 48) as u8).cast_signed();
    copy.qty_exponent = ((words[0] >> 56) as u8).cast_signed();
    copy.ts_event = words[1];
    copy.ts_recv = words[2];
    copy.frame_seq = words[3];
    copy.last_update_id = words[4];
    copy.sequence = words[5];
    copy.bid_levels = words[6] as u32;
    copy.ask_levels = (words[6] >> 32) as u32;
    copy.trade_flags = (words[7] >> 32) as u16;
    copy.trade = Trade { price: signed(8), qty: signed(9), trade_id: words[10] };
    copy.trade_ts_event = words[11];
    copy.stats = Stats24h {
        open: signed(12),
        high: signed(13),
        low: signed(14),
        close: signed(15),
        volume: signed(16),
        count: words[17],
    };
    let side = |from: usize, count: usize| {
        words[from..from + 2 * count]
            .chunks_exact(2)
            .map(|pair| Level { price: pair[0].cast_signed(), qty: pair[1].cast_signed() })
    };
    copy.bids.clear();
    copy.bids.extend(side(LATEST_HEAD_WORDS - 1, bid_count));
    copy.asks.clear();
    copy.asks.extend(side(LATEST_HEAD_WORDS - 1 + 2 * depth, ask_count));
    true
}

/// Writes a row of the instrument table: id, then the words of an instrument record.
pub(crate) fn write_instrument<W: Words>(table: &W, slot: u32, instrument: &Instrument) {
    seqlock::write(table, slot as usize * INSTRUMENT_WORDS, 1 + FIXED_WORDS_MAX, |words| {
        store(words, &[u64::from(instrument.id)]);
        store(&words[1..], &instrument_words(instrument));
    });
}

/// Reads a row of the instrument table.
pub(crate) fn read_instrument<W: Words>(table: &W, slot: u32) -> Option<InstrumentCopy> {
    let mut words = [0; 1 + FIXED_WORDS_MAX];
    if !seqlock::read(table, slot as usize * INSTRUMENT_WORDS, &mut words) {
        return None;
    }
    let [id, fixed @ ..] = words;
    Some(InstrumentCopy { slot, instrument: decode_instrument(id as u32, &fixed)? })
}

impl Reader {
    /// The row of the instrument table with this symbol, as the venue spells it; the first if several venues have it.
    #[must_use]
    pub fn find(&self, symbol: &str) -> Option<InstrumentCopy> {
        let mut rows = (0..self.segment().instruments_max()).filter_map(|slot| self.instrument(slot));
        rows.find(|copy| copy.instrument.symbol.as_bytes() == symbol.as_bytes())
    }

    /// Copies the newest state of an instrument; `false` if it has none, or none that could be read whole now.
    #[must_use]
    pub fn latest(&self, slot: u32, copy: &mut LatestCopy) -> bool {
        slot < self.segment().instruments_max() && read_latest(&self.segment().latest, slot, self.depth(), copy)
    }

    /// Copies the instrument table.
    #[must_use]
    pub fn instruments(&self) -> Vec<InstrumentCopy> {
        let table = &self.segment().instruments;
        (0..self.segment().instruments_max()).filter_map(|slot| read_instrument(table, slot)).collect()
    }

    /// Copies the row of one slot of the instrument table; `None` if none was ever written there.
    #[must_use]
    pub fn instrument(&self, slot: u32) -> Option<InstrumentCopy> {
        (slot < self.segment().instruments_max()).then(|| read_instrument(&self.segment().instruments, slot)).flatten()
    }

    /// Copies the counters of one slot, in the order of [`InstrumentCounters::TABLE`]; zeros where it was never defined, `None`
    /// beyond the table.
    #[must_use]
    pub fn instrument_counters(&self, slot: u32) -> Option<[u64; InstrumentCounters::TABLE.len()]> {
        let first = slot as usize * INSTRUMENT_COUNTER_WORDS;
        let area = &self.segment().instrument_counters;
        (slot < self.segment().instruments_max()).then(|| std::array::from_fn(|index| area.get(first + index)))
    }

    /// Copies the ring writer's counters, in the order of [`RING_COUNTERS`].
    #[must_use]
    pub fn ring_counters(&self) -> [u64; RING_COUNTERS.len()] {
        std::array::from_fn(|index| self.segment().counters.get(index))
    }

    /// Copies the shard's counters, in the order of [`ShardCounters::TABLE`].
    #[must_use]
    pub fn shard_counters(&self) -> [u64; ShardCounters::TABLE.len()] {
        std::array::from_fn(|index| self.segment().counters.get(RING_COUNTERS.len() + index))
    }

    /// Copies the journal's figures, in the order of [`JournalCounters::TABLE`].
    #[must_use]
    pub fn journal_counters(&self) -> [u64; JournalCounters::TABLE.len()] {
        std::array::from_fn(|index| self.segment().counters.get(JOURNAL_COUNTERS_AT + index))
    }

    /// Copies all counters.
    #[must_use]
    pub fn counters(&self) -> CountersCopy {
        let of_slot = |copy: InstrumentCopy| Some((copy.slot, self.instrument_counters(copy.slot)?));
        CountersCopy {
            ring: self.ring_counters(),
            shard: self.shard_counters(),
            journal: self.journal_counters(),
            instruments: self.instruments().into_iter().filter_map(of_slot).collect(),
        }
    }

    /// Copies a stage's histogram.
    #[must_use]
    pub fn histogram(&self, stage: Stage) -> HistogramCopy {
        HistogramCopy::read(&self.segment().histograms, stage)
    }
}
