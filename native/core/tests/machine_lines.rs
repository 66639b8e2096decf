//! Several lines of one feed: the first arrival of an id counts, and a hole of one of them is a gap only when no other can fill it.
//! Under random schedules: `machine_lines_properties.rs`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::event::{Gap, GapReason, GapStream, State};
use tickring_core::input::{DisconnectReason, Input};
use tickring_core::machine::{HELD_MAX, HOLD_NS_MAX, Handover};
use tickring_core::venue::VenueId;

fn connect(rig: &mut Rig, connection: u16) {
    rig.input(Input::Connect { connection, venue: VenueId::BinanceSpot as u16 });
    rig.input(Input::Subscribe { connection, instrument: BTC, channels: 7 });
}

fn delta(rig: &mut Rig, connection: u16, id: u64) {
    let text = spot_depth("BTCUSDT", START_NS + id * MS, id, id, &[("98", &format!("{id}"))], &[]);
    rig.input(Input::Frame { connection, bytes: text.as_bytes() });
}

fn trade(rig: &mut Rig, connection: u16, id: u64) {
    let text = spot_trade(START_NS + id * MS, id, "100", "1");
    rig.input(Input::Frame { connection, bytes: text.as_bytes() });
}

fn deltas(rig: &Rig) -> Vec<u64> {
    rig.reader.bodies().iter().filter_map(|seen| if let Seen::Delta { last, .. } = seen { Some(*last) } else { None }).collect()
}

fn trades(rig: &Rig) -> Vec<u64> {
    let id = |seen: &Seen| if let Seen::Trade(trade) = seen { Some(trade.trade_id) } else { None };
    rig.reader.bodies().iter().filter_map(id).collect()
}

/// A live book at id 100 that two lines carry.
fn two_lines() -> Rig {
    let mut rig = Rig::live();
    connect(&mut rig, 2);
    delta(&mut rig, 1, 101);
    delta(&mut rig, 2, 101);
    trade(&mut rig, 1, 1);
    trade(&mut rig, 2, 1);
    assert_eq!(rig.machine.handover(2), Handover { quiet: 1, ..Handover::default() }, "nobody has sent a quote");
    rig.reader.seen.clear();
    rig
}

#[test]
fn a_hole_of_one_line_is_filled_by_the_other() {
    let mut rig = two_lines();
    delta(&mut rig, 1, 103);
    trade(&mut rig, 1, 3);
    assert_eq!((rig.reader.seen.len(), rig.machine.counters().held), (0, 2), "both wait");
    assert_eq!(rig.machine.handover(2).held, 1);
    delta(&mut rig, 2, 102);
    trade(&mut rig, 2, 2);
    delta(&mut rig, 2, 103);
    trade(&mut rig, 2, 3);
    assert_eq!((deltas(&rig), trades(&rig)), (vec![102, 103], vec![2, 3]));
    assert_eq!((rig.reader.gaps(), rig.machine.counters().filled), (vec![], 2));
    assert_eq!(rig.machine.line_figures(1).unwrap()[0], 4, "101, 103 and trades 1, 3 came first over it");
}

#[test]
fn a_hole_of_all_lines_is_a_gap_as_soon_as_the_last_has_passed_it() {
    let mut rig = two_lines();
    delta(&mut rig, 1, 103);
    trade(&mut rig, 1, 3);
    delta(&mut rig, 2, 103);
    trade(&mut rig, 2, 4);
    let gap = |stream, first, last| Gap { stream, reason: GapReason::Sequence, first, last };
    assert_eq!(rig.reader.gaps(), [gap(GapStream::Book, 102, 102), gap(GapStream::Trade, 2, 2)]);
    assert_eq!(trades(&rig), [3, 4]);
}

#[test]
fn a_hole_is_a_gap_when_the_other_line_is_silent_for_too_long() {
    let mut rig = two_lines();
    delta(&mut rig, 1, 103);
    trade(&mut rig, 1, 3);
    rig.tick(HOLD_NS_MAX - 1);
    assert_eq!(rig.reader.gaps(), []);
    rig.tick(1);
    assert_eq!(rig.reader.gaps().len(), 2);
    assert_eq!(trades(&rig), [3]);
    // What comes after all is old.
    delta(&mut rig, 2, 102);
    trade(&mut rig, 2, 2);
    assert_eq!((rig.reader.gaps().len(), trades(&rig)), (2, vec![3]));
}

