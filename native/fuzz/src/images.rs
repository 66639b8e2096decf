//! Books that readers build from images and the ring: equal to the engine's under any schedule, and harmless whatever the memory
//! says.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

use arbitrary::{Arbitrary, Result, Unstructured};
use tickring_core::event::{Level, State, flag};
use tickring_shm::layout::{BOOK_WORDS, CHUNK_SIZE, WORD_SIZE};
use tickring_shm::{Applied, BookBuilder, BookState, Poll, Reader, Record, SegmentOptions};

use crate::engine::Engine;
use crate::ring::{NAME, Root, options};

const INSTRUMENTS: u32 = 3;
/// Prices get a digit each time, and must keep within 64 bits.
const WIDENINGS_MAX: i8 = 6;
/// Chunks: too few for all books at their largest.
const CHUNKS: u64 = 6;
/// Steps of one input: longer ones repeat what shorter ones do, and keep the fuzzer from trying many.
const STEPS_MAX: usize = 64;

/// A reader and its books.
struct Follower {
    reader: Reader,
    builders: Vec<BookBuilder>,
    record: Record,
}

impl Follower {
    fn new(root: &Root) -> Self {
        let reader = Reader::open(&root.0, NAME, 0).expect("just published");
        let builders = (0..INSTRUMENTS).map(|slot| BookBuilder::new(&reader, slot)).collect();
        Self { reader, builders, record: Record::default() }
    }

    /// Reads at most `most` records; whether it has caught up. `each` sees every builder that a record changed, and in the end
    /// all: hashing three books for every record would be nearly all that an input does.
    fn read(&mut self, most: usize, mut each: impl FnMut(&BookBuilder)) -> bool {
        let mut caught_up = false;
        for _ in 0..most {
            match self.reader.poll(&mut self.record) {
                Poll::Record => {
                    for builder in &mut self.builders {
                        if builder.apply(&self.reader, &self.record) != Applied::Nothing {
                            each(builder);
                        }
                    }
                }
                Poll::Lapped { .. } => {}
                Poll::Empty | Poll::Stalled => {
                    caught_up = true;
                    break;
                }
            }
        }
        self.builders.iter().for_each(each);
        caught_up
    }
}

/// Every book that the engine ever had: hash by slot, update id and exponent.
type Past = HashMap<(u32, u64, i8), u64>;

struct Market {
    root: Root,
    engine: Engine,
    past: Past,
    follower: Follower,
}

fn segment(root: &Root) -> SegmentOptions {
    SegmentOptions { books_bytes: CHUNKS * CHUNK_SIZE as u64, ..options(root) }
}

impl Market {
    fn new() -> Self {
        let root = Root::new();
        let engine = Engine::new(&segment(&root), INSTRUMENTS);
        let follower = Follower::new(&root);
        let mut market = Self { root, engine, past: Past::new(), follower };
        (0..INSTRUMENTS).for_each(|slot| market.remember(slot));
        market
    }

    /// Notes the book of a slot as it is now.
    fn remember(&mut self, slot: u32) {
        let (book, id) = &self.engine.books[slot as usize];
        self.past.insert((slot, *id, self.engine.exponent), book.hash());
    }

    /// What a builder says is a book that the engine had.
    fn check(past: &Past, builder: &BookBuilder) {
        assert_eq!(builder.failures(), 0);
        if builder.state() != BookState::Waiting {
            let at = (builder.slot(), builder.last_update_id(), builder.exponents().0);
            assert_eq!(past.get(&at), Some(&builder.book().hash()), "{at:?} {:?}", builder.state());
        }
    }

    /// What a builder says that has read everything is the engine's book now.
    fn check_newest(&self, builder: &BookBuilder) {
        let slot = builder.slot() as usize;
        let expected = if self.engine.flags[slot] & flag::STALE == 0 { BookState::Live } else { BookState::Stale };
        if builder.state() != BookState::Waiting {
            assert_eq!(builder.state(), expected, "slot {slot}");
            let (book, id) = &self.engine.books[slot];
            assert_eq!((builder.last_update_id(), builder.exponents().0), (*id, self.engine.exponent));
            assert!(builder.book() == book, "slot {slot} at update id {id}");
        }
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let slot = u.int_in_range(0..=INSTRUMENTS - 1)?;
        let live = self.engine.flags[slot as usize] & flag::STALE == 0;
        match u.int_in_range(0..=19_u8)? {
            0 | 1 => self.snapshot(slot, seldom_more(u, 60, 700)?),
            2..=8 if live => self.engine.delta(slot, u.int_in_range(0..=20)?, u.int_in_range(1..=900)?),
            9 if live => self.engine.delta(slot, u.int_in_range(129..=220)?, 3_000),
            10 if live => self.engine.publish_delta(slot, &[], &[]),
            11 if live => {
                let far = [i64::MAX >> 24, 1 << 33, 7][u.int_in_range(0..=2_usize)?];
                let level = Level { price: far, qty: i64::from(u.int_in_range(0..=1_i8)?) };
                self.engine.publish_delta(slot, &[level], &[]);
            }
            12 if self.engine.exponent > -2 - WIDENINGS_MAX => {
                self.engine.widen();
                (0..INSTRUMENTS).for_each(|each| self.remember(each));
            }
            13 => {
                self.engine.flags[slot as usize] = flag::STALE;
                self.engine.status(slot, *u.choose(&[State::Resync, State::Stale])?, true);
            }
            14 => {
                self.engine.books[slot as usize].1 += 1;
                // Ids go on, so that each names one book.
                self.engine.books[slot as usize].0.clear();
                self.engine.flags[slot as usize] = flag::STALE;
                self.engine.snapshot_of(slot, flag::STALE, State::Removed);
            }
            // Enough to lap the ring.
            15 => (0..seldom_more(u, 20, 1_500)?).for_each(|_| self.engine.trade(slot)),
            16 => self.follower.reader.seek_oldest(),
            17 => {
                let Follower { reader, builders, .. } = &mut self.follower;
                reader.seek_newest();
                // The next record would tell them; there may be none.
                builders.iter_mut().for_each(|builder| {
                    builder.join(reader);
                });
            }
            18 => {
                for builder in &Follower::new(&self.root).builders {
                    self.check_newest(builder);
                }
            }
            _ => {
                let Self { follower, past, .. } = self;
                if follower.read(u.int_in_range(1..=2_000)?, |builder| Self::check(past, builder)) {
                    self.follower.builders.iter().for_each(|builder| self.check_newest(builder));
                }
            }
        }
        self.remember(slot);
        Ok(())
    }

