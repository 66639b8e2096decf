use super::rig::{Rig, payload, settings};
use super::simulated::Simulated;
use crate::record::{Head, Record};
use crate::scan::{Tail, prefix};
use crate::segment::{HEADER_BYTES, Header};
use crate::{Item, JournalError, Mode, Reader, Settings};

/// A full segment of 64 KiB in groups of three records, and where its records stand.
struct Full {
    bytes: Vec<u8>,
    header: Header,
    /// Offset, end, and the offset before which all was durable.
    records: Vec<(usize, usize, usize)>,
}

fn full() -> Full {
    let disk = Simulated::default();
    let settings = Settings { segment_bytes: 64 << 10, reserve_bytes: 0, ..settings() };
    let mut rig = Rig::open(&disk, &settings).unwrap();
    rig.work(118);
    rig.drain();
    let file = disk.files().into_iter().find(|(name, _)| name.ends_with(".seg")).unwrap();
    let bytes = file.1;
    assert_eq!(bytes.len(), 64 << 10);
    let header = Header::read(&bytes, &file.0).unwrap();
    let mut records = Vec::new();
    let mut at = HEADER_BYTES;
    // Written down from the inputs, not by reading: the length of each is known.
    for sequence in 1..=118_u64 {
        let length = if sequence.is_multiple_of(7) { 0 } else { payload(sequence).len() };
        let end = (at + 64 + length).next_multiple_of(8);
        let synced = u32::from_le_bytes(bytes[at + 48..at + 52].try_into().unwrap()) as usize * 8;
        records.push((at, end, synced));
        at = end;
    }
    assert!(at > 56 << 10, "the segment is filled to {at} only");
    Full { bytes, header, records }
}

/// F46: cut at every byte, what is left is the exact prefix, and a cut is never taken for damage.
#[test]
fn f46_a_segment_cut_at_every_byte_gives_the_exact_prefix() {
    let Full { bytes, header, records } = full();
    for cut in 0..=bytes.len() {
        if cut < HEADER_BYTES {
            let error = Header::read(&bytes[..cut], "file").unwrap_err();
            assert_eq!(error.code().name(), "JOURNAL_DAMAGED");
            continue;
        }
        let whole = records.iter().take_while(|record| record.1 <= cut).count();
        let end = whole.checked_sub(1).map_or(HEADER_BYTES, |at| records[at].1);
        let found = prefix(&bytes[..cut], &header, None);
        assert_eq!((found.end, found.last_sequence.unwrap_or(0)), (end as u64, whole as u64), "cut at {cut}");
        let expected = if bytes[end..cut].iter().any(|&byte| byte != 0) { Tail::Torn } else { Tail::Clean };
        assert_eq!(found.tail, expected, "cut at {cut}");
        if let Some(known) = records.last().map(|record| record.1).filter(|known| cut < *known) {
            assert!(matches!(prefix(&bytes[..cut], &header, Some(known as u64)).tail, Tail::Damaged { .. }), "cut at {cut}");
        }
    }
}

/// F47: every bit of a segment. Each flip is noticed; one in a group that a later group proves durable is damage, one in the
/// last group is a torn tail, and where the successor says the end every flip is damage.
#[test]
fn f47_every_flipped_bit_is_noticed_and_judged() {
    let full = full();
    let half = full.bytes.len() / 2;
    // Two halves of about the same work, as there are two cores.
    std::thread::scope(|scope| {
        scope.spawn(|| flip(&full, 0..half));
        scope.spawn(|| flip(&full, half..full.bytes.len()));
    });
}

fn flip(full: &Full, range: std::ops::Range<usize>) {
    let Full { bytes, header, records } = full;
    let mut bytes = bytes.clone();
    let last = records[records.len() - 1].1;
    for place in range {
        for bit in 0..8 {
            bytes[place] ^= 1 << bit;
            if place < HEADER_BYTES {
                assert!(Header::read(&bytes, "file").is_err(), "bit {bit} of byte {place}");
            } else if place >= last {
                let found = prefix(&bytes, header, None);
                assert_eq!((found.end, found.tail), (last as u64, Tail::Torn), "bit {bit} of byte {place}");
            } else {
                let hit = records.partition_point(|record| record.1 <= place);
                let start = records[hit].0;
                let proof = records[hit + 1..].iter().find(|record| record.2 > start);
                let found = prefix(&bytes, header, None);
                let expected = proof.map_or(Tail::Torn, |record| Tail::Damaged { next: record.0 as u64 });
                assert_eq!((found.end, found.tail), (start as u64, expected), "bit {bit} of byte {place}");
                if bit == place % 8 {
                    let next = records.get(hit + 1).map_or(last, |record| record.0) as u64;
                    let found = prefix(&bytes, header, Some(last as u64));
                    assert_eq!((found.end, found.tail), (start as u64, Tail::Damaged { next }), "bit {bit} of byte {place}");
                }
            }
            bytes[place] ^= 1 << bit;
        }
    }
}

/// A journal of several segments with one byte of an early one changed.
fn damaged(place: impl Fn(&[u8]) -> usize, of: usize) -> (Simulated, u64) {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.work(200);
    let last = rig.appended;
    rig.close().unwrap();
    let (name, mut bytes) = disk.files().into_iter().filter(|(name, _)| name.ends_with(".seg")).nth(of).unwrap();
    let at = place(&bytes);
    bytes[at] ^= 0x10;
    disk.put(&name, &bytes);
    (disk, last)
}

