//! Whether what a venue says is plausible. A verdict never drops an event and never decides about a book: it is a flag, a
//! counter, and a status when a rule begins to fire.
//!
//! Integers only; no allocation once an instrument has its [`Checks`]. Time is that of inputs. A book delta pays for one
//! comparison of times and one test of a bit; what trades need is kept and looked at by trades alone.

use serde::{Deserialize, Serialize};

use crate::error::Code;
use crate::input::DECIMALS_MAX;

pub use prints::{LEVEL_SHIFT, Prints, REVIEW_EVERY, WINDOW};

mod prints;
#[cfg(test)]
mod tests;

/// Number of [`Rule`]s.
pub const RULES: usize = 6;

/// Between two statuses about one rule of one instrument, ns.
const TELL_INTERVAL_NS: u64 = 1_000_000_000;

/// So many times in a row that are beyond their bounds are the venue's new time.
const TIME_SHIFT: u8 = 8;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rule {
    /// A price outside the bounds that were configured.
    PriceRange = 0,
    /// A trade's price far from the median of those before it.
    Outlier = 1,
    /// A trade many times larger than the largest of those before it.
    Volume = 2,
    /// A venue's time that goes back, or leaps ahead of ours.
    Time = 3,
    /// Best bid and ask too far apart.
    Spread = 4,
    /// Too many of the venue's ids missing in a minute.
    Completeness = 5,
}

impl Rule {
    /// Every rule, by number.
    pub const ALL: [Self; RULES] =
        [Self::PriceRange, Self::Outlier, Self::Volume, Self::Time, Self::Spread, Self::Completeness];

    /// Its bit in a [`Verdict`].
    #[must_use]
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The code of its status.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::PriceRange => Code::SuspectPriceRange,
            Self::Outlier => Code::SuspectOutlier,
            Self::Volume => Code::SuspectVolume,
            Self::Time => Code::SuspectTime,
            Self::Spread => Code::SuspectSpread,
            Self::Completeness => Code::SuspectCompleteness,
        }
    }
}

/// Bits of the rules that fired.
pub type Verdict = u8;

/// A bound as it was configured: value = mantissa × 10^exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Above 0.
    pub mantissa: i64,
    /// −18 ..= 0.
    pub exponent: i8,
}

impl Bound {
    /// As a mantissa at this exponent, rounded down or up; `None` where it does not fit, so that no price reaches it.
    fn at(self, exponent: i8, up: bool) -> Option<i64> {
        let power = i16::from(self.exponent) - i16::from(exponent);
        let factor = 10_i64.checked_pow(u32::from(power.unsigned_abs()))?;
        if power >= 0 {
            self.mantissa.checked_mul(factor)
        } else {
            let rest = i64::from(up && self.mantissa % factor != 0);
            Some(self.mantissa / factor + rest)
        }
    }
}

/// The rules of one instrument. A limit of 0 switches its rule off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Lowest plausible price.
    pub price_min: Option<Bound>,
    /// Highest plausible price.
    pub price_max: Option<Bound>,
    /// An outlier is further from the median than so many times the median distance from it,
    pub outlier_mads: u32,
    /// and than this share of the median, in 1/10,000.
    pub outlier_bps: u32,
    /// A volume spike is larger than so many times the largest of the trades before it.
    pub volume_factor: u32,
    /// A venue's time may go back so far within a channel, ms,
    pub time_back_ms: u32,
    /// and ahead by so much more than ours did since the message before.
    pub time_ahead_ms: u32,
    /// Widest spread, in 1/10,000 of the bid.
    pub spread_bps: u32,
    /// Least share of the venue's ids that must arrive in a minute, in 1/1,000,000.
    pub completeness_ppm: u32,
}

impl Rules {
    /// Nothing is looked at.
    pub const OFF: Self = Self {
        price_min: None,
        price_max: None,
        outlier_mads: 0,
        outlier_bps: 0,
        volume_factor: 0,
        time_back_ms: 0,
        time_ahead_ms: 0,
        spread_bps: 0,
        completeness_ppm: 0,
    };

