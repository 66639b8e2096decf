//! A feed for the gate: the same bytes on every machine, of the shape of the recorded `depthUpdate` frames, endless by writing
//! new update ids into the same frames.
//!
//! The middle of the market walks by at most 3 ticks a frame, and each step removes what it walks over. So the book never
//! crosses, whatever a round before left in it, and the last frame of a round ends where the first began.

use std::error::Error;
use std::fmt::Write;

use crate::corpus::{Corpus, Item, ItemKind};

/// Frames of a round.
pub const ROUND: usize = 2_000;

/// Items before the first frame of a round: one frame that the snapshot covers, and the snapshot.
pub const HEAD: usize = 2;

const SEED: u64 = 0x2026_1121;
/// Where the market begins and where it returns to, ticks of 0.1.
const MIDDLE: i64 = 618_000;
/// Near levels lie within, ticks.
const NEAR: u64 = 200;
/// Far levels lie beyond the ladder's window, on prices that people choose.
const FAR: i64 = 8_300;
const FAR_STEP: i64 = 100;
const FAR_STEPS: u64 = 1_500;
/// One far level in so many, as 8 to 12 % of the recorded ones are.
const FAR_ONE_IN: u64 = 10;
const SNAPSHOT_LEVELS: i64 = 1_000;
/// Bytes of the reference frame and its levels a side.
const REFERENCE_BYTES: usize = 1_188;
const REFERENCE_LEVELS: usize = 24;
/// Update ids of a frame.
const IDS: u64 = 4;
const FIRST_ID: u64 = 5_123_000_000_000;
const ID_DIGITS: usize = 13;
const TS_MS: u64 = 1_723_161_256_000;
const TS_NS: u64 = TS_MS * 1_000_000;

/// Shape of the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All of 1,188 bytes with 24 levels a side.
    Reference,
    /// Sizes as recorded: half have at most 6 levels, one in a hundred 60 and more.
    Mix,
}

/// xorshift64*, good enough and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn below_signed(&mut self, limit: u64) -> i64 {
        self.below(limit).cast_signed()
    }
}

/// A level as it is written: price in ticks, quantity in thousandths.
type Written = (i64, u64);

struct Market {
    random: Random,
    middle: i64,
}

impl Market {
    /// Moves the middle by at most `most`, home in the last frames of a round. Gives the ticks that bids and asks must leave.
    fn step(&mut self, most: u64, frames_left: usize) -> [std::ops::RangeInclusive<i64>; 2] {
        let before = self.middle;
        let away = MIDDLE - before;
        let is_going_home = away.unsigned_abs() + most >= frames_left as u64;
        self.middle +=
            if is_going_home { away.clamp(-1, 1) } else { self.random.below_signed(2 * most + 1) - most.cast_signed() };
        [self.middle..=before - 1, before + 1..=self.middle]
    }

    /// `count` different levels of a side, ascending, as the venue sends them.
    fn side(&mut self, sign: i64, left: std::ops::RangeInclusive<i64>, count: usize) -> Vec<Written> {
        let mut levels: Vec<Written> = left.map(|price| (price, 0)).collect();
        while levels.len() < count {
            let distance = if self.random.below(FAR_ONE_IN) == 0 {
                let price = self.middle + sign * (FAR + FAR_STEP * self.random.below_signed(FAR_STEPS));
                (price / FAR_STEP * FAR_STEP - self.middle).abs()
            } else {
                // The product of two draws: most are close to the middle.
                1 + (self.random.below(NEAR) * self.random.below(NEAR) / NEAR).cast_signed()
            };
            let qty = if self.random.below(10) < 3 { 0 } else { self.random.below(1_000) };
            let price = self.middle + sign * distance;
            if levels.iter().all(|(taken, _)| *taken != price) {
                levels.push((price, qty));
            }
        }
        levels.sort_unstable();
        levels
    }

    /// Levels a side of the next frame of the mix.
    fn count(&mut self) -> usize {
        let (least, most) = match self.random.below(100) {
            0..50 => (1, 5),
            50..80 => (3, 10),
            80..95 => (8, 20),
            95..99 => (20, 30),
            _ => (30, 100),
        };
        (least + self.random.below(most - least + 1)) as usize
    }
}

fn write_levels(text: &mut String, levels: &[Written]) {
    for (index, (ticks, qty)) in levels.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(text, "{comma}[\"{}.{}0\",\"{}.{:03}\"]", ticks / 10, ticks % 10, qty / 1_000, qty % 1_000);
    }
}

fn frame(ids: (u64, u64, u64), bids: &[Written], asks: &[Written]) -> String {
    let (prev, first, last) = ids;
    let mut text = format!(
        "{{\"stream\":\"btcusdt@depth@0ms\",\"data\":{{\"e\":\"depthUpdate\",\"E\":{TS_MS},\"T\":{TS_MS},\"s\":\"BTCUSDT\",\
         \"U\":{first},\"u\":{last},\"pu\":{prev},\"b\":["
    );
    write_levels(&mut text, bids);
    text.push_str("],\"a\":[");
    write_levels(&mut text, asks);
    text.push_str("]}}");
    text
}

/// Makes quantities longer until the frame has the size of the reference frame.
fn fit(bids: &mut [Written], asks: &mut [Written]) -> Result<(), Box<dyn Error>> {
    let size = frame(ids(0), bids, asks).len();
    let missing = REFERENCE_BYTES.checked_sub(size).ok_or("the reference frame is too long")?;
    let mut set = bids.iter_mut().chain(asks.iter_mut()).filter(|(_, qty)| *qty > 0);
    for _ in 0..missing {
        // One digit more before the point.
        set.next().ok_or("the reference frame is too short")?.1 += 20_000;
    }
    Ok(())
}

