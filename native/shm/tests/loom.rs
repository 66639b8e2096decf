//! The ring and the seqlock themselves under the model checker, with slots of three words.
//!
//! Run: `RUSTFLAGS="--cfg loom" cargo test -p tickring-shm --test loom` (add `--release` for less patience).
#![cfg(loom)]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::process::Command;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use tickring_shm::chains::{self, ChainWriter};
use tickring_shm::layout::NO_CHUNK;
use tickring_shm::ring::{Found, Geometry, RingReader, RingWriter};
use tickring_shm::seqlock;

/// Commit word and two words of a record.
const SLOT: usize = 3;
const EPOCH: u64 = 5;

/// Parts of the protocol that a child of this test lacks.
const BROKEN: &str = "TICKRING_BROKEN";

/// Parts that change nothing when they alone are left out, and why. The model has what takes the reason away.
const MASKED: [(&str, &str); 2] = [
    ("ring: check of tail slots", "the first slot is marked before its tail is filled"),
    ("ring: Release of tail commits", "the first commit is Release, and later"),
];

type Shared = Arc<Vec<AtomicU64>>;

fn zeros(count: usize) -> Shared {
    Arc::new((0..count).map(|_| AtomicU64::new(0)).collect())
}

/// The words of record `number`: the first leaves room for the span, the others follow from the number.
fn words(number: u64, len: usize) -> Vec<u64> {
    (0..len as u64).map(|index| number << 32 | index).collect()
}

/// Explores with a bounded number of forced switches: three, which find every known mutant, or `TICKRING_LOOM_PREEMPTIONS`.
fn model(body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    let more = std::env::var("TICKRING_LOOM_PREEMPTIONS").ok();
    builder.preemption_bound = Some(more.map_or(3, |text| text.parse().expect("a number of switches")));
    builder.check(body);
}

/// Publishes records of these lengths while another thread reads the one at `position`.
fn race(slots: u64, lens: &'static [usize], record: u64, position: u64) {
    model(move || {
        let (ring, head) = (zeros(slots as usize * SLOT), zeros(3));
        let geometry = Geometry::new(slots, EPOCH);
        let reader = RingReader::<Shared, SLOT>::new(Arc::clone(&ring), Arc::clone(&head), geometry.clone());
        let mut writer = RingWriter::<Shared, SLOT>::new(ring, head, geometry);
        let handle = thread::spawn(move || {
            for (number, len) in lens.iter().enumerate() {
                let sequence = number as u64 + 1;
                writer.publish(&mut words(sequence, *len), sequence, sequence).unwrap();
            }
        });
        let mut copy = [0; 2 * (SLOT - 1)];
        if let Found::Record(span) = reader.read(position, &mut copy) {
            let len = lens[record as usize - 1];
            let mut expected = words(record, len);
            expected[0] |= span << 8;
            assert_eq!(span as usize, len.div_ceil(SLOT - 1), "torn span");
            assert_eq!(copy[..len], expected[..], "torn record");
        }
        handle.join().unwrap();
    });
}

#[test]
fn small_record_is_never_torn_when_its_slot_is_reused() {
    race(1, &[2, 2], 1, 0);
}

#[test]
fn group_is_never_torn_when_its_slots_are_reused() {
    race(2, &[3, 3], 1, 0);
}

#[test]
fn small_record_is_never_torn_by_the_tail_of_a_group() {
    race(2, &[2, 2, 3], 2, 1);
    race(2, &[2, 2, 4], 2, 1);
}

#[test]
fn small_record_is_never_torn_by_a_group_that_goes_on_at_the_beginning() {
    race(2, &[2, 4], 1, 0);
}

#[test]
fn group_that_goes_on_at_the_beginning_is_never_torn() {
    race(2, &[2, 3, 2], 2, 1);
}

