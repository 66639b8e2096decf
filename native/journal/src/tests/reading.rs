//! Readers beside a writer, and checkpoints in parts.

use std::sync::Arc;

use super::rig::{Rig, settings};
use super::simulated::Simulated;
use crate::{CheckpointHead, CheckpointName, CheckpointParts, Item, Mode, Reader, Seek, Settings, Stamp, Storage, flag};

fn sequences(reader: &mut Reader) -> Vec<u64> {
    let mut found = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        let Item::Record(record) = item else { panic!("{item:?}") };
        found.push(record.head.sequence);
    }
    found
}

#[test]
fn a_reader_beside_a_writer_gives_what_is_durable_and_no_more() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    let mut reader = Reader::new(Arc::new(disk.clone()), Mode::Strict).unwrap();
    reader.set_limit(0);
    let mut told = Vec::new();
    for round in 0..300 {
        rig.append();
        if round % 3 == 0 {
            rig.turn();
        }
        let durable = rig.durable();
        // Told late, as others are.
        let limit = durable.saturating_sub(round % 5);
        if limit > told.len() as u64 {
            reader.set_limit(limit);
        }
        told.extend(sequences(&mut reader));
        assert!(told.last().copied().unwrap_or(0) <= durable);
    }
    assert_eq!(told, (1..=told.len() as u64).collect::<Vec<_>>());
    assert!(told.len() > 250, "{} of 300", told.len());
    assert!(reader.segments().len() > 1, "no segment ended: the test shows little");
}

#[test]
fn a_record_that_was_put_back_is_given_again() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.work(9);
    rig.close().unwrap();
    let mut reader = Reader::new(Arc::new(disk), Mode::Strict).unwrap();
    let mut next = |back: bool| {
        let Some(Item::Record(record)) = reader.next().unwrap() else { panic!("no record") };
        let (sequence, check) = (record.head.sequence, record.check);
        if back {
            reader.put_back();
        }
        (sequence, check)
    };
    assert_eq!(next(true), next(true));
    assert_eq!(next(false).0, 1);
    let second = next(true);
    assert_eq!((next(false), next(false).0), (second, 3));
}

/// Appends parts with these flags, `None` for an input between them.
fn parts(flags: &[Option<u8>]) -> Vec<Vec<u8>> {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.work(2);
    for (place, flags) in (b'a'..).zip(flags) {
        match flags {
            Some(flags) => assert!(rig.parts.writer.checkpoint(&[place], Stamp { flags: *flags, ..Stamp::default() })),
            None => drop(rig.append()),
        }
    }
    rig.close().unwrap();
    let mut reader = Reader::new(Arc::new(disk), Mode::Strict).unwrap();
    let (mut parts, mut whole) = (CheckpointParts::default(), Vec::new());
    while let Some(Item::Record(record)) = reader.next().unwrap() {
        whole.extend(parts.add(&record).map(<[u8]>::to_vec));
    }
    whole
}

#[test]
fn only_whole_checkpoints_are_given() {
    const F: Option<u8> = Some(flag::FIRST);
    const M: Option<u8> = Some(0);
    const L: Option<u8> = Some(flag::LAST);
    const ONE: Option<u8> = Some(flag::FIRST | flag::LAST);
    let none: [&[u8]; 0] = [];
    assert_eq!(parts(&[F, M, L]), [b"abc"]);
    assert_eq!(parts(&[ONE, None, ONE]), [b"a", b"c"]);
    assert_eq!(parts(&[F, M, None, L]), none, "an input between its parts");
    assert_eq!(parts(&[F, None, M, L]), none);
    assert_eq!(parts(&[M, L, L]), none, "without a beginning");
    assert_eq!(parts(&[F, M, F, L]), [b"cd"], "one torn, one whole");
    assert_eq!(parts(&[F, L, L, M]), [b"ab"], "what follows the last part belongs to none");
    assert_eq!(parts(&[F, M]), none, "without an end");
}

#[test]
fn a_checkpoint_beside_the_segments_that_is_damaged_is_none() {
    let disk = Simulated::default();
    let name = CheckpointName { sequence: 77, ts_latest: 1_000 };
    let head = CheckpointHead { name, stream: 3, epoch: 5 };
    head.write(&disk, b"the state").unwrap();
    assert_eq!(CheckpointName::list(&disk).unwrap(), [name]);
    let (found, state) = name.read(&disk).unwrap().unwrap();
    assert_eq!((found, state.as_slice()), (head, &b"the state"[..]));
    let file = disk.open(&name.file(), true).unwrap();
    let bytes = file.bytes().unwrap();
    for at in 0..bytes {
        let mut byte = [0];
        file.read_at(&mut byte, at).unwrap();
        file.write_at(&[byte[0] ^ 1], at).unwrap();
        assert_eq!(name.read(&disk).unwrap(), None, "byte {at} changed");
        file.write_at(&byte, at).unwrap();
    }
    for cut in 0..bytes {
        let other = Simulated::default();
        head.write(&other, b"the state").unwrap();
        other.open(&name.file(), true).unwrap().set_bytes(cut).unwrap();
        assert_eq!(name.read(&other).unwrap(), None, "cut at {cut}");
    }
    // One of another place under this name.
    let moved = CheckpointName { sequence: 78, ..name };
    disk.rename(&name.file(), &moved.file()).unwrap();
    assert_eq!(moved.read(&disk).unwrap(), None);
    moved.remove(&disk).unwrap();
    moved.remove(&disk).unwrap();
    assert_eq!((moved.read(&disk).unwrap(), CheckpointName::list(&disk).unwrap()), (None, vec![]));
    for name in [
        "x.ckpt",
        "1-2.ckpt",
        "00000000000000000077-0000000000000000100.ckpt",
        "+0000000000000000077-00000000000000001000.ckpt",
    ] {
        assert_eq!(CheckpointName::parse(name), None, "{name}");
    }
}

#[test]
fn a_search_beyond_the_limit_ends_at_it() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &Settings { segment_bytes: 64 << 10, ..settings() }).unwrap();
    rig.work(20);
    rig.close().unwrap();
    let mut reader = Reader::new(Arc::new(disk), Mode::Strict).unwrap();
    reader.set_limit(10);
    assert_eq!(reader.seek_sequence(12).unwrap(), Seek::End);
    assert_eq!(reader.seek_sequence(10).unwrap(), Seek::Found);
    assert_eq!(sequences(&mut reader), [10]);
    reader.set_limit(u64::MAX);
    assert_eq!(sequences(&mut reader), (11..=20).collect::<Vec<_>>());
}