/// Previous, first and last update id of a frame, counted from the beginning of the feed.
const fn ids(number: u64) -> (u64, u64, u64) {
    let prev = FIRST_ID + IDS * number;
    (prev, prev + 1, prev + IDS)
}

/// One round of the feed.
pub fn corpus(shape: Shape) -> Result<Corpus, Box<dyn Error>> {
    let mut market = Market { random: Random(SEED), middle: MIDDLE };
    let before = [(MIDDLE - 1, 1)];
    let mut text = format!("{TS_NS} {}\n", frame((FIRST_ID - 2 * IDS, FIRST_ID - IDS, FIRST_ID), &before, &[]));
    let bids: Vec<Written> = (1..=SNAPSHOT_LEVELS).map(|distance| (MIDDLE - distance, 1_500)).collect();
    let asks: Vec<Written> = (1..=SNAPSHOT_LEVELS).map(|distance| (MIDDLE + distance, 1_500)).collect();
    let _ = write!(text, "{TS_NS} {{\"lastUpdateId\":{},\"E\":{TS_MS},\"T\":{TS_MS},\"bids\":[", FIRST_ID + 2);
    write_levels(&mut text, &bids);
    text.push_str("],\"asks\":[");
    write_levels(&mut text, &asks);
    text.push_str("]}\n");
    for number in 0..ROUND {
        let (step, bid_count, ask_count) = match shape {
            Shape::Reference => (3, REFERENCE_LEVELS, REFERENCE_LEVELS),
            // A side may have a single level, so a step may remove no more.
            Shape::Mix => (1, market.count(), market.count()),
        };
        let [left_by_bids, left_by_asks] = market.step(step, ROUND - number);
        let mut bids = market.side(-1, left_by_bids, bid_count);
        let mut asks = market.side(1, left_by_asks, ask_count);
        if shape == Shape::Reference {
            fit(&mut bids, &mut asks)?;
        }
        let _ = writeln!(text, "{TS_NS} {}", frame(ids(number as u64), &bids, &asks));
    }
    let name = match shape {
        Shape::Reference => "synthetic, 1,188 B each",
        Shape::Mix => "synthetic, sizes as recorded",
    };
    Corpus::from_text(name, &text)
}

/// Writes the update ids of another round into the frames.
pub fn renumber(corpus: &mut Corpus, round: u64) {
    let items: Vec<Item> = corpus.items[HEAD..].to_vec();
    let places = places(corpus.bytes(&items[0]));
    for (number, item) in items.iter().enumerate() {
        debug_assert_eq!(item.kind, ItemKind::Frame, "behind the head there are frames alone");
        let (prev, first, last) = ids(round * ROUND as u64 + number as u64);
        let bytes = corpus.bytes_mut(item);
        for (place, id) in places.iter().zip([first, last, prev]) {
            write_id(&mut bytes[*place..*place + ID_DIGITS], id);
        }
    }
}

/// Where the ids stand: at the same place in every frame, for all before them has one length.
fn places(bytes: &[u8]) -> [usize; 3] {
    ["\"U\":", "\"u\":", "\"pu\":"].map(|name| {
        let at = bytes.windows(name.len()).position(|window| window == name.as_bytes());
        at.expect("invariant: frames made here have all three ids") + name.len()
    })
}

fn write_id(digits: &mut [u8], mut id: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (id % 10) as u8;
        id /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::rig::Rig;

    #[test]
    fn reference_frames_have_their_size_and_levels() {
        let corpus = corpus(Shape::Reference).expect("it is made");
        assert_eq!(corpus.items.len(), HEAD + ROUND);
        assert!(corpus.items[HEAD..].iter().all(|item| corpus.bytes(item).len() == REFERENCE_BYTES));
        assert!(
            corpus.items[HEAD..]
                .iter()
                .all(|item| { corpus.bytes(item).iter().filter(|byte| **byte == b'[').count() == 2 * REFERENCE_LEVELS + 2 })
        );
    }

    #[test]
    fn mixed_frames_have_the_sizes_of_recorded_ones() {
        let corpus = corpus(Shape::Mix).expect("it is made");
        let mut sizes: Vec<_> = corpus.items[HEAD..].iter().map(|item| corpus.bytes(item).len()).collect();
        sizes.sort_unstable();
        assert!((250..450).contains(&sizes[ROUND / 2]), "median {}", sizes[ROUND / 2]);
        assert!((1_000..4_000).contains(&sizes[ROUND * 99 / 100]), "p99 {}", sizes[ROUND * 99 / 100]);
    }

    #[test]
    fn rounds_follow_each_other_without_a_gap_and_never_cross() {
        for shape in [Shape::Reference, Shape::Mix] {
            let mut corpus = corpus(shape).expect("it is made");
            let mut rig = Rig::new(&Options::default()).expect("there is shared memory");
            let first = rig.begin(&corpus).expect("the book comes to life");
            for item in &corpus.items[first..] {
                rig.apply(item, corpus.bytes(item));
            }
            let mut books = Vec::new();
            for round in 1..4 {
                renumber(&mut corpus, round);
                for item in &corpus.items[HEAD..] {
                    rig.apply(item, corpus.bytes(item));
                }
                books.push(rig.book_sha256().expect("the book is in sync"));
            }
            // What a round leaves behind is the same from the second on.
            assert_eq!(books[1], books[2]);
            assert_eq!((rig.counters().resyncs, rig.counters().crossed, rig.counters().gaps), (0, 0, 0));
            assert_eq!(rig.counters().book_deltas, 4 * ROUND as u64);
        }
    }
}
