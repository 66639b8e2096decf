//! A book whose levels lie so far from each other that its window holds few: 5,000 bids, 2,000 ticks apart.

use std::hint::black_box;

use tickring_core::book::{Book, Side};
use tickring_core::event::Level;

use crate::clock::cpu_ns;

const LEVELS: i64 = 5_000;
const MESSAGES: i64 = 2_000;
const BEST: i64 = 6_000_000_000;
/// Levels of a latest slot, a side.
const DEPTH: usize = 20;

/// The price of a level: ticks of 10, of which no coarser one is a multiple.
fn price(at: i64) -> i64 {
    BEST - 20_000 * at - 10 * (at * 7 % 13)
}

/// Messages of two levels among the best 40, one set and one that comes or goes, and the best levels after each; ns of CPU time
/// and messages.
pub fn pass(book: &mut Book) -> (u64, u64) {
    let bids: Vec<Level> = (0..LEVELS).map(|at| Level { price: price(at), qty: 5 + at }).collect();
    book.load(&bids, &[Level { price: BEST + 10, qty: 1 }]);
    let mut out = [Level::default(); DEPTH];
    let start = cpu_ns();
    for message in 0..MESSAGES {
        let set = Level { price: price(message * 17 % 40), qty: 1 + message };
        let other = Level { price: price(message / 2 * 29 % 40) - 1_000, qty: message % 2 };
        book.apply_all(&[set, other], &[]);
        black_box(book.top(Side::Bid, &mut out));
        black_box(&out);
    }
    (cpu_ns() - start, MESSAGES as u64)
}
