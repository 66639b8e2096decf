//! F01, F02, F04, F18: gaps, repetitions, restarted ids and unfit snapshots, on Binance's rules (venues/binance-spot.md §5).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::error::Code;
use tickring_core::event::{Gap, GapReason, GapStream, State, flag};
use tickring_core::input::{DisconnectReason, Input, Request};
use tickring_core::sync::{BUFFERED_DELTAS_MAX, SNAPSHOT_LEAD_NS_MAX, SNAPSHOT_PATIENCE_NS};

const ASK: Request = Request::DepthSnapshot { instrument: BTC };

fn book_gap(reason: GapReason, first: u64, last: u64) -> Gap {
    Gap { stream: GapStream::Book, reason, first, last }
}

#[test]
fn a_book_goes_live_through_snapshot_and_replayed_deltas() {
    let mut rig = Rig::started();
    assert_eq!(rig.take_requests(), []);
    rig.reader.seen.clear();
    rig.delta(101, 105, &[("10", "1")], &[]);
    assert_eq!(rig.take_requests(), [ASK]);
    rig.delta(106, 110, &[("10", "2")], &[]);
    rig.delta(111, 112, &[], &[("11.5", "0")]);
    assert_eq!(rig.take_requests(), [], "one request is enough");
    assert_eq!(rig.reader.seen, []);
    rig.snapshot(&depth_body(107, &[("9", "9")], &[("11.5", "1"), ("12", "3")]));
    let [snapshot, first, second, live] = rig.reader.bodies()[..] else { panic!("{:?}", rig.reader.bodies()) };
    assert_eq!(snapshot, Seen::Snapshot { last: 107, parts: 1 });
    assert_eq!(first, Seen::Delta { prev: 107, last: 110, parts: 1 });
    assert_eq!(second, Seen::Delta { prev: 110, last: 112, parts: 1 });
    assert!(matches!(live, Seen::Status(status) if status.state == State::Live && status.detail == 112));
    assert_eq!(rig.text(), "B 10 2\nB 9 9\nA 12 3\n");
    assert_eq!(rig.machine.counters().older_than_snapshot, 1);
    rig.reader.assert_holds(&rig.machine, 0);
    assert_eq!(rig.reader.seen[0].0.flags & flag::RECOVERED, 0, "nothing was lost before");
}

#[test]
fn a_snapshot_older_than_the_buffer_is_asked_for_again_and_the_buffer_stays() {
    let mut rig = Rig::started();
    rig.delta(101, 105, &[("10", "1")], &[]);
    rig.take_requests();
    rig.snapshot(&depth_body(99, &[], &[]));
    assert!(!rig.is_live());
    assert_eq!(rig.take_requests(), [ASK]);
    rig.snapshot(&depth_body(100, &[], &[]));
    assert_eq!(rig.text(), "B 10 1\n");
}

