//! Candles of one instrument from its trades, by timeframe. A candle is all trades of its interval, in whatever order they came:
//! the earliest opens it, the latest closes it. There is no clock: time enters with trades and with [`Bars::advance`].
//!
//! Constant time a trade and timeframe, but for a late one, which is looked for. Kept are the newest [`CANDLES_MAX`] candles of each
//! timeframe that hold trades; intervals without any cost nothing and are filled in when candles are read.

mod series;
mod settle;
mod timeframe;

pub(crate) use series::Candle;
use series::{Kept, Place, Series, is_over};
pub use settle::Minute;
pub use timeframe::Timeframe;

#[cfg(test)]
mod tests;

/// Candles kept of each timeframe.
pub const CANDLES_MAX: usize = 100;
/// Spans in which trades may be missing that are told apart; the two oldest are taken together for another one.
const HOLES_MAX: usize = 32;
/// A candle without a later one is closed this long after its end, ns: prints travel for a while.
const GRACE_NS: u64 = 1_000_000_000;

/// A candle as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Beginning of its interval, ns since the UNIX epoch.
    pub start: u64,
    /// Price of the earliest trade.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Price of the latest trade.
    pub close: i64,
    /// Sum of quantities; one beyond `i64`, which no venue's lot size allows, is given as `i64::MAX`.
    pub volume: i64,
    /// Number of trades; 0 for an interval without one, whose prices are the close before it.
    pub count: u64,
    /// Trades among them that came when the candle was closed already.
    pub late: u32,
    /// Whether the interval is over.
    pub closed: bool,
    /// Whether trades of the interval may be missing.
    pub partial: bool,
}

/// A span in which trades may be missing, ns, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Time of the last trade that is known before it; 0 where there is none.
    pub from: u64,
    /// Time of the first one after it; `u64::MAX` before there is one.
    pub to: u64,
}

/// The candles of one instrument.
#[derive(Clone, Debug)]
pub struct Bars {
    series: [Series; Timeframe::ALL.len()],
    /// Aggregated prints or single ones, whichever came first: both would count everything twice.
    track: Option<bool>,
    holes: Vec<Hole>,
    /// Since when trades may be missing, until one comes.
    open_hole: Option<u64>,
    /// Spans of whole minutes that were taken from the venue, both ends included, ascending and apart.
    settled: Vec<(u64, u64)>,
    /// Times of the earliest and of the latest trade.
    first: u64,
    last: u64,
    /// Newest time that is known.
    now: u64,
    /// When the first of the newest candles is over that was not taken as closed.
    next_close: u64,
    late: u64,
    left_out: u64,
}

impl Default for Bars {
    fn default() -> Self {
        Self {
            series: Default::default(),
            track: None,
            holes: Vec::new(),
            open_hole: Some(0),
            settled: Vec::new(),
            first: u64::MAX,
            last: 0,
            now: 0,
            next_close: u64::MAX,
            late: 0,
            left_out: 0,
        }
    }
}

impl Bars {
    /// Counts a trade of time `ts` (ns) into its candles. Returns whether that closed any: then [`Self::take_changed`] is due.
    pub fn add(&mut self, ts: u64, price: i64, qty: i64, aggregated: bool) -> bool {
        if *self.track.get_or_insert(aggregated) != aggregated {
            return false;
        }
        if let Some(from) = self.open_hole.take() {
            self.hole(Hole { from, to: ts.max(from) });
        }
        let (mut is_late, mut is_new) = (false, false);
        // The venue's minute has it already.
        let count = if self.is_settled(ts, ts) { 1 } else { Timeframe::ALL.len() };
        for (series, timeframe) in self.series.iter_mut().zip(Timeframe::ALL).take(count) {
            match series.add(timeframe, ts, self.now, price, qty) {
                Place::Newest => {}
                Place::New => is_new = true,
                Place::Late => is_late = true,
                Place::Out => {
                    is_late = true;
                    self.left_out += 1;
                }
            }
        }
        self.late += u64::from(is_late);
        self.first = self.first.min(ts);
        self.last = self.last.max(ts);
        self.now = self.now.max(ts);
        if is_new {
            self.plan_close();
        }
        is_new
    }

    /// Time has come to `ts` (ns); earlier times change nothing. Constant time.
    pub fn advance(&mut self, ts: u64) {
        self.now = self.now.max(ts);
    }

    /// Trades may be missing from the last one that is known until the next one.
    pub fn miss(&mut self) {
        if self.open_hole.is_none() {
            self.open_hole = Some(self.last);
        }
    }

    fn hole(&mut self, hole: Hole) {
        if self.holes.len() == HOLES_MAX {
            let first = self.holes.remove(0);
            self.holes[0].from = first.from;
        }
        self.holes.push(hole);
    }

