//! Full-depth books that follow a reader: each is built by `tickring_shm::BookBuilder` and as new as the reader's last poll.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use napi::bindgen_prelude::{BigInt, BigInt64Array, Float64ArraySlice};
use napi_derive::napi;
use tickring_core::book::{Book, Side};
use tickring_core::error::Code;
use tickring_core::event::{Kind, Level};
use tickring_shm::{BookBuilder, BookState, Reader, Record};

use crate::failure::{Result, closed, fail, guard};
use crate::following::Following;

/// Whole numbers up to this are exact in a JavaScript number.
const SAFE_MAX: u64 = (1 << 53) - 1;

/// The books of one reader, shard by shard.
#[derive(Default)]
pub struct Books(Vec<ShardBooks>);

/// The books of one shard.
struct ShardBooks {
    shard: u16,
    builders: Vec<BookBuilder>,
    /// Which builder has an instrument in this generation.
    by_instrument: HashMap<u32, usize>,
    /// Generation and breaks of the reader when all builders were up to date with them.
    unbroken: (u64, u64),
}

impl Books {
    /// Gives a record to the books that it may concern.
    #[inline]
    pub fn apply(&mut self, reader: &Reader, record: &Record) {
        if let Some(books) = self.0.iter_mut().find(|books| books.shard == reader.shard()) {
            books.apply(reader, record);
        }
    }

    /// Begins to follow a book, unless that is done already; gives its place among the shard's.
    pub fn follow(&mut self, reader: &Reader, instrument: u32, slot: u32) -> usize {
        let shard = reader.shard();
        let index = self.0.iter().position(|books| books.shard == shard).unwrap_or_else(|| {
            let unbroken = (reader.epoch(), reader.breaks());
            self.0.push(ShardBooks { shard, builders: Vec::new(), by_instrument: HashMap::new(), unbroken });
            self.0.len() - 1
        });
        let ShardBooks { builders, by_instrument, .. } = &mut self.0[index];
        *by_instrument.entry(instrument).or_insert_with(|| {
            builders.push(BookBuilder::new(reader, slot));
            builders.len() - 1
        })
    }

    /// A book that is followed.
    fn of(&self, shard: u16, place: usize) -> Result<&BookBuilder> {
        let books = self.0.iter().find(|books| books.shard == shard);
        books.and_then(|books| books.builders.get(place)).ok_or_else(|| closed("ring reader"))
    }
}

impl ShardBooks {
    /// After a break of the reader every book is concerned, and by a definition the books that lack theirs.
    #[inline]
    fn apply(&mut self, reader: &Reader, record: &Record) {
        let now = (reader.epoch(), reader.breaks());
        if self.unbroken != now || record.kind == Kind::Instrument {
            self.unbroken = now;
            self.by_instrument.clear();
            for (place, builder) in self.builders.iter_mut().enumerate() {
                builder.apply(reader, record);
                self.by_instrument.insert(builder.instrument(), place);
            }
        } else if let Some(&index) = self.by_instrument.get(&record.instrument) {
            self.builders[index].apply(reader, record);
        }
    }
}

/// What is known of a book that is followed.
#[napi(object)]
pub struct RingBookStatus {
    /// `waiting`: not known yet; `live`: the engine has proven it; `stale`: the last proven one, the engine gets a new one.
    #[napi(ts_type = "'waiting' | 'live' | 'stale'")]
    pub state: String,
    /// Sequence of the last record that the book contains.
    pub sequence: BigInt,
    /// The venue's update id of the book.
    pub last_update_id: BigInt,
    pub price_exponent: i32,
    pub qty_exponent: i32,
    pub bid_levels: u32,
    pub ask_levels: u32,
    /// Sum over all levels of a mix of side, price and quantity.
    pub hash: BigInt,
    /// How often the book was built from an image: 1, and once more after each loss, restart or failure.
    pub joins: BigInt,
    /// How often its hash was compared with the engine's.
    pub checks: BigInt,
    /// How often they differed; the book was then built again.
    pub failures: BigInt,
}

/// The full-depth book of one instrument; see `RingReader.book`.
#[napi]
pub struct RingBook {
    following: Rc<RefCell<Following>>,
    shard: u16,
    place: usize,
}

