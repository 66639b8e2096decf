use super::rig::{Rig, check, read, settings};
use super::simulated::{Call, Plan, Simulated};
use crate::flush::Turn;
use crate::status::State;
use crate::{SegmentName, Settings};

const INPUTS: u64 = 90;

/// A journal with a past, so that every path of opening is on the way.
fn with_past() -> (Simulated, u64) {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.work(50);
    rig.drain();
    let durable = rig.durable();
    drop(rig);
    (disk.restart(), durable)
}

/// Runs under a plan; what was acknowledged must be there, whether the process or the machine ends. Calls that were made.
fn run(plan: Plan, settings: &Settings) -> u64 {
    let (disk, mut acknowledged) = with_past();
    let mut appended = acknowledged;
    let mut shed = Vec::new();
    disk.plan(plan);
    if let Ok(mut rig) = Rig::open(&disk, settings) {
        rig.work(INPUTS);
        rig.drain();
        acknowledged = rig.durable();
        (appended, shed) = (rig.appended, rig.shed.clone());
        // Not closed: closing is tried apart, in `closing_under_faults…`.
    }
    let calls = disk.calls();
    check(&disk.power_cut(|_| false, false), acknowledged, appended, &shed);
    check(&disk.power_cut(|sector| sector % 2 == 0, true), acknowledged, appended, &shed);
    check(&disk.restart(), acknowledged, appended, &shed);
    calls
}

/// F50: the n-th call fails, once and from then on, for every n until a run passes untouched.
#[test]
fn f50_any_call_may_fail_and_nothing_acknowledged_is_lost() {
    for compress in [false, true] {
        let settings = Settings { compress, ..settings() };
        for (sticky, lie, error) in [(false, false, 5), (true, false, 5), (false, true, 5), (true, true, 5), (true, false, 28)]
        {
            let mut at = 1;
            loop {
                let plan = Plan { fail_at: at, sticky, lie, error: Some(error), ..Plan::default() };
                if run(plan, &settings) < at {
                    break;
                }
                at += 1;
            }
            assert!(at > 100, "only {at} calls were made");
        }
    }
}

#[test]
fn f50_a_disk_that_recovers_ends_the_degraded_state_and_gaps_say_exactly_what_was_shed() {
    for only in [Call::Write, Call::Sync, Call::Create, Call::Rename, Call::SyncFolder] {
        let (disk, _) = with_past();
        let mut rig = Rig::open(&disk, &settings()).unwrap();
        rig.work(40);
        disk.plan(Plan { fail_at: 1, sticky: true, only: Some(only), ..Plan::default() });
        rig.work(300);
        assert_eq!(rig.parts.shared.state(), State::Degraded, "{only:?}");
        assert!(!rig.shed.is_empty(), "{only:?}");
        let refused = rig.durable();
        assert!(refused < rig.appended);
        disk.plan(Plan::default());
        rig.drain();
        rig.work(60);
        rig.drain();
        assert_eq!(rig.parts.shared.state(), State::Normal, "{only:?}");
        assert_eq!(rig.durable(), rig.appended, "{only:?}");
        let (appended, shed) = (rig.appended, rig.shed.clone());
        rig.close().unwrap();
        let held = check(&disk.power_cut(|_| false, false), appended, appended, &shed);
        let missing: Vec<u64> = held.gaps.iter().flat_map(|gap| gap.first..=gap.last).collect();
        assert_eq!(missing, shed, "{only:?}");
    }
}

/// F49: what is interrupted or cut short is no error.
#[test]
fn f49_short_and_interrupted_calls_go_on_where_they_ended() {
    let disk = Simulated::default();
    disk.plan(Plan { short: 7, interrupt: true, ..Plan::default() });
    let mut rig = Rig::open(&disk, &Settings { compress: true, ..settings() }).unwrap();
    rig.work(200);
    let last = rig.appended;
    rig.close().unwrap();
    assert_eq!(read(&disk).last, last);
    let held = check(&disk, last, last, &[]);
    assert!(held.gaps.is_empty());
}

