//! The newest trades of an instrument: what price and what size would be unlike them.
//!
//! Bounds are made anew every [`REVIEW_EVERY`] trades, so that a trade costs a store and three comparisons, and sorting is
//! shared by many.

use serde::{Deserialize, Serialize};

use super::{Rule, Rules, Verdict};

/// Trades whose prices the median is of.
pub const WINDOW: usize = 64;
/// Trades between two reviews of the bounds.
pub const REVIEW_EVERY: u8 = 16;
/// So many outliers in a row on one side are a new level of the price, not outliers.
pub const LEVEL_SHIFT: u8 = 5;

/// Trades before the first bounds.
const LEARNED: usize = 32;
/// Blocks of [`WINDOW`] trades whose largest are kept.
const BLOCKS: usize = 8;
/// So many spikes among [`WINDOW`] trades are how this instrument trades now.
const SIZE_SHIFT: u8 = 4;
/// After so long without a trade, prices say nothing of the next one.
const SILENCE_NS: u64 = 60_000_000_000;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prints {
    low: i64,
    high: i64,
    qty_max: i64,
    ts_recv: u64,
    /// Where the next price goes.
    at: u8,
    until_review: u8,
    /// Outliers in a row, and on which side.
    run: u8,
    run_is_high: bool,
    /// Blocks that are whole, and where the next one goes.
    blocks: u8,
    block_at: u8,
    in_block: u8,
    spikes: u8,
    count: u8,
    block_max: i64,
    spike_max: i64,
    block_maxima: [i64; BLOCKS],
    prices: Box<[i64]>,
}

impl Prints {
    pub(super) fn new() -> Self {
        Self {
            low: i64::MIN,
            high: i64::MAX,
            qty_max: i64::MAX,
            ts_recv: 0,
            at: 0,
            until_review: REVIEW_EVERY,
            run: 0,
            run_is_high: false,
            blocks: 0,
            block_at: 0,
            in_block: 0,
            spikes: 0,
            count: 0,
            block_max: 0,
            spike_max: 0,
            block_maxima: [0; BLOCKS],
            prices: vec![0; WINDOW].into(),
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        let (at, count) = (usize::from(self.at), usize::from(self.count));
        self.prices.len() == WINDOW
            && at < WINDOW
            && count <= WINDOW
            && usize::from(self.block_at) < BLOCKS
            && usize::from(self.blocks) <= BLOCKS
            && usize::from(self.in_block) < WINDOW
            && (1..=REVIEW_EVERY).contains(&self.until_review)
            && self.run < LEVEL_SHIFT
    }

    pub(super) fn look(&mut self, price: i64, qty: i64, ts_recv: u64, rules: &Rules) -> Verdict {
        if ts_recv.saturating_sub(self.ts_recv) > SILENCE_NS {
            self.forget_prices();
        }
        self.ts_recv = ts_recv;
        let mut verdict = 0;
        if price < self.low || price > self.high {
            verdict |= self.outlier(price > self.high);
        } else {
            self.run = 0;
        }
        verdict |= self.size(qty, rules.volume_factor);
        self.prices[usize::from(self.at)] = price;
        self.at = (self.at + 1) % WINDOW as u8;
        self.count = (self.count + 1).min(WINDOW as u8);
        self.until_review -= 1;
        if self.until_review == 0 {
            self.review(rules);
        }
        verdict
    }

    #[cold]
    fn outlier(&mut self, is_high: bool) -> Verdict {
        self.run = if is_high == self.run_is_high { self.run + 1 } else { 1 };
        self.run_is_high = is_high;
        if self.run == LEVEL_SHIFT {
            self.forget_prices();
            return 0;
        }
        Rule::Outlier.bit()
    }

    fn forget_prices(&mut self) {
        (self.at, self.count, self.run, self.until_review) = (0, 0, 0, REVIEW_EVERY);
        (self.low, self.high) = (i64::MIN, i64::MAX);
    }

    fn size(&mut self, qty: i64, factor: u32) -> Verdict {
        let mut verdict = 0;
        if qty > self.qty_max {
            self.spikes += 1;
            self.spike_max = self.spike_max.max(qty);
            verdict = Rule::Volume.bit();
        } else {
            self.block_max = self.block_max.max(qty);
        }
        self.in_block += 1;
        if usize::from(self.in_block) == WINDOW {
            self.end_block(factor);
        }
        verdict
    }

    fn end_block(&mut self, factor: u32) {
        let largest = if self.spikes >= SIZE_SHIFT { self.spike_max } else { self.block_max };
        self.block_maxima[usize::from(self.block_at)] = largest;
        self.block_at = (self.block_at + 1) % BLOCKS as u8;
        self.blocks = (self.blocks + 1).min(BLOCKS as u8);
        (self.in_block, self.spikes, self.block_max, self.spike_max) = (0, 0, 0, 0);
        let largest = self.block_maxima[..usize::from(self.blocks)].iter().copied().max().unwrap_or(i64::MAX);
        self.qty_max = if factor == 0 { i64::MAX } else { largest.saturating_mul(i64::from(factor)) };
    }

    #[cold]
    fn review(&mut self, rules: &Rules) {
        self.until_review = REVIEW_EVERY;
        let count = usize::from(self.count);
        if count < LEARNED || rules.outlier_mads == 0 && rules.outlier_bps == 0 {
            return;
        }
        let mut sorted = [0; WINDOW];
        let sorted = &mut sorted[..count];
        sorted.copy_from_slice(&self.prices[..count]);
        sorted.sort_unstable();
        let median = sorted[count / 2];
        for price in &mut *sorted {
            *price = (*price).abs_diff(median).min(i64::MAX.cast_unsigned()).cast_signed();
        }
        sorted.sort_unstable();
        let by_mads = sorted[count / 2].saturating_mul(i64::from(rules.outlier_mads));
        let by_share = i128::from(median) * i128::from(rules.outlier_bps) / 10_000;
        let away = by_mads.max(i64::try_from(by_share).unwrap_or(i64::MAX));
        (self.low, self.high) = (median.saturating_sub(away), median.saturating_add(away));
    }

    pub(super) fn rescale(&mut self, price_factor: i64, qty_factor: i64) {
        let mut fits = true;
        let mut multiply = |value: &mut i64, factor: i64| match value.checked_mul(factor) {
            _ if matches!(*value, i64::MIN | i64::MAX) => {}
            Some(product) => *value = product,
            None => fits = false,
        };
        for price in &mut *self.prices {
            multiply(price, price_factor);
        }
        multiply(&mut self.low, price_factor);
        multiply(&mut self.high, price_factor);
        for qty in &mut self.block_maxima {
            multiply(qty, qty_factor);
        }
        multiply(&mut self.block_max, qty_factor);
        multiply(&mut self.spike_max, qty_factor);
        multiply(&mut self.qty_max, qty_factor);
        if !fits {
            *self = Self::new();
        }
    }
}
