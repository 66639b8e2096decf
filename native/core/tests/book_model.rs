//! The book against a plain model, two `BTreeMap`s: random messages of every kind that a venue, or an enemy, may send.
//!
//! `TICKRING_BOOK_UPDATES` sets how many levels are applied, `TICKRING_BOOK_SEED` where the random numbers begin.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod book_support;

use std::collections::BTreeMap;

use book_support::Model;
use tickring_core::book::{Book, Side};
use tickring_core::event::Level;
use tickring_core::simd::CodePath;

/// Marsaglia's xorshift with multiplication: repeatable, and fast enough for a thousand million updates.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

/// What the messages are like for some time.
struct Weather {
    random: Random,
    mid: i64,
    tick: i64,
    lot: i64,
    /// One level in so many is far, odd, huge; 0 for none.
    far: u64,
    odd: u64,
    huge: u64,
    /// One in so many removes.
    removes: u64,
    /// Typical distance from the mid, ticks.
    spread: u64,
}

impl Weather {
    fn new(mut random: Random) -> Self {
        let choose = |random: &mut Random, values: &[u64]| values[random.below(values.len() as u64) as usize];
        let tick = choose(&mut random, &[1, 1, 10, 25, 100, 1_000_000, 10_000_000, 3_125, 1 << 40, 1 << 50]) as i64;
        let lot = choose(&mut random, &[1, 10, 1_000, 100_000, 100_000_000, 12_800]) as i64;
        let mid = match random.below(8) {
            0 => 0,
            1 => i64::MAX - tick * 3,
            2 => i64::MIN + tick * 3,
            _ => tick.saturating_mul(500_000 + random.below(200_000) as i64),
        };
        let far = choose(&mut random, &[0, 1, 2, 9, 100]);
        let odd = choose(&mut random, &[0, 0, 2, 50, 1_000]);
        let huge = choose(&mut random, &[0, 0, 3, 100]);
        let removes = choose(&mut random, &[2, 3, 5]);
        let spread = choose(&mut random, &[5, 50, 500, 9_000]);
        Self { random, mid, tick, lot, far, odd, huge, removes, spread }
    }

    fn hits(&mut self, one_in: u64) -> bool {
        one_in != 0 && self.random.one_in(one_in)
    }

    fn level(&mut self, side: Side) -> Level {
        let near = self.random.below(self.spread) as i64 - self.spread as i64 / 10;
        let reach = if self.hits(self.far) { [20_000, 1 << 20, 1 << 36][self.random.below(3) as usize] } else { 1 };
        let distance = near + self.random.below(reach) as i64;
        let away = distance.saturating_mul(self.tick);
        let mut price = if side == Side::Bid { self.mid.saturating_sub(away) } else { self.mid.saturating_add(away) };
        if self.hits(self.odd) {
            price = match self.random.below(8) {
                0 => [i64::MIN, i64::MAX, 0, -1][self.random.below(4) as usize],
                1 => self.random.next().cast_signed(),
                _ => price.saturating_add(1 + self.random.below(self.tick as u64) as i64),
            };
        }
        let mut qty = (1 + self.random.below(100_000) as i64) * self.lot;
        if self.hits(self.huge) {
            let near_the_limit = (i64::from(u32::MAX) - 2 + self.random.below(4) as i64).saturating_mul(self.lot);
            qty = [i64::MAX, i64::MIN, -1, near_the_limit, qty + 1, 7][self.random.below(6) as usize];
        }
        if self.hits(self.removes) {
            qty = 0;
        }
        Level { price, qty }
    }

    fn levels(&mut self, side: Side, count: u64) -> Vec<Level> {
        let mut levels: Vec<_> = (0..count).map(|_| self.level(side)).collect();
        match self.random.below(3) {
            0 => levels.sort_by_key(|level| level.price),
            1 => levels.sort_by_key(|level| !level.price),
            _ => {}
        }
        levels
    }

    /// Removes some of what is there, the best levels above all.
    fn removals(&mut self, held: &BTreeMap<i64, i64>, side: Side) -> Vec<Level> {
        let count = self.random.below(30) as usize;
        let gone = |(price, _): (&i64, &i64)| Level { price: *price, qty: 0 };
        if side == Side::Bid {
            held.iter().rev().take(count).map(gone).collect()
        } else {
            held.iter().take(count).map(gone).collect()
        }
    }
}

