//! What a record through the ring is made of: writer and reader each alone and together, with a stamp for every record and with one
//! for an input of 64; the counter that stamps. Two threads with a mapping each, for they can be measured with nothing beside them in
//! two seconds, where the machine is shared.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::Duration;

use serde_json::json;
use tickring_shm::{Clock, Poll, Reader, Record, Writer};

use crate::blocks::median;
use crate::clock::monotonic_ns;
use crate::message::{Sender, Shape};
use crate::options::{Options, pin, two_cores};
use crate::rig::{NAME, Root};

/// Records of an input, where one stamp is for all of them.
const INPUT: u64 = 64;
/// How often the reader says how far it is.
const ACK_EVERY: u64 = 256;
/// Slots that the writer may be ahead of the reader: a quarter of the ring.
const AHEAD_SLOTS: u64 = (64 << 20) / 64 / 4;
/// Readings of the counter in a block.
const READINGS: u64 = 100_000;
/// A reader that is told to end.
const END: u64 = u64::MAX;

/// A line for each of two sides.
#[repr(align(128))]
#[derive(Default)]
struct Line(AtomicU64);

/// What the reader has seen, when it began and ended that, and up to where it is to read.
#[derive(Default)]
struct Shared {
    seen: Line,
    began_ns: Line,
    ended_ns: Line,
    until: Line,
}

/// Whoever waits for the other side leaves the processor alone: the two may be threads of one core.
fn rest() {
    std::thread::sleep(Duration::from_micros(20));
}

/// Reads up to where it is told, again and again.
fn read(shared: &Shared, mut reader: Reader) {
    let mut record = Box::new(Record::default());
    let mut seen = 0;
    loop {
        // Acquire: what is published up to there is visible.
        let until = shared.until.0.load(Acquire);
        if until == END {
            return;
        }
        if seen == until {
            rest();
            continue;
        }
        shared.began_ns.0.store(monotonic_ns(), Release);
        while seen < until {
            match reader.poll(&mut record) {
                Poll::Record => seen += 1,
                Poll::Lapped { lost } => panic!("invariant: {lost} records lost, with a writer that waits"),
                Poll::Empty | Poll::Stalled => std::hint::spin_loop(),
            }
            black_box(&record);
            if seen % ACK_EVERY == 0 && seen < until {
                shared.seen.0.store(seen, Release);
            }
        }
        shared.ended_ns.0.store(monotonic_ns(), Release);
        shared.seen.0.store(seen, Release);
    }
}

/// The writing side.
struct Parts {
    sender: Sender,
    shared: Arc<Shared>,
    sent: u64,
}

impl Parts {
    fn publish(&mut self, shape: Shape, input: u64, count: u64) {
        let ahead = AHEAD_SLOTS / shape.span();
        for index in 0..count {
            if index % INPUT == 0 {
                while self.sent - self.shared.seen.0.load(Acquire) > ahead {
                    std::hint::spin_loop();
                }
            }
            self.sent += 1;
            // No division by what is known only now: it would take longer than the rest.
            self.sender.send_as(shape, 1, if input == 1 { 0 } else { (index % INPUT) as u32 });
        }
    }

    /// Waits until the reader is here; when it began and ended.
    fn await_reader(&self) -> (u64, u64) {
        while self.shared.seen.0.load(Acquire) < self.sent {
            rest();
        }
        (self.shared.began_ns.0.load(Acquire), self.shared.ended_ns.0.load(Acquire))
    }

    /// ns a record: together, the writer alone, the reader alone.
    fn block(&mut self, shape: Shape, input: u64, smoke: bool) -> [f64; 3] {
        let count = if smoke { 1_024 } else { AHEAD_SLOTS / shape.span() };
        let each = |(from, to): (u64, u64)| (to - from) as f64 / count as f64;
        self.shared.until.0.store(self.sent + count, Release);
        let start = monotonic_ns();
        self.publish(shape, input, count);
        let (_, together) = self.await_reader();
        let alone = monotonic_ns();
        self.publish(shape, input, count);
        let written = monotonic_ns();
        self.shared.until.0.store(self.sent, Release);
        [each((start, together)), each((alone, written)), each(self.await_reader())]
    }
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (writing, reading) = two_cores()?;
    let root = Root::create()?;
    let sender = Sender::new(Writer::create(&root.segment(1, 1))?);
    let reader = Reader::open(root.path(), NAME, 0)?;
    let mut parts = Parts { sender, shared: Arc::default(), sent: 0 };
    let shared = Arc::clone(&parts.shared);
    let thread = std::thread::spawn(move || {
        let pinned = pin(reading).is_ok();
        read(&shared, reader);
        pinned
    });
    let pinned = pin(writing).is_ok();
    let blocks = if options.smoke { 2 } else { 30 };
    let kinds = [(Shape::Small, 1), (Shape::Small, INPUT), (Shape::Large, 1), (Shape::Large, INPUT)];
    let mut series = vec![Vec::new(); kinds.len()];
    let (mut clock, mut readings) = (Clock::counter(), Vec::new());
    // The first round warms up and is thrown away.
    for round in 0..=blocks {
        for turn in 0..kinds.len() {
            let index = if round % 2 == 0 { turn } else { kinds.len() - 1 - turn };
            let block = parts.block(kinds[index].0, kinds[index].1, options.smoke);
            if round > 0 {
                series[index].push(block);
            }
        }
        let start = monotonic_ns();
        black_box((0..READINGS).fold(0, |all, _| all ^ clock.now()));
        readings.push((monotonic_ns() - start) as f64 / READINGS as f64);
    }
    parts.shared.until.0.store(END, Release);
    let pinned = thread.join().map_err(|_| "the reader failed")? && pinned;
    let mut report = serde_json::Map::new();
    for ((shape, input), blocks) in kinds.iter().zip(series) {
        for (column, what) in ["together", "writer", "reader"].iter().enumerate() {
            let mut ns: Vec<_> = blocks.iter().map(|block| block[column]).collect();
            let (least, middle) = (ns.iter().copied().fold(f64::INFINITY, f64::min), median(&mut ns));
            eprintln!("{:>3} B, {input:>2} an input, {what:8} {middle:6.1} ns in the median, least {least:6.1}", shape.name());
            report.insert(format!("{} {input} {what}", shape.name()), json!(ns));
        }
    }
    eprintln!("a reading of the counter {:.1} ns", median(&mut readings));
    println!("{}", json!({ "blocks": report, "counter": readings, "pinned": pinned }));
    Ok(())
}
