//! The book against two `BTreeMap`s: any levels at any prices, in any order, on both sides.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Result, Unstructured};
use tickring_core::book::{Book, Side, Touch, canonical_text};
use tickring_core::event::Level;

type Map = BTreeMap<i64, i64>;

/// Both sides as maps: what the book has to hold.
#[derive(Clone, Debug, Default)]
pub struct Model {
    bids: Map,
    asks: Map,
}

impl Model {
    /// Absolute quantities, 0 removes.
    pub fn apply(&mut self, side: Side, level: Level) {
        let map = if side == Side::Bid { &mut self.bids } else { &mut self.asks };
        if level.qty == 0 {
            map.remove(&level.price);
        } else {
            map.insert(level.price, level.qty);
        }
    }

    fn load(&mut self, bids: &[Level], asks: &[Level]) {
        *self = Self::default();
        bids.iter().for_each(|level| self.apply(Side::Bid, *level));
        asks.iter().for_each(|level| self.apply(Side::Ask, *level));
    }

    /// What must hold after every message: cheap, whatever the size of the book.
    pub fn check_top(&self, book: &Book) {
        let level = |(price, qty): (&i64, &i64)| Level { price: *price, qty: *qty };
        let (bid, ask) = (self.bids.last_key_value().map(level), self.asks.first_key_value().map(level));
        assert_eq!((book.best_bid(), book.best_ask()), (bid, ask));
        assert_eq!((book.levels(Side::Bid), book.levels(Side::Ask)), (self.bids.len(), self.asks.len()));
        assert_eq!(book.is_empty(), self.bids.is_empty() && self.asks.is_empty());
        let touch = match (bid, ask) {
            (Some(bid), Some(ask)) if bid.price > ask.price => Touch::Crossed,
            (Some(bid), Some(ask)) if bid.price == ask.price => Touch::Locked,
            _ => Touch::Apart,
        };
        assert_eq!(book.touch(), touch);
    }

    /// Every level, in order.
    pub fn check_all(&self, book: &Book) {
        let pairs = |level: Level| (level.price, level.qty);
        assert!(book.bids().map(pairs).eq(self.bids.iter().rev().map(|(price, qty)| (*price, *qty))), "bids differ");
        assert!(book.asks().map(pairs).eq(self.asks.iter().map(|(price, qty)| (*price, *qty))), "asks differ");
        assert_eq!((book.bids().len(), book.asks().len()), (self.bids.len(), self.asks.len()));
        for side in [Side::Bid, Side::Ask] {
            let mut top = [Level::default(); 20];
            let count = book.top(side, &mut top);
            let all: Vec<Level> =
                if side == Side::Bid { book.bids().take(20).collect() } else { book.asks().take(20).collect() };
            assert_eq!(top[..count], all);
        }
    }

    fn rescale(&mut self, price: i64, qty: i64) -> Option<()> {
        let scaled = |map: &Map| -> Option<Map> {
            map.iter().map(|(held, quantity)| Some((held.checked_mul(price)?, quantity.checked_mul(qty)?))).collect()
        };
        (self.bids, self.asks) = (scaled(&self.bids)?, scaled(&self.asks)?);
        Some(())
    }
}

/// Where prices are drawn from: one instrument's prices keep together, but for the outliers that venues have.
#[derive(Clone, Copy)]
struct Market {
    mid: i64,
    tick: i64,
    width: i64,
}

impl Market {
    fn price(self, u: &mut Unstructured<'_>) -> Result<i64> {
        Ok(match u.int_in_range(0..=15_u8)? {
            0 => u.int_in_range(1..=i64::MAX)?,
            1 => *u.choose(&[1, 2, i64::MAX, i64::MAX - 1, 1 << 32, (1 << 32) + 1])?,
            2 => self.near(u.int_in_range(-2_000_000..=2_000_000)?),
            // Between two steps: the venue's tick size may have changed, or be wrong.
            3 => self.near(u.int_in_range(-64..=64)?).saturating_add(1),
            _ => self.near(u.int_in_range(-self.width..=self.width)?),
        })
    }

