//! What silence of a channel is unusual: learned from its own gaps between messages, in a few words a channel.
//!
//! Gaps are looked at on ticks, so that a message costs a stamp and a count and no more; a gap comes out at most a tick too long. Two
//! figures are kept: the mean of the last gaps, and the longest gap, which is forgotten slowly. A Poisson process is silent for 16 of
//! its means once in nine million gaps, so that a fresh channel is safe; markets are burstier than that, and the longest gap knows
//! how much. Integers alone: replay gives the same.

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// Gaps before a channel is judged, and the time that they take at least, ns.
pub const LEARNED_AFTER: u8 = 64;
const LEARNED_NS: u64 = 600_000_000_000;

/// Share of the mean that a gap replaces: 1 of 2 to this power.
const MEAN_SHIFT: u32 = 5;

/// Means of silence, and longest gaps of silence, that are not usual.
const MEANS: u64 = 16;
const LONGEST: u64 = 8;

/// In this time the longest gap is forgotten to 37 %, ms: half of it in 6 hours.
const FORGET_MS: u64 = 31_162_000;

/// Longer gaps are taken for this, ns: a day.
const GAP_NS_MAX: u64 = 86_400_000_000_000;

/// Silence is at least this before it is unusual, ns.
pub const SILENCE_FLOOR_NS: u64 = 10_000_000_000;

/// The same before a new subscription brought its first message: the venue may answer many of them one by one.
const FIRST_NS: u64 = 60_000_000_000;

/// Time to which messages are counted for a rate, ns.
pub const WINDOW_NS: u64 = 10_000_000_000;

/// Windows of which a rate is the mean, about: 45 minutes.
const RATE_WINDOWS: u64 = 270;

/// Binary places of a rate.
const RATE_PLACES: u32 = 8;

/// Fewer messages expected of others than this say nothing of whether the market became quiet.
const OTHERS_MIN: u64 = 32;

/// A market that becomes quiet makes silence count for so much less, at most.
const QUIETER_MAX: u64 = 8;

/// Doublings of the wait before a silent channel is asked for again.
const DOUBLINGS_MAX: u8 = 6;

/// Messages a window, as a decaying mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Messages counted until the window began.
    before: u64,
    /// Mean, with [`RATE_PLACES`] binary places.
    mean: u64,
    /// Windows so far, up to [`RATE_WINDOWS`]; the first one was not whole.
    windows: u64,
}

impl Rate {
    /// A window ends, `count` being all messages so far.
    pub fn turn(&mut self, count: u64) {
        let messages = count.saturating_sub(self.before) << RATE_PLACES;
        let sum = self.mean * self.windows.saturating_sub(1) + messages;
        self.mean = sum.checked_div(self.windows).unwrap_or(0);
        self.windows = (self.windows + 1).min(RATE_WINDOWS);
        self.before = count;
    }

    /// Messages expected in this time.
    const fn expected(self, ns: u64) -> u64 {
        ((self.mean as u128 * ns as u128 / WINDOW_NS as u128) >> RATE_PLACES) as u64
    }
}

/// When messages of a channel, or of a connection, came. Kept by every message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// Receive time of the newest, ns.
    pub at: u64,
    /// How many.
    pub count: u64,
}

impl Heard {
    /// Another one.
    #[inline(always)]
    pub const fn note(&mut self, at: u64) {
        self.at = at;
        self.count = self.count.wrapping_add(1);
    }
}

/// A connection, to its channels: what others say while one is silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its messages.
    pub heard: Heard,
    /// How many are usual.
    pub rate: Rate,
}

/// What a look at a channel found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing to tell.
    Usual,
    /// Silent beyond its limit, for the first time or for so long that it is worth asking again.
    Silent,
    /// It was silent and is no longer.
    Speaks,
}

/// The rhythm of one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Of the newest message that a look saw, or when it was subscribed; 0: nothing is awaited.
    since: Heard,
    /// Messages of its connection when `since` was seen.
    others: u64,
    /// ns.
    mean: u64,
    /// ns.
    longest: u64,
    rate: Rate,
    /// Gaps noted, up to [`LEARNED_AFTER`].
    noted: u8,
    /// Time that they took, up to [`LEARNED_NS`], ns.
    taken: u64,
    /// A message came since it was subscribed.
    begun: bool,
    /// Reported silent and not heard since.
    silent: bool,
    doublings: u8,
}