    /// Whether limits can be what they say: bounds above 0, exponents of a price, shares of at most all.
    #[must_use]
    pub fn are_usable(&self) -> bool {
        let usable = |bound: Bound| bound.mantissa > 0 && (-DECIMALS_MAX.cast_signed()..=0).contains(&bound.exponent);
        [self.price_min, self.price_max].into_iter().flatten().all(usable) && self.completeness_ppm <= 1_000_000
    }
}

impl Default for Rules {
    /// Few enough false positives that a flag is worth looking at: `tickring replay --validation` counts them on recordings.
    fn default() -> Self {
        Self {
            outlier_mads: 12,
            outlier_bps: 100,
            volume_factor: 50,
            time_back_ms: 1_000,
            time_ahead_ms: 5_000,
            spread_bps: 500,
            completeness_ppm: 990_000,
            ..Self::OFF
        }
    }
}

/// The venue's time of one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Course {
    newest: u64,
    ts_recv: u64,
    /// Times in a row beyond the bounds.
    odd: u8,
}

impl Course {
    /// Whether the time is beyond its bounds. One that is does not move them.
    #[inline]
    fn look(&mut self, ts_event: u64, ts_recv: u64, back: u64, ahead: u64) -> bool {
        let first = self.newest.wrapping_sub(back);
        let room = back.wrapping_add(ahead).wrapping_add(ts_recv.saturating_sub(self.ts_recv));
        if ts_event.wrapping_sub(first) > room {
            return self.look_odd(ts_event, ts_recv);
        }
        if ts_event >= self.newest {
            (self.newest, self.ts_recv) = (ts_event, ts_recv);
        }
        self.odd = 0;
        false
    }

    #[cold]
    fn look_odd(&mut self, ts_event: u64, ts_recv: u64) -> bool {
        if ts_event == 0 {
            return false;
        }
        let is_first = self.newest == 0;
        self.odd += 1;
        if is_first || self.odd == TIME_SHIFT {
            *self = Self { newest: ts_event, ts_recv, odd: 0 };
        }
        !is_first
    }
}

/// Ids of one of the venue's numberings in the present minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// The newest id when the minute began.
    began: Option<u64>,
    /// Ids missing since.
    missing: u64,
}

impl Ids {
    /// These ids never came; `first` 0 says that nobody knows which.
    pub fn miss(&mut self, first: u64, last: u64) {
        if first != 0 {
            self.missing = self.missing.saturating_add(last - first + 1);
        }
    }

    /// These came late after all.
    pub fn come(&mut self, first: u64, last: u64) {
        self.missing = self.missing.saturating_sub(last - first + 1);
    }

    /// Ends the minute: ids expected, and missing. A numbering that restarted or is new expects none.
    pub fn end(&mut self, newest: Option<u64>) -> (u64, u64) {
        let expected = match (self.began, newest) {
            (Some(began), Some(newest)) => newest.saturating_sub(began),
            _ => 0,
        };
        let missing = self.missing.min(expected);
        *self = Self { began: newest, missing: 0 };
        (expected, missing)
    }
}

/// What is known of one instrument, to look at the next event with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    rules: Rules,
    book: Course,
    /// Whether the book's spread was beyond its limit at the last tick.
    is_wide: bool,
    back_ns: u64,
    ahead_ns: u64,
    trade: Course,
    quote: Course,
    /// At the instrument's exponents.
    price_min: i64,
    price_max: i64,
    prints: Prints,
    /// When time was looked at last, ns.
    ticked: u64,
    /// When each rule was told last, ns.
    told: [u64; RULES],
    /// Of the book, of trades.
    pub ids: [Ids; 2],
    /// Whether trade ids count by one.
    pub counts_trades: bool,
    /// When the present minute of ids ends, ns.
    pub ids_due: u64,
}

impl Checks {
    /// Nothing was seen yet. Allocates.
    #[must_use]
    pub fn new(rules: Rules, price_exponent: i8) -> Self {
        let ns = |ms: u32| u64::from(ms) * 1_000_000;
        let mut checks = Self {
            rules,
            book: Course::default(),
            is_wide: false,
            // Together they are no more than 64 bits, and no time is further away.
            back_ns: if rules.time_back_ms == 0 { u64::MAX / 4 } else { ns(rules.time_back_ms) },
            ahead_ns: if rules.time_ahead_ms == 0 { u64::MAX / 2 } else { ns(rules.time_ahead_ms) },
            trade: Course::default(),
            quote: Course::default(),
            price_min: 0,
            price_max: i64::MAX,
            prints: Prints::new(),
            ticked: 0,
            told: [0; RULES],
            ids: [Ids::default(); 2],
            counts_trades: false,
            ids_due: 0,
        };
        checks.bounds_at(price_exponent);
        checks
    }

