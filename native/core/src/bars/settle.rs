//! Minutes that the venue itself has counted take the place of ours: what was never seen is in them. Longer candles are corrected by
//! the difference, so no trade counts twice, and the trades of minutes to come are added as ever.

use super::series::Series;
use super::{Bars, CANDLES_MAX, HOLES_MAX, Hole, Timeframe};

const MINUTE_NS: u64 = Timeframe::M1.ns();

/// A minute that is over, as its venue counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute {
    /// Its beginning, ns since the UNIX epoch.
    pub start: u64,
    /// Price of the first trade; where there was none, as all prices, the close before it.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Price of the last trade.
    pub close: i64,
    /// Sum of quantities.
    pub volume: i64,
    /// Number of trades; at least 1 where there was one, for not every venue tells it.
    pub count: u64,
}

impl Minute {
    /// Its last ns.
    pub(super) const fn last(&self) -> u64 {
        self.start + (MINUTE_NS - 1)
    }

    fn is_sound(&self, now: u64) -> bool {
        let prices = self.low..=self.high;
        let is_over = self.start.checked_add(MINUTE_NS).is_some_and(|end| end <= now);
        self.start.is_multiple_of(MINUTE_NS)
            && is_over
            && prices.contains(&self.open)
            && prices.contains(&self.close)
            && self.volume >= 0
            && (self.volume == 0) == (self.count == 0)
    }
}

impl Bars {
    /// Takes over minutes that follow each other, oldest first. `false`, with nothing changed, where they do not, are not over or
    /// contradict themselves, and where it is no longer known what our own trades gave to one of them.
    #[must_use]
    pub fn settle(&mut self, minutes: &[Minute]) -> bool {
        let (Some(first), Some(last)) = (minutes.first(), minutes.last()) else { return false };
        let ours = &self.series[Timeframe::M1 as usize];
        let is_known = |minute: &Minute| {
            let oldest = ours.kept.front().map_or(0, |kept| kept.start);
            ours.kept.len() < CANDLES_MAX || minute.start >= oldest || minute.last() < self.first
        };
        if !minutes.iter().all(|minute| minute.is_sound(self.now) && is_known(minute))
            || !minutes.windows(2).all(|pair| pair[1].start == pair[0].start + MINUTE_NS)
        {
            return false;
        }
        let span = (first.start, last.last());
        // From the newest back: of those that there is no room for the oldest ones are left out.
        for minute in minutes.iter().rev() {
            let ours = self.series[Timeframe::M1 as usize].held(minute.start);
            for (series, timeframe) in self.series.iter_mut().zip(Timeframe::ALL).filter(|(_, of)| *of != Timeframe::S1) {
                Series::settle(series, timeframe, minute, ours);
            }
        }
        self.settled.push(span);
        self.settled.sort_unstable();
        self.settled.dedup_by(|later, earlier| {
            let touches = later.0 <= earlier.1.saturating_add(1);
            if touches {
                earlier.1 = earlier.1.max(later.1);
            }
            touches
        });
        if self.settled.len() > HOLES_MAX {
            self.settled.remove(0);
        }
        self.plan_close();
        true
    }

    /// Whether this span, both ends included, is settled.
    pub(super) fn is_settled(&self, from: u64, to: u64) -> bool {
        self.settled.iter().any(|span| span.0 <= from && to <= span.1)
    }

    /// Spans in which trades may be missing in candles of this timeframe, oldest first: of a second's nothing is ever settled.
    #[must_use]
    pub fn missing(&self, timeframe: Timeframe) -> Vec<Hole> {
        let mut missing: Vec<Hole> = self.holes().collect();
        if timeframe == Timeframe::S1 {
            return missing;
        }
        for &(from, to) in &self.settled {
            let cut = |hole: Hole| {
                let before = (hole.from < from).then(|| Hole { from: hole.from, to: hole.to.min(from - 1) });
                let after = (hole.to > to).then(|| Hole { from: hole.from.max(to + 1), to: hole.to });
                before.into_iter().chain(after)
            };
            missing = missing.into_iter().flat_map(cut).collect();
        }
        missing
    }
}
