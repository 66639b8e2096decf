//! Audits: now and then a copy of one book is fetched and compared with ours. When is decided by ticks, so that replay asks and finds
//! the same; whether the venue's budget has room for it is the engine's business, and an audit without an answer comes to nothing.

use serde::{Deserialize, Serialize};

use super::output::{Output, Tag};
use super::snapshot::refuse_other;
use super::widen::Exponents;
use super::{Machine, refuse};
use crate::audit::{Difference, Window};
use crate::book::BOOK_LEVELS_MAX;
use crate::error::Code;
use crate::event::State;
use crate::input::Request;
use crate::simd::CodePath;
use crate::sink::Sink;
use crate::venue::Reject;

/// From the beginning of one audit to that of the next, ns.
pub const AUDIT_INTERVAL_NS: u64 = 2_000_000_000;

/// How much longer than the answer the stream may take to tell the same, where ids do not say it, ns.
const SETTLE_NS: u64 = 2_000_000_000;

/// How long an answer is awaited, ns.
const PATIENCE_NS: u64 = 30_000_000_000;

/// No slot.
const NONE: u32 = u32::MAX;

/// The audit under way, and the next one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Auditing {
    /// Whose book it is about; [`NONE`] while there is none.
    pub(super) slot: u32,
    pub(super) window: Window,
    began: u64,
    exponents: (i8, i8),
    /// The copy is as deep as the venue gives them.
    pub(super) is_deep: bool,
    due: u64,
    cursor: u32,
    #[serde(skip)]
    found: Vec<Difference>,
}

impl Auditing {
    pub(super) fn new(path: CodePath) -> Self {
        Self {
            slot: NONE,
            window: Window::new(path),
            began: 0,
            exponents: (0, 0),
            is_deep: false,
            due: 0,
            cursor: 0,
            found: Vec::new(),
        }
    }

    pub(super) fn is_whole(&self, slots: usize) -> bool {
        (self.slot == NONE || (self.slot as usize) < slots) && self.window.is_whole()
    }
}

impl Machine {
    pub(super) fn tick_audit<S: Sink>(&mut self, out: &mut Output<'_, S>) {
        let now = out.ts_recv;
        let Auditing { slot, ref window, began, exponents, due, .. } = self.auditing;
        if let Some(entry) = self.entries.get(slot as usize) {
            let is_same = entry.is_proven() && Exponents::of(&entry.definition).pair() == exponents;
            if !is_same || window.is_too_old() || now.saturating_sub(began) > PATIENCE_NS {
                self.void_audit(slot);
            } else if window.is_due(now, SETTLE_NS) {
                self.conclude_audit(slot, out);
            }
        } else if due == 0 || now >= due {
            self.auditing.due = now.saturating_add(AUDIT_INTERVAL_NS);
            if due != 0 {
                self.begin_audit(now);
            }
        }
    }

    /// Ends the audit of this slot, if there is one: the book that it is about is no longer there.
    #[inline]
    pub(super) fn void_audit(&mut self, slot: u32) {
        if self.auditing.slot == slot {
            self.auditing.slot = NONE;
            self.auditing.window.close();
            self.counters.audits_void += 1;
        }
    }

    /// A book near the end of what is known comes first, then one that was found different a moment ago, then each in its turn.
    fn begin_audit(&mut self, now: u64) {
        let count = self.next_slot();
        let from = self.auditing.cursor;
        let can = |slot: &u32| {
            let entry = &self.entries[*slot as usize];
            entry.is_proven() && !entry.removed && entry.venue.has_audit()
        };
        let turns = || (0..count).map(|step| (from.wrapping_add(step)) % count).filter(can);
        let near = |slot: &u32| {
            let entry = &self.entries[*slot as usize];
            entry.is_near_end && now >= entry.top_up_due
        };
        if let Some(slot) = turns().find(near) {
            self.begin_top_up(slot, now);
            return;
        }
        let suspect = turns().find(|slot| !self.entries[*slot as usize].suspects.is_empty());
        let Some(slot) = suspect.or_else(|| turns().next()) else { return };
        if suspect.is_none() {
            self.auditing.cursor = slot.wrapping_add(1);
        }
        self.open_window(slot, false, now);
        let instrument = self.entries[slot as usize].definition.id;
        self.push_request(Request::Audit { instrument });
    }

    /// Keeps the book of this slot as it is now, and what becomes of it.
    pub(super) fn open_window(&mut self, slot: u32, is_deep: bool, now: u64) {
        let entry = &self.entries[slot as usize];
        let auditing = &mut self.auditing;
        auditing.window.open(&entry.book, entry.counters.last_update_id);
        (auditing.slot, auditing.began, auditing.is_deep) = (slot, now, is_deep);
        auditing.exponents = Exponents::of(&entry.definition).pair();
    }

    /// A fetched book while ours is live: the answer of an audit, or a late one of a snapshot, which is as good.
    pub(super) fn take_copy(&mut self, slot: u32, body: &[u8], ts_recv: u64) -> Result<(), Reject> {
        if self.auditing.slot != slot {
            self.counters.ignored += 1;
            return Ok(());
        }
        if body.len() > self.config.frame_bytes_max {
            return Err(Reject { code: Code::FrameTooLarge, offset: self.config.frame_bytes_max });
        }
        let entry = &self.entries[slot as usize];
        let message = entry.venue.parse_snapshot(body)?;
        refuse_other(entry.definition.symbol.as_bytes(), &message)?;
        let exponents = self.convert_sides(slot, message.bids, message.asks)?;
        if self.scratch.bids.len().max(self.scratch.asks.len()) > BOOK_LEVELS_MAX {
            return Err(refuse(Code::LevelsTooMany));
        }
        if exponents.pair() != self.auditing.exponents {
            // Units that the stream has not used yet.
            self.void_audit(slot);
            return Ok(());
        }
        self.auditing.window.take(message.last_update_id, ts_recv, &self.scratch.bids, &self.scratch.asks);
        Ok(())
    }

    fn conclude_audit<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        let Self { auditing, entries, counters, .. } = self;
        let Auditing { window, found, .. } = auditing;
        let entry = &mut entries[slot as usize];
        let finding = window.compare(entry.frontier, found);
        auditing.slot = NONE;
        for (audits, levels, different) in [
            (&mut counters.audits, &mut counters.audit_levels, &mut counters.audit_different),
            (&mut entry.counters.audits, &mut entry.counters.audit_levels, &mut entry.counters.audit_different),
        ] {
            *audits += 1;
            *levels += finding.compared;
            *different += finding.different;
        }
        // What a venue changes in between heals by itself; what is different twice does not.
        let lasts = found.iter().any(|one| entry.suspects.contains(one));
        entry.suspects.clear();
        if !lasts {
            entry.suspects.extend_from_slice(found);
            let before = self.counters.top_ups;
            self.top_up(slot, out);
            self.auditing.window.close();
            if self.counters.top_ups > before {
                // No change of a book knows whether it is the last of such an input: a small event does.
                let entry = &self.entries[slot as usize];
                let update_id = entry.counters.last_update_id;
                out.status(Tag::of(entry.definition.id), State::Live, entry.lines[0], None, update_id);
            }
            return;
        }
        self.auditing.window.close();
        let is_streamed = entry.venue.snapshots_in_stream();
        entry.sync.gapped = true;
        self.begin_resync(slot, Some(Code::BookDiffers), out);
        if is_streamed {
            self.request_snapshot(slot, out.ts_recv);
        }
    }
}