#[test]
fn a_change_of_the_book_is_the_last_event_of_its_input_while_a_trade_waits_for_too_long() {
    let mut rig = two_lines();
    trade(&mut rig, 1, 3);
    rig.now += HOLD_NS_MAX;
    delta(&mut rig, 1, 102);
    assert_eq!((deltas(&rig), trades(&rig)), (vec![102], vec![]));
    rig.tick(0);
    assert_eq!((rig.reader.gaps().len(), trades(&rig)), (1, vec![3]));
}

#[test]
fn a_line_that_dies_leaves_the_others_to_carry_on() {
    for dying in [1, 2] {
        let mut rig = two_lines();
        rig.input(Input::Disconnect { connection: dying, reason: DisconnectReason::Error });
        for id in 102..110 {
            delta(&mut rig, 3 - dying, id);
            trade(&mut rig, 3 - dying, id - 100);
        }
        assert_eq!((rig.is_live(), rig.reader.gaps()), (true, vec![]));
        assert_eq!(deltas(&rig).len() + trades(&rig).len(), 16);
        assert!(!rig.reader.states().contains(&State::Stale));
        connect(&mut rig, dying);
        for id in 108..112 {
            delta(&mut rig, dying, id);
        }
        assert_eq!((deltas(&rig).last(), rig.reader.gaps()), (Some(&111), vec![]));
    }
}

#[test]
fn the_death_of_the_only_line_that_could_fill_a_hole_decides_it() {
    let mut rig = two_lines();
    delta(&mut rig, 1, 103);
    trade(&mut rig, 1, 3);
    rig.input(Input::Disconnect { connection: 2, reason: DisconnectReason::Error });
    assert_eq!(rig.reader.gaps().len(), 2);
    // The one that has the hole dies: the other brings what it had not.
    let mut rig = two_lines();
    delta(&mut rig, 1, 103);
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Error });
    delta(&mut rig, 2, 102);
    assert_eq!((deltas(&rig), rig.reader.gaps()), (vec![102, 103], vec![]));
}

#[test]
fn what_waits_is_bounded() {
    let mut rig = two_lines();
    for id in 0..HELD_MAX as u64 + 10 {
        delta(&mut rig, 1, 103 + id);
    }
    assert_eq!(rig.reader.gaps(), [Gap { stream: GapStream::Book, reason: GapReason::Sequence, first: 102, last: 102 }]);
    let mut rig = two_lines();
    for id in 0..HELD_MAX as u64 + 10 {
        trade(&mut rig, 1, 3 + id);
    }
    assert_eq!((rig.reader.gaps().len(), trades(&rig).len()), (1, HELD_MAX + 10));
}

#[test]
fn a_restarted_numbering_is_told_once_and_the_old_one_s_rest_is_dropped() {
    let mut rig = two_lines();
    delta(&mut rig, 1, 102);
    rig.now += 2_000 * MS;
    let restarted = |rig: &mut Rig, connection, id| {
        let text = spot_depth("BTCUSDT", START_NS + 5_000 * MS + id * MS, id, id, &[], &[]);
        rig.input(Input::Frame { connection, bytes: text.as_bytes() });
    };
    restarted(&mut rig, 1, 5);
    delta(&mut rig, 2, 102);
    delta(&mut rig, 2, 103);
    restarted(&mut rig, 2, 5);
    restarted(&mut rig, 2, 6);
    restarted(&mut rig, 1, 6);
    assert_eq!(rig.reader.gaps(), [Gap { stream: GapStream::Book, reason: GapReason::Rollback, first: 0, last: 0 }]);
    assert_eq!(rig.machine.counters().rollbacks, 1);
}

#[test]
fn a_new_line_has_taken_over_once_all_streams_join() {
    let mut rig = Rig::live();
    trade(&mut rig, 1, 1);
    connect(&mut rig, 2);
    assert_eq!(rig.machine.handover(2), Handover { quiet: 3, ..Handover::default() });
    delta(&mut rig, 1, 101);
    trade(&mut rig, 1, 2);
    assert_eq!(rig.machine.handover(2), Handover { quiet: 1, behind: 2, held: 0 });
    // It is ahead of the old one.
    delta(&mut rig, 2, 103);
    assert_eq!(rig.machine.handover(2), Handover { quiet: 1, behind: 2, held: 1 });
    delta(&mut rig, 1, 102);
    delta(&mut rig, 1, 103);
    trade(&mut rig, 2, 2);
    delta(&mut rig, 2, 104);
    assert_eq!(rig.machine.handover(2), Handover { quiet: 1, ..Handover::default() });
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Local });
    rig.tick(10_000 * MS);
    assert_eq!(rig.machine.handover(2), Handover::default(), "it is alone");
    assert_eq!((rig.is_live(), rig.reader.gaps()), (true, vec![]));
}
