//! The ring and the seqlock themselves under the model checker, with slots of three words.
//!
//! Run: `RUSTFLAGS="--cfg loom" cargo test -p tickring-shm --test loom` (add `--release` for less patience).
#![cfg(loom)]
#![allow(clippy::unwrap_used)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use tickring_shm::ring::{Found, Geometry, RingReader, RingWriter};
use tickring_shm::seqlock;

/// Commit word and two words of a record.
const SLOT: usize = 3;
const EPOCH: u64 = 5;

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
