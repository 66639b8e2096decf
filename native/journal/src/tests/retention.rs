use std::time::Duration;

use super::rig::{Rig, read, settings};
use super::simulated::{Plan, Simulated};
use crate::{Prune, Retention, Seek, Settings};

fn first_input(disk: &Simulated) -> u64 {
    *read(disk).inputs.keys().next().unwrap()
}

/// F60: sinks go on at their own pace; what one of them has not read is never deleted.
#[test]
fn f60_what_a_sink_has_not_read_is_never_deleted() {
    let disk = Simulated::default();
    let retention = Retention { bytes: Some(40 << 10), ..Retention::default() };
    let mut rig = Rig::open(&disk, &Settings { retention, ..settings() }).unwrap();
    let mut watermark = 0;
    for round in 0..200_u64 {
        rig.work(9);
        // Slow, fast, and now and then back by a little, as when a sink is added.
        watermark = match round % 10 {
            0 => rig.durable(),
            5 => watermark.saturating_sub(3).max(first_input(&disk) - 1),
            _ => watermark + 2,
        };
        rig.parts.shared.watermark.store(watermark, std::sync::atomic::Ordering::Release);
        rig.work(3);
        assert!(first_input(&disk) <= watermark + 1, "round {round}: {} is gone, {watermark} was read", first_input(&disk));
    }
    rig.parts.shared.watermark.store(u64::MAX, std::sync::atomic::Ordering::Release);
    rig.work(200);
    rig.close().unwrap();
    let bytes: usize = disk.files().values().map(Vec::len).sum();
    assert!(bytes < 130 << 10, "{bytes} bytes are kept");
    assert!(first_input(&disk) > 1_000);
}

#[test]
fn age_deletes_what_nobody_needs_and_a_later_reader_is_told_what_is_lost() {
    let disk = Simulated::default();
    let retention = Retention { age: Some(Duration::ZERO), ..Retention::default() };
    let mut rig = Rig::open(&disk, &Settings { retention, ..settings() }).unwrap();
    rig.work(300);
    rig.close().unwrap();
    let first = first_input(&disk);
    assert!(first > 100, "{first}");
    let mut reader = crate::Reader::new(std::sync::Arc::new(disk), crate::Mode::Strict).unwrap();
    assert_eq!(reader.seek_sequence(5).unwrap(), Seek::Lost { first: 5, last: first - 1 });
    assert_eq!(reader.seek_sequence(first).unwrap(), Seek::Found);
}

#[test]
fn the_disk_floor_goes_before_the_sinks() {
    let disk = Simulated::default();
    let retention = Retention { disk_floor: 60 << 10, ..Retention::default() };
    let mut rig = Rig::open(&disk, &Settings { retention, ..settings() }).unwrap();
    rig.parts.shared.watermark.store(1, std::sync::atomic::Ordering::Release);
    disk.plan(Plan { room: 200 << 10, ..Plan::default() });
    rig.work(900);
    assert!(rig.shed.is_empty());
    rig.close().unwrap();
    assert!(first_input(&disk) > 1);
}

#[test]
fn what_is_pruned_by_hand_is_given_up_by_a_header_and_gone() {
    let folder = std::env::temp_dir().join(format!("tickring-prune-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let shape = Settings { buffer_bytes: 1 << 20, ..settings() };
    let (journal, mut writer, _) = crate::Journal::open(&folder, &shape).unwrap();
    for sequence in 1..=200 {
        let bytes = super::rig::payload(sequence);
        let input = tickring_core::input::Input::Frame { connection: 1, bytes: &bytes };
        let stamped = tickring_core::input::Stamped { ts_recv: super::rig::time(sequence), input };
        assert!(writer.append(&stamped, 0, 0).kept);
    }
    assert!(journal.wait_durable(200, Duration::from_secs(60)));
    assert_eq!(crate::prune(&folder, &Prune { bytes: Some(0), before: None }).unwrap_err().code().name(), "JOURNAL_HELD");
    journal.close(writer).unwrap();
    assert_eq!(crate::prune(&folder, &Prune::default()).unwrap(), []);
    let before = Prune { before: Some(super::rig::time(100)), bytes: None };
    let wished = crate::prunable(&folder, &before).unwrap();
    assert_eq!(crate::prune(&folder, &before).unwrap(), wished);
    assert_eq!(crate::prunable(&folder, &before).unwrap(), []);
    let storage = std::sync::Arc::new(crate::Disk::open(&folder, false).unwrap());
    let found = crate::check(storage.clone(), |_| true).unwrap();
    assert_eq!((found.damage, found.torn), (vec![], None));
    let first = found.ranges[0].first;
    assert!((2..=100).contains(&first), "{first}: only whole segments go");
    let mut reader = crate::Reader::new(storage, crate::Mode::Strict).unwrap();
    assert_eq!(reader.seek_sequence(1).unwrap(), Seek::Lost { first: 1, last: first - 1 });
    // All but the last one, whatever it holds.
    assert!(!crate::prune(&folder, &Prune { bytes: Some(0), before: None }).unwrap().is_empty());
    std::fs::remove_dir_all(&folder).unwrap();
}
