//! PERFORMANCE row 9: reading an instrument's latest slot, 20 levels a side, while nobody writes and while the writer applies a
//! recording at full speed on another core.

use std::error::Error;
use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::mpsc;

use serde_json::json;
use tickring_shm::{LatestCopy, Reader, layout};

use crate::blocks::median;
use crate::clock::{TickScale, monotonic_ns, ticks};
use crate::corpus::Corpus;
use crate::histogram::{encode, new_histogram};
use crate::options::{Options, pin, two_cores};
use crate::rig::{NAME, Rig};

/// Reads of a block.
const READS: u64 = 1_000_000;

/// Parts of an idle block: the median of their means is what it cost.
const PARTS: u64 = 20;

/// Levels a side of a slot.
const DEPTH: u16 = 20;

/// Applies the corpus over and over while `busy` says so, until `stop`.
fn write(mut rig: Rig, corpus: &Corpus, busy: &AtomicBool, stop: &AtomicBool) -> Result<u64, String> {
    let mut frames = 0;
    while !stop.load(Acquire) {
        if !busy.load(Acquire) {
            std::hint::spin_loop();
            continue;
        }
        let first = rig.begin(corpus).map_err(|error| error.to_string())?;
        for item in &corpus.items[first..] {
            if !busy.load(Acquire) {
                break;
            }
            rig.apply(item, corpus.bytes(item));
            frames += 1;
        }
    }
    Ok(frames)
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (writing, reading) = two_cores()?;
    let corpus = options.load()?;
    let (busy, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    let (ready, made) = mpsc::channel();
    let result = std::thread::scope(|scope| {
        // A writer stays on the thread that made it.
        let writer = scope.spawn(|| -> Result<u64, String> {
            // Without a core of its own the figures say "not pinned".
            let _ = pin(writing);
            let mut rig = Rig::new(options).map_err(|error| error.to_string())?;
            rig.begin(&corpus).map_err(|error| error.to_string())?;
            ready.send(rig.root().path().to_owned()).map_err(|error| error.to_string())?;
            write(rig, &corpus, &busy, &stop)
        });
        let report = made.recv().map_err(Box::from).and_then(|root| {
            let pinned = pin(reading).is_ok();
            measure(options, &Reader::open(&root, NAME, 0)?, &busy, pinned)
        });
        stop.store(true, Release);
        let frames = writer.join().map_err(|_| "the writing thread panicked")??;
        report.map(|mut report: serde_json::Value| {
            report["frames_written"] = json!(frames);
            report
        })
    });
    println!("{}", result?);
    Ok(())
}

/// Mean ns of many, since one is about as short as the clock; the median of such means.
fn mean_ns(count: u64, mut each: impl FnMut()) -> f64 {
    let mut costs: Vec<_> = (0..PARTS)
        .map(|_| {
            let start = monotonic_ns();
            (0..count / PARTS).for_each(|_| each());
            (monotonic_ns() - start) as f64 / (count / PARTS) as f64
        })
        .collect();
    median(&mut costs)
}

/// The control: ns to copy as many bytes as a slot has.
fn copy_ns(count: u64) -> f64 {
    let from = vec![1_u64; layout::latest_words(DEPTH)];
    let mut to = from.clone();
    mean_ns(count, || {
        to.copy_from_slice(black_box(&from));
        black_box(&to);
    })
}

fn measure(options: &Options, reader: &Reader, busy: &AtomicBool, pinned: bool) -> Result<serde_json::Value, Box<dyn Error>> {
    let (blocks, reads) = if options.smoke { (2, 1_000) } else { (30, READS) };
    let scale = TickScale::measure();
    let mut copy = LatestCopy::default();
    let (mut idle, mut copied, mut idle_p99) = (Vec::new(), Vec::new(), Vec::new());
    let (mut p99, mut refused) = (Vec::new(), 0_u64);
    let (mut idle_all, mut contended_all) = (new_histogram()?, new_histogram()?);
    for round in 0..=2 * blocks {
        let contended = matches!(round % 4, 1 | 2);
        busy.store(contended, Release);
        let mut block = new_histogram()?;
        let mut own = (0.0, 0.0);
        if !contended {
            own.0 = mean_ns(reads, || refused += u64::from(!reader.latest(0, black_box(&mut copy))));
            own.1 = copy_ns(reads);
        }
        for _ in 0..reads {
            let before = ticks();
            let whole = reader.latest(0, black_box(&mut copy));
            block.saturating_record(scale.ns(ticks() - before));
            refused += u64::from(!whole);
        }
        if round == 0 {
            continue;
        }
        if contended {
            p99.push(block.value_at_quantile(0.99));
            contended_all.add(&block)?;
        } else {
            idle.push(own.0);
            copied.push(own.1);
            idle_p99.push(block.value_at_quantile(0.99));
            idle_all.add(&block)?;
        }
    }
    Ok(json!({
        "idle": idle,
        "copied": copied,
        "idle_p99": idle_p99,
        "contended_p99": p99,
        "idle_hdr": encode(&idle_all)?,
        "contended_hdr": encode(&contended_all)?,
        "levels": copy.bids.len() + copy.asks.len(),
        "not_read_whole": refused,
        "pinned": pinned,
    }))
}
