//! Rolling 24-hour figures of one instrument from its trades, in minute buckets: the window is the minute of the newest time
//! seen and the 1,439 before it, so its length is 24 hours to the minute.
//!
//! Constant time a trade. A minute that leaves costs a look at its bucket; only if it held the extreme price is the window
//! scanned. Time enters with trades and with [`RollingStats::advance`]; there is no clock.

use serde::{Deserialize, Serialize};

use crate::bars::Candle;
use crate::event::Stats24h;

#[cfg(test)]
mod tests;

/// Minutes in the window.
pub const WINDOW_MINUTES: u64 = 1_440;

const MINUTE_NS: u64 = 60_000_000_000;

/// The figures and the buckets behind them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RollingStats {
    /// Ring of buckets by minute modulo the window; empty until the first trade, then of fixed length.
    buckets: Vec<Candle>,
    /// Newest minute of the window, counted from the UNIX epoch.
    newest: u64,
    /// Oldest minute that may hold trades; none before it does.
    oldest: u64,
    /// Newest minute that holds trades.
    last: u64,
    volume: i128,
    count: u64,
    high: i64,
    low: i64,
    /// Since when every trade has been seen, ns; `None` before trades were asked for.
    covered_since: Option<u64>,
    dirty: bool,
}

impl RollingStats {
    /// Forgets everything and keeps the memory.
    pub fn reset(&mut self) {
        let mut buckets = std::mem::take(&mut self.buckets);
        buckets.fill(Candle::default());
        *self = Self { buckets, ..Self::default() };
    }

    /// Whether the ring of buckets is one.
    pub(crate) fn is_whole(&self) -> bool {
        (self.buckets.is_empty() && self.count == 0) || self.buckets.len() == WINDOW_MINUTES as usize
    }

    /// Trades are seen from `ts` (ns) on. Has no effect while they were seen already.
    pub fn cover(&mut self, ts: u64) {
        if self.covered_since.is_none() {
            self.covered_since = Some(ts);
        }
    }

    /// Trades before `ts` (ns) were missed: the window is whole only when that moment has left it.
    pub fn uncover(&mut self, ts: u64) {
        self.covered_since = Some(self.covered_since.map_or(ts, |since| since.max(ts)));
        self.dirty = true;
    }

    /// Since when every trade has been seen, ns; `None` before trades were asked for.
    #[must_use]
    pub const fn covered_since(&self) -> Option<u64> {
        self.covered_since
    }

    /// What was missed since then came after all: every trade has been seen since `ts` (ns) again.
    pub fn recover(&mut self, ts: Option<u64>) {
        self.covered_since = ts;
        self.dirty = true;
    }

    /// Whether some of the window was not observed.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.covered_since.is_none_or(|since| since.div_ceil(MINUTE_NS) + WINDOW_MINUTES > self.newest + 1)
    }

    /// Counts a trade into the minute of its time `ts` (ns); one older than the window is left out.
    pub fn add(&mut self, ts: u64, price: i64, qty: i64) {
        self.advance(ts);
        let minute = ts / MINUTE_NS;
        if minute + WINDOW_MINUTES <= self.newest {
            return;
        }
        if self.buckets.is_empty() {
            self.buckets = vec![Candle::default(); WINDOW_MINUTES as usize];
        }
        self.buckets[slot(minute)].add(ts, price, qty);
        if self.count == 0 {
            (self.oldest, self.last, self.high, self.low) = (minute, minute, price, price);
        }
        self.oldest = self.oldest.min(minute);
        self.last = self.last.max(minute);
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.volume += i128::from(qty);
        self.count += 1;
        self.dirty = true;
    }

    /// Moves the window so that it ends with the minute of `ts` (ns); earlier times change nothing.
    pub fn advance(&mut self, ts: u64) {
        let minute = ts / MINUTE_NS;
        if minute <= self.newest {
            return;
        }
        let was_partial = self.is_partial();
        self.newest = minute;
        self.dirty |= was_partial != self.is_partial();
        if self.count == 0 {
            return;
        }
        let first = (minute + 1).saturating_sub(WINDOW_MINUTES);
        let mut scan = false;
        while self.oldest < first && self.count > 0 {
            let left = std::mem::take(&mut self.buckets[slot(self.oldest)]);
            if left.count > 0 {
                self.volume -= left.volume;
                self.count -= left.count;
                scan |= left.high == self.high || left.low == self.low;
                self.dirty = true;
            }
            self.oldest += 1;
        }
        if scan {
            self.rescan();
        }
    }

    fn rescan(&mut self) {
        (self.high, self.low) = (i64::MIN, i64::MAX);
        for bucket in self.buckets.iter().filter(|bucket| bucket.count > 0) {
            self.high = self.high.max(bucket.high);
            self.low = self.low.min(bucket.low);
        }
    }

    /// The figures now. All are 0 when no trade is in the window. A volume beyond `i64` (which no venue's lot size allows) is
    /// given as `i64::MAX`; the exact sum is kept inside.
    #[must_use]
    pub fn figures(&mut self) -> Stats24h {
        if self.count == 0 {
            return Stats24h::default();
        }
        while self.buckets[slot(self.oldest)].count == 0 {
            self.oldest += 1;
        }
        Stats24h {
            open: self.buckets[slot(self.oldest)].open,
            high: self.high,
            low: self.low,
            close: self.buckets[slot(self.last)].close,
            volume: i64::try_from(self.volume).unwrap_or(i64::MAX),
            count: self.count,
        }
    }

    /// Whether figures changed since this was asked last.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// Whether figures changed since [`Self::take_dirty`].
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Whether [`Self::rescale`] by these factors keeps every mantissa in range.
    #[must_use]
    pub fn fits(&self, price_factor: i64, qty_factor: i64) -> bool {
        // Every price lies between low and high, and every volume is part of the sum.
        self.count == 0
            || (self.high.checked_mul(price_factor).is_some()
                && self.low.checked_mul(price_factor).is_some()
                && self.volume.checked_mul(i128::from(qty_factor)).is_some())
    }

    /// Multiplies every mantissa, for exponents that became finer. Call [`Self::fits`] before.
    pub fn rescale(&mut self, price_factor: i64, qty_factor: i64) {
        for bucket in self.buckets.iter_mut().filter(|bucket| bucket.count > 0) {
            bucket.rescale(price_factor, qty_factor);
        }
        if self.count > 0 {
            self.high *= price_factor;
            self.low *= price_factor;
            self.volume *= i128::from(qty_factor);
        }
    }
}

fn slot(minute: u64) -> usize {
    (minute % WINDOW_MINUTES) as usize
}
