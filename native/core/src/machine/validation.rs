//! The rules of validation at work: verdicts become flags, counters and statuses. Nothing is ever dropped for one.

use super::entry::{Channel, Entry};
use super::output::Tag;
use super::{Machine, Output, refuse};
use crate::error::Code;
use crate::event::{State, flag};
use crate::input::channel;
use crate::sink::Sink;
use crate::validate::{Checks, Rule, Rules, Verdict};
use crate::venue::Reject;

/// Ids are counted for so long before a share of them is judged, ns.
const MINUTE_NS: u64 = 60_000_000_000;

impl Entry {
    /// Whether ids of these trades are the ones that completeness is of: a market that comes as aggregated and as plain trades is counted once.
    pub(super) fn is_counted(&self, aggregated: bool) -> bool {
        self.stats_track.unwrap_or(false) == aggregated
    }
}

impl Machine {
    pub(super) fn set_rules(&mut self, instrument: u32, rules: &Rules) -> Result<(), Reject> {
        let slot = self.known(instrument)?;
        if !rules.are_usable() {
            return Err(refuse(Code::ArgumentRange));
        }
        let entry = &mut self.entries[slot as usize];
        let exponent = entry.definition.price_exponent;
        entry.checks = (*rules != Rules::OFF).then(|| Box::new(Checks::new(*rules, exponent)));
        Ok(())
    }

    /// The flag that a verdict gives an event, and the rule that is to be told of behind it.
    #[inline]
    pub(super) fn judge(&mut self, slot: u32, verdict: Verdict, ts_recv: u64) -> (u16, Option<Rule>) {
        if verdict == 0 { (0, None) } else { (flag::SUSPECT, self.doubt(slot, verdict, ts_recv)) }
    }

    /// Counts an event that rules doubt; gives the rule that is to be told of behind it.
    #[cold]
    fn doubt(&mut self, slot: u32, verdict: Verdict, ts_recv: u64) -> Option<Rule> {
        let Self { entries, counters, .. } = self;
        let entry = &mut entries[slot as usize];
        counters.suspects += 1;
        entry.counters.suspects += 1;
        for rule in Rule::ALL.into_iter().filter(|rule| verdict & rule.bit() != 0) {
            *match rule {
                Rule::PriceRange => &mut counters.suspect_price_range,
                Rule::Outlier => &mut counters.suspect_outlier,
                Rule::Volume => &mut counters.suspect_volume,
                Rule::Time => &mut counters.suspect_time,
                Rule::Spread => &mut counters.suspect_spread,
                Rule::Completeness => &mut counters.suspect_completeness,
            } += 1;
        }
        entry.checks.as_mut()?.to_tell(verdict, ts_recv)
    }

    /// Says that a rule fires.
    pub(super) fn tell_doubt<S: Sink>(&mut self, slot: u32, rule: Rule, detail: u64, out: &mut Output<'_, S>) {
        let entry = &self.entries[slot as usize];
        out.status(Tag::of(entry.definition.id), State::Suspect, entry.lines[0], Some(rule.code()), detail);
    }

    /// Ids of the book or of trades did not come.
    pub(super) fn miss_ids(&mut self, slot: u32, channel: Channel, (first, last): (u64, u64)) {
        let Some(checks) = &mut self.entries[slot as usize].checks else { return };
        checks.ids[usize::from(channel == Channel::Trade)].miss(first, last);
    }

    /// What time alone shows: how long a book was in sync, whether its spread is too wide, how many ids of a minute came.
    pub(super) fn tick_checks<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        let now = out.ts_recv;
        let entry = &mut self.entries[slot as usize];
        let is_live = entry.is_proven();
        let Some(checks) = &mut entry.checks else { return };
        if entry.counters.channels & u64::from(channel::BOOK) != 0 {
            let passed = checks.tick(now);
            entry.counters.watched_ns += passed;
            entry.counters.live_ns += if is_live { passed } else { 0 };
        }
        let touch = entry.book.best_bid().zip(entry.book.best_ask()).filter(|_| is_live);
        let verdict = touch.map_or(0, |(bid, ask)| checks.touch(bid.price, ask.price));
        let update_id = entry.counters.last_update_id;
        if verdict != 0
            && let Some(rule) = checks.to_tell(verdict, now)
        {
            self.tell_doubt(slot, rule, update_id, out);
        }
        self.end_minute(slot, out);
    }

    fn end_minute<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        let Some(checks) = &mut entry.checks else { return };
        if out.ts_recv < checks.ids_due {
            return;
        }
        checks.ids_due = out.ts_recv.saturating_add(MINUTE_NS);
        let track = &entry.tracks[usize::from(entry.stats_track.unwrap_or(false))];
        // Ids that rise by any step say nothing of how many there were.
        let newest_trade = track.last.filter(|_| checks.counts_trades).map(|(number, _)| number);
        let newest = [entry.sync.tail.map(|tail| tail.last), newest_trade];
        for (at, newest) in newest.into_iter().enumerate() {
            let Some(checks) = &mut self.entries[slot as usize].checks else { return };
            let (expected, missing) = checks.ids[at].end(newest);
            let is_thin = checks.is_thin(expected, missing);
            self.counters.ids_expected += expected;
            self.counters.ids_missing += missing;
            if is_thin {
                self.counters.suspect_completeness += 1;
                self.tell_doubt(slot, Rule::Completeness, missing, out);
            }
        }
    }
}
