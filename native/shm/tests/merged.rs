//! All shards of an engine as one, and readers that wait.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::{Duration, Instant};

use support::{NAME, Root, number_of, options, publish};
use tickring_core::event::Kind;
use tickring_shm::{
    EngineLock, Merged, Next, Poll, Reader, Record, SegmentOptions, ShmError, Waiting, Writer, engines, shards,
};

fn writer(root: &Root, shard: u16, epoch: u64) -> Writer {
    Writer::create(&SegmentOptions { shard, ..options(root.path(), epoch) }).unwrap()
}

#[test]
fn engines_and_shards_are_found_by_their_names() {
    let root = Root::new();
    assert!(matches!(engines(root.path()), Err(ShmError::NotFound { .. })));
    let _writers = [writer(&root, 10, 1), writer(&root, 2, 1)];
    let _lock = EngineLock::acquire(root.path(), NAME).unwrap();
    drop(Writer::create(&SegmentOptions { name: "another".into(), ..options(root.path(), 1) }).unwrap());
    std::fs::write(root.path().join("file"), "").unwrap();
    for odd in ["shard-02", "shard-x", "shard-70000", "other"] {
        std::fs::create_dir(root.path().join(NAME).join(odd)).unwrap();
    }
    assert_eq!(engines(root.path()).unwrap(), ["another", NAME]);
    assert_eq!(shards(root.path(), NAME).unwrap(), [2, 10]);
    assert!(matches!(shards(root.path(), "nobody"), Err(ShmError::NotFound { .. })));
    assert!(matches!(shards(root.path(), "../x"), Err(ShmError::Name { .. })));
}

#[test]
fn records_of_all_shards_come_in_the_order_of_their_times() {
    let root = Root::new();
    assert!(Merged::open(root.path(), NAME).is_err());
    let mut writers = [writer(&root, 0, 1), writer(&root, 1, 1)];
    // A directory without a segment: the shard's writer has only just begun.
    std::fs::create_dir(root.path().join(NAME).join("shard-2")).unwrap();
    let mut merged = Merged::open(root.path(), NAME).unwrap();
    assert_eq!(merged.shards().collect::<Vec<_>>(), [0, 1]);
    for number in 1..=200_u64 {
        publish(&mut writers[usize::from(number % 7 < 3)], number);
    }
    let mut seen = Vec::new();
    let mut last = 0;
    while let Next::Record(shard, record) = merged.poll() {
        assert_eq!(shard, u16::from(record.frame_seq % 7 < 3));
        assert!(record.ts_out >= last, "{} after {last}", record.ts_out);
        last = record.ts_out;
        seen.push(number_of(record));
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=200).collect::<Vec<_>>());
    assert_eq!(merged.poll(), Next::Empty);

    let mut third = writer(&root, 2, 1);
    assert_eq!(merged.rescan().unwrap(), 1);
    publish(&mut third, 201);
    assert!(matches!(merged.poll(), Next::Record(2, record) if record.kind == Kind::EpochStart));
    assert!(matches!(merged.poll(), Next::Record(2, record) if record.frame_seq == 201));
    assert_eq!(merged.rescan().unwrap(), 0);
}

#[test]
fn one_shard_is_read_alone_and_again_from_its_oldest_record() {
    let root = Root::new();
    let mut writers = [writer(&root, 0, 1), writer(&root, 1, 1)];
    let mut merged = Merged::of(Reader::open(root.path(), NAME, 1).unwrap());
    (1..=9).for_each(|number| publish(&mut writers[usize::from(number % 3 == 0)], number));
    let read = |merged: &mut Merged| {
        let mut numbers = Vec::new();
        while merged.poll() != Next::Empty {
            let (shard, reader, record) = merged.given().unwrap();
            assert_eq!((shard, reader.shard(), reader.next_sequence()), (1, 1, Some(record.sequence + 1)));
            numbers.push((record.kind, record.frame_seq));
        }
        assert!(merged.given().is_none());
        numbers
    };
    let seen = read(&mut merged);
    assert_eq!(seen.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [3, 6, 9]);
    merged.seek_oldest();
    let again = read(&mut merged);
    assert_eq!((again[0].0, &again[1..]), (Kind::EpochStart, &seen[..]));
    // A record that was taken ahead of the seek is not given out of its order.
    assert!(matches!(merged.poll(), Next::Empty));
    publish(&mut writers[1], 10);
    assert!(matches!(merged.poll(), Next::Record(1, _)));
    merged.seek_oldest();
    assert_eq!(read(&mut merged).len(), again.len() + 1);
}

