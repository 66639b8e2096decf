//! Readers that open at a thousand random moments while the writer goes as fast as it can: each has the writer's book of the
//! update id that it names. Prints the CPU time that joining took (`-- --nocapture`).
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use support::engine::{Engine, Numbers};
use support::{NAME, Root, options};
use tickring_core::book::Book;
use tickring_core::event::{Level, State};
use tickring_shm::{BookBuilder, BookState, Poll, Reader, Record, SegmentOptions};

const JOINS: u32 = 1_000;
const READERS: u64 = 2;
/// Deltas after which the book is again as it was: the last of them brings that about.
const CYCLE: usize = 5_000;
/// Ids that one delta of [`Engine`] takes.
const IDS: u64 = 3;
/// Records that a joined reader follows.
const FOLLOWED: usize = 400;
/// Every so many of them the whole book is looked at.
const LOOKED_AT: usize = 40;

/// The same deltas over and over, and the hash of the book after each.
struct Feed {
    start: (Vec<Level>, Vec<Level>),
    deltas: Vec<(Vec<Level>, Vec<Level>)>,
    hashes: Vec<u64>,
}

impl Feed {
    fn new(seed: u64, levels: i64) -> Self {
        let mut numbers = Numbers(seed);
        let all = |sign: i64| (1..=levels).map(|away| Level { price: 100_000 + sign * away, qty: 7 + away }).collect();
        let start: (Vec<_>, Vec<_>) = (all(-1), all(1));
        let mut deltas: Vec<_> = (1..CYCLE)
            .map(|_| {
                let mut side = |sign: i64| -> Vec<Level> {
                    (0..numbers.below(9))
                        .map(|_| Level {
                            price: 100_000 + sign * (numbers.below(100) as i64 + 1),
                            qty: (numbers.below(3) * numbers.below(1 << 40)) as i64,
                        })
                        .collect()
                };
                (side(-1), side(1))
            })
            .collect();
        // More levels than one record holds.
        deltas.push((start.0[..100].to_vec(), start.1[..100].to_vec()));
        let mut book = Book::new();
        book.load(&start.0, &start.1);
        let first = book.hash();
        let hashes = deltas.iter().map(|(bids, asks)| {
            book.apply_all(bids, asks);
            book.hash()
        });
        let hashes: Vec<_> = hashes.collect();
        assert_eq!(hashes.last(), Some(&first), "a cycle ends where it began");
        Self { start, deltas, hashes }
    }

    /// Deltas since the beginning of the cycle, the last one where it begins anew.
    fn step(&self, last_update_id: u64) -> usize {
        ((last_update_id / IDS + CYCLE as u64 - 1) % CYCLE as u64) as usize
    }

    fn assert_holds(&self, builder: &BookBuilder, exactly: bool) {
        let (state, id) = (builder.state(), builder.last_update_id());
        let step = self.step(id);
        assert_eq!((state, builder.failures()), (BookState::Live, 0));
        assert_eq!(builder.book().hash(), self.hashes[step], "slot {} at update id {id}", builder.slot());
        if exactly {
            let mut book = Book::new();
            book.load(&self.start.0, &self.start.1);
            self.deltas[..=step].iter().for_each(|(bids, asks)| book.apply_all(bids, asks));
            assert!(builder.book() == &book, "slot {} at update id {id}", builder.slot());
        }
    }
}

/// Goes round the feeds until it is told to stop; gives the number of records.
fn write(root: &Path, feeds: &[Feed], ready: &mpsc::Sender<()>, stop: &AtomicBool) -> u64 {
    let options = SegmentOptions { ring_bytes: 16 << 20, books_bytes: 1 << 20, ..options(root, 1) };
    let mut engine = Engine::new(&options, feeds.len() as u32);
    for (slot, feed) in (0..).zip(feeds) {
        engine.books[slot as usize].0.load(&feed.start.0, &feed.start.1);
        engine.snapshot_of(slot, 0, State::Live);
    }
    ready.send(()).unwrap();
    for step in (0..CYCLE).cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        for (slot, feed) in (0..).zip(feeds) {
            let (bids, asks) = &feed.deltas[step];
            engine.publish_delta(slot, bids, asks);
        }
        engine.trade(0);
    }
    engine.writer.heartbeat();
    engine.writer.sequence()
}

