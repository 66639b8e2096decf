//! A15: trades that were missed come later, by number, each once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::event::{Gap, GapReason, GapStream, State, Trade, flag};
use tickring_core::input::{DisconnectReason, Input, Request};
use tickring_core::machine::Outcome;
use tickring_core::validate::Rules;

const DAY_NS: u64 = 86_400_000_000_000;

fn gap(first: u64, last: u64) -> Seen {
    Seen::Gap(Gap { stream: GapStream::Trade, reason: GapReason::Sequence, first, last })
}

fn trade(trade_id: u64) -> Seen {
    Seen::Trade(Trade { price: 10_050, qty: 2_000, trade_id })
}

/// Trades 10 and 15 arrived.
fn with_hole() -> Rig {
    let mut rig = Rig::started();
    follow(&mut rig, 10);
    rig.take_requests();
    follow(&mut rig, 15);
    assert_eq!(rig.take_requests(), [asked(11, 14)]);
    rig.reader.seen.clear();
    rig
}

fn follow(rig: &mut Rig, id: u64) {
    let frame = spot_trade(rig.now, id, "100.5", "2");
    rig.frame(&frame);
}

fn asked(first: u64, last: u64) -> Request {
    Request::Trades { instrument: BTC, first, last }
}

/// The venue's answer, with trades a second old.
fn answer(rig: &mut Rig, ids: &[u64]) -> Outcome {
    let ms = rig.now / MS - 1_000;
    let row = |id| {
        format!(
            r#"{{"id":{id},"price":"100.50","qty":"2","quoteQty":"201","time":{ms},"isBuyerMaker":true,"isBestMatch":true}}"#
        )
    };
    let rows: Vec<_> = ids.iter().map(row).collect();
    let body = format!("[{}]", rows.join(","));
    rig.input(Input::Trades { instrument: BTC, bytes: body.as_bytes() })
}

#[test]
fn missed_trades_come_flagged_in_order_and_a_gap_names_them_recovered() {
    let mut rig = with_hole();
    rig.now += 5_000 * MS;
    let outcome = answer(&mut rig, &[11, 12, 13, 14, 15, 16]);
    assert!(outcome.rejected.is_none() && !outcome.requests_pending);
    assert_eq!(rig.reader.bodies(), [trade(11), trade(12), trade(13), trade(14), gap(11, 14)]);
    let flags: Vec<_> = rig.reader.seen.iter().map(|(header, _)| header.flags & !flag::LAST).collect();
    let late = flag::RECOVERED | flag::AGGRESSOR_SELL;
    assert_eq!(flags, [late, late, late, late, flag::RECOVERED]);
    let latest = rig.reader.latest[&BTC];
    assert_eq!((latest.trade.trade_id, latest.stats.count, latest.stats.volume), (15, 6, 12_000));
    rig.reader.seen.clear();
    answer(&mut rig, &[11, 12, 13, 14]);
    assert!(rig.reader.seen.is_empty(), "what came once does not come again");
    assert_eq!(rig.machine.counters().gaps, 1, "a closing is no gap");
}

#[test]
fn a_page_leaves_the_rest_to_be_asked_for() {
    let mut rig = with_hole();
    assert!(answer(&mut rig, &[11, 12]).requests_pending);
    assert_eq!(rig.take_requests(), [asked(13, 14)]);
    answer(&mut rig, &[13, 14]);
    assert_eq!(rig.reader.bodies(), [trade(11), trade(12), gap(11, 12), trade(13), trade(14), gap(13, 14)]);
}

#[test]
fn numbers_that_the_venue_leaves_out_are_in_no_closing() {
    let mut rig = with_hole();
    answer(&mut rig, &[14, 11, 13]);
    assert_eq!(rig.reader.bodies(), [trade(11), gap(11, 11), trade(13), trade(14), gap(13, 14)]);
    assert!(rig.take_requests().is_empty());
}

#[test]
fn several_holes_are_asked_for_one_after_the_other() {
    let mut rig = with_hole();
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Silence });
    rig.connect();
    follow(&mut rig, 18);
    assert!(!rig.take_requests().iter().any(|request| matches!(request, Request::Trades { .. })), "one at a time");
    rig.reader.seen.clear();
    answer(&mut rig, &[11, 12, 13, 14, 15, 16]);
    let disconnected = |first, last| Seen::Gap(Gap { stream: GapStream::Trade, reason: GapReason::Disconnect, first, last });
    let first = [trade(11), trade(12), trade(13), trade(14), gap(11, 14), trade(16), disconnected(16, 16)];
    assert_eq!(rig.reader.bodies(), first);
    assert_eq!(rig.take_requests(), [asked(17, 17)]);
}

#[test]
fn an_answer_that_makes_no_sense_is_quarantined_and_asked_for_again() {
    let mut rig = with_hole();
    let outcome = rig.input(Input::Trades { instrument: BTC, bytes: br#"[{"id":11,"price":"x"}]"# });
    assert!(outcome.rejected.is_some());
    assert_eq!(rig.reader.states(), [State::Quarantined]);
    assert_eq!(rig.take_requests(), [asked(11, 14)]);
}

#[test]
fn what_the_venue_does_not_have_is_given_up_after_some_answers_and_at_once_where_it_gives_none() {
    let mut rig = with_hole();
    for _ in 0..4 {
        answer(&mut rig, &[]);
        assert_eq!(rig.take_requests(), [asked(11, 14)]);
    }
    answer(&mut rig, &[16]);
    assert!(rig.take_requests().is_empty());
    let mut rig = with_hole();
    rig.input(Input::Trades { instrument: BTC, bytes: b"" });
    assert!(rig.take_requests().is_empty() && rig.reader.seen.is_empty());
}

#[test]
fn the_figures_are_whole_again_when_nothing_is_missing_any_more() {
    let partial = |rig: &Rig| rig.reader.latest[&BTC].flags & flag::PARTIAL != 0;
    for is_whole in [true, false] {
        let mut rig = Rig::started();
        follow(&mut rig, 10);
        rig.now += DAY_NS + 120_000 * MS;
        follow(&mut rig, 11);
        assert!(!partial(&rig));
        follow(&mut rig, 14);
        assert!(partial(&rig));
        answer(&mut rig, if is_whole { &[12, 13] } else { &[13] });
        assert_eq!(partial(&rig), !is_whole);
    }
}

#[test]
fn restarted_numbers_leave_nothing_of_the_old_ones_to_come() {
    let mut rig = with_hole();
    rig.now += 10_000 * MS;
    follow(&mut rig, 3);
    rig.reader.seen.clear();
    answer(&mut rig, &[11, 12, 13, 14]);
    assert!(rig.reader.seen.is_empty());
}

#[test]
fn an_answer_for_an_instrument_that_is_unknown_is_refused() {
    let mut rig = with_hole();
    assert!(rig.input(Input::Trades { instrument: 99, bytes: b"[]" }).rejected.is_some());
}

#[test]
fn trades_that_come_late_within_their_minute_are_not_missing_from_it() {
    let mut rig = Rig::started();
    rig.input(Input::Rules { instrument: BTC, rules: &Rules::default() });
    follow(&mut rig, 10);
    rig.tick(MS);
    follow(&mut rig, 15);
    rig.take_requests();
    answer(&mut rig, &[11, 12, 13]);
    rig.tick(60_000 * MS);
    let counters = rig.machine.counters();
    assert_eq!((counters.ids_expected, counters.ids_missing), (5, 1));
}