#[test]
fn all_shards_go_behind_their_newest_records_and_wait_for_the_next() {
    let root = Root::new();
    let mut writers = [writer(&root, 0, 1), writer(&root, 1, 1)];
    let mut merged = Merged::open(root.path(), NAME).unwrap();
    let (how, short, long) = (Waiting::default(), Duration::from_millis(1), Duration::from_secs(60));
    assert!(!merged.wait(&how, short));
    (1..=4).for_each(|number| publish(&mut writers[usize::from(number % 2 == 0)], number));
    assert!(merged.wait(&how, long));
    assert!(matches!(merged.poll(), Next::Record(0, record) if record.frame_seq == 1));
    // The other shard's first record was read ahead of it, and goes with the rest.
    merged.seek_newest();
    assert!(!merged.wait(&how, short));
    assert_eq!(merged.poll(), Next::Empty);
    publish(&mut writers[0], 5);
    publish(&mut writers[1], 6);
    assert!(matches!(merged.poll(), Next::Record(0, record) if record.frame_seq == 5));
    // Read ahead, and in no ring any more: it counts as being there.
    assert!(merged.wait(&how, long));
    assert!(matches!(merged.poll(), Next::Record(1, record) if record.frame_seq == 6));
    assert!(!merged.wait(&how, short));
}

#[test]
fn a_shard_that_laps_says_so_and_the_others_go_on() {
    let root = Root::new();
    let mut writers = [writer(&root, 0, 1), writer(&root, 1, 1)];
    let mut merged = Merged::open(root.path(), NAME).unwrap();
    publish(&mut writers[1], 1);
    (1..=3_000).for_each(|number| publish(&mut writers[0], number));
    let (mut lost, mut read) = (0, [0, 0]);
    loop {
        match merged.poll() {
            Next::Lapped { shard: 0, lost: more } => lost += more,
            Next::Record(shard, _) => read[usize::from(shard)] += 1,
            Next::Empty => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((lost + read[0], read[1]), (3_000, 1));
    assert!(lost > 0);
    assert!(merged.reader(1).is_some() && merged.reader_mut(7).is_none());
}

/// Every way of waiting.
fn ways() -> [Waiting; 5] {
    let none = Duration::ZERO;
    let rest = Waiting { spin: none, yielding: none, sleep: Duration::from_micros(50), block: false };
    [
        Waiting::default(),
        Waiting::spinning(),
        Waiting { yielding: Duration::MAX, ..rest },
        rest,
        Waiting { block: true, ..rest },
    ]
}

#[test]
fn a_reader_waits_until_its_record_comes_however_it_waits() {
    for (epoch, has_waker) in [(1, false), (2, true)] {
        let root = Root::new();
        let mut writer = writer(&root, 0, epoch);
        if has_waker {
            writer.start_waker(Duration::from_micros(100)).unwrap();
        }
        let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
        let (asks, asked) = std::sync::mpsc::channel();
        let waiting = std::thread::spawn(move || {
            let mut record = Record::default();
            for (number, way) in (1..).zip(ways().iter().cycle().take(50)) {
                asks.send(()).unwrap();
                assert!(reader.wait(way, Duration::from_secs(60)), "{way:?}");
                assert_eq!(reader.poll(&mut record), Poll::Record);
                assert_eq!(number_of(&record), number);
            }
            // Nothing comes any more.
            for way in ways() {
                let start = Instant::now();
                assert!(!reader.wait(&way, Duration::from_millis(3)), "{way:?}");
                assert!(start.elapsed() >= Duration::from_millis(3), "{way:?}");
            }
        });
        for number in 1..=50 {
            asked.recv().unwrap();
            // Long enough that some of them sleep or block by now.
            std::thread::sleep(Duration::from_millis(number % 3));
            publish(&mut writer, number);
        }
        waiting.join().unwrap();
    }
}

#[test]
fn a_blocked_reader_outlives_its_waker() {
    let root = Root::new();
    let mut first = writer(&root, 0, 1);
    first.start_waker(Duration::from_millis(1)).unwrap();
    let reader = Reader::open(root.path(), NAME, 0).unwrap();
    let waiting = std::thread::spawn(move || {
        let block = Waiting { spin: Duration::ZERO, yielding: Duration::ZERO, sleep: Duration::from_millis(1), block: true };
        assert!(!reader.wait(&block, Duration::from_millis(700)));
    });
    std::thread::sleep(Duration::from_millis(50));
    first.close();
    waiting.join().unwrap();
}