/// Publishes two records in a ring of one slot while another thread peeks at the one at `position`.
fn race_peek(position: u64) {
    model(move || {
        let (ring, head) = (zeros(SLOT), zeros(3));
        let geometry = Geometry::new(1, EPOCH);
        let reader = RingReader::<Shared, SLOT>::new(Arc::clone(&ring), Arc::clone(&head), geometry.clone());
        let mut writer = RingWriter::<Shared, SLOT>::new(ring, head, geometry);
        let handle = thread::spawn(move || {
            for sequence in 1..=2 {
                writer.publish(&mut words(sequence, 2), sequence, sequence).unwrap();
            }
        });
        if let Some(peeked) = reader.peek(position) {
            assert_eq!(peeked, (words(position + 1, 2)[0] | 1 << 8, 1), "another record's word");
        }
        handle.join().unwrap();
    });
}

#[test]
fn peek_never_shows_a_word_of_another_record() {
    race_peek(0);
    race_peek(1);
}

#[test]
fn head_never_shows_a_record_before_its_slot_does() {
    model(|| {
        let (ring, head) = (zeros(2 * SLOT), zeros(3));
        let geometry = Geometry::new(2, EPOCH);
        let reader = RingReader::<Shared, SLOT>::new(Arc::clone(&ring), Arc::clone(&head), geometry.clone());
        let mut writer = RingWriter::<Shared, SLOT>::new(ring, head, geometry);
        let handle = thread::spawn(move || {
            for sequence in 1..=2 {
                writer.publish(&mut words(sequence, 2), sequence, sequence).unwrap();
            }
        });
        let head = reader.head();
        assert!(head.sequence >= head.position, "an older sequence than the position's");
        for position in 0..head.position {
            assert_eq!(reader.read(position, &mut [0; SLOT - 1]), Found::Record(1));
        }
        handle.join().unwrap();
    });
}

#[test]
fn record_that_nothing_overwrites_is_never_told_as_lapped() {
    model(|| {
        let (ring, head) = (zeros(2 * SLOT), zeros(3));
        let geometry = Geometry::new(2, EPOCH);
        let reader = RingReader::<Shared, SLOT>::new(Arc::clone(&ring), Arc::clone(&head), geometry.clone());
        let mut writer = RingWriter::<Shared, SLOT>::new(ring, head, geometry);
        let handle = thread::spawn(move || {
            writer.publish(&mut words(1, 3), 1, 1).unwrap();
        });
        let found = reader.read(0, &mut [0; 2 * (SLOT - 1)]);
        assert!(matches!(found, Found::Empty | Found::Writing | Found::Record(2)), "{found:?}");
        handle.join().unwrap();
    });
}

#[test]
fn seqlock_is_never_torn() {
    model(|| {
        let shared = zeros(3);
        let reader = Arc::clone(&shared);
        // The reader is the second thread: the checker misses schedules in which the writer loads the version that the
        // reader loaded last, and then stores it.
        let handle = thread::spawn(move || {
            let mut copy = [0; 2];
            if seqlock::read(&reader, 0, &mut copy) {
                assert!(copy == [11, 12] || copy == [21, 22], "torn value {copy:?}");
            }
        });
        for value in [10, 20] {
            seqlock::write(&shared, 0, 2, |words| {
                words[0].store(value + 1, Ordering::Relaxed);
                words[1].store(value + 2, Ordering::Relaxed);
            });
        }
        handle.join().unwrap();
    });
}

#[test]
fn seqlock_that_was_never_written_has_no_value() {
    model(|| {
        let shared = zeros(2);
        let reader = Arc::clone(&shared);
        let handle = thread::spawn(move || {
            let mut copy = [0];
            assert!(!seqlock::read(&reader, 0, &mut copy) || copy == [7], "a value that nobody wrote");
        });
        seqlock::write(&shared, 0, 1, |words| words[0].store(7, Ordering::Relaxed));
        handle.join().unwrap();
    });
}

#[test]
fn record_of_another_epoch_is_never_taken() {
    model(|| {
        let (ring, head) = (zeros(SLOT), zeros(3));
        let reader = RingReader::<Shared, SLOT>::new(Arc::clone(&ring), Arc::clone(&head), Geometry::new(1, EPOCH));
        let handle = thread::spawn(move || {
            for epoch in [EPOCH, EPOCH + 1] {
                let (ring, head) = (Arc::clone(&ring), Arc::clone(&head));
                let mut writer = RingWriter::<Shared, SLOT>::new(ring, head, Geometry::new(1, epoch));
                writer.publish(&mut words(epoch, 2), 1, 1).unwrap();
            }
        });
        let mut copy = [0; SLOT - 1];
        if reader.read(0, &mut copy) == Found::Record(1) {
            assert_eq!(copy[1], words(EPOCH, 2)[1], "a record of another epoch");
        }
        handle.join().unwrap();
    });
}

