use std::sync::Arc;

use super::rig::{Rig, settings, time};
use super::simulated::Simulated;
use crate::{Item, Kind, Mode, Reader, Seek, Settings, Stamp, flag};

/// Four writers, a checkpoint of two records after each 40 inputs; inputs and the places of checkpoints.
fn journal(compress: bool) -> (Simulated, u64, Vec<u64>) {
    let disk = Simulated::default();
    let mut checkpoints = Vec::new();
    let mut last = 0;
    for _ in 0..4 {
        let mut rig =
            Rig::open(&disk, &Settings { compress, segment_bytes: 128 << 10, buffer_bytes: 128 << 10, ..settings() }).unwrap();
        for _ in 0..8 {
            rig.work(40);
            last = rig.appended;
            for flags in [flag::FIRST, flag::LAST] {
                let stamp = Stamp { ts_recv: time(last) + 1, ts_mono: 0, instrument: 7, flags };
                assert!(rig.parts.writer.checkpoint(b"books", stamp));
            }
            checkpoints.push(last);
            rig.turn();
        }
        rig.close().unwrap();
    }
    (disk, last, checkpoints)
}

fn next_sequence(reader: &mut Reader) -> Option<u64> {
    match reader.next().unwrap() {
        Some(Item::Record(record)) => Some(record.head.sequence),
        Some(Item::Damage(damage)) => panic!("{damage:?}"),
        None => None,
    }
}

#[test]
fn any_input_is_found_by_number_and_by_time() {
    for compress in [false, true] {
        let (disk, last, _) = journal(compress);
        let mut reader = Reader::new(Arc::new(disk), Mode::Strict).unwrap();
        for sequence in (1..=last).step_by(3) {
            assert_eq!(reader.seek_sequence(sequence).unwrap(), Seek::Found);
            assert_eq!(next_sequence(&mut reader), Some(sequence));
            for (at, found) in [(time(sequence), sequence), (time(sequence) - 1, sequence), (time(sequence - 1) + 2, sequence)]
            {
                assert_eq!(reader.seek_time(at).unwrap(), Seek::Found);
                assert_eq!(next_sequence(&mut reader), Some(found), "time {at}");
            }
        }
        assert_eq!(reader.seek_sequence(last + 1).unwrap(), Seek::End);
        assert_eq!(next_sequence(&mut reader), None);
        assert_eq!(reader.seek_time(time(last) + 2).unwrap(), Seek::End);
        assert_eq!(reader.seek_time(0).unwrap(), Seek::Found);
        assert_eq!(next_sequence(&mut reader), Some(1));
        assert_eq!(next_sequence(&mut reader), Some(2));
    }
}

#[test]
fn the_last_checkpoint_before_any_time_is_found() {
    for compress in [false, true] {
        let (disk, last, checkpoints) = journal(compress);
        let mut reader = Reader::new(Arc::new(disk), Mode::Strict).unwrap();
        for sequence in 1..=last {
            for at in [time(sequence), time(sequence) + 1] {
                let expected = checkpoints.iter().rev().find(|&&checkpoint| time(checkpoint) < at);
                assert_eq!(reader.seek_checkpoint(at).unwrap(), expected.is_some(), "time {at}");
                let Some(&expected) = expected else { continue };
                let Some(Item::Record(record)) = reader.next().unwrap() else { panic!("no record") };
                assert_eq!(
                    (record.head.kind, record.head.flags, record.head.sequence),
                    (Kind::Checkpoint, flag::FIRST, expected)
                );
            }
        }
    }
}

#[test]
fn a_seal_says_what_its_segment_holds() {
    let (disk, _, checkpoints) = journal(true);
    let reader = Reader::new(Arc::new(disk.clone()), Mode::Strict).unwrap();
    let mut found = Vec::new();
    for name in reader.segments() {
        let index = reader.index(*name).unwrap().unwrap();
        assert!(index.places_complete);
        assert!(index.ts_first <= index.ts_last);
        found.extend(index.checkpoints.iter().map(|entry| entry.sequence));
        let places = index.places.iter().find(|places| places.kind == Kind::Checkpoint);
        assert_eq!(places.map_or(0, |places| places.count as usize), 2 * index.checkpoints.len());
    }
    assert_eq!(found, checkpoints);
}
