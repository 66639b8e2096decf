//! Trades that were missed: asked for by number over REST, published late.
//!
//! The Gap is told when the hole is seen. What the venue then gives of it comes as trades that say RECOVERED, in the order of their
//! numbers, and behind them a Gap that says RECOVERED names exactly the numbers that came. Whatever no such Gap names is lost.

use serde::{Deserialize, Serialize};

use super::entry::{Channel, ts_flags};
use super::output::Tag;
use super::prints::Print;
use super::widen::Exponents;
use super::{Machine, Output};
use crate::error::Code;
use crate::event::{Body, Gap, GapReason, GapStream, Trade, flag};
use crate::input::Request;
use crate::sink::Sink;
use crate::venue::Reject;

/// Holes of one numbering that are remembered; of more the oldest is given up.
const HOLES_MAX: usize = 8;
/// A hole of more numbers is not asked for.
const NUMBERS_MAX: u64 = 100_000;
/// An answer that did not come by then is no longer awaited, ns.
const ANSWER_WAIT_NS: u64 = 600_000_000_000;
/// Answers with nothing of a hole in a row after which it is given up: a venue's REST may be behind its stream.
const FRUITLESS_MAX: u8 = 5;

/// Numbers `first..=last` that were missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Hole {
    first: u64,
    last: u64,
    /// They were sent while no connection was open.
    disconnected: bool,
}

/// Holes of one numbering, oldest first.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Holes {
    holes: [Hole; HOLES_MAX],
    count: u8,
    fruitless: u8,
    /// When the answer that is awaited was asked for, ns.
    asked_at: Option<u64>,
}

impl Holes {
    const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns whether there was room.
    fn push(&mut self, hole: Hole) -> bool {
        let has_room = usize::from(self.count) < HOLES_MAX;
        if !has_room {
            self.remove(0);
        }
        self.holes[usize::from(self.count)] = hole;
        self.count += 1;
        has_room
    }

    fn remove(&mut self, index: usize) {
        self.holes.copy_within(index + 1.., index);
        self.count -= 1;
        if index == 0 {
            self.fruitless = 0;
        }
    }

    fn first(&self) -> Option<Hole> {
        self.holes[..usize::from(self.count)].first().copied()
    }

    /// Takes a number out of its hole. What stands before it there, the venue does not have.
    fn take(&mut self, number: u64) -> Option<(Hole, bool)> {
        let held = &mut self.holes[..usize::from(self.count)];
        let index = held.iter().position(|hole| hole.first <= number && number <= hole.last)?;
        let hole = held[index];
        held[index].first = number + 1;
        if number == hole.last {
            self.remove(index);
        }
        Some((Hole { first: number, last: number, ..hole }, number > hole.first))
    }
}

impl Machine {
    /// Numbers were missed: the 24-hour figures are no longer whole, and the trades are asked for where the venue has them.
    pub(super) fn miss_trades(&mut self, slot: u32, aggregated: bool, reason: GapReason, ids: (u64, u64), now: u64) {
        let entry = &mut self.entries[slot as usize];
        let before = entry.stats.covered_since();
        entry.stats.uncover(now);
        if entry.tracks.iter().all(|track| track.holes.is_empty()) {
            (entry.covered_before, entry.lost_trades) = (before, false);
        }
        if entry.is_counted(aggregated) {
            self.miss_ids(slot, Channel::Trade, ids);
        }
        let entry = &mut self.entries[slot as usize];
        let (first, last) = ids;
        if reason == GapReason::Rollback {
            // The numbers of before mean other trades now, and an answer under way is not told from one to a later question.
            let holes = &mut entry.tracks[usize::from(aggregated)].holes;
            *holes = Holes { asked_at: holes.asked_at, ..Holes::default() };
        }
        if reason == GapReason::Rollback || !entry.venue.tells_missed_trades() || last - first >= NUMBERS_MAX {
            entry.lost_trades = true;
            return;
        }
        let hole = Hole { first, last, disconnected: reason == GapReason::Disconnect };
        entry.lost_trades |= !entry.tracks[usize::from(aggregated)].holes.push(hole);
        self.request_trades(slot, aggregated, now);
    }

    fn request_trades(&mut self, slot: u32, aggregated: bool, now: u64) {
        let entry = &mut self.entries[slot as usize];
        let instrument = entry.definition.id;
        let holes = &mut entry.tracks[usize::from(aggregated)].holes;
        let is_awaited = holes.asked_at.is_some_and(|asked| now < asked.saturating_add(ANSWER_WAIT_NS));
        let Some(Hole { first, last, .. }) = holes.first().filter(|_| !is_awaited) else { return };
        // Whether the queue had room is no input: it must not be seen in the state.
        holes.asked_at = Some(now);
        self.push_request(Request::Trades { instrument, first, last });
    }