impl RingBook {
    pub(crate) const fn new(following: Rc<RefCell<Following>>, (shard, place): (u16, usize)) -> Self {
        Self { following, shard, place }
    }
}

#[napi]
impl RingBook {
    /// What is known of the book.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn status(&self) -> Result<RingBookStatus> {
        guard(|| {
            let mut following = self.following.borrow_mut();
            let builder = following.books()?.of(self.shard, self.place)?;
            let state = match builder.state() {
                BookState::Waiting => "waiting",
                BookState::Live => "live",
                BookState::Stale => "stale",
            };
            let (price_exponent, qty_exponent) = builder.exponents();
            let count = |side| u32::try_from(builder.book().levels(side)).unwrap_or(u32::MAX);
            Ok(RingBookStatus {
                state: state.to_owned(),
                sequence: builder.sequence().into(),
                last_update_id: builder.last_update_id().into(),
                price_exponent: price_exponent.into(),
                qty_exponent: qty_exponent.into(),
                bid_levels: count(Side::Bid),
                ask_levels: count(Side::Ask),
                hash: builder.book().hash().into(),
                joins: builder.joins().into(),
                checks: builder.checks().into(),
                failures: builder.failures().into(),
            })
        })
    }

    /// The best `most` bids as price, quantity pairs (mantissas), best first; all of them where none is given.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn bids(&self, most: Option<u32>) -> Result<BigInt64Array> {
        self.side(Side::Bid, most)
    }

    /// The best `most` asks; see `bids`.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn asks(&self, most: Option<u32>) -> Result<BigInt64Array> {
        self.side(Side::Ask, most)
    }

    /// Fills the first `4 × depth` numbers of `out` without allocating anything: `depth` pairs of price and quantity (mantissas) of
    /// bids, best first, then of asks. NaN where there is no level, and where a mantissa is beyond ±(2^53 − 1).
    ///
    /// # Errors
    ///
    /// `CLOSED`; `ARGUMENT_RANGE` when `out` is shorter.
    #[napi]
    pub fn copy_top(&self, mut out: Float64ArraySlice<'_>, depth: u32) -> Result<()> {
        // SAFETY: JavaScript runs nothing before this synchronous call returns, so nobody else touches the array.
        let out = unsafe { out.as_mut() };
        guard(|| {
            let mut following = self.following.borrow_mut();
            let book = following.books()?.of(self.shard, self.place)?.book();
            let (depth, size) = (depth as usize, out.len());
            let Some(out) = depth.checked_mul(4).and_then(|numbers| out.get_mut(..numbers)) else {
                let message = format!("an array of {size} numbers does not hold {depth} levels a side: 4 numbers each");
                return Err(fail(Code::ArgumentRange, message));
            };
            out.fill(f64::NAN);
            let (bids, asks) = out.split_at_mut(2 * depth);
            copy_side(book, Side::Bid, bids);
            copy_side(book, Side::Ask, asks);
            Ok(())
        })
    }

    fn side(&self, side: Side, most: Option<u32>) -> Result<BigInt64Array> {
        guard(|| {
            let mut following = self.following.borrow_mut();
            let book = following.books()?.of(self.shard, self.place)?.book();
            let most = book.levels(side).min(most.map_or(usize::MAX, |most| most as usize));
            let mut levels = vec![Level { price: 0, qty: 0 }; most];
            let count = book.top(side, &mut levels);
            Ok(pairs(&levels[..count]))
        })
    }
}

/// Price, quantity pairs.
pub fn pairs(levels: &[Level]) -> BigInt64Array {
    BigInt64Array::new(levels.iter().flat_map(|level| [level.price, level.qty]).collect())
}

fn copy_side(book: &Book, side: Side, out: &mut [f64]) {
    let (pairs, _) = out.as_chunks_mut::<2>();
    book.each_top(side, pairs.len(), |place, level| pairs[place] = [level.price, level.qty].map(exact));
}

/// A mantissa as a JavaScript number, NaN where that would round it.
fn exact(mantissa: i64) -> f64 {
    if mantissa.unsigned_abs() <= SAFE_MAX { mantissa as f64 } else { f64::NAN }
}