impl Rhythm {
    /// It is subscribed now: what it was silent for before says nothing.
    pub fn begin(&mut self, now: u64, heard: Heard, company: &Company) {
        (self.since, self.others) = (Heard { at: now, count: heard.count }, company.heard.count);
        (self.begun, self.doublings) = (false, 0);
    }

    /// Nobody sends it now. Keeps what was learned.
    pub const fn end(&mut self) {
        self.since.at = 0;
        (self.silent, self.doublings) = (false, 0);
    }

    /// Silence beyond this is unusual, ns; `None` while too little is known. `repeats` is what the venue promises to repeat after.
    #[must_use]
    pub fn limit(&self, repeats: Option<u64>) -> Option<u64> {
        let promised = repeats.map(|ns| 2 * ns + SILENCE_FLOOR_NS / 2);
        if self.noted < LEARNED_AFTER || self.taken < LEARNED_NS {
            return promised;
        }
        let learned = SILENCE_FLOOR_NS.max(MEANS * self.mean).max(LONGEST * self.longest);
        Some(promised.map_or(learned, |promised| promised.min(learned)))
    }

    /// Whether a message came since the last look.
    #[must_use]
    pub const fn is_new(&self, heard: Heard) -> bool {
        heard.count != self.since.count
    }

    /// Whether it was reported silent.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.silent
    }

    /// Called on each tick, with what came of the channel and of its connection. Without `may_report` silence is looked at later.
    #[inline]
    pub fn look(&mut self, heard: Heard, company: &Company, repeats: Option<u64>, may_report: bool) -> Look {
        if self.since.at == 0 {
            return Look::Usual;
        }
        if heard.count != self.since.count {
            return self.spoke(heard, company);
        }
        // Silence while nobody on the connection speaks is the connection's, which has a watch of its own.
        let silence = company.heard.at.saturating_sub(self.since.at);
        if silence < SILENCE_FLOOR_NS / 2 || !may_report {
            return Look::Usual;
        }
        self.judge(silence, company, repeats)
    }

    /// A window of [`WINDOW_NS`] ends.
    pub fn turn(&mut self, heard: Heard) {
        self.rate.turn(heard.count);
    }

    fn spoke(&mut self, heard: Heard, company: &Company) -> Look {
        let mut gap = heard.at.saturating_sub(self.since.at).min(GAP_NS_MAX);
        if self.silent {
            // A silence that was reported is no rhythm, or may be one: it doubles the limit at most.
            gap = gap.min(self.limit(None).unwrap_or(gap) * 2 / LONGEST);
        }
        let was_silent = std::mem::take(&mut self.silent);
        if std::mem::replace(&mut self.begun, true) {
            let forgotten = (self.longest / 1_000) * (gap / 1_000_000).min(FORGET_MS) / FORGET_MS * 1_000;
            self.longest = (self.longest - forgotten).max(gap);
            self.mean = if self.noted == 0 { gap } else { self.mean - (self.mean >> MEAN_SHIFT) + (gap >> MEAN_SHIFT) };
            self.noted = (self.noted + 1).min(LEARNED_AFTER);
            self.taken = (self.taken + gap).min(LEARNED_NS);
        }
        (self.since, self.others, self.doublings) = (heard, company.heard.count, 0);
        if was_silent { Look::Speaks } else { Look::Usual }
    }

    #[cold]
    fn judge(&mut self, silence: u64, company: &Company, repeats: Option<u64>) -> Look {
        let Some(limit) = self.limit(repeats) else { return Look::Usual };
        let limit = if self.begun { limit } else { limit.max(FIRST_NS) };
        let others = company.rate.expected(silence).saturating_sub(self.rate.expected(silence));
        let came = company.heard.count.saturating_sub(self.others);
        // In a market that became quiet, a quarter less busy than usual or more, time passes slower.
        let counted = if others >= OTHERS_MIN && came < others / 4 * 3 {
            (u128::from(silence) * u128::from(came) / u128::from(others)).max(u128::from(silence / QUIETER_MAX))
        } else {
            u128::from(silence)
        };
        if counted <= u128::from(limit) << self.doublings {
            return Look::Usual;
        }
        self.silent = true;
        self.doublings = (self.doublings + 1).min(DOUBLINGS_MAX);
        Look::Silent
    }
}