/// The ids of another symbol may fit by chance: its name decides, where the body has one.
#[test]
fn a_snapshot_of_another_symbol_is_refused_and_asked_for_again_and_the_buffer_stays() {
    let mut rig = Rig::started();
    rig.delta(101, 105, &[("10", "1")], &[]);
    rig.take_requests();
    let named = |symbol: &str| depth_body(103, &[("9", "9")], &[]).replace('{', &format!(r#"{{"symbol":"{symbol}","#));
    for other in ["ETHUSDT", "BTCUSD", "BTCUSDT ", "", "btcusdt"] {
        rig.reader.seen.clear();
        assert_eq!(rig.snapshot(&named(other)).rejected.map(|reject| reject.code), Some(Code::UnknownSymbol), "{other}");
        assert_eq!((rig.is_live(), rig.take_requests()), (false, vec![ASK]), "{other}");
        assert_eq!((rig.reader.states(), rig.reader.seen.len()), (vec![State::Quarantined], 1), "{other}");
    }
    assert_eq!(rig.snapshot(&named("BTC").replace("\"BTC\"", "7")).rejected.map(|reject| reject.code), Some(Code::FieldType));
    assert_eq!(rig.take_requests(), [ASK]);
    rig.snapshot(&named(r"\u0042TCUSDT"));
    assert_eq!(rig.text(), "B 10 1\nB 9 9\n");
}

#[test]
fn a_snapshot_newer_than_the_buffer_waits_for_the_delta_that_follows_it() {
    let mut rig = Rig::started();
    rig.delta(101, 105, &[("10", "1")], &[]);
    rig.snapshot(&depth_body(120, &[("8", "8")], &[]));
    assert!(!rig.is_live());
    rig.delta(106, 115, &[("10", "5")], &[]);
    rig.delta(116, 121, &[("8.5", "1")], &[]);
    assert!(rig.is_live());
    assert_eq!(rig.text(), "B 8.5 1\nB 8 8\n");
    assert_eq!(rig.machine.counters().older_than_snapshot, 2);
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn a_gap_is_reported_exactly_and_the_old_book_serves_stale_until_the_new_one_is_proven() {
    let mut rig = Rig::live();
    rig.delta(104, 110, &[("98", "1")], &[]);
    assert_eq!(rig.reader.gaps(), [book_gap(GapReason::Sequence, 101, 103)]);
    assert_eq!(rig.reader.states(), [State::Resync]);
    assert_eq!(rig.take_requests(), [ASK]);
    assert_eq!(rig.text(), "B 99 1\nA 101 1\n");
    assert_eq!(rig.reader.latest[&BTC].flags & flag::STALE, flag::STALE);
    rig.delta(113, 114, &[("97", "1")], &[]);
    assert_eq!(rig.reader.gaps()[1..], [book_gap(GapReason::Sequence, 111, 112)], "also while waiting");
    rig.reader.seen.clear();
    rig.snapshot(&depth_body(112, &[("96", "1")], &[("102", "1")]));
    assert_eq!(rig.text(), "B 97 1\nB 96 1\nA 102 1\n");
    assert_eq!(rig.reader.seen[0].0.flags & flag::RECOVERED, flag::RECOVERED);
    assert_eq!(rig.reader.latest[&BTC].flags & flag::STALE, 0);
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn repeated_deltas_are_counted_and_not_published() {
    let mut rig = Rig::live();
    let same = spot_depth("BTCUSDT", rig.now, 100, 100, &[("1", "1")], &[]);
    rig.frame(&same);
    let older = spot_depth("BTCUSDT", rig.now - MS, 90, 95, &[("1", "1")], &[]);
    rig.frame(&older);
    assert_eq!(rig.reader.seen, []);
    assert_eq!(rig.machine.counters().duplicates, 2);
    assert!(rig.is_live());
}

#[test]
fn restarted_ids_are_a_rollback_and_the_snapshot_overwrites() {
    let mut rig = Rig::live();
    rig.now += 1_000 * MS;
    rig.delta(1, 3, &[("50", "1")], &[]);
    assert_eq!(rig.reader.gaps(), [book_gap(GapReason::Rollback, 0, 0)]);
    rig.take_requests();
    rig.snapshot(&depth_body(2, &[("49", "1")], &[]));
    assert_eq!(rig.text(), "B 50 1\nB 49 1\n");
    assert_eq!(rig.machine.counters().rollbacks, 1);
}

#[test]
fn a_snapshot_asked_for_before_ids_restarted_is_not_believed() {
    let mut rig = Rig::live();
    rig.delta(103, 104, &[], &[]);
    assert_eq!(rig.take_requests(), [ASK]);
    rig.now += 1_000 * MS;
    rig.delta(1, 3, &[("50", "1")], &[]);
    rig.snapshot(&depth_body(104, &[("1", "1")], &[]));
    assert!(!rig.is_live());
    assert_eq!(rig.take_requests(), [ASK]);
    rig.snapshot(&depth_body(3, &[("50", "1")], &[]));
    rig.delta(4, 5, &[("51", "1")], &[]);
    assert_eq!(rig.text(), "B 51 1\nB 50 1\n");
}

#[test]
fn a_snapshot_that_the_stream_never_reaches_is_replaced() {
    let mut rig = Rig::started();
    rig.delta(1, 3, &[], &[]);
    rig.take_requests();
    rig.snapshot(&depth_body(1_000_000, &[("1", "1")], &[]));
    rig.now += SNAPSHOT_LEAD_NS_MAX;
    rig.delta(4, 5, &[], &[]);
    assert_eq!(rig.take_requests(), []);
    rig.now += 1;
    rig.delta(6, 7, &[], &[]);
    assert_eq!(rig.take_requests(), [ASK]);
    rig.snapshot(&depth_body(6, &[("2", "2")], &[]));
    assert_eq!(rig.text(), "B 2 2\n");
}

#[test]
fn a_full_buffer_is_a_gap_over_exactly_what_was_dropped() {
    let mut rig = Rig::started();
    let count = BUFFERED_DELTAS_MAX as u64;
    for id in 1..=count {
        rig.delta(id, id, &[], &[]);
    }
    rig.take_requests();
    assert_eq!(rig.reader.gaps(), []);
    rig.delta(count + 1, count + 1, &[("5", "5")], &[]);
    assert_eq!(rig.reader.gaps(), [book_gap(GapReason::BufferFull, 1, count)]);
    assert_eq!(rig.take_requests(), [ASK]);
    rig.snapshot(&depth_body(count, &[], &[]));
    assert_eq!(rig.text(), "B 5 5\n");
}

#[test]
fn a_lost_connection_makes_books_stale_and_the_ids_missed_meanwhile_a_gap() {
    let mut rig = Rig::live();
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Error });
    assert_eq!(rig.reader.states(), [State::Disconnected, State::Stale]);
    assert_eq!(rig.reader.latest[&BTC].flags & flag::STALE, flag::STALE);
    assert_eq!(rig.text(), "B 99 1\nA 101 1\n", "the old book serves on");
    rig.connect();
    assert_eq!(rig.reader.states()[2..], [State::Connected, State::Resync]);
    rig.reader.seen.clear();
    rig.delta(111, 112, &[("98", "2")], &[]);
    assert_eq!(rig.reader.gaps(), [book_gap(GapReason::Disconnect, 101, 110)]);
    assert_eq!(rig.take_requests(), [ASK]);
    rig.snapshot(&depth_body(111, &[], &[]));
    assert!(rig.is_live());
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn a_reconnection_that_missed_nothing_is_no_gap_and_still_a_resync() {
    let mut rig = Rig::live();
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Closed });
    rig.connect();
    rig.delta(101, 102, &[("98", "2")], &[]);
    assert_eq!(rig.reader.gaps(), []);
    assert_eq!(rig.take_requests(), [ASK]);
    rig.snapshot(&depth_body(102, &[("98", "2")], &[]));
    rig.delta(103, 103, &[], &[]);
    assert_eq!(rig.text(), "B 98 2\n");
    let snapshot = rig.reader.seen.iter().find(|(_, seen)| matches!(seen, Seen::Snapshot { .. })).unwrap();
    assert_eq!(snapshot.0.flags & flag::RECOVERED, 0);
}

#[test]
fn a_connection_replaced_before_it_breaks_costs_nothing() {
    let mut rig = Rig::live();
    rig.input(Input::Connect { connection: 2, venue: 1 });
    rig.input(Input::Subscribe { connection: 2, instrument: BTC, channels: 7 });
    let same = spot_depth("BTCUSDT", rig.now, 101, 102, &[("98", "2")], &[]);
    rig.frame(&same);
    rig.input(Input::Frame { connection: 2, bytes: same.as_bytes() });
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Local });
    let next = spot_depth("BTCUSDT", rig.now, 103, 103, &[], &[("101", "0")]);
    rig.input(Input::Frame { connection: 2, bytes: next.as_bytes() });
    assert!(rig.is_live());
    assert_eq!(rig.reader.gaps(), []);
    assert_eq!(rig.text(), "B 99 1\nB 98 2\n");
    assert_eq!(rig.machine.counters().duplicates, 1);
}

