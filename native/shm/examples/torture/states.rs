//! States of instruments that prove themselves: every word of a latest slot and of a book's image follows from a number, which is
//! its update id.

use tickring_core::book::{Book, Side};
use tickring_core::event::{Level, Stats24h, Trade};
use tickring_core::sink::{Latest, Sink};
use tickring_shm::{BookBuilder, BookState, LatestCopy, Reader, Writer};

use crate::content::{ROWS, definition, mix};

/// Levels a side in the latest table.
pub const DEPTH: u16 = 5;
/// Instruments with a state, in the slots behind those that are defined again and again; levels a side of their largest book.
/// The image of the second one takes two chunks or three.
const LEVELS_MAX: [u64; 2] = [12, 700];
/// Slots of all tables.
pub const SLOTS: u32 = ROWS + LEVELS_MAX.len() as u32;
/// Different books of an instrument. The writer's states go through them in turn.
const BOOKS: u64 = 8;
/// The larger book is shown once in so many states of the smaller one.
const LARGE_EVERY: u64 = 32;

/// All books that there are.
pub struct States {
    books: [Vec<Book>; LEVELS_MAX.len()],
    number: u64,
}

/// The definition of an instrument that stays as it is.
fn id(which: usize) -> u32 {
    u32::MAX - which as u32
}

const fn slot(which: usize) -> u32 {
    ROWS + which as u32
}

/// No two books of an instrument have a level in common, nor as many.
fn book(which: usize, number: u64) -> Book {
    let count = (LEVELS_MAX[which] - number) as i64;
    let level = |away: i64| Level { price: 10_000 * number as i64 + away, qty: 1 + (mix(number) >> 40) as i64 + away.abs() };
    let (bids, asks): (Vec<_>, Vec<_>) = ((1..=count).map(|away| level(-away)).collect(), (1..=count).map(level).collect());
    let mut book = Book::default();
    book.load(&bids, &asks);
    book
}

fn latest(which: usize, number: u64, book: &Book) -> Latest<'_> {
    let mixed = mix(number);
    let signed = |word: u64| word.rotate_left(17) as i64;
    let figures = [1, 2, 3, 4, 5].map(|index| signed(mixed + index));
    Latest {
        instrument: id(which),
        flags: 0,
        ts_event: mixed,
        ts_recv: !mixed,
        frame_seq: number,
        last_update_id: number,
        price_exponent: mixed as i8,
        qty_exponent: (mixed >> 8) as i8,
        book,
        depth: DEPTH.into(),
        trade: Trade { price: signed(mixed), qty: signed(!mixed), trade_id: number },
        trade_ts_event: mixed ^ number,
        trade_flags: mixed as u16,
        stats: Stats24h {
            open: figures[0],
            high: figures[1],
            low: figures[2],
            close: figures[3],
            volume: figures[4],
            count: number,
        },
    }
}

impl States {
    pub fn new() -> Self {
        let books = std::array::from_fn(|which| (0..BOOKS).map(|number| book(which, number)).collect());
        Self { books, number: 0 }
    }

    fn book(&self, which: usize, number: u64) -> &Book {
        &self.books[which][(number % BOOKS) as usize]
    }

    /// Defines the instruments.
    pub fn begin(writer: &mut Writer) {
        (0..LEVELS_MAX.len()).for_each(|which| writer.instrument(slot(which), &definition(id(which))));
    }

    /// Shows the next state of the smaller book, and now and then of the larger one.
    pub fn publish(&mut self, writer: &mut Writer) {
        self.number += 1;
        let which = usize::from(self.number.is_multiple_of(LARGE_EVERY));
        let shown = if which == 0 { self.number } else { self.number / LARGE_EVERY };
        let latest = latest(which, shown, self.book(which, shown));
        writer.latest(slot(which), &latest);
        writer.again(slot(which), &latest);
    }

    /// Looks at one latest slot and one image; how many of them were there, and how many of those were torn.
    pub fn look(&self, reader: &Reader, random: u64, copy: &mut LatestCopy) -> (u64, u64) {
        let which = random as usize % LEVELS_MAX.len();
        let (mut there, mut torn) = (0, 0);
        if reader.latest(slot(which), copy) {
            there += 1;
            if !self.is_whole(which, copy) {
                torn += 1;
                eprintln!("torn: {copy:?}");
            }
        }
        let builder = BookBuilder::new(reader, slot(which));
        if builder.state() == BookState::Live {
            there += 1;
            if builder.book() != self.book(which, builder.last_update_id()) || builder.instrument() != id(which) {
                torn += 1;
                eprintln!("torn: {builder:?}");
            }
        }
        (there, torn)
    }

    fn is_whole(&self, which: usize, copy: &LatestCopy) -> bool {
        let number = copy.last_update_id;
        let book = self.book(which, number);
        let expected = latest(which, number, book);
        let top = usize::from(DEPTH);
        (copy.instrument, copy.flags, copy.ts_event, copy.ts_recv, copy.frame_seq)
            == (expected.instrument, expected.flags, expected.ts_event, expected.ts_recv, expected.frame_seq)
            && (copy.price_exponent, copy.qty_exponent) == (expected.price_exponent, expected.qty_exponent)
            && (copy.trade, copy.trade_ts_event) == (expected.trade, expected.trade_ts_event)
            && (copy.trade_flags, copy.stats) == (expected.trade_flags, expected.stats)
            && [copy.bid_levels, copy.ask_levels] == [Side::Bid, Side::Ask].map(|side| book.levels(side) as u32)
            && copy.bids.iter().copied().eq(book.bids().take(top))
            && copy.asks.iter().copied().eq(book.asks().take(top))
    }
}
