//! What a victim writes beside the ring: a value in each kind of table all of whose words follow from a number, and what a reader
//! makes of it.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use tickring_core::book::{Book, Side};
use tickring_core::event::{Level, Stats24h, Trade};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_core::sink::{Latest, Sink};
use tickring_shm::layout::{WORD_SIZE, area, header};
use tickring_shm::{BookBuilder, LatestCopy, Reader, Writer};

use crate::support::{NAME, Root};

/// Slot that the victim writes.
const SLOT: u32 = 2;
/// Its instrument, where the definition stays as it is.
const INSTRUMENT: u32 = 77;

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Instruments,
    Latest,
    Books,
}

/// What is written, made beforehand: a victim is to be killed while it writes.
pub struct Content {
    number: u32,
    definition: Instrument,
    book: Book,
}

impl Content {
    pub fn new(number: u32) -> Self {
        Self { number, definition: definition(number), book: book(number) }
    }
}

/// What a reader finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Old,
    None,
    New,
}

impl Table {
    pub const ALL: [Self; 3] = [Self::Instruments, Self::Latest, Self::Books];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Instruments => "instrument",
            Self::Latest => "latest",
            Self::Books => "book",
        }
    }

    /// Writes what has to be there before its values.
    pub fn begin(self, writer: &mut Writer) {
        if self == Self::Books {
            writer.instrument(SLOT, &definition(INSTRUMENT));
        }
    }

    pub fn write(self, writer: &mut Writer, content: &Content) {
        let Content { number, definition, book } = content;
        match self {
            Self::Instruments => writer.instrument(SLOT, definition),
            Self::Latest => writer.latest(SLOT, &latest(*number, book)),
            Self::Books => writer.again(SLOT, &latest(*number, book)),
        }
    }

    /// The word of the file that is stored first when the victim's value is written.
    pub fn version_word(self, file: &Path) -> usize {
        let row = match self {
            Self::Instruments => area::INSTRUMENTS,
            Self::Latest => area::LATEST,
            Self::Books => area::BOOKS,
        };
        let word = |index: usize| {
            let mut bytes = [0; WORD_SIZE];
            File::open(file).unwrap().read_exact_at(&mut bytes, (index * WORD_SIZE) as u64).unwrap();
            u64::from_le_bytes(bytes) as usize
        };
        let [offset, stride] = [0, 2].map(|column| word(header::AREAS + row * area::ROW_WORDS + column));
        (offset + SLOT as usize * stride) / WORD_SIZE
    }
}

/// A reader that looks at the victim's value again and again.
pub struct Look {
    table: Table,
    reader: Reader,
    copy: LatestCopy,
    builder: BookBuilder,
    books: [Book; 4],
}

impl Look {
    pub fn new(root: &Root, table: Table) -> Self {
        let reader = Reader::open(root.path(), NAME, 0).unwrap();
        let builder = BookBuilder::new(&reader, SLOT);
        Self { table, reader, copy: LatestCopy::default(), builder, books: std::array::from_fn(|number| book(number as u32)) }
    }

    pub fn value(&mut self) -> Value {
        match self.number() {
            None => Value::None,
            Some(1) => Value::Old,
            Some(_) => Value::New,
        }
    }

    /// The number of the value that stands there, after a look at every word of it.
    fn number(&mut self) -> Option<u64> {
        let Self { reader, copy, builder, books, .. } = self;
        match self.table {
            Table::Instruments => {
                let row = reader.instrument(SLOT)?;
                assert_eq!(row.instrument, definition(row.instrument.id), "torn");
                Some(row.instrument.id.into())
            }
            Table::Latest => reader.latest(SLOT, copy).then(|| {
                assert_whole(copy, &books[copy.last_update_id as usize]);
                copy.last_update_id
            }),
            Table::Books => builder.join(reader).then(|| {
                let number = builder.last_update_id();
                assert!(*builder.book() == books[number as usize], "torn {:?}", builder.book());
                number
            }),
        }
    }
}

fn definition(number: u32) -> Instrument {
    Instrument {
        id: number,
        venue: number as u16,
        symbol: Symbol::new(&number.to_string().repeat(20)).unwrap(),
        price_exponent: number as i8,
        qty_exponent: number as i8,
        tick_size: number.into(),
        lot_size: number.into(),
        state: TradingState::Trading,
        change_count: number,
    }
}

/// As many bids as the number says and one ask more, so that no two books have the same.
fn book(number: u32) -> Book {
    let number = i64::from(number);
    let level = |away: i64| Level { price: 1_000 * number + away, qty: 10 * number + away.abs() };
    let (bids, asks): (Vec<_>, Vec<_>) =
        ((1..=number).map(|away| level(-away)).collect(), (1..=number + 1).map(level).collect());
    let mut book = Book::default();
    book.load(&bids, &asks);
    book
}

fn latest(number: u32, book: &Book) -> Latest<'_> {
    let (long, signed) = (u64::from(number), i64::from(number));
    let stats = Stats24h { open: signed, high: signed, low: signed, close: signed, volume: signed, count: long };
    Latest {
        instrument: INSTRUMENT,
        flags: 0,
        ts_event: long,
        ts_recv: long,
        frame_seq: long,
        last_update_id: long,
        price_exponent: number as i8,
        qty_exponent: number as i8,
        book,
        depth: 5,
        trade: Trade { price: signed, qty: signed, trade_id: long },
        trade_ts_event: long,
        trade_flags: number as u16,
        stats,
    }
}

fn assert_whole(copy: &LatestCopy, book: &Book) {
    let expected = latest(copy.last_update_id as u32, book);
    let got = (copy.ts_event, copy.ts_recv, copy.frame_seq, copy.price_exponent, copy.qty_exponent);
    let want = (expected.ts_event, expected.ts_recv, expected.frame_seq, expected.price_exponent, expected.qty_exponent);
    assert_eq!(got, want, "torn {copy:?}");
    let got = (copy.trade, copy.trade_ts_event, copy.trade_flags, copy.stats);
    assert_eq!(got, (expected.trade, expected.trade_ts_event, expected.trade_flags, expected.stats), "torn {copy:?}");
    let levels = [Side::Bid, Side::Ask].map(|side| book.levels(side) as u32);
    assert_eq!([copy.bid_levels, copy.ask_levels], levels, "torn {copy:?}");
    let top = copy.bids.iter().copied().eq(book.bids().take(5)) && copy.asks.iter().copied().eq(book.asks().take(5));
    assert!(top, "torn {copy:?}");
}