    /// The rules in force.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether what was read back can be gone on with.
    pub(crate) fn is_whole(&self) -> bool {
        self.rules.are_usable() && self.prints.is_whole()
    }

    fn bounds_at(&mut self, exponent: i8) {
        self.price_min = self.rules.price_min.map_or(0, |bound| bound.at(exponent, true).unwrap_or(i64::MAX));
        self.price_max = self.rules.price_max.and_then(|bound| bound.at(exponent, false)).unwrap_or(i64::MAX);
    }

    /// Prices and quantities are multiplied by these from now on.
    pub fn rescale(&mut self, price_exponent: i8, price_factor: i64, qty_factor: i64) {
        self.bounds_at(price_exponent);
        self.prints.rescale(price_factor, qty_factor);
    }

    /// Looks at a book delta.
    #[inline]
    pub fn book(&mut self, ts_event: u64, ts_recv: u64) -> Verdict {
        let is_odd = self.book.look(ts_event, ts_recv, self.back_ns, self.ahead_ns);
        u8::from(is_odd) << Rule::Time as u8 | u8::from(self.is_wide) << Rule::Spread as u8
    }

    /// Time since this was asked last, ns; 0 the first time.
    pub fn tick(&mut self, now: u64) -> u64 {
        let before = std::mem::replace(&mut self.ticked, now);
        if before == 0 { 0 } else { now.saturating_sub(before) }
    }

    /// Looks at the best prices of a book, at a tick.
    pub fn touch(&mut self, bid: i64, ask: i64) -> Verdict {
        self.is_wide = self.is_too_wide(bid, ask);
        u8::from(self.is_wide) << Rule::Spread as u8
    }

    /// Looks at a trade. `ts_event` in ns; off the clock where it is 0.
    pub fn trade(&mut self, price: i64, qty: i64, ts_event: u64, ts_recv: u64) -> Verdict {
        let is_odd = self.trade.look(ts_event, ts_recv, self.back_ns, self.ahead_ns);
        let time = u8::from(is_odd) << Rule::Time as u8;
        time | self.range(price) | self.prints.look(price, qty, ts_recv, &self.rules)
    }

    /// Looks at a quote. A side without a price is not looked at.
    pub fn quote(&mut self, bid: i64, ask: i64, ts_event: u64, ts_recv: u64) -> Verdict {
        let is_odd = ts_event != 0 && self.quote.look(ts_event, ts_recv, self.back_ns, self.ahead_ns);
        let time = u8::from(is_odd) << Rule::Time as u8;
        if bid == 0 || ask == 0 {
            return time;
        }
        time | self.range(bid) | self.range(ask) | u8::from(self.is_too_wide(bid, ask)) << Rule::Spread as u8
    }

    fn range(&self, price: i64) -> Verdict {
        u8::from(price < self.price_min || price > self.price_max) << Rule::PriceRange as u8
    }

    fn is_too_wide(&self, bid: i64, ask: i64) -> bool {
        let limit = i128::from(bid) * i128::from(self.rules.spread_bps);
        self.rules.spread_bps != 0 && (i128::from(ask) - i128::from(bid)) * 10_000 > limit
    }

    /// Whether a minute of ids that lacks so many is too thin.
    #[must_use]
    pub fn is_thin(&self, expected: u64, missing: u64) -> bool {
        let share = u128::from(expected - missing) * 1_000_000;
        share < u128::from(expected) * u128::from(self.rules.completeness_ppm)
    }

    /// The first rule of a verdict that is to be told now.
    pub fn to_tell(&mut self, verdict: Verdict, ts_recv: u64) -> Option<Rule> {
        let mut first = None;
        for rule in Rule::ALL.into_iter().filter(|rule| verdict & rule.bit() != 0) {
            let told = &mut self.told[rule as usize];
            if *told == 0 || ts_recv.saturating_sub(*told) >= TELL_INTERVAL_NS {
                *told = ts_recv;
                first = first.or(Some(rule));
            }
        }
        first
    }
}
