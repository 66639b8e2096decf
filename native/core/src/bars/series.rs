//! The candles of one timeframe.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{CANDLES_MAX, GRACE_NS, Minute, Timeframe};

/// Trades of one interval; empty if `count` is 0. Prices and quantities are mantissas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Candle {
    pub(crate) volume: i128,
    pub(crate) count: u64,
    pub(crate) open: i64,
    pub(crate) high: i64,
    pub(crate) low: i64,
    pub(crate) close: i64,
    /// Times of `open` and `close`, ns, by which late trades find their place.
    open_ts: u64,
    close_ts: u64,
}

impl Candle {
    pub(crate) fn add(&mut self, ts: u64, price: i64, qty: i64) {
        if self.count == 0 {
            *self = Self { open: price, high: price, low: price, close: price, open_ts: ts, close_ts: ts, ..*self };
        }
        if ts < self.open_ts {
            (self.open, self.open_ts) = (price, ts);
        }
        if ts >= self.close_ts {
            (self.close, self.close_ts) = (price, ts);
        }
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.volume += i128::from(qty);
        self.count += 1;
    }

    /// Takes a minute of it as the venue counts it, in place of the volume and count that our trades gave to it. Their prices are
    /// among the minute's.
    fn settle(&mut self, minute: &Minute, (volume, count): (i128, u64)) {
        let Minute { open, high, low, close, .. } = *minute;
        if minute.count > 0 {
            if self.count == 0 {
                *self = Self { open, high, low, close, open_ts: minute.start, close_ts: minute.last(), ..*self };
            }
            if minute.start <= self.open_ts {
                (self.open, self.open_ts) = (open, minute.start);
            }
            if minute.last() >= self.close_ts {
                (self.close, self.close_ts) = (close, minute.last());
            }
            self.high = self.high.max(high);
            self.low = self.low.min(low);
        }
        self.volume += i128::from(minute.volume) - volume;
        self.count = (self.count + minute.count).saturating_sub(count);
    }

    /// Whether [`Self::rescale`] by these factors keeps every mantissa in range.
    pub(super) fn fits(&self, price_factor: i64, qty_factor: i64) -> bool {
        // Open and close lie between the two.
        [self.high, self.low].iter().all(|price| price.checked_mul(price_factor).is_some())
            && self.volume.checked_mul(i128::from(qty_factor)).is_some()
    }

    pub(crate) fn rescale(&mut self, price_factor: i64, qty_factor: i64) {
        for price in [&mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            *price *= price_factor;
        }
        self.volume *= i128::from(qty_factor);
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) start: u64,
    pub(super) candle: Candle,
    pub(super) late: u32,
    /// Whether it has changed since it was taken, and whether it was closed then.
    pub(super) is_changed: bool,
    pub(super) closed_taken: bool,
}

impl Kept {
    const fn new(start: u64) -> Self {
        Self {
            start,
            candle: Candle { volume: 0, count: 0, open: 0, high: 0, low: 0, close: 0, open_ts: 0, close_ts: 0 },
            late: 0,
            is_changed: true,
            closed_taken: false,
        }
    }
}

/// What became of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the newest candle.
    Newest,
    /// In a new candle, which closes those before it.
    New,
    /// In a candle that was closed.
    Late,
    /// Nowhere: its candle is no longer kept.
    Out,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    /// Ascending by start.
    pub(super) kept: VecDeque<Kept>,
    /// How many of them have changed since they were taken.
    pub(super) changed: usize,
}

impl Series {
    pub(super) fn add(&mut self, timeframe: Timeframe, ts: u64, now: u64, price: i64, qty: i64) -> Place {
        let start = ts - ts % timeframe.ns();
        let newest = self.kept.back().map(|kept| kept.start);
        let place = match newest {
            Some(newest) if start == newest && !is_over(timeframe, start, now) => Place::Newest,
            Some(newest) if start <= newest => Place::Late,
            _ => Place::New,
        };
        let index = match place {
            Place::Newest => self.kept.len() - 1,
            Place::New => {
                self.close_newest();
                self.insert(self.kept.len(), start)
            }
            Place::Late | Place::Out => match self.kept.binary_search_by_key(&start, |kept| kept.start) {
                Ok(index) => index,
                Err(0) if self.kept.len() == CANDLES_MAX => return Place::Out,
                Err(index) => self.insert(index, start),
            },
        };
        let kept = &mut self.kept[index];
        kept.candle.add(ts, price, qty);
        kept.late += u32::from(place == Place::Late);
        self.touch(index);
        place
    }

    /// Volume and count of the candle that begins then.
    pub(super) fn held(&self, start: u64) -> (i128, u64) {
        let found = self.kept.binary_search_by_key(&start, |kept| kept.start);
        found.map_or((0, 0), |index| (self.kept[index].candle.volume, self.kept[index].candle.count))
    }

    /// Takes over a minute, to which our own trades gave `ours`.
    pub(super) fn settle(&mut self, timeframe: Timeframe, minute: &Minute, ours: (i128, u64)) {
        let start = minute.start - minute.start % timeframe.ns();
        let index = match self.kept.binary_search_by_key(&start, |kept| kept.start) {
            Ok(index) => index,
            Err(0) if self.kept.len() == CANDLES_MAX => return,
            Err(_) if minute.count == 0 => return,
            Err(index) => self.insert(index, start),
        };
        self.kept[index].candle.settle(minute, ours);
        self.touch(index);
    }

    /// Makes a candle at `index`, the oldest one makes room. Returns where it is.
    fn insert(&mut self, index: usize, start: u64) -> usize {
        let mut index = index;
        if self.kept.len() == CANDLES_MAX {
            self.changed -= usize::from(self.kept.pop_front().is_some_and(|left| left.is_changed));
            index -= 1;
        }
        self.kept.insert(index, Kept::new(start));
        self.changed += 1;
        index
    }

    fn touch(&mut self, index: usize) {
        self.changed += usize::from(!std::mem::replace(&mut self.kept[index].is_changed, true));
    }

    /// The newest candle is to be taken once more, as closed.
    pub(super) fn close_newest(&mut self) {
        if self.kept.back().is_some_and(|newest| !newest.closed_taken) {
            self.touch(self.kept.len() - 1);
        }
    }

    pub(super) fn rescale(&mut self, price_factor: i64, qty_factor: i64) {
        for kept in &mut self.kept {
            kept.candle.rescale(price_factor, qty_factor);
        }
    }
}

/// Whether an interval is over, and its late prints have had their time.
pub(super) const fn is_over(timeframe: Timeframe, start: u64, now: u64) -> bool {
    start.saturating_add(timeframe.ns()).saturating_add(GRACE_NS) <= now
}