    /// The answer to a request for trades.
    pub(super) fn missed_trades<S: Sink>(
        &mut self,
        instrument: u32,
        body: &[u8],
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let slot = self.known(instrument)?;
        let mut prints = std::mem::take(&mut self.scratch.prints);
        let result = self.convert_missed(slot, body, &mut prints, out);
        if result.is_err() {
            prints.clear();
        }
        prints.sort_unstable_by_key(Print::number);
        for aggregated in [false, true] {
            if self.entries[slot as usize].tracks[usize::from(aggregated)].holes.asked_at.take().is_some() {
                self.fill(slot, aggregated, &prints, body.is_empty(), out);
            }
        }
        self.scratch.prints = prints;
        let entry = &mut self.entries[slot as usize];
        let is_whole = entry.tracks.iter().all(|track| track.holes.is_empty()) && !entry.lost_trades;
        if is_whole && entry.covered_before.is_some() {
            entry.stats.recover(entry.covered_before.take());
            self.touch(slot);
        }
        result
    }

    fn convert_missed<S: Sink>(
        &mut self,
        slot: u32,
        body: &[u8],
        prints: &mut Vec<Print>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        prints.clear();
        if body.is_empty() {
            return Ok(());
        }
        if body.len() > self.config.frame_bytes_max {
            return Err(Reject { code: Code::FrameTooLarge, offset: self.config.frame_bytes_max });
        }
        let entry = &self.entries[slot as usize];
        let rows = entry.venue.parse_trades(body)?;
        let mut exponents = Exponents::of(&entry.definition);
        loop {
            let given = exponents;
            prints.clear();
            rows.each(|message| {
                let mut print = Print::of(&message);
                exponents = print.convert(&message, exponents)?;
                prints.push(print);
                Ok(())
            })?;
            // Those before a finer number were converted at coarser exponents.
            if exponents == given {
                break;
            }
        }
        self.widen(slot, exponents, out)
    }

    /// Publishes what fills holes of this numbering, and asks for what is left of them.
    fn fill<S: Sink>(&mut self, slot: u32, aggregated: bool, prints: &[Print], refused: bool, out: &mut Output<'_, S>) {
        let mut run: Option<Hole> = None;
        let mut newest = 0;
        for print in prints.iter().filter(|print| print.aggregated == aggregated) {
            let holes = &mut self.entries[slot as usize].tracks[usize::from(aggregated)].holes;
            let Some((one, skipped)) = print.number().and_then(|number| holes.take(number)) else { continue };
            self.entries[slot as usize].lost_trades |= skipped;
            run = match run {
                Some(run) if run.last + 1 == one.first && run.disconnected == one.disconnected => {
                    Some(Hole { last: one.last, ..run })
                }
                Some(run) => {
                    self.tell_recovered(slot, aggregated, run, newest, out);
                    Some(one)
                }
                None => Some(one),
            };
            newest = print.ts_event;
            self.recovered(slot, print, out);
        }
        let holes = &mut self.entries[slot as usize].tracks[usize::from(aggregated)].holes;
        match run {
            Some(run) => {
                holes.fruitless = 0;
                self.tell_recovered(slot, aggregated, run, newest, out);
            }
            None if !holes.is_empty() => {
                holes.fruitless += 1;
                if refused || holes.fruitless >= FRUITLESS_MAX {
                    holes.remove(0);
                    self.entries[slot as usize].lost_trades = true;
                }
            }
            None => {}
        }
        self.request_trades(slot, aggregated, out.ts_recv);
    }

    fn tell_recovered<S: Sink>(&mut self, slot: u32, aggregated: bool, run: Hole, ts_event: u64, out: &mut Output<'_, S>) {
        let Hole { first, last, disconnected } = run;
        let reason = if disconnected { GapReason::Disconnect } else { GapReason::Sequence };
        let entry = &mut self.entries[slot as usize];
        if entry.is_counted(aggregated)
            && let Some(checks) = &mut entry.checks
        {
            checks.ids[1].come(first, last);
        }
        let tag = Tag { instrument: entry.definition.id, flags: flag::RECOVERED, ts_event };
        out.hold(tag, Body::Gap(Gap { stream: GapStream::Trade, reason, first, last }));
    }

    /// Publishes a trade that comes late. The newest trade stays what it is.
    fn recovered<S: Sink>(&mut self, slot: u32, print: &Print, out: &mut Output<'_, S>) {
        let Some(level) = print.level else {
            self.counters.off_market += 1;
            return;
        };
        // Old it may be.
        let bad_ts = ts_flags(print.ts_event.max(out.ts_recv), out.ts_recv);
        let sell = if print.aggressor_sell { flag::AGGRESSOR_SELL } else { 0 };
        let aggregated = if print.aggregated { flag::AGGREGATED } else { 0 };
        let trade = Trade { price: level.price, qty: level.qty, trade_id: print.trade_id };
        let entry = &mut self.entries[slot as usize];
        let flags = flag::RECOVERED | bad_ts | sell | aggregated;
        out.hold(Tag { instrument: entry.definition.id, flags, ts_event: print.ts_event }, Body::Trade(trade));
        entry.counters.trades += 1;
        self.counters.trades += 1;
        if entry.stats_track == Some(print.aggregated) {
            let ts = if bad_ts == 0 { print.ts_event } else { out.ts_recv };
            entry.stats.add(ts, trade.price, trade.qty);
        }
        self.touch(slot);
    }
}
