//! What is kept of an instrument while several connections carry one of its channels: who brought what, and what waits because another
//! one may still bring what lies before it. One connection alone has none of this. See "Several lines" in `native/core/README.md`.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::depth::Delta;
use super::entry::Channel;
use super::prints::Print;
use crate::book::level_fits;
use crate::event::Level;

/// How long what lies behind a hole waits for another line, ns.
pub const HOLD_NS_MAX: u64 = 500_000_000;

/// Most deltas of an instrument that wait so, and most trades.
pub const HELD_MAX: usize = 1_024;

/// Most levels of those deltas.
pub const HELD_LEVELS_MAX: usize = 65_536;

/// Ids that venue time must rise by, ns, before an older one tells of a restarted numbering: the clocks of a venue's servers differ.
pub(super) const RESTART_NS: u64 = 1_000_000_000;

/// How long what is known of several lines is kept when one is left: it may be that much behind those that left, ns.
const LINGER_NS: u64 = 10_000_000_000;

/// Newest arrivals whose lead is measured, and newest trades that are known by their id where no number orders them.
const RECENT_MAX: usize = 512;

/// One of the connections that carry a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Carrier {
    pub(super) connection: u16,
    /// Newest ids that it brought; of trades plain and aggregated ones. 0: none.
    pub(super) newest: [u64; 2],
    /// It has brought what was known already, or what came next: nothing is missing between it and the others.
    pub(super) joined: bool,
    /// Others have brought something since it was asked for.
    pub(super) others_spoke: bool,
}

/// A first arrival.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Arrival {
    id: u64,
    ts_recv: u64,
    connection: u16,
}

/// A delta behind a hole, its levels at the exponents in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HeldDelta {
    pub(super) delta: Delta,
    pub(super) ts_recv: u64,
    pub(super) bids: Vec<Level>,
    pub(super) asks: Vec<Level>,
}

/// A trade behind a hole.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct HeldPrint {
    pub(super) print: Print,
    pub(super) ts_recv: u64,
}

/// See the module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Shared {
    carriers: [Vec<Carrier>; Channel::ALL.len()],
    /// By id.
    pub(super) deltas: VecDeque<HeldDelta>,
    levels: usize,
    /// Plain and aggregated, by number.
    pub(super) prints: [VecDeque<HeldPrint>; 2],
    /// Of book and trades.
    arrivals: [VecDeque<Arrival>; 2],
    /// Ids of trades that no number tells apart.
    seen: VecDeque<u64>,
    /// Numbers of trades below these came before there were several lines.
    pub(super) oldest_number: [u64; 2],
    /// Sent before this, venue time in ns: of a numbering that has ended. Of the book and of both kinds of trades.
    pub(super) restarted_at: [u64; 3],
    /// Who brought the newest quote.
    pub(super) quoted_by: u16,
    /// When a connection left, ns: what it brought before the others is not yet old to them.
    pub(super) left_at: u64,
}

impl Shared {
    pub(super) fn carriers(&self, channel: Channel) -> &[Carrier] {
        &self.carriers[channel as usize]
    }

    /// A connection begins to carry a channel; `newest` is what it is known to have brought.
    pub(super) fn add(&mut self, channel: Channel, connection: u16, newest: [u64; 2]) {
        let joined = newest != [0; 2];
        self.remove(channel, connection);
        self.carriers[channel as usize].push(Carrier { connection, newest, joined, others_spoke: false });
    }

    /// A connection no longer carries a channel; returns one that does.
    pub(super) fn remove(&mut self, channel: Channel, connection: u16) -> Option<u16> {
        let carriers = &mut self.carriers[channel as usize];
        carriers.retain(|carrier| carrier.connection != connection);
        carriers.last().map(|carrier| carrier.connection)
    }

    /// Whether nothing is shared any more, and the one that is left has brought what the last one to leave had.
    pub(super) fn is_over(&self, now: u64) -> bool {
        let is_alone = self.carriers.iter().all(|of| of.len() < 2) && self.holds_nothing();
        is_alone && now.saturating_sub(self.left_at) >= LINGER_NS
    }

    pub(super) fn holds_nothing(&self) -> bool {
        self.deltas.is_empty() && self.prints.iter().all(VecDeque::is_empty)
    }

    /// A connection brought this id. Numbers of trades are those of one `track`; elsewhere it is 0.
    pub(super) fn note(&mut self, channel: Channel, connection: u16, track: usize, id: u64) {
        for carrier in &mut self.carriers[channel as usize] {
            if carrier.connection == connection {
                carrier.newest[track] = carrier.newest[track].max(id);
            } else {
                carrier.others_spoke = true;
            }
        }
    }

    /// What a connection brought was known, or was the next: it has joined the others.
    pub(super) fn join(&mut self, channel: Channel, connection: u16) {
        for carrier in &mut self.carriers[channel as usize] {
            carrier.joined |= carrier.connection == connection;
        }
    }

    /// Whether a connection may still bring what comes after this id: it has brought nothing newer.
    pub(super) fn may_bring(&self, channel: Channel, track: usize, after: u64) -> bool {
        self.carriers[channel as usize].iter().any(|carrier| carrier.newest[track] <= after)
    }