/// F51: the kernel drops the pages that it could not write and says that the next sync was well.
#[test]
fn f51_a_sync_that_succeeds_after_a_failed_one_is_not_believed() {
    for at in 1..40 {
        let disk = Simulated::default();
        let mut rig = Rig::open(&disk, &settings()).unwrap();
        rig.work(30);
        disk.plan(Plan { fail_at: at, lie: true, only: Some(Call::Sync), ..Plan::default() });
        rig.work(60);
        rig.drain();
        let (acknowledged, appended) = (rig.durable(), rig.appended);
        assert_eq!(acknowledged, appended, "written again elsewhere");
        let held = check(&disk.power_cut(|_| false, false), acknowledged, appended, &[]);
        assert!(held.gaps.is_empty());
    }
}

/// F51: a process that dies after the failed sync leaves pages in memory that the disk does not have; the next one must not
/// build on them.
#[test]
fn f51_recovery_believes_the_disk_and_not_what_memory_holds_of_it() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.work(9);
    let acknowledged = rig.durable();
    disk.plan(Plan { fail_at: 1, sticky: true, lie: true, only: Some(Call::Sync), ..Plan::default() });
    rig.work(9);
    drop(rig);
    let disk = disk.restart();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    assert_eq!(rig.parts.recovered.last_sequence, acknowledged);
    rig.work(9);
    rig.drain();
    let appended = rig.appended;
    check(&disk.power_cut(|_| false, false), appended, appended, &[]);
}

#[test]
fn full_disk_fills_the_reserve_then_sheds_and_closing_writes_the_gap_into_the_room_kept_for_it() {
    let (disk, _) = with_past();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.drain();
    disk.plan(Plan { room: 1, ..Plan::default() });
    while rig.shed.is_empty() {
        rig.work(3);
    }
    rig.work(20);
    assert_eq!(rig.parts.shared.state(), State::Degraded);
    assert_eq!(rig.turn(), Turn::Held);
    assert!(rig.parts.shared.status().failure.unwrap().contains("No space left"));
    let (appended, acknowledged) = (rig.appended, rig.durable());
    let error = rig.close().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("inputs {} to {appended} are not durable: the disk does not take them", acknowledged + 1)
    );
    let held = read(&disk.power_cut(|_| false, false));
    let gap = held.gaps.last().unwrap();
    assert_eq!((gap.first, gap.last), (acknowledged + 1, appended));
    assert_eq!(held.last, appended);
}

#[test]
fn a_folder_that_cannot_be_written_is_told_at_the_start() {
    let disk = Simulated::default();
    disk.plan(Plan { fail_at: 1, sticky: true, error: Some(28), only: Some(Call::Create), ..Plan::default() });
    let error = Rig::open(&disk, &settings()).err().unwrap();
    assert_eq!(error.code().name(), "JOURNAL_NO_SPACE");
}

#[test]
fn a_disk_that_is_full_at_the_start_degrades_whoever_must_go_on_and_is_written_when_there_is_room() {
    let disk = Simulated::default();
    let settings = Settings { begins_degraded: true, ..settings() };
    let mut rig = Rig::open(&disk, &settings).unwrap();
    rig.work(20);
    rig.close().unwrap();
    disk.plan(Plan { fail_at: 1, sticky: true, error: Some(28), only: Some(Call::Create), ..Plan::default() });
    let mut rig = Rig::open(&disk, &settings).unwrap();
    assert_eq!(rig.parts.shared.status().state, State::Degraded);
    while rig.shed.len() < 10 {
        rig.append();
        rig.turn();
    }

    disk.plan(Plan::default());
    rig.drain();
    assert_eq!(rig.parts.shared.status().state, State::Normal);
    rig.work(5);
    let (appended, shed) = (rig.appended, rig.shed.clone());
    rig.close().unwrap();
    check(&disk, appended, appended, &shed);
}

/// F57: many segments cost no descriptors.
#[test]
fn f57_a_storm_of_segments_keeps_few_files_open() {
    let disk = Simulated::default();
    let settings = Settings { roll_after: std::time::Duration::ZERO, ..settings() };
    let mut rig = Rig::open(&disk, &settings).unwrap();
    for _ in 0..600 {
        rig.append();
        rig.turn();
    }
    rig.close().unwrap();
    assert!(disk.files().keys().filter_map(|name| SegmentName::parse(name)).count() >= 500);
    assert_eq!(read(&disk).last, 600);
    assert!(disk.most_open() <= 6, "{} files were open", disk.most_open());
}
