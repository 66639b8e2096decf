//! What time alone brings about. Time is the receive time of inputs; a tick comes every 100 ms.

use super::output::Tag;
use super::{Entry, Machine, Output};
use crate::event::{Body, flag};
use crate::sink::Sink;
use crate::sync::{Phase, SNAPSHOT_PATIENCE_NS, STREAM_PATIENCE_NS};

/// Most periodic snapshots in one tick, so that a tick stays short.
pub(super) const SNAPSHOTS_PER_TICK_MAX: usize = 4;

/// Shortest time between two [`crate::event::Stats24h`] events of one instrument.
const STATS_INTERVAL_NS: u64 = 1_000_000_000;

impl Machine {
    pub(super) fn tick<S: Sink>(&mut self, out: &mut Output<'_, S>) {
        out.many = true;
        self.turn_windows(out.ts_recv);
        let mut silent = 0;
        for slot in 0..self.next_slot() {
            if self.entries[slot as usize].removed {
                continue;
            }
            self.settle(slot, out);
            if self.crossed_too_long(slot, out.ts_recv) {
                self.resync_crossed(slot, out);
            }
            let Entry { venue, sync, .. } = &self.entries[slot as usize];
            let waits = matches!(sync.phase, Phase::Buffering | Phase::Loaded) && !self.entries[slot as usize].is_suspended();
            let patience = if venue.snapshots_in_stream() { STREAM_PATIENCE_NS } else { SNAPSHOT_PATIENCE_NS };
            if waits && sync.asked_at.is_some_and(|at| out.ts_recv.saturating_sub(at) > patience) {
                self.request_snapshot(slot, out.ts_recv);
            }
            self.listen(slot, &mut silent, out);
            self.tick_checks(slot, out);
            self.tick_stats(slot, out);
        }
        self.survey();
        self.tick_audit(out);
        if !self.views.is_empty() {
            self.tick_views(out);
        }
        self.send_due_snapshots(out);
    }

    fn tick_stats<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        entry.stats.advance(out.ts_recv);
        if out.ts_recv < entry.stats_due || !entry.stats.take_dirty() {
            return;
        }
        entry.stats_due = out.ts_recv.saturating_add(STATS_INTERVAL_NS);
        let partial = if entry.stats.is_partial() { flag::PARTIAL } else { 0 };
        let tag = Tag { flags: partial, ..Tag::of(entry.definition.id) };
        out.hold(tag, Body::Stats24h(entry.stats.figures()));
        self.touch(slot);
    }

    /// Publishes full books that are due, going round so that none starves.
    fn send_due_snapshots<S: Sink>(&mut self, out: &mut Output<'_, S>) {
        if self.config.snapshot_interval_ns == 0 {
            return;
        }
        let count = self.next_slot();
        self.scratch.due.clear();
        for step in 0..count {
            let slot = (self.snapshot_cursor + step) % count;
            let entry = &self.entries[slot as usize];
            if entry.is_live() && entry.snapshot_due <= out.ts_recv {
                self.scratch.due.push(slot);
                if self.scratch.due.len() == SNAPSHOTS_PER_TICK_MAX {
                    break;
                }
            }
        }
        for at in 0..self.scratch.due.len() {
            let slot = self.scratch.due[at];
            self.send_serving_book(slot, at + 1 == self.scratch.due.len(), out);
            self.schedule_snapshot(slot, out.ts_recv, false);
            self.snapshot_cursor = (slot + 1) % count;
        }
    }

    /// Plans the next periodic snapshot. The first one of a live book comes at a moment of the interval that is its slot's
    /// own, so that instruments that went live together do not stay together.
    pub(super) fn schedule_snapshot(&mut self, slot: u32, now: u64, first: bool) {
        let interval = self.config.snapshot_interval_ns;
        // Fibonacci hashing: neighbouring slots land far apart.
        let phase = u64::from(slot).wrapping_mul(0x9e37_79b9_7f4a_7c15).checked_rem(interval).unwrap_or(0);
        let after = if first { phase } else { interval };
        self.entries[slot as usize].snapshot_due = now.saturating_add(after);
    }
}
