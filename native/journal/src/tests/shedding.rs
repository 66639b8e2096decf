use tickring_core::input::{Input, Stamped};

use super::rig::{Rig, read, settings};
use super::simulated::Simulated;
use crate::{GapCause, Seek, Settings, Stamp};

#[test]
fn a_full_buffer_sheds_and_the_next_append_with_room_tells_the_exact_gap() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    while rig.shed.len() < 25 {
        rig.append();
    }
    let bytes: u64 = rig.shed.iter().filter(|&&shed| shed % 7 != 0).map(|&shed| super::rig::payload(shed).len() as u64).sum();
    rig.drain();
    rig.work(10);
    let shed = rig.shed.clone();
    let status = rig.parts.shared.status();
    assert_eq!((status.shed_inputs, status.shed_bytes), (25, bytes));
    rig.close().unwrap();
    let held = read(&disk);
    let told: Vec<u64> = held.gaps.iter().flat_map(|gap| gap.first..=gap.last).collect();
    assert_eq!(told, shed);
    assert_eq!(held.gaps.iter().map(|gap| gap.bytes).sum::<u64>(), bytes);
    assert!(held.gaps.iter().all(|gap| gap.cause == GapCause::BufferFull));
    let mut reader = crate::Reader::new(std::sync::Arc::new(disk), crate::Mode::Strict).unwrap();
    let last = held.gaps[0].last;
    assert_eq!(reader.seek_sequence(shed[0]).unwrap(), Seek::Lost { first: shed[0], last });
}

#[test]
fn what_is_too_long_for_a_segment_is_shed_with_its_cause() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.work(3);
    let bytes = vec![1; 20_000];
    let done = rig.parts.writer.append(&Stamped { ts_recv: 1, input: Input::Frame { connection: 1, bytes: &bytes } }, 1, 0);
    assert!(!done.kept);
    assert!(!rig.parts.writer.checkpoint(&bytes, Stamp::default()));
    // Nothing follows: closing tells it.
    rig.close().unwrap();
    let held = read(&disk);
    assert_eq!(
        (held.gaps[0].cause, held.gaps[0].first, held.gaps[0].last, held.gaps[0].bytes),
        (GapCause::TooLong, 4, 4, 20_000)
    );
}

#[test]
fn the_longest_payload_that_is_accepted_fits_an_empty_segment() {
    let disk = Simulated::default();
    let settings = Settings { buffer_bytes: 1 << 20, ..settings() };
    let mut rig = Rig::open(&disk, &settings).unwrap();
    let bytes = vec![1; settings.payload_bytes_max()];
    for round in 0..5 {
        let done =
            rig.parts.writer.append(&Stamped { ts_recv: round, input: Input::Frame { connection: 1, bytes: &bytes } }, 1, 0);
        assert!(done.kept);
        rig.drain();
        assert_eq!(rig.durable(), round + 1);
    }
    rig.parts.flusher.close(None).unwrap();
}

#[test]
fn settings_outside_their_range_are_refused_with_value_and_limit() {
    for (settings, message) in [
        (Settings { segment_bytes: 8 << 10, ..settings() }, "segment bytes 8192 is not a multiple of 8 from 16 KiB to 1 GiB"),
        (Settings { buffer_bytes: 100, ..settings() }, "buffer bytes 100 is not from 16 KiB to 1 GiB"),
        (Settings { reserve_bytes: 1, ..settings() }, "reserve bytes 1 is not 0, or from 16 KiB to the bytes of a segment"),
        (Settings { interval: std::time::Duration::ZERO, ..settings() }, "interval in ns 0 is not from 1 ns to 1 s"),
    ] {
        assert_eq!(Rig::open(&Simulated::default(), &settings).err().unwrap().to_string(), message);
    }
}