    fn near(self, ticks: i64) -> i64 {
        self.mid.saturating_add(ticks.saturating_mul(self.tick)).max(1)
    }

    fn level(self, u: &mut Unstructured<'_>) -> Result<Level> {
        let qty = match u.int_in_range(0..=9_u8)? {
            0..=3 => 0,
            4 => *u.choose(&[i64::MAX, 1 << 32, (1 << 32) - 1, (1 << 31) - 1, 1 << 31, 1 << 48])?,
            _ => u.int_in_range(1..=1_000_000)?,
        };
        Ok(Level { price: self.price(u)?, qty })
    }

    fn levels(self, u: &mut Unstructured<'_>, most: usize) -> Result<Vec<Level>> {
        (0..u.int_in_range(0..=most)?).map(|_| self.level(u)).collect()
    }
}

/// Any sequence of what may happen to a book.
pub fn fuzz(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let _ = run(&mut u);
}

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let mid = *u.choose(&[100_000_i64, 6_165_970, 1, 3_000_000_000, i64::MAX / 2, i64::MAX - 10_000])?;
    let mut market = Market { mid, tick: *u.choose(&[1, 10, 100, 25])?, width: *u.choose(&[8, 200, 9_000, 40_000])? };
    let (mut book, mut model) = (Book::new(), Model::default());
    while !u.is_empty() {
        step(u, &mut market, &mut book, &mut model)?;
        model.check_top(&book);
    }
    model.check_all(&book);
    let (mut once, mut again) = (String::new(), String::new());
    canonical_text(&book, -2, -3, &mut once);
    canonical_text(&book.clone(), -2, -3, &mut again);
    assert_eq!(once, again);
    Ok(())
}

fn step(u: &mut Unstructured<'_>, market: &mut Market, book: &mut Book, model: &mut Model) -> Result<()> {
    match u8::arbitrary(u)? {
        0..=199 => {
            let (bids, asks) = (market.levels(u, 6)?, market.levels(u, 6)?);
            book.apply_all(&bids, &asks);
            bids.iter().for_each(|level| model.apply(Side::Bid, *level));
            asks.iter().for_each(|level| model.apply(Side::Ask, *level));
        }
        200..=219 => {
            // The market moves, sometimes far.
            let by = if u.ratio(1, 4)? { u.int_in_range(-50_000..=50_000)? } else { u.int_in_range(-100..=100)? };
            market.mid = market.near(by);
        }
        220..=229 => {
            let (mut bids, mut asks) = (market.levels(u, 40)?, market.levels(u, 40)?);
            if u.ratio(1, 2)? {
                bids.sort_by_key(|level| std::cmp::Reverse(level.price));
                asks.sort_by_key(|level| level.price);
            }
            book.load(&bids, &asks);
            model.load(&bids, &asks);
        }
        230..=236 => {
            let factors = (*u.choose(&[1, 10, 1_000])?, *u.choose(&[1, 10, 100_000])?);
            let mut scaled = model.clone();
            let fits = scaled.rescale(factors.0, factors.1).is_some();
            assert_eq!(book.fits(factors.0, factors.1), fits);
            if fits {
                book.rescale(factors.0, factors.1);
                *model = scaled;
                market.mid = market.mid.saturating_mul(factors.0);
                market.tick = market.tick.saturating_mul(factors.0).min(1_000_000);
            }
        }
        237..=239 => {
            book.clear();
            *model = Model::default();
        }
        240..=249 => {
            // Many levels from few bytes: what is far from the best prices fills whole blocks, or empties them.
            let (start, stride) = (u.int_in_range(-60_000..=60_000)?, u.int_in_range(1..=97)?);
            let qty = if u.ratio(1, 2)? { 0 } else { u.int_in_range(1..=1_000)? };
            let side = *u.choose(&[Side::Bid, Side::Ask])?;
            for index in 0..u.int_in_range(1..=600_i64)? {
                let level = Level { price: market.near(start + index * stride), qty };
                book.apply(side, level);
                model.apply(side, level);
            }
        }
        _ => model.check_all(book),
    }
    Ok(())
}