fn compare(updates: u64, seed: u64) {
    println!("seed {seed}, {updates} updates");
    let mut random = Random(seed | 1);
    // The two find their best levels in different ways where the host has AVX-512.
    let (mut book, mut other) = (Book::on(CodePath::Avx512), Book::on(CodePath::Scalar));
    let mut model = Model::default();
    let mut applied = 0;
    while applied < updates {
        let mut weather = Weather::new(Random(random.next() | 1));
        for message in 0..1 + random.below(400) {
            match weather.random.below(400) {
                0 => {
                    let size = [0, 3, 100, 2_000][weather.random.below(4) as usize];
                    let (bids, asks) = (weather.levels(Side::Bid, size), weather.levels(Side::Ask, size));
                    book.load(&bids, &asks);
                    model = Model::default();
                    model.apply(Side::Bid, &bids);
                    model.apply(Side::Ask, &asks);
                    applied += 2 * size;
                }
                1 => {
                    book.clear();
                    model = Model::default();
                }
                2 => {
                    other.clone_from(&book);
                    std::mem::swap(&mut other, &mut book);
                    assert!(other == book);
                }
                3 => book = other.clone_from_of(&book),
                4 if book.fits(10, 1) => {
                    book.rescale(10, 1);
                    let scaled = |held: &BTreeMap<i64, i64>| held.iter().map(|(price, qty)| (price * 10, *qty)).collect();
                    model = Model { bids: scaled(&model.bids), asks: scaled(&model.asks) };
                    weather.mid = weather.mid.saturating_mul(10);
                    weather.tick = weather.tick.saturating_mul(10).min(1 << 50);
                }
                5..10 => {
                    for side in [Side::Bid, Side::Ask] {
                        let gone = weather.removals(model.side(side), side);
                        gone.iter().for_each(|level| book.apply(side, *level));
                        model.apply(side, &gone);
                        applied += gone.len() as u64;
                    }
                }
                // The market moves: mostly a little, sometimes out of any window.
                10..60 => {
                    let far = if weather.random.one_in(20) { 100_000 } else { 200 };
                    let ticks = weather.random.below(2 * far) as i64 - far as i64;
                    weather.mid = weather.mid.saturating_add(ticks.saturating_mul(weather.tick));
                }
                _ => {
                    // After many levels the best ones are found anew, after few they are followed.
                    let most = [4, 40][weather.random.below(2) as usize];
                    let (bid_count, ask_count) = (weather.random.below(most), weather.random.below(most));
                    let (bids, asks) = (weather.levels(Side::Bid, bid_count), weather.levels(Side::Ask, ask_count));
                    book.apply_all(&bids, &asks);
                    model.apply(Side::Bid, &bids);
                    model.apply(Side::Ask, &asks);
                    applied += bid_count + ask_count;
                }
            }
            model.assert_best(&book);
            // In some weathers nobody asks for them.
            if weather.mid % 4 != 0 {
                model.assert_heads(&mut book, [10, 25, 32][message as usize % 3]);
            }
            if message % 8 == 0 {
                model.assert_top(&book);
            }
        }
        model.assert_equal(&book);
    }
}

/// A copy by way of a book that already holds something.
trait CloneFromOf {
    fn clone_from_of(&mut self, source: &Self) -> Self;
}

impl CloneFromOf for Book {
    fn clone_from_of(&mut self, source: &Self) -> Self {
        self.clone_from(source);
        self.clone()
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

#[test]
fn a_million_random_updates_leave_the_book_equal_to_the_model() {
    compare(1_000_000, setting("TICKRING_BOOK_SEED", 20_261_121));
}

#[test]
#[ignore = "long: cargo test --release -p tickring-core --test book_model -- --ignored"]
fn a_hundred_million_random_updates_leave_the_book_equal_to_the_model() {
    compare(setting("TICKRING_BOOK_UPDATES", 100_000_000), setting("TICKRING_BOOK_SEED", 1));
}
