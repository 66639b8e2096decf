//! What a view thinks of each of its legs.

use serde::{Deserialize, Serialize};

use super::View;
use super::merge::median_of;
use crate::book::Touch;
use crate::error::Code;
use crate::event::{State, flag};
use crate::machine::Machine;

/// Between two statuses about one leg's deviation, ns.
const TELL_INTERVAL_NS: u64 = 1_000_000_000;

/// Why a leg is not in its view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::machine) enum Absence {
    /// Its source has no proven book.
    Stale,
    /// It was not heard of within the tolerance.
    Late,
    /// Its best prices cross.
    Crossed,
}

impl Absence {
    const fn code(self) -> Code {
        match self {
            Self::Stale => Code::ViewSourceStale,
            Self::Late => Code::ViewUnsynchronized,
            Self::Crossed => Code::ViewSourceCrossed,
        }
    }
}

/// One venue's part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::machine) struct Leg {
    pub(in crate::machine) slot: u32,
    pub(super) fee_ppm: u32,
    /// When something of it arrived last, ns.
    pub(super) heard: u64,
    pub(super) is_stale: bool,
    pub(super) absence: Option<Absence>,
    /// Since when it has been in without a break, ns.
    pub(super) fit_since: u64,
    /// When a deviation was told last, ns.
    told: u64,
}

impl Leg {
    /// One of which nothing is known yet.
    pub(super) const fn new(slot: u32, fee_ppm: u32) -> Self {
        Self { slot, fee_ppm, heard: 0, is_stale: true, absence: Some(Absence::Stale), fit_since: 0, told: 0 }
    }
}

impl Machine {
    /// Decides whether a leg is in its view. By time alone it comes in when it speaks, and leaves at a tick.
    pub(super) fn judge_leg(&mut self, at: usize, leg: usize, speaks: bool, now: u64) {
        let Self { entries, views, .. } = self;
        let View { tolerance_ns, legs, room, .. } = &mut views[at];
        let leg = &mut legs[leg];
        let entry = &mut entries[leg.slot as usize];
        // Clocks are set back: what was heard in a time that has not come yet was heard now.
        (leg.heard, leg.fit_since) = (leg.heard.min(now), leg.fit_since.min(now));
        let is_late = now.saturating_sub(leg.heard) > *tolerance_ns && (!speaks || leg.absence.is_some());
        let absence = if leg.is_stale {
            Some(Absence::Stale)
        } else if is_late {
            Some(Absence::Late)
        } else {
            (entry.touch == Touch::Crossed).then_some(Absence::Crossed)
        };
        if absence == leg.absence {
            return;
        }
        if leg.absence.is_some() && absence.is_none() {
            leg.fit_since = now;
        }
        leg.absence = absence;
        let state = if absence.is_some() { State::Stale } else { State::Live };
        room.told.push((leg.slot, state, absence.map(Absence::code), entry.counters.last_update_id));
    }

    /// The flag of a leg whose middle price is far from the median of all.
    pub(super) fn deviation(&mut self, at: usize, leg: usize, now: u64) -> u16 {
        let Self { entries, views, counters, .. } = self;
        let View { deviation_bps, legs, room, .. } = &mut views[at];
        let twice_mid = |leg: &Leg| {
            let book = &entries[leg.slot as usize].book;
            Some(i128::from(book.best_bid()?.price) + i128::from(book.best_ask()?.price))
        };
        room.mids.clear();
        room.mids.extend(legs.iter().filter(|leg| leg.absence.is_none()).filter_map(twice_mid));
        let mid = twice_mid(&legs[leg]).filter(|_| legs[leg].absence.is_none());
        let (Some(mid), Some(median)) = (mid.filter(|_| room.mids.len() > 1), median_of(&mut room.mids)) else { return 0 };
        if *deviation_bps == 0 {
            return 0;
        }
        counters.cross_checks += 1;
        if (mid - median).abs() * 10_000 <= median * i128::from(*deviation_bps) {
            return 0;
        }
        let leg = &mut legs[leg];
        let entry = &mut entries[leg.slot as usize];
        counters.cross_deviations += 1;
        entry.counters.suspects += 1;
        if leg.told == 0 || now.saturating_sub(leg.told) >= TELL_INTERVAL_NS {
            leg.told = now;
            room.told.push((leg.slot, State::Suspect, Some(Code::SuspectDeviation), entry.counters.last_update_id));
        }
        flag::SUSPECT
    }
}