    fn snapshot(&mut self, slot: u32, levels: u64) {
        self.engine.flags[slot as usize] = 0;
        self.engine.snapshot(slot, levels);
    }
}

/// A number that costs little, or one in eight times perhaps a large one.
fn seldom_more(u: &mut Unstructured<'_>, little: u64, most: u64) -> Result<u64> {
    let most = if u.ratio(1, 8)? { most } else { little };
    u.int_in_range(0..=most)
}

/// Any schedule: a book that a reader has was the engine's, and is when it has read everything; and it comes with the next full
/// book at the latest.
pub fn schedule(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let mut market = Market::new();
    for _ in 0..STEPS_MAX {
        if u.is_empty() || market.step(&mut u).is_err() {
            break;
        }
    }
    let Market { follower, past, .. } = &mut market;
    while !follower.read(10_000, |builder| Market::check(past, builder)) {}
    for slot in 0..INSTRUMENTS {
        market.snapshot(slot, 5);
        market.remember(slot);
    }
    let Market { follower, past, .. } = &mut market;
    assert!(follower.read(1_000, |builder| Market::check(past, builder)), "a few records");
    for builder in &market.follower.builders {
        market.check_newest(builder);
        assert_eq!(builder.state(), BookState::Live, "slot {}", builder.slot());
    }
}

/// A memory that somebody scribbles on, the books area most: no panic, no endless loop, no memory without bounds.
pub fn hostile(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let mut market = Market::new();
    let file = OpenOptions::new().read(true).write(true).open(market.root.file(1)).expect("just published");
    for slot in 0..INSTRUMENTS {
        market.snapshot(slot, 200);
    }
    while !u.is_empty() {
        if scribble(&mut u, &mut market, &file).is_err() {
            break;
        }
    }
}

fn scribble(u: &mut Unstructured<'_>, market: &mut Market, file: &File) -> Result<()> {
    let size = file.metadata().expect("an open file").len();
    // Rows and chunks end the file.
    let chunks = size - CHUNKS * CHUNK_SIZE as u64;
    let rows = chunks - 4 * (BOOK_WORDS * WORD_SIZE) as u64;
    let offset = match u.int_in_range(0..=9_u8)? {
        0..=3 => rows + WORD_SIZE as u64 * u.int_in_range(0..=4 * BOOK_WORDS as u64 - 1)?,
        4 => chunks + CHUNK_SIZE as u64 * u.int_in_range(0..=CHUNKS - 1)?,
        5 => chunks + WORD_SIZE as u64 * u.int_in_range(0..=CHUNKS * (CHUNK_SIZE / WORD_SIZE) as u64 - 1)?,
        6 => 4_096 + 64 * u.int_in_range(0..=1_023_u64)? + WORD_SIZE as u64 * u.int_in_range(0..=7_u64)?,
        7 => {
            let slot = u.int_in_range(0..=INSTRUMENTS - 1)?;
            market.engine.delta(slot, u.int_in_range(0..=200)?, 900);
            return Ok(());
        }
        8 => {
            market.follower.read(3_000, |_| {});
            return Ok(());
        }
        _ => {
            let joined = Follower::new(&market.root);
            let levels = |builder: &BookBuilder| builder.book().bids().len() + builder.book().asks().len();
            let most = CHUNKS as usize * CHUNK_SIZE / WORD_SIZE + 1_024 * 128;
            assert!(joined.builders.iter().all(|builder| levels(builder) <= most), "more levels than the file has words");
            return Ok(());
        }
    };
    let mut held = [0; 8];
    file.read_exact_at(&mut held, offset).expect("within the file");
    let held = u64::from_le_bytes(held);
    let word = match u.int_in_range(0..=4_u8)? {
        0 => u64::arbitrary(u)?,
        1 => held ^ 1 << u.int_in_range(0..=63_u32)?,
        2 => held.wrapping_add_signed(i64::from(i8::arbitrary(u)?)),
        3 => u64::from(u8::arbitrary(u)?),
        _ => *u.choose(&[0, u64::MAX, 1, 1 << 63, u64::from(u32::MAX), 1 << 32])?,
    };
    file.write_all_at(&word.to_le_bytes(), offset).expect("within the file");
    Ok(())
}
