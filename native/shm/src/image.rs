//! An image of a whole book as a row of the books area describes it, and as a reader copies it.

use tickring_core::book::{BOOK_LEVELS_MAX, Book, Side, level_hash};
use tickring_core::event::Level;
use tickring_core::sink::Latest;

use crate::chains;
use crate::layout::{BOOK_WORDS, CHUNK_WORDS, NO_CHUNK};
use crate::levels::unpack;
use crate::seqlock;
use crate::sync::Words;

/// Words of a row behind its version.
pub(crate) const ROW_WORDS: usize = BOOK_WORDS - 1;

/// Most levels of a book that a reader takes: twice as many as the engine's messages may bring it to.
pub(crate) const IMAGE_LEVELS_MAX: usize = 4 * BOOK_LEVELS_MAX;

/// A row, in its words:
///
/// ```text
/// 0  instrument u32 │ flags u16 │ price_exponent i8 │ qty_exponent i8     4  last_update_id   8  base price
/// 1  position   2  sequence   3  frame_seq                               5  ts_event         9  first chunk u32 │ wide u8
///                                                                        6  hash   7  bid_count u32 │ ask_count u32
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// 0: no image.
    pub(crate) instrument: u32,
    pub(crate) flags: u16,
    pub(crate) price_exponent: i8,
    pub(crate) qty_exponent: i8,
    pub(crate) position: u64,
    pub(crate) sequence: u64,
    pub(crate) frame_seq: u64,
    pub(crate) last_update_id: u64,
    pub(crate) ts_event: u64,
    pub(crate) hash: u64,
    pub(crate) bid_count: u32,
    pub(crate) ask_count: u32,
    /// What prices are counted from, unless wide.
    pub(crate) base: i64,
    pub(crate) first: u32,
    /// Two words a level instead of one.
    pub(crate) wide: bool,
}

impl Row {
    /// All but position, sequence and what follows from the levels' words.
    pub(crate) fn of(latest: &Latest<'_>) -> Self {
        let count = |side| u32::try_from(latest.book.levels(side)).unwrap_or(u32::MAX);
        Self {
            instrument: latest.instrument,
            flags: latest.flags,
            price_exponent: latest.price_exponent,
            qty_exponent: latest.qty_exponent,
            frame_seq: latest.frame_seq,
            last_update_id: latest.last_update_id,
            ts_event: latest.ts_event,
            bid_count: count(Side::Bid),
            ask_count: count(Side::Ask),
            first: NO_CHUNK,
            ..Self::default()
        }
    }

    pub(crate) fn to_words(self) -> [u64; ROW_WORDS] {
        let exponents = u64::from(self.price_exponent.cast_unsigned()) | u64::from(self.qty_exponent.cast_unsigned()) << 8;
        let mut words = [0; ROW_WORDS];
        words[..10].copy_from_slice(&[
            u64::from(self.instrument) | u64::from(self.flags) << 32 | exponents << 48,
            self.position,
            self.sequence,
            self.frame_seq,
            self.last_update_id,
            self.ts_event,
            self.hash,
            u64::from(self.bid_count) | u64::from(self.ask_count) << 32,
            self.base.cast_unsigned(),
            u64::from(self.first) | u64::from(self.wide) << 32,
        ]);
        words
    }

    fn from_words(words: &[u64]) -> Self {
        Self {
            instrument: words[0] as u32,
            flags: (words[0] >> 32) as u16,
            price_exponent: ((words[0] >> 48) as u8).cast_signed(),
            qty_exponent: ((words[0] >> 56) as u8).cast_signed(),
            position: words[1],
            sequence: words[2],
            frame_seq: words[3],
            last_update_id: words[4],
            ts_event: words[5],
            hash: words[6],
            bid_count: words[7] as u32,
            ask_count: (words[7] >> 32) as u32,
            base: words[8].cast_signed(),
            first: words[9] as u32,
            wide: (words[9] >> 32) as u8 != 0,
        }
    }

    /// Whether the levels of this image are those of a book that another row describes and of which no level changed since.
    pub(crate) fn has_levels_of(&self, other: &Self) -> bool {
        let of = |row: &Self| (row.instrument, row.price_exponent, row.qty_exponent, row.bid_count, row.ask_count);
        of(self) == of(other)
    }

    /// Number of levels.
    pub(crate) const fn levels(&self) -> usize {
        self.bid_count as usize + self.ask_count as usize
    }

    /// Number of words of the levels.
    pub(crate) const fn words(&self) -> usize {
        self.levels() * if self.wide { 2 } else { 1 }
    }
}

/// First word of a slot's row.
pub(crate) const fn row_at(slot: u32) -> usize {
    slot as usize * BOOK_WORDS
}

/// Reads a row by itself; `None` if there is no image, or none that can be read now.
pub(crate) fn read_row<W: Words>(rows: &W, slot: u32) -> Option<Row> {
    let mut words = [0; ROW_WORDS];
    let read = seqlock::read(rows, row_at(slot), &mut words);
    Some(Row::from_words(&words)).filter(|row| read && row.instrument != 0)
}

/// An image being copied out. Make one and fill it again and again.
#[derive(Debug, Default)]
pub(crate) struct ImageCopy {
    pub(crate) row: Row,
    words: Vec<u64>,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl ImageCopy {
    /// Copies the image of a slot. `false` if there is none, none that can be read whole now, or one that contradicts its hash.
    pub(crate) fn read<W: Words>(&mut self, rows: &W, chunks: &W, chunk_count: u32, slot: u32) -> bool {
        let mut row = [0; ROW_WORDS];
        let (mut whole, words) = (false, &mut self.words);
        let most = chunk_count as usize * (CHUNK_WORDS - 1);
        let more = |row: &[u64]| {
            let row = Row::from_words(row);
            // Bounded before room is taken for it: it may be a lie.
            whole = row.instrument != 0 && row.words() <= most && row.levels() <= IMAGE_LEVELS_MAX;
            if whole {
                words.resize(row.words(), 0);
                whole = chains::copy::<W, CHUNK_WORDS>(chunks, chunk_count, row.first, words);
            }
        };
        let stood = seqlock::read_with(rows, row_at(slot), &mut row, Some(more));
        self.row = Row::from_words(&row);
        stood && whole && self.decode()
    }

    /// Words to levels; whether they have the hash that the row says.
    fn decode(&mut self) -> bool {
        let Self { row, words, bids, asks } = self;
        let level = |words: &[u64]| match *words {
            [word] => unpack(word, row.base),
            [price, qty] => Level { price: price.cast_signed(), qty: qty.cast_signed() },
            _ => Level::default(),
        };
        let width = if row.wide { 2 } else { 1 };
        let (of_bids, of_asks) = words.split_at(row.bid_count as usize * width);
        bids.clear();
        bids.extend(of_bids.chunks_exact(width).map(level));
        asks.clear();
        asks.extend(of_asks.chunks_exact(width).map(level));
        let hash = |side, levels: &[Level]| levels.iter().fold(0, |sum: u64, level| sum.wrapping_add(level_hash(side, *level)));
        hash(Side::Bid, bids).wrapping_add(hash(Side::Ask, asks)) == row.hash
    }

    /// Puts the levels into a book, in place of its own.
    pub(crate) fn load_into(&self, book: &mut Book) {
        book.load(&self.bids, &self.asks);
    }
}