#[test]
fn a_malformed_snapshot_is_quarantined_and_asked_for_again() {
    let mut rig = Rig::started();
    rig.delta(101, 105, &[], &[]);
    rig.take_requests();
    let outcome = rig.snapshot(r#"{"lastUpdateId":104,"bids":[["1","-1"]],"asks":[]}"#);
    assert!(outcome.rejected.is_some() && outcome.requests_pending);
    assert_eq!(rig.take_requests(), [ASK]);
    assert_eq!(rig.reader.states().last(), Some(&State::Quarantined));
    rig.snapshot(&depth_body(104, &[("1", "1")], &[]));
    assert!(rig.is_live());
}

#[test]
fn a_snapshot_that_nobody_waits_for_is_ignored() {
    let mut rig = Rig::live();
    rig.snapshot(&depth_body(500, &[], &[]));
    assert_eq!(rig.reader.seen, []);
    assert_eq!(rig.machine.counters().ignored, 1);
    assert_eq!(rig.text(), "B 99 1\nA 101 1\n");
}

#[test]
fn an_answer_that_never_comes_is_asked_for_again() {
    let mut rig = Rig::started();
    rig.delta(101, 105, &[], &[]);
    assert_eq!(rig.take_requests(), [ASK]);
    rig.tick(SNAPSHOT_PATIENCE_NS);
    assert_eq!(rig.take_requests(), []);
    rig.tick(1);
    assert_eq!(rig.take_requests(), [ASK]);
}

#[test]
fn a_quarantined_delta_shows_as_a_gap_at_the_next_one() {
    let mut rig = Rig::live();
    let outcome = rig.delta(101, 102, &[("99", "7"), ("98", "1e5")], &[]);
    assert!(outcome.rejected.is_some());
    assert_eq!(rig.text(), "B 99 1\nA 101 1\n", "nothing of the frame is applied");
    rig.delta(103, 104, &[], &[]);
    assert_eq!(rig.reader.gaps(), [book_gap(GapReason::Sequence, 101, 102)]);
}
