//! The reading process.

use std::error::Error;
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::json;
use tickring_core::event::flag;
use tickring_shm::{Poll, Reader, Record};

use crate::clock::monotonic_ns;
use crate::histogram::{encode, new_histogram};
use crate::lines::{Line, Lines};
use crate::message::{Shape, due_of, receive_bare};
use crate::options::Options;
use crate::pair::Command;
use crate::rig::NAME;

/// Looks at the command line before the process sleeps in between.
const SPINS: u32 = 10_000;

/// How often a taker says how far it is.
const ACK_EVERY: u64 = 256;

struct Child {
    lines: Lines,
    reader: Reader,
    record: Box<Record>,
    /// Messages seen.
    seen: u64,
    /// Number of the bare message seen last.
    bare: u64,
    all: Histogram<u64>,
    reference: Histogram<u64>,
    lapped: u64,
    lost: u64,
}

/// Obeys the parent's commands until told to stop: `peer ROOT LINES --core N`.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let [root, lines] = &options.rest[..] else { return Err("usage: peer ROOT LINES --core N".into()) };
    // Whoever kills the parent must not leave a spinning reader behind.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    options.pin();
    let mut child = Child {
        lines: Lines::open(Path::new(lines), false)?,
        reader: Reader::open(Path::new(root), NAME, 0)?,
        record: Box::default(),
        seen: 0,
        bare: 0,
        all: new_histogram()?,
        reference: new_histogram()?,
        lapped: 0,
        lost: 0,
    };
    let mut generation = 0;
    loop {
        let mut spins = 0;
        // Acquire: pairs with the parent's Release store; the other words of the line belong to the command.
        while child.lines.word(Line::Command, 0).load(Acquire) == generation {
            spins += 1;
            if spins > SPINS {
                // Several readers share a core: who has nothing to do must not take turns with who has.
                std::thread::sleep(Duration::from_micros(20));
            }
            std::hint::spin_loop();
        }
        generation += 1;
        let words = [1, 2, 3, 4].map(|index| child.lines.word(Line::Command, index).load(Relaxed));
        let command = Command::from_words(words).ok_or_else(|| format!("unknown command {words:?}"))?;
        child.reader.seek_newest();
        child.lines.word(Line::Ready, 1).store(generation, Release);
        if matches!(command, Command::Stop) {
            return Ok(());
        }
        child.obey(command, generation)?;
        child.lines.word(Line::Ready, 0).store(generation, Release);
    }
}

fn note(histogram: &mut Histogram<u64>, due: u64) {
    histogram.saturating_record(monotonic_ns().saturating_sub(due).max(1));
}

impl Child {
    fn obey(&mut self, command: Command, generation: u64) -> Result<(), Box<dyn Error>> {
        match command {
            Command::EchoBare(shape, count) => self.bare(shape, count, |_, _| ()),
            Command::StampBare(shape, count, base) => self.bare(shape, count, |all, due| note(all, base + due)),
            Command::EchoRing(shape, count) => self.ring(shape, count, |_, _| ())?,
            Command::StampRing(shape, count, base) => self.ring(shape, count, |all, due| note(all, base + due))?,
            Command::Take(count) => self.take(count)?,
            Command::Follow => self.follow(generation),
            Command::Frames(count, ahead) => self.frames(count, ahead),
            Command::Report => self.report()?,
            Command::Stop => {}
        }
        Ok(())
    }

    fn acknowledge(&mut self, count: u64) {
        self.seen += count;
        self.lines.word(Line::Ack, 0).store(self.seen, Release);
    }

    fn bare(&mut self, shape: Shape, count: u64, mut each: impl FnMut(&mut Histogram<u64>, u64)) {
        for _ in 0..count {
            let (number, due) = receive_bare(&self.lines, shape, self.bare);
            self.bare = number;
            each(&mut self.all, due);
            self.acknowledge(1);
        }
    }

    fn ring(&mut self, shape: Shape, count: u64, mut each: impl FnMut(&mut Histogram<u64>, u64)) -> Result<(), Box<dyn Error>> {
        for _ in 0..count {
            self.next()?;
            each(&mut self.all, due_of(shape, &self.record).ok_or("a record of another kind")?);
            self.acknowledge(1);
        }
        Ok(())
    }

    /// The next record; being lapped is an error where every message is waited for.
    #[inline]
    fn next(&mut self) -> Result<(), Box<dyn Error>> {
        loop {
            match self.reader.poll(&mut self.record) {
                Poll::Record => return Ok(()),
                Poll::Lapped { lost } => return Err(format!("lapped: {lost} records lost").into()),
                Poll::Empty | Poll::Stalled => std::hint::spin_loop(),
            }
        }
    }

    fn take(&mut self, count: u64) -> Result<(), Box<dyn Error>> {
        let mut unsaid = 0;
        for _ in 0..count {
            self.next()?;
            unsaid += 1;
            if unsaid == ACK_EVERY {
                self.acknowledge(unsaid);
                unsaid = 0;
            }
        }
        self.acknowledge(unsaid);
        Ok(())
    }

    fn follow(&mut self, generation: u64) {
        let mut looks = 0_u32;
        loop {
            match self.reader.poll(&mut self.record) {
                Poll::Record => {}
                Poll::Lapped { lost } => {
                    self.lapped += 1;
                    self.lost += lost;
                }
                Poll::Empty | Poll::Stalled => std::hint::spin_loop(),
            }
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(64) && self.lines.word(Line::Until, 0).load(Acquire) >= generation {
                return;
            }
        }
    }

    fn frames(&mut self, count: u64, ahead: u64) {
        let mut ended = 0;
        while ended < count {
            match self.reader.poll(&mut self.record) {
                Poll::Record if self.record.flags & flag::LAST != 0 => {
                    let due = self.record.ts_recv.wrapping_sub(ahead);
                    note(&mut self.all, due);
                    if self.record.ts_recv % 2 == 1 {
                        note(&mut self.reference, due);
                    }
                    ended += 1;
                    self.acknowledge(1);
                }
                // What was lost is counted, and waited for no longer: every frame of these is one record.
                Poll::Lapped { lost } => {
                    self.lapped += 1;
                    self.lost += lost;
                    ended += lost;
                    self.acknowledge(lost);
                }
                Poll::Record | Poll::Empty | Poll::Stalled => std::hint::spin_loop(),
            }
        }
    }

    fn report(&mut self) -> Result<(), Box<dyn Error>> {
        let report = json!({
            "all_hdr": encode(&self.all)?,
            "reference_hdr": encode(&self.reference)?,
            "lapped": self.lapped,
            "lost": self.lost,
        });
        println!("{report}");
        self.all.reset();
        self.reference.reset();
        (self.lapped, self.lost) = (0, 0);
        Ok(())
    }
}
