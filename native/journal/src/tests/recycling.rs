//! Segments made of old ones: what stood there before is never taken for a record, and never changes under a reader.

use std::sync::Arc;

use super::rig::{Rig, payload, read, settings};
use super::simulated::Simulated;
use crate::scan::{Tail, prefix};
use crate::segment::{Header, RECYCLED};
use crate::{Item, Mode, Reader, Retention, Settings};

fn packing() -> Settings {
    Settings { compress: true, ..settings() }
}

/// The plain segment that is written, with its header.
fn live(disk: &Simulated) -> (Vec<u8>, Header) {
    let (name, bytes) = disk.files().into_iter().rfind(|(name, _)| name.ends_with(".seg")).unwrap();
    let header = Header::read(&bytes, &name).unwrap();
    (bytes, header)
}

#[test]
fn what_was_compressed_or_given_up_becomes_the_next_segment() {
    let retention = Retention { bytes: Some(60 << 10), ..Retention::default() };
    for settings in [packing(), Settings { retention, ..settings() }] {
        let disk = Simulated::default();
        let mut rig = Rig::open(&disk, &settings).unwrap();
        // The third segment is the first that an old one was left for.
        rig.work(400);
        let (bytes, header) = live(&disk);
        assert_eq!(header.flags, RECYCLED);
        assert_eq!(bytes.len() as u64, header.capacity);
        rig.close().unwrap();
        assert_eq!(read(&disk).last, 400);
        assert!(disk.files().keys().all(|name| !name.starts_with("recycled")));
    }
}

/// A reader may stand anywhere when the segment under it is compressed and would be written over.
#[test]
fn a_reader_sees_every_input_whatever_becomes_of_the_files() {
    let mut seen_all = 0;
    for pace in [1, 2, 3, 7, 40] {
        let disk = Simulated::default();
        let mut rig = Rig::open(&disk, &packing()).unwrap();
        let mut readers: Vec<_> = (0..3).map(|_| (Reader::new(Arc::new(disk.clone()), Mode::Strict).unwrap(), 0)).collect();
        for round in 0..200_u64 {
            rig.work(3);
            for (place, (reader, last)) in readers.iter_mut().enumerate() {
                let steps = if round % (place as u64 + 1) == 0 { pace } else { 0 };
                for _ in 0..steps {
                    let Some(item) = reader.next().unwrap() else { break };
                    let Item::Record(record) = item else { panic!("{item:?}") };
                    if record.head.kind.is_input() {
                        assert_eq!(record.head.sequence, *last + 1, "pace {pace}");
                        *last += 1;
                        if !last.is_multiple_of(7) {
                            assert_eq!(record.payload, payload(*last));
                        }
                    }
                }
            }
        }
        seen_all += readers.iter().filter(|(_, last)| *last + 3 >= rig.durable()).count();
        assert!(readers.iter().all(|(_, last)| *last > 60), "pace {pace}");
    }
    assert!(seen_all >= 3, "readers that kept up: {seen_all}");
}

/// F48: a group torn at any byte over what an old segment left is no damage, and no record of the old one is found.
#[test]
fn f48_what_an_old_segment_left_is_neither_record_nor_damage() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &packing()).unwrap();
    rig.work(400);
    rig.drain();
    // To a segment that has just begun.
    let end = || {
        let (bytes, header) = live(&disk);
        prefix(&bytes, &header, None).end
    };
    while end() > 9_000 {
        rig.work(3);
        rig.drain();
    }
    let (before, header) = live(&disk);
    assert_eq!(header.flags, RECYCLED);
    let found = prefix(&before, &header, None);
    assert_eq!((found.tail, found.last_sequence), (Tail::Clean, Some(rig.appended)));
    assert!(before[found.end as usize..].iter().any(|&byte| byte != 0), "nothing of an old segment is left");
    rig.work(3);
    rig.drain();
    let (after, _) = live(&disk);
    let whole = prefix(&after, &header, None);
    assert_eq!(whole.last_sequence, Some(rig.appended));
    for torn in found.end as usize..whole.end as usize {
        let mixed = [&after[..torn], &before[torn..]].concat();
        let prefix = prefix(&mixed, &header, None);
        // The old byte may be the new one by chance.
        let differs = mixed.iter().zip(&after).position(|(mixed, after)| mixed != after).unwrap_or(after.len());
        assert!(prefix.end >= found.end && prefix.end <= differs as u64, "torn at {torn}");
        if prefix.end == whole.end {
            continue;
        }
        // A head that is there says so; before that nobody can know.
        let headed = torn as u64 >= prefix.end + 56;
        assert!(prefix.tail == Tail::Torn || !headed && prefix.tail == Tail::Clean, "torn at {torn}: {:?}", prefix.tail);
    }
}
