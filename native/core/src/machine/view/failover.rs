//! Views of one leg at a time: the first that is fit, in the order in which they joined.
//!
//! A leg that is unfit is left in the same input; a better one is taken once it has been fit for the hold time. While none is fit
//! the last book stays.

use serde::{Deserialize, Serialize};

use super::View;
use super::legs::Leg;
use crate::error::Code;
use crate::event::State;
use crate::input::Request;
use crate::machine::Machine;

/// Which leg a view follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failover {
    /// A better leg is taken when it has been fit for this long, ns.
    pub(super) hold_ns: u64,
    /// Number of the leg followed; none before the first was fit.
    pub(super) source: Option<u32>,
}

impl View {
    /// Whether a leg's levels are in the book.
    pub(super) fn counts(&self, at: usize, leg: &Leg) -> bool {
        let is_source = self.failover.is_none_or(|failover| failover.source.is_some_and(|source| source as usize == at));
        is_source && leg.absence.is_none()
    }

    /// Whether the book stays what it was, for nobody knows what it is now.
    pub(super) fn keeps(&self) -> bool {
        self.failover.is_some() && !self.legs.iter().enumerate().any(|(at, leg)| self.counts(at, leg))
    }

    /// Whether what it says of its legs can be.
    pub(in crate::machine) fn is_whole(&self) -> bool {
        let source = self.failover.and_then(|failover| failover.source);
        source.is_none_or(|source| (source as usize) < self.legs.len())
    }

    /// The leg to follow now, and why, where that is another one than before.
    fn other_source(&self, now: u64) -> Option<(u32, Code)> {
        let Failover { hold_ns, source } = self.failover?;
        let legs = || (0..).zip(&self.legs).filter(|(_, leg)| leg.absence.is_none());
        let held = |leg: &Leg| now.saturating_sub(leg.fit_since) >= hold_ns;
        let Some(source) = source else { return legs().next().map(|(at, _)| (at, Code::ViewSourcePreferred)) };
        if self.legs[source as usize].absence.is_some() {
            legs().next().map(|(at, _)| (at, Code::ViewSourceLost))
        } else {
            legs().find(|(at, leg)| *at < source && held(leg)).map(|(at, _)| (at, Code::ViewSourcePreferred))
        }
    }
}

/// Instrument ids of the legs before and after, as a status tells them; 0: none before.
const fn passage(from: u32, to: u32) -> u64 {
    ((from as u64) << 32) | to as u64
}

impl Machine {
    /// Takes another leg where the rule says so, and notes what is to be told of it.
    pub(super) fn choose_source(&mut self, at: usize, now: u64) {
        let Some((to, code)) = self.views[at].other_source(now) else { return };
        let Self { entries, views, .. } = self;
        let View { slot, legs, failover, room, .. } = &mut views[at];
        let id_of = |leg: u32| entries[legs[leg as usize].slot as usize].definition.id;
        let from = failover.and_then(|failover| failover.source).map_or(0, id_of);
        let id = id_of(to);
        *failover = failover.map(|failover| Failover { source: Some(to), ..failover });
        room.told.push((*slot, State::Live, Some(code), passage(from, id)));
        let entry = &mut entries[*slot as usize];
        entry.counters.source = u64::from(id);
        entry.counters.source_switches += u64::from(from != 0);
        let instrument = entry.definition.id;
        self.push_request(Request::Source { instrument, from, to: id, code: Some(code) });
    }

    /// Tells the engine that a view has no leg to follow, or has the one that it had.
    pub(super) fn report_outage(&mut self, at: usize, is_live: bool) {
        let View { slot, failover: Some(_), .. } = &self.views[at] else { return };
        let entry = &self.entries[*slot as usize];
        let (instrument, source) = (entry.definition.id, entry.counters.source as u32);
        let (to, code) = if is_live { (source, None) } else { (0, Some(Code::ViewUnsynchronized)) };
        self.push_request(Request::Source { instrument, from: source, to, code });
    }
}