/// Words of a value.
fn value_len(number: u64) -> u64 {
    if number == 2 { 2 } else { 1 }
}

/// A value all of whose words are its number, in chunks of one word; the row says number and chain.
fn put_value(chains: &mut ChainWriter<Shared, 2>, rows: &Shared, before: u32, number: u64) -> u32 {
    let first = chains.store(|filling| (0..value_len(number)).for_each(|_| filling.put(number)));
    chains::switch(rows, 0, &[number, u64::from(first)]);
    chains.free(before);
    first
}

#[test]
fn value_in_chunks_is_never_torn_when_they_are_used_again() {
    model(|| {
        // Three chunks for values of one and two words: the third value stands where the first one stood.
        let (rows, chunks) = (zeros(3), zeros(3 * 2));
        let mut writer = ChainWriter::<Shared, 2>::new(Arc::clone(&chunks), 3);
        let mut first = put_value(&mut writer, &rows, NO_CHUNK, 1);
        let reader = Arc::clone(&rows);
        let handle = thread::spawn(move || {
            let (mut row, mut words, mut whole) = ([0; 2], Vec::new(), false);
            let more = |row: &[u64]| {
                words.resize(value_len(row[0]) as usize, 0);
                whole = chains::copy::<_, 2>(&chunks, 3, row[1] as u32, &mut words);
            };
            if seqlock::read_with(&reader, 0, &mut row, Some(more)) {
                assert!(
                    whole && words.len() as u64 == value_len(row[0]) && words.iter().all(|word| *word == row[0]),
                    "torn {row:?} {words:?}"
                );
            }
        });
        for number in [2, 3] {
            first = put_value(&mut writer, &rows, first, number);
        }
        handle.join().unwrap();
    });
}

/// Every part that the sources can leave out.
fn parts() -> BTreeSet<&'static str> {
    let sources = [include_str!("../src/ring.rs"), include_str!("../src/seqlock.rs"), include_str!("../src/sync.rs")];
    // The names alone have the form "room: part".
    let strings = sources.into_iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    strings.filter(|text| ["ring: ", "head: ", "seqlock: ", "words: "].iter().any(|room| text.starts_with(room))).collect()
}

/// Runs the other tests of this file without a part; the names of those that fail.
fn failing_without(part: &str) -> Vec<String> {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    if part.starts_with("ring: ") || part.starts_with("head: ") {
        // The model that takes longest, and has no ring in it.
        command.args(["--skip", "value_in_chunks"]);
    }
    let output = command.env(BROKEN, part).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = text.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    let failed: Vec<_> = failed.map(str::to_owned).collect();
    assert_eq!(failed.is_empty(), output.status.success(), "without {part}: {} {text}", output.status);
    failed
}

#[test]
fn every_part_of_the_protocol_is_missed_when_it_is_left_out() {
    if std::env::var_os(BROKEN).is_some() {
        return;
    }
    let parts = parts();
    assert!(parts.len() > 20, "only {} parts are named in the sources", parts.len());
    let mut wrong = Vec::new();
    for part in &parts {
        let failed = failing_without(part);
        let masked = MASKED.iter().find(|(masked, _)| masked == part).map(|(_, why)| *why);
        let outcome = match (failed.as_slice(), masked) {
            ([first, ..], None) => format!("fails {} tests: {first}", failed.len()),
            ([], Some(why)) => format!("masked: {why}"),
            _ => {
                wrong.push(part);
                format!("WRONG: fails {failed:?}")
            }
        };
        println!("without {part:40} {outcome}");
    }
    assert!(wrong.is_empty(), "nothing misses {wrong:?}, or a part that is called masked is missed");
}
