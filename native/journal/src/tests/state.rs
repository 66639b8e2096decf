//! Numbers that go on, configurations, and checkpoints.

use std::sync::Arc;

use tickring_core::digest::Digests;
use tickring_core::input::{Input, Stamped};
use tickring_core::machine::{Machine, MachineConfig, RestoreError};
use tickring_core::sink::Discard;

use super::rig::{Rig, check, read, settings};
use super::simulated::Simulated;
use crate::record::flag;
use crate::{GapCause, Item, Kind, Mode, Reader, Settings, Stamp, configuration, restore, save};

#[test]
fn a_writer_goes_on_behind_the_numbers_that_were_seen_and_tells_the_hole() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.work(10);
    rig.close().unwrap();
    let mut rig = Rig::open(&disk, &Settings { first_sequence: 25, ..settings() }).unwrap();
    assert_eq!(rig.parts.writer.next_sequence(), 25);
    rig.work(5);
    rig.close().unwrap();
    // A number that is behind what the journal has changes nothing.
    let mut rig = Rig::open(&disk, &Settings { first_sequence: 7, ..settings() }).unwrap();
    assert_eq!(rig.parts.writer.next_sequence(), 30);
    rig.work(1);
    rig.close().unwrap();
    let held = read(&disk);
    assert_eq!(held.gaps.len(), 1);
    assert_eq!((held.gaps[0].cause, held.gaps[0].first, held.gaps[0].last), (GapCause::NotDurable, 11, 24));
    let shed: Vec<u64> = (11..=24).collect();
    check(&disk, 30, 30, &shed);
}

#[test]
fn a_configuration_is_read_as_it_was_written_and_no_other_is_taken_for_one() {
    let config = MachineConfig {
        depth: 7,
        snapshot_interval_ns: 1 << 40,
        instruments_max: 99,
        frame_bytes_max: 12_345,
        ..Default::default()
    };
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.parts.writer.append_configuration(&configuration(&config), Stamp::default());
    rig.parts.writer.append_configuration(b"depth: 20", Stamp::default());
    let mut later = configuration(&config);
    later[0] = 9;
    rig.parts.writer.append_configuration(&later, Stamp::default());
    rig.close().unwrap();
    let mut reader = Reader::new(Arc::new(disk), Mode::Strict).unwrap();
    let mut read = || {
        let Some(Item::Record(record)) = reader.next().unwrap() else { panic!("no record") };
        record.configuration().map_err(|error| error.to_string())
    };
    assert_eq!(read(), Ok(config));
    assert!(read().unwrap_err().contains("9 bytes of Configuration"));
    assert!(read().unwrap_err().contains("version 9, where 1 is read"));
}

#[test]
fn a_checkpoint_in_parts_gives_back_machine_and_digests() {
    let config = MachineConfig::default();
    let mut machine = Machine::numbered_after(config, 41);
    let input = Stamped { ts_recv: 5, input: Input::Connect { connection: 1, venue: 1 } };
    machine.apply(&input, &mut Discard);
    let digests = Digests::resume(77, &[(3, 9), (0, 4)]);
    let bytes = save(&machine, &digests);
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    // As long as a checkpoint of several parts, by repeating one.
    let long: Vec<u8> = bytes.iter().copied().cycle().take(15_000).collect();
    assert!(rig.parts.writer.whole_checkpoint(&long, Stamp::default()));
    assert!(!rig.parts.writer.whole_checkpoint(&[0; 1 << 20], Stamp::default()), "longer than the buffer");
    rig.drain();
    assert!(rig.parts.writer.whole_checkpoint(&bytes, Stamp::default()));
    rig.close().unwrap();
    let mut reader = Reader::new(Arc::new(disk), Mode::Strict).unwrap();
    let (mut found, mut part) = (Vec::new(), Vec::new());
    while let Some(Item::Record(record)) = reader.next().unwrap() {
        assert_eq!(record.head.kind, Kind::Checkpoint);
        assert_eq!(part.is_empty(), record.head.flags & flag::FIRST != 0);
        part.extend_from_slice(record.payload);
        if record.head.flags & flag::LAST != 0 {
            found.push(std::mem::take(&mut part));
        }
    }
    assert_eq!(found, [long, bytes.clone()]);
    let (restored, with) = restore(config, &bytes).unwrap();
    assert_eq!(save(&restored, &with), bytes);
    assert_eq!((restored.frame_seq(), with.shard(), with.instruments()), (42, 77, &[(3, 9), (0, 4)][..]));
    for cut in 0..bytes.len() {
        assert!(restore(config, &bytes[..cut]).is_err(), "cut at {cut}");
    }
    let other = MachineConfig { snapshot_interval_ns: 1, ..config };
    assert_eq!(restore(other, &bytes).unwrap_err(), RestoreError::Config);
}