fn cpu_ns() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Opens a reader, joins, follows for a while; gives the ns of CPU time until it had its book, and its number of hash checks.
fn join(root: &Path, feeds: &[Feed], slot: u32, exactly: bool) -> (u64, u64) {
    let start = cpu_ns();
    let mut reader = Reader::open(root, NAME, 0).unwrap();
    let mut builder = BookBuilder::new(&reader, slot);
    let mut record = Record::default();
    let deadline = Instant::now() + Duration::from_secs(60);
    // Where this thread did not get the processor for so long that the ring went by, it joins a little later.
    while builder.state() != BookState::Live {
        assert!(Instant::now() < deadline, "no book within a minute: {:?}", builder.state());
        if reader.poll(&mut record) == Poll::Record {
            builder.apply(&reader, &record);
        }
    }
    let spent = cpu_ns() - start;
    let feed = &feeds[slot as usize];
    feed.assert_holds(&builder, exactly);
    let mut followed = 0;
    while followed < FOLLOWED {
        if reader.poll(&mut record) == Poll::Record {
            builder.apply(&reader, &record);
            followed += 1;
            if followed % LOOKED_AT == 0 && builder.state() == BookState::Live {
                feed.assert_holds(&builder, false);
            }
        }
    }
    (spent, builder.checks())
}

#[test]
fn readers_that_open_at_random_moments_have_the_writer_s_book() {
    let root = Root::new();
    let feeds = [Feed::new(1, 1_500), Feed::new(2, 300)];
    let (stop, started) = (AtomicBool::new(false), AtomicU32::new(0));
    let (ready, made) = mpsc::channel();
    let (mut spent, checks, records) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(root.path(), &feeds, &ready, &stop));
        made.recv().unwrap();
        let (feeds, started, path) = (&feeds, &started, root.path());
        let read = move |seed| {
            let mut numbers = Numbers(seed);
            let (mut spent, mut checks) = (Vec::new(), 0);
            while started.fetch_add(1, Ordering::Relaxed) < JOINS {
                std::thread::sleep(Duration::from_micros(numbers.below(2_000)));
                let (ns, more) = join(path, feeds, numbers.below(2) as u32, numbers.below(20) == 0);
                spent.push(ns);
                checks += more;
            }
            (spent, checks)
        };
        let readers: Vec<_> = (0..READERS).map(|seed| scope.spawn(move || read(seed + 5))).collect();
        let results: Vec<_> = readers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        // Before a panic of a reader is passed on: the scope waits for the writer.
        stop.store(true, Ordering::Relaxed);
        let records = writer.join().unwrap();
        let (mut spent, mut checks) = (Vec::new(), 0);
        for (more, count) in results.into_iter().map(Result::unwrap) {
            spent.extend(more);
            checks += count;
        }
        (spent, checks, records)
    });
    spent.sort_unstable();
    assert_eq!(spent.len(), JOINS as usize);
    let at = |part: usize| spent[(spent.len() - 1) * part / 1_000] as f64 / 1e6;
    println!(
        "{JOINS} joins, ms of CPU time: p50 {:.2}, p99 {:.2}, max {:.2}; {records} records, {checks} hash checks",
        at(500),
        at(990),
        at(1_000)
    );
    let levels = |feed: &Feed| feed.start.0.len() + feed.start.1.len();
    println!("books of {} and {} levels", levels(&feeds[0]), levels(&feeds[1]));
    assert!(records > 0 && checks > 0, "{records} records, {checks} checks");
}
