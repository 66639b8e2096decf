//! The reading process.

use std::error::Error;
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use hdrhistogram::Histogram;
use tickring_shm::{Poll, Reader, Record};

use crate::clock::monotonic_ns;
use crate::histogram::{encode, new_histogram};
use crate::lines::{Line, Lines};
use crate::options::pin;
use crate::rig::NAME;
use crate::run::Command;

/// Obeys the parent's commands until told to stop. `directory` holds the lines file and is the root of the ring.
pub fn run(directory: &str) -> Result<(), Box<dyn Error>> {
    pin(1)?;
    let directory = Path::new(directory);
    let lines = Lines::open(&directory.join("lines"), false)?;
    let mut reader = Reader::open(directory, NAME, 0)?;
    let mut record = Box::<Record>::default();
    let mut bare_seen = 0;
    let mut ring_seen = 0;
    let mut generation = 0;
    let mut open_ring = new_histogram()?;
    let mut open_bare = new_histogram()?;
    lines.word(Line::Ready, 0).store(1, Release);
    loop {
        // Acquire: pairs with the parent's Release store; words 1.. of the line belong to the command.
        let next = lines.word(Line::Command, 0).load(Acquire);
        if next == generation {
            std::hint::spin_loop();
            continue;
        }
        generation = next;
        let count = lines.word(Line::Command, 2).load(Relaxed);
        match Command::from_number(lines.word(Line::Command, 1).load(Relaxed)) {
            Some(Command::EchoBare) => bare_seen = follow_bare(&lines, bare_seen, count, |_| ()),
            Some(Command::EchoRing) => ring_seen = follow_ring(&lines, &mut reader, &mut record, ring_seen, count, |_| ())?,
            Some(Command::StampBare) => bare_seen = follow_bare(&lines, bare_seen, count, |due| note(&mut open_bare, due)),
            Some(Command::StampRing) => {
                ring_seen = follow_ring(&lines, &mut reader, &mut record, ring_seen, count, |due| note(&mut open_ring, due))?;
            }
            Some(Command::Report) => {
                println!("{}", encode(&open_ring)?);
                println!("{}", encode(&open_bare)?);
                open_ring.reset();
                open_bare.reset();
            }
            Some(Command::Stop) => return Ok(()),
            None => return Err("unknown command".into()),
        }
        lines.word(Line::Ready, 0).store(generation + 1, Release);
    }
}

fn note(histogram: &mut Histogram<u64>, due: u64) {
    histogram.saturating_record(monotonic_ns().saturating_sub(due).max(1));
}

fn follow_bare(lines: &Lines, mut seen: u64, count: u64, mut each: impl FnMut(u64)) -> u64 {
    for _ in 0..count {
        // Acquire: pairs with the parent's Release store of the number, after the due time.
        while lines.word(Line::Bare, 0).load(Acquire) == seen {
            std::hint::spin_loop();
        }
        seen += 1;
        each(lines.word(Line::Bare, 1).load(Relaxed));
        lines.word(Line::Ack, 0).store(seen, Release);
    }
    seen
}

fn follow_ring(
    lines: &Lines,
    reader: &mut Reader,
    record: &mut Record,
    mut seen: u64,
    count: u64,
    mut each: impl FnMut(u64),
) -> Result<u64, Box<dyn Error>> {
    for _ in 0..count {
        loop {
            match reader.poll(record) {
                Poll::Record => break,
                Poll::Lapped { lost } => return Err(format!("lapped: {lost} records lost").into()),
                Poll::Empty | Poll::Stalled => std::hint::spin_loop(),
            }
        }
        seen += 1;
        // The due time travels as the quote's bid quantity: one-slot records carry it unchanged.
        let quote = record.quote().ok_or("expected a quote")?;
        each(u64::try_from(quote.bid_qty)?);
        lines.word(Line::Ack, 0).store(seen, Release);
    }
    Ok(seen)
}
