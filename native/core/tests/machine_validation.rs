//! Rules of validation in the machine: nothing is dropped, what is doubted is flagged, counted and told.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::error::Code;
use tickring_core::event::{State, Status, flag};
use tickring_core::input::Input;
use tickring_core::validate::{Bound, Rules};

fn rig(rules: &Rules) -> Rig {
    let mut rig = Rig::started();
    rig.input(Input::Rules { instrument: BTC, rules });
    rig.reader.seen.clear();
    rig
}

fn trade(rig: &mut Rig, id: u64, price: &str, qty: &str) {
    rig.now += MS;
    let frame = spot_trade(rig.now, id, price, qty);
    rig.frame(&frame);
}

fn suspects(rig: &Rig) -> Vec<Status> {
    let statuses = rig.reader.seen.iter().filter_map(|(_, seen)| match seen {
        Seen::Status(status) if status.state == State::Suspect => Some(*status),
        _ => None,
    });
    statuses.collect()
}

fn suspect(code: Code, detail: u64) -> Status {
    Status { state: State::Suspect, connection: 1, code: Some(code), detail }
}

#[test]
fn an_outlier_is_published_flagged_and_followed_by_its_reason() {
    let mut rig = rig(&Rules::default());
    for id in 1..=100 {
        trade(&mut rig, id, "100.5", "2");
    }
    trade(&mut rig, 101, "150.5", "2");
    trade(&mut rig, 102, "150.5", "2");
    trade(&mut rig, 103, "100.5", "200.001");
    let flagged: Vec<_> = rig.reader.seen.iter().filter(|(header, _)| header.flags & flag::SUSPECT != 0).collect();
    assert_eq!(flagged.len(), 3);
    assert!(flagged.iter().all(|(_, seen)| matches!(seen, Seen::Trade(_))));
    // The second outlier comes within a second of the first, which was told.
    assert_eq!(suspects(&rig), [suspect(Code::SuspectOutlier, 101), suspect(Code::SuspectVolume, 103)]);
    let counters = rig.machine.counters();
    assert_eq!((counters.checked, counters.suspects), (103, 3));
    assert_eq!((counters.suspect_outlier, counters.suspect_volume), (2, 1));
    assert_eq!((counters.trades, rig.machine.instrument_counters(0).unwrap().suspects), (103, 3));
}

#[test]
fn bounds_follow_exponents_that_become_finer() {
    let bound = |mantissa| Some(Bound { mantissa, exponent: 0 });
    let mut rig = rig(&Rules { price_min: bound(90), price_max: bound(110), ..Rules::OFF });
    for (id, price) in (1..).zip(["100", "89.99", "100.0001", "90.0000", "110.0001"]) {
        trade(&mut rig, id, price, "1");
    }
    let flags = rig.reader.seen.iter().filter(|(_, seen)| matches!(seen, Seen::Trade(_)));
    let is_suspect: Vec<_> = flags.map(|(header, _)| header.flags & flag::SUSPECT != 0).collect();
    assert_eq!(is_suspect, [false, true, false, false, true]);
    assert_eq!(rig.machine.counters().suspect_price_range, 2);
}

#[test]
fn ids_missing_in_a_minute_are_told_at_its_end() {
    let mut rig = rig(&Rules::default());
    trade(&mut rig, 1, "100", "1");
    rig.tick(100 * MS);
    for id in (2..=50).chain(53..=100) {
        trade(&mut rig, id, "100", "1");
    }
    rig.tick(60_000 * MS);
    assert_eq!(suspects(&rig), [suspect(Code::SuspectCompleteness, 2)]);
    let counters = rig.machine.counters();
    assert_eq!((counters.ids_expected, counters.ids_missing, counters.suspect_completeness), (99, 2, 1));
    assert_eq!(counters.suspects, 0, "no event is doubted for those that are missing");
}

#[test]
fn a_time_limit_of_0_switches_that_side_off_alone() {
    let mut rig = rig(&Rules { time_ahead_ms: 5_000, ..Rules::OFF });
    for (id, ago) in (1..).zip([0, 3_600_000, 0]) {
        rig.now += MS;
        let frame = spot_trade(rig.now - ago * MS, id, "100", "1");
        rig.frame(&frame);
    }
    assert_eq!(rig.machine.counters().suspect_time, 0);
    rig.now += MS;
    let frame = spot_trade(rig.now + 3_600_000 * MS, 4, "100", "1");
    rig.frame(&frame);
    assert_eq!(rig.machine.counters().suspect_time, 1);
}

#[test]
fn bounds_finer_than_the_instrument_lie_between_its_prices() {
    let bound = |mantissa| Some(Bound { mantissa, exponent: -3 });
    let mut rig = rig(&Rules { price_min: bound(99_995), price_max: bound(100_005), ..Rules::OFF });
    for (id, price) in (1..).zip(["99.99", "100.00", "100.01"]) {
        trade(&mut rig, id, price, "1");
    }
    let flags = rig.reader.seen.iter().filter(|(_, seen)| matches!(seen, Seen::Trade(_)));
    assert_eq!(flags.map(|(header, _)| header.flags & flag::SUSPECT != 0).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn rules_that_cannot_be_are_refused_and_change_nothing() {
    let mut rig = Rig::started();
    let rules = Rules { completeness_ppm: 1_000_001, ..Rules::default() };
    assert_eq!(rig.input(Input::Rules { instrument: BTC, rules: &rules }).rejected.unwrap().code, Code::ArgumentRange);
    let rules = Rules { price_min: Some(Bound { mantissa: 0, exponent: 0 }), ..Rules::OFF };
    assert_eq!(rig.input(Input::Rules { instrument: BTC, rules: &rules }).rejected.unwrap().code, Code::ArgumentRange);
    let unknown = rig.input(Input::Rules { instrument: 999, rules: &Rules::OFF });
    assert_eq!(unknown.rejected.unwrap().code, Code::InstrumentUnknown);
    trade(&mut rig, 1, "100", "1");
    assert_eq!(rig.machine.counters().checked, 0);
}