    /// What each brought counts no longer: the venue numbers anew.
    pub(super) fn restart(&mut self, channel: Channel, track: usize) {
        for carrier in &mut self.carriers[channel as usize] {
            carrier.newest[track] = 0;
        }
        match channel {
            Channel::Book => self.drop_deltas(),
            Channel::Trade => self.prints[track].clear(),
            _ => {}
        }
        if let Some(arrivals) = self.arrivals.get_mut(channel as usize) {
            arrivals.clear();
        }
    }

    /// The first arrival of an id.
    pub(super) fn arrived(&mut self, channel: Channel, id: u64, connection: u16, ts_recv: u64) {
        let Some(arrivals) = self.arrivals.get_mut(channel as usize) else { return };
        if arrivals.len() == RECENT_MAX {
            arrivals.pop_front();
        }
        arrivals.push_back(Arrival { id, ts_recv, connection });
    }

    /// By how much the connection that brought an id first was earlier than another one, ns; who it was.
    pub(super) fn lead(&self, channel: Channel, id: u64, connection: u16, ts_recv: u64) -> Option<(u16, u64)> {
        let first = self.arrivals.get(channel as usize)?.iter().rev().find(|arrival| arrival.id == id)?;
        (first.connection != connection).then(|| (first.connection, ts_recv.saturating_sub(first.ts_recv)))
    }

    /// Whether a trade with this id was seen lately; it is from now on.
    pub(super) fn saw(&mut self, trade_id: u64) -> bool {
        if self.seen.contains(&trade_id) {
            return true;
        }
        if self.seen.len() == RECENT_MAX {
            self.seen.pop_front();
        }
        self.seen.push_back(trade_id);
        false
    }

    /// Keeps a delta in its place; `None` if one with its id waits already, `Some(false)` if there is no room.
    pub(super) fn hold_delta(&mut self, delta: Delta, ts_recv: u64, bids: &[Level], asks: &[Level]) -> Option<bool> {
        let at = self.deltas.partition_point(|held| held.delta.ids.last < delta.ids.last);
        if self.deltas.get(at).is_some_and(|held| held.delta.ids.last == delta.ids.last) {
            return None;
        }
        let levels = bids.len() + asks.len();
        if self.deltas.len() == HELD_MAX || self.levels + levels > HELD_LEVELS_MAX {
            return Some(false);
        }
        self.levels += levels;
        self.deltas.insert(at, HeldDelta { delta, ts_recv, bids: bids.to_vec(), asks: asks.to_vec() });
        Some(true)
    }

    pub(super) fn pop_delta(&mut self) -> Option<HeldDelta> {
        let held = self.deltas.pop_front()?;
        self.levels -= held.bids.len() + held.asks.len();
        Some(held)
    }

    pub(super) fn drop_deltas(&mut self) {
        self.deltas.clear();
        self.levels = 0;
    }

    /// Most levels a side that waiting deltas could add to a book.
    pub(super) const fn held_levels(&self) -> usize {
        self.levels
    }

    /// As [`Self::hold_delta`].
    pub(super) fn hold_print(&mut self, track: usize, number: u64, print: Print, ts_recv: u64) -> Option<bool> {
        let prints = &mut self.prints[track];
        let at = prints.partition_point(|held| held.print.number() < Some(number));
        if prints.get(at).is_some_and(|held| held.print.number() == Some(number)) {
            return None;
        }
        if prints.len() == HELD_MAX {
            return Some(false);
        }
        prints.insert(at, HeldPrint { print, ts_recv });
        Some(true)
    }

    fn held_mut(&mut self) -> impl Iterator<Item = &mut Level> {
        let of_deltas = self.deltas.iter_mut().flat_map(|held| held.bids.iter_mut().chain(&mut held.asks));
        of_deltas.chain(self.prints.iter_mut().flatten().filter_map(|held| held.print.level_mut()))
    }

    /// Whether every waiting mantissa keeps within `i64` under these factors.
    pub(super) fn fits(&self, price_factor: i64, qty_factor: i64) -> bool {
        let of_deltas = self.deltas.iter().flat_map(|held| held.bids.iter().chain(&held.asks)).copied();
        let of_prints = self.prints.iter().flatten().filter_map(|held| held.print.level());
        of_deltas.chain(of_prints).all(|level| level_fits(level, price_factor, qty_factor))
    }

    /// Multiplies every waiting mantissa. Call [`Self::fits`] before.
    pub(super) fn rescale(&mut self, price_factor: i64, qty_factor: i64) {
        for level in self.held_mut() {
            *level = Level { price: level.price * price_factor, qty: level.qty * qty_factor };
        }
    }

    /// Whether it keeps to its limits, and names no connection beyond these.
    pub(super) fn is_whole(&self, connections: usize) -> bool {
        let levels: usize = self.deltas.iter().map(|held| held.bids.len() + held.asks.len()).sum();
        let few = self.deltas.len() <= HELD_MAX && levels == self.levels && levels <= HELD_LEVELS_MAX;
        let few = few && self.prints.iter().all(|prints| prints.len() <= HELD_MAX);
        few && self.carriers.iter().flatten().all(|carrier| usize::from(carrier.connection) < connections)
    }
}
