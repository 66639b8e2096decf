//! N9: a book is compared with what the venue says of it now and then.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::error::Code;
use tickring_core::event::{State, Status};
use tickring_core::input::Request;
use tickring_core::machine::AUDIT_INTERVAL_NS;

/// Until an audit is wanted; it is one of the book as it is now.
fn wanted(rig: &mut Rig) {
    let ticks = AUDIT_INTERVAL_NS / (100 * MS) + 1;
    assert!((0..=ticks).any(|_| {
        rig.tick(100 * MS);
        rig.takes_audit()
    }));
}

fn figures(rig: &Rig) -> [u64; 4] {
    let (shard, own) = (rig.machine.counters(), rig.machine.instrument_counters(0).unwrap());
    assert_eq!([shard.audits, shard.audit_levels, shard.audit_different], [own.audits, own.audit_levels, own.audit_different]);
    [shard.audits, shard.audit_levels, shard.audit_different, shard.audits_void]
}

fn statuses(rig: &Rig) -> Vec<Status> {
    let status = |seen: Seen| if let Seen::Status(status) = seen { Some(status) } else { None };
    rig.reader.bodies().into_iter().filter_map(status).collect()
}

/// A live book of 25 levels a side at id 102.
fn scene() -> Rig {
    let mut rig = Rig::started();
    rig.delta(100, 100, &[], &[]);
    rig.take_requests();
    rig.snapshot(&body(101, "1"));
    rig.delta(102, 102, &[], &[]);
    assert!(rig.is_live());
    rig.reader.seen.clear();
    rig
}

/// The venue's copy of it, with this quantity at the bid of 95.
fn body(id: u64, at_95: &str) -> String {
    let bids: Vec<_> = (0..25).map(|at| format!("{}", 99 - at)).collect();
    let asks: Vec<_> = (0..25).map(|at| format!("{}", 101 + at)).collect();
    let bids: Vec<_> = bids.iter().map(|price| (&**price, if price == "95" { at_95 } else { "1" })).collect();
    let asks: Vec<_> = asks.iter().map(|price| (&**price, "1")).collect();
    depth_body(id, &bids, &asks)
}

#[test]
fn a_true_book_is_found_true_level_by_level() {
    let mut rig = scene();
    wanted(&mut rig);
    rig.delta(103, 104, &[("99", "7")], &[]);
    let outcome = rig.snapshot(&body(102, "1"));
    assert_eq!((outcome.events, outcome.rejected), (0, None));
    rig.tick(100 * MS);
    assert_eq!(figures(&rig), [1, 50, 0, 0]);
    // A copy ahead of the stream waits for it.
    wanted(&mut rig);
    rig.snapshot(&body(106, "1").replace("[\"99\",\"1\"]", "[\"99\",\"8\"]"));
    rig.tick(100 * MS);
    assert_eq!(figures(&rig), [1, 50, 0, 0]);
    rig.delta(105, 106, &[("99", "8")], &[]);
    rig.tick(100 * MS);
    assert_eq!(figures(&rig), [2, 100, 0, 0]);
    assert_eq!(statuses(&rig), []);
}

#[test]
fn a_difference_that_lasts_rebuilds_the_book_with_its_code() {
    let mut rig = scene();
    wanted(&mut rig);
    rig.snapshot(&body(102, "3"));
    rig.tick(100 * MS);
    assert_eq!((figures(&rig), statuses(&rig)), ([1, 50, 1, 0], vec![]));
    wanted(&mut rig);
    rig.snapshot(&body(102, "3"));
    rig.tick(100 * MS);
    assert_eq!(figures(&rig), [2, 100, 2, 0]);
    let resync = Status { state: State::Resync, connection: 1, code: Some(Code::BookDiffers), detail: 102 };
    assert_eq!(statuses(&rig), [resync]);
    rig.delta(103, 103, &[], &[]);
    assert_eq!(rig.take_requests(), [Request::DepthSnapshot { instrument: BTC }]);
    rig.snapshot(&body(102, "3"));
    assert!(rig.is_live());
    rig.reader.assert_holds(&rig.machine, 0);
    assert!(rig.text().contains("B 95 3\n"));
}

#[test]
fn a_difference_that_the_stream_heals_costs_no_rebuild() {
    let mut rig = scene();
    wanted(&mut rig);
    rig.snapshot(&body(102, "3"));
    rig.tick(100 * MS);
    rig.delta(103, 103, &[("95", "4")], &[]);
    wanted(&mut rig);
    rig.snapshot(&body(103, "4"));
    rig.tick(100 * MS);
    assert_eq!((figures(&rig), statuses(&rig)), ([2, 100, 1, 0], vec![]));
}

#[test]
fn an_audit_without_a_usable_answer_comes_to_nothing() {
    let mut rig = scene();
    wanted(&mut rig);
    for _ in 0..301 {
        rig.tick(100 * MS);
    }
    assert_eq!(figures(&rig), [0, 0, 0, 1], "no answer");
    wanted(&mut rig);
    rig.snapshot(&body(101, "9"));
    rig.tick(100 * MS);
    assert_eq!(figures(&rig), [0, 0, 0, 2], "older than the window");
    wanted(&mut rig);
    assert_eq!(rig.snapshot("{").rejected.map(|reject| reject.code), Some(Code::FrameNotJson));
    assert!(rig.is_live());
    let other = rig.snapshot(&body(102, "9").replace('{', r#"{"symbol":"ETHUSDT","#));
    assert_eq!(other.rejected.map(|reject| reject.code), Some(Code::UnknownSymbol));
    rig.snapshot(&body(102, "1"));
    rig.delta(200, 200, &[], &[]);
    rig.tick(100 * MS);
    assert_eq!(figures(&rig), [0, 0, 0, 3], "a book that is no longer proven");
}

#[test]
fn a_book_that_nobody_asked_for_changes_nothing() {
    let mut rig = scene();
    let ignored = rig.machine.counters().ignored;
    assert_eq!(rig.snapshot(&body(102, "3")).events, 0);
    rig.tick(100 * MS);
    assert_eq!((figures(&rig), rig.machine.counters().ignored), ([0; 4], ignored + 1));
}

/// The customer's figure: of levels of which one in a thousand is wrong, so many are found.
#[test]
fn one_wrong_level_in_a_thousand_is_measured_within_the_error_of_its_sample() {
    let mut rig = scene();
    let (mut random, mut wrong, mut compared) = (17_u64, 0, 0);
    for _ in 0..1_000 {
        wanted(&mut rig);
        let mut text = body(102, "1");
        for price in (75..100).chain(101..126) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            compared += 1;
            if (random >> 33).is_multiple_of(1_000) {
                wrong += 1;
                text = text.replace(&format!("[\"{price}\",\"1\"]"), &format!("[\"{price}\",\"2\"]"));
            }
        }
        rig.snapshot(&text);
        rig.tick(100 * MS);
        let id = rig.machine.instrument_counters(0).unwrap().last_update_id;
        assert_eq!(id, 102);
    }
    assert_eq!(figures(&rig), [1_000, compared, wrong, 0]);
    // 50 of 50,000 are expected; five standard deviations.
    assert!(wrong.abs_diff(50) <= 36, "{wrong}");
}