    /// Spans in which trades may be missing, oldest first; before the first trade all are.
    pub fn holes(&self) -> impl Iterator<Item = Hole> + '_ {
        self.holes.iter().copied().chain(self.open_hole.map(|from| Hole { from, to: u64::MAX }))
    }

    /// Trades that came when one of their candles was closed already.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Candles that a trade came too late for altogether: they are no longer kept.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Whether [`Self::take_changed`] would give anything.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.next_close <= self.now || self.series.iter().any(|series| series.changed > 0)
    }

    /// The candles of a timeframe that have changed, or are closed, since this was asked last; oldest first.
    pub fn take_changed(&mut self, timeframe: Timeframe, mut take: impl FnMut(Bar)) {
        if self.next_close <= self.now {
            for (series, timeframe) in self.series.iter_mut().zip(Timeframe::ALL) {
                if series.kept.back().is_some_and(|newest| is_over(timeframe, newest.start, self.now)) {
                    series.close_newest();
                }
            }
            self.next_close = u64::MAX;
        }
        let series = &mut self.series[timeframe as usize];
        let mut first = series.kept.len();
        let mut left = series.changed;
        while left > 0 && first > 0 {
            first -= 1;
            left -= usize::from(series.kept[first].is_changed);
        }
        for index in first..self.series[timeframe as usize].kept.len() {
            let bar = self.bar(timeframe, index);
            let kept = &mut self.series[timeframe as usize].kept[index];
            if std::mem::take(&mut kept.is_changed) {
                kept.closed_taken = bar.closed;
                take(bar);
            }
        }
        self.series[timeframe as usize].changed = 0;
        self.plan_close();
    }

    fn plan_close(&mut self) {
        let ends = self.series.iter().zip(Timeframe::ALL).filter_map(|(series, timeframe)| {
            let newest = series.kept.back().filter(|newest| !newest.closed_taken && !newest.is_changed)?;
            Some(newest.start.saturating_add(timeframe.ns()).saturating_add(GRACE_NS))
        });
        self.next_close = ends.min().unwrap_or(u64::MAX);
    }

    fn bar(&self, timeframe: Timeframe, index: usize) -> Bar {
        let kept = &self.series[timeframe as usize].kept;
        let Kept { start, candle, late, .. } = kept[index];
        Bar {
            start,
            open: candle.open,
            high: candle.high,
            low: candle.low,
            close: candle.close,
            volume: i64::try_from(candle.volume).unwrap_or(i64::MAX),
            count: candle.count,
            late,
            closed: index + 1 < kept.len() || is_over(timeframe, start, self.now),
            partial: self.is_partial(timeframe, start),
        }
    }

    fn is_partial(&self, timeframe: Timeframe, start: u64) -> bool {
        let last = start.saturating_add(timeframe.ns() - 1);
        let is_open = |hole: Hole| timeframe == Timeframe::S1 || !self.is_settled(hole.from.max(start), hole.to.min(last));
        self.holes().any(|hole| start <= hole.to && last >= hole.from && is_open(hole))
    }

    /// The newest candle of a timeframe.
    #[must_use]
    pub fn newest(&self, timeframe: Timeframe) -> Option<Bar> {
        let count = self.series[timeframe as usize].kept.len();
        (count > 0).then(|| self.bar(timeframe, count - 1))
    }

    /// The newest `count` candles of a timeframe up to now, [`CANDLES_MAX`] at most, oldest first and without a break: an interval
    /// without trades is there with the close before it. Empty before the first trade.
    #[must_use]
    pub fn candles(&self, timeframe: Timeframe, count: usize) -> Vec<Bar> {
        let kept = &self.series[timeframe as usize].kept;
        let (Some(oldest), Some(newest)) = (kept.front(), kept.back()) else { return Vec::new() };
        let ns = timeframe.ns();
        let end = newest.start.max(self.now - self.now % ns);
        let wanted = count.clamp(1, CANDLES_MAX) as u64 - 1;
        let mut start = oldest.start.max(end.saturating_sub(wanted * ns));
        let mut index = kept.partition_point(|kept| kept.start < start);
        let mut close = index.checked_sub(1).map_or(oldest.candle.open, |before| kept[before].candle.close);
        let mut bars = Vec::with_capacity(wanted as usize + 1);
        while start <= end {
            let bar = match kept.get(index).filter(|kept| kept.start == start) {
                Some(_) => {
                    index += 1;
                    self.bar(timeframe, index - 1)
                }
                None => self.empty(timeframe, start, close),
            };
            close = bar.close;
            bars.push(bar);
            start = match start.checked_add(ns) {
                Some(next) => next,
                None => break,
            };
        }
        bars
    }

    fn empty(&self, timeframe: Timeframe, start: u64, price: i64) -> Bar {
        Bar {
            start,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 0,
            count: 0,
            late: 0,
            closed: is_over(timeframe, start, self.now),
            partial: self.is_partial(timeframe, start),
        }
    }

    /// Multiplies every mantissa, for exponents that became finer; `false`, with nothing changed, where one would not fit.
    #[must_use]
    pub fn rescale(&mut self, price_factor: i64, qty_factor: i64) -> bool {
        let fits = |series: &Series| series.kept.iter().all(|kept| kept.candle.fits(price_factor, qty_factor));
        if !self.series.iter().all(fits) {
            return false;
        }
        for series in &mut self.series {
            series.rescale(price_factor, qty_factor);
        }
        true
    }
}
