//! Files taken away, and files that cannot be read, at both ends; pieces of compressed segments that cannot be unpacked.

use std::sync::Arc;

use super::rig::{Rig, settings};
use super::simulated::Simulated;
use crate::source::Source;
use crate::{Check, Damage, Item, JournalError, Mode, Reader, ReplayOptions, Retention, Settings, check, verify};

fn journal(settings: &Settings, inputs: u64) -> (Simulated, Vec<String>) {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, settings).unwrap();
    rig.work(inputs);
    rig.close().unwrap();
    let names: Vec<_> = disk.files().into_keys().filter(|name| name.ends_with("seg")).collect();
    assert!(names.len() > 2, "{names:?}");
    (disk, names)
}

fn checked(disk: &Simulated) -> Check {
    check(Arc::new(disk.clone()), |_| true).unwrap()
}

/// What a comparison of replay and live says of it, strictly and not.
fn compared(disk: &Simulated) -> (Option<JournalError>, Vec<Damage>) {
    let with = |mode| verify(Arc::new(disk.clone()), ReplayOptions { mode, ..ReplayOptions::default() }, |_| true);
    (with(Mode::Strict).err(), with(Mode::Salvage).unwrap().damage)
}

#[test]
fn files_missing_at_the_front_are_told() {
    let (disk, names) = journal(&settings(), 300);
    assert_eq!((checked(&disk).damage, compared(&disk).1), (vec![], vec![]));
    for name in &names[..names.len() - 1] {
        disk.lose(name);
        let damage = checked(&disk).damage;
        let [told] = &damage[..] else { panic!("{damage:?} without {name}") };
        assert!(told.what.contains("which it follows, is missing"), "{told:?}");
        assert_eq!((told.first, told.last), (1, checked(&disk).ranges.first().map(|range| range.first - 1)));
        let (strict, salvaged) = compared(&disk);
        assert!(matches!(strict, Some(JournalError::Damaged { .. })), "{strict:?}");
        assert_eq!(salvaged, damage);
    }
}

#[test]
fn what_retention_took_is_not_missing() {
    for compress in [false, true] {
        let retention = Retention { bytes: Some(40 << 10), ..Retention::default() };
        let (disk, names) = journal(&Settings { retention, compress, ..settings() }, 900);
        assert!(!names[0].starts_with("000000000001-"), "{names:?}");
        assert_eq!((checked(&disk).damage, compared(&disk).1), (vec![], vec![]));
        assert!(compared(&disk).0.is_none());
        // One file more than that is.
        disk.lose(&names[0]);
        assert_eq!(checked(&disk).damage.len(), 1);
    }
}

#[test]
fn a_first_or_last_file_without_a_header_that_can_be_read_is_told() {
    for last in [false, true] {
        let (disk, names) = journal(&settings(), 300);
        let name = if last { names.last().unwrap() } else { &names[0] };
        let mut bytes = disk.files()[name].clone();
        bytes[30] ^= 4;
        disk.put(name, &bytes);
        let damage = checked(&disk).damage;
        assert_eq!(damage.iter().map(|damage| &damage.file).collect::<Vec<_>>(), [name], "{damage:?}");
        let (strict, salvaged) = compared(&disk);
        assert!(matches!(&strict, Some(JournalError::Damaged { file, .. }) if file == name), "{strict:?}");
        assert_eq!(salvaged.iter().map(|damage| &damage.file).collect::<Vec<_>>(), [name]);
    }
}

/// Records that go over a piece's end included; offsets are those of the plain form.
#[test]
fn records_of_a_compressed_segment_are_the_same_in_any_order() {
    let packed = Settings { compress: true, segment_bytes: 1 << 20, buffer_bytes: 1 << 20, ..settings() };
    let (disk, _) = journal(&packed, 12_000);
    let mut reader = Reader::new(Arc::new(disk.clone()), Mode::Strict).unwrap();
    let (name, mut stored) = (reader.segments()[0], Vec::new());
    assert!(name.packed, "{name:?}");
    while let Some(Item::Record(record)) = reader.next().unwrap() {
        let (sequence, payload) = (record.head.sequence, record.payload.to_vec());
        let (segment, offset) = reader.place().unwrap();
        if segment != name {
            break;
        }
        stored.push((offset, sequence, payload));
    }
    let mut source = Source::open(&disk, name).unwrap();
    let plain = source.read_all(None).unwrap();
    let over_an_end = stored.windows(2).filter(|pair| pair[0].0 >> 18 != (pair[1].0 - 1) >> 18).count();
    assert!(over_an_end > 2 && plain.len() > 3 << 18, "{over_an_end} of {} records, {} bytes", stored.len(), plain.len());
    let mut place = 0;
    for step in 0..20_000 {
        // Forward mostly, as readers go, and leaps to anywhere.
        place = if step % 7 == 0 { step * 7_919 } else { place + 1 } % stored.len();
        let (offset, sequence, payload) = &stored[place];
        let record = source.record(*offset, plain.len() as u64).unwrap().expect("a record where one was read");
        assert_eq!((record.head.sequence, record.payload), (*sequence, payload.as_slice()));
    }
}

#[test]
fn behind_a_piece_that_cannot_be_unpacked_it_goes_on() {
    let packed = Settings { compress: true, segment_bytes: 1 << 20, buffer_bytes: 1 << 20, ..settings() };
    let (disk, names) = journal(&packed, 12_000);
    let whole = checked(&disk);
    for name in names.iter().filter(|name| name.ends_with(".zseg")) {
        let damaged = disk.restart();
        let mut bytes = damaged.files()[name].clone();
        // Somewhere in each: a whole frame becomes noise, the last one with the seal included.
        let at = 4_096 + (bytes.len() - 4_096) / 9 * (name.as_bytes()[11] - b'0') as usize;
        let most = bytes.len() - 200;
        bytes[at.min(most - 64)..(at + 70_000).min(most)].fill(0xa5);
        damaged.put(name, &bytes);
        let found = checked(&damaged);
        assert!(!found.damage.is_empty() && found.damage.iter().all(|damage| damage.file == *name), "{:?}", found.damage);
        assert_eq!(
            found.ranges.last(),
            whole.ranges.last().map(|range| crate::Range { first: found.ranges.last().unwrap().first, ..*range }).as_ref()
        );
        assert!(whole.records - found.records < 3_000, "{} of {}", found.records, whole.records);
        let mut reader = Reader::new(Arc::new(damaged), Mode::Strict).unwrap();
        let end = loop {
            match reader.next() {
                Ok(Some(Item::Record(_))) => {}
                other => break format!("{other:?}"),
            }
        };
        assert!(end.contains("Damaged"), "{end}");
    }
}