fn collect(disk: &Simulated, mode: Mode) -> (Vec<u64>, Vec<crate::Damage>, Option<JournalError>) {
    let mut reader = Reader::new(std::sync::Arc::new(disk.clone()), mode).unwrap();
    let (mut sequences, mut damage) = (Vec::new(), Vec::new());
    loop {
        match reader.next() {
            Ok(Some(Item::Record(record))) => sequences.push(record.head.sequence),
            Ok(Some(Item::Damage(found))) => damage.push(found),
            Ok(None) => return (sequences, damage, None),
            Err(error) => return (sequences, damage, Some(error)),
        }
    }
}

#[test]
fn damage_in_the_middle_is_refused_cut_or_told_as_the_mode_says() {
    // The second record of the second segment.
    let place = |bytes: &[u8]| HEADER_BYTES + Head::peek(&bytes[HEADER_BYTES..]).unwrap().record_bytes() + 60;
    let (disk, last) = damaged(place, 1);
    let (read, _, error) = collect(&disk, Mode::Strict);
    let error = error.unwrap();
    assert_eq!(error.code().name(), "JOURNAL_DAMAGED");
    assert!(error.to_string().contains("is damaged at byte"), "{error}");
    let lost = read.last().unwrap() + 1;
    let (cut, damage, _) = collect(&disk, Mode::PointInTime);
    assert_eq!((&cut, damage.len()), (&read, 1));
    assert_eq!((damage[0].first, damage[0].last), (lost, Some(lost)));
    let (all, damage, _) = collect(&disk, Mode::Salvage);
    assert_eq!(damage.len(), 1);
    let expected: Vec<u64> = (1..=last).filter(|&sequence| sequence != lost).collect();
    assert_eq!(all, expected);
}

#[test]
fn a_lost_file_an_exchanged_one_and_a_damaged_header_are_told() {
    let (disk, last) = damaged(|_| 100, 2);
    assert!(collect(&disk, Mode::Strict).2.unwrap().to_string().contains("header"));
    let (salvaged, damage, error) = collect(&disk, Mode::Salvage);
    assert!(error.is_none());
    let missing = damage[0].first..=damage[0].last.unwrap();
    let expected: Vec<u64> = (1..=last).filter(|sequence| !missing.contains(sequence)).collect();
    assert_eq!(salvaged, expected);

    let name = disk.files().into_keys().filter(|name| name.ends_with(".seg")).nth(2).unwrap();
    disk.lose(&name);
    assert!(collect(&disk, Mode::Strict).2.unwrap().to_string().contains("are missing"));
    assert_eq!(collect(&disk, Mode::Salvage).0, expected);
}

#[test]
fn a_middle_file_of_another_journal_with_valid_records_fails_its_digest() {
    let (disk, _) = damaged(|_| 100, 2);
    let (other, _) = damaged(|_| 100, 3);
    let name = disk.files().into_keys().filter(|name| name.ends_with(".seg")).nth(2).unwrap();
    // The same inputs and the same numbers, written at another time: all that differs is the salt.
    disk.put(&name, &other.files()[&name]);
    let error = collect(&disk, Mode::Strict).2.unwrap();
    assert!(error.to_string().contains("digest"), "{error}");
}

#[test]
fn recovery_tells_damage_in_the_last_segment_and_goes_on_as_the_mode_says() {
    let make = || {
        let disk = Simulated::default();
        let mut rig = Rig::open(&disk, &settings()).unwrap();
        rig.work(15);
        rig.drain();
        let (name, mut bytes) = disk.files().into_iter().find(|(name, _)| name.ends_with(".seg")).unwrap();
        let second = HEADER_BYTES + Head::peek(&bytes[HEADER_BYTES..]).unwrap().record_bytes();
        bytes[second + 8] ^= 0xff;
        disk.put(&name, &bytes);
        disk
    };
    let error = Rig::open(&make(), &settings()).err().unwrap();
    assert_eq!(error.code().name(), "JOURNAL_DAMAGED");

    let disk = make();
    let mut rig = Rig::open(&disk, &Settings { mode: Mode::PointInTime, ..settings() }).unwrap();
    assert_eq!((rig.parts.recovered.damage.len(), rig.parts.recovered.last_sequence), (1, 15));
    rig.work(5);
    rig.close().unwrap();
    // Cut before the damage; the gap says what was lost, and all that follows is read strictly.
    let held = super::rig::read(&disk);
    assert_eq!(held.inputs.keys().copied().collect::<Vec<_>>(), [1, 16, 17, 18, 19, 20]);
    assert_eq!((held.gaps[0].first, held.gaps[0].last), (2, 15));

    let disk = make();
    let mut rig = Rig::open(&disk, &Settings { mode: Mode::Salvage, ..settings() }).unwrap();
    rig.work(5);
    rig.close().unwrap();
    let (sequences, damage, error) = collect(&disk, Mode::Salvage);
    assert!(error.is_none());
    assert_eq!(sequences, (1..=20).filter(|&sequence| sequence != 2).collect::<Vec<_>>());
    assert_eq!((damage.len(), damage[0].first, damage[0].last), (1, 2, Some(2)));
}

#[test]
fn a_segment_of_another_version_or_shard_is_refused() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.work(3);
    rig.close().unwrap();
    let error = Rig::open(&disk, &Settings { stream: 2, ..settings() }).err().unwrap();
    assert!(error.to_string().contains("shard 0, not 2"), "{error}");
    let (name, mut bytes) = disk.files().into_iter().find(|(name, _)| name.ends_with(".seg")).unwrap();
    bytes[8] = 2;
    let check = crate::record::masked(crc32c::crc32c(&bytes[..HEADER_BYTES - 4]));
    bytes[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&check.to_le_bytes());
    disk.put(&name, &bytes);
    let error = Rig::open(&disk, &Settings { mode: Mode::Salvage, ..settings() }).err().unwrap();
    assert_eq!(error.code().name(), "JOURNAL_VERSION");
    assert!(Record::read(&bytes[HEADER_BYTES..], 0, 0).is_none());
}
