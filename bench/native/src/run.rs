//! The writing process and the measurement itself.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use hdrhistogram::Histogram;
use tickring_core::event::{Body, Event, Header, Quote, flag};
use tickring_core::sink::Sink;
use tickring_shm::{SegmentOptions, Writer};

use crate::clock::{monotonic_ns, wall_ns};
use crate::histogram::{encode, new_histogram};
use crate::lines::{Line, Lines};
use crate::options::pin;
use crate::rig::NAME;

/// Open loop: one message every so often, ns. Slow enough that queueing does not hide the transfer.
const OPEN_INTERVAL_NS: u64 = 5_000;

/// What the child is told to do.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Command {
    /// Acknowledge bare lines.
    EchoBare = 1,
    /// Acknowledge ring records.
    EchoRing = 2,
    /// Bare lines with due times into a histogram.
    StampBare = 3,
    /// Ring records with due times into a histogram.
    StampRing = 4,
    /// Print the histograms.
    Report = 5,
    /// Exit.
    Stop = 6,
}

impl Command {
    /// The command with this number.
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::EchoBare),
            2 => Some(Self::EchoRing),
            3 => Some(Self::StampBare),
            4 => Some(Self::StampRing),
            5 => Some(Self::Report),
            6 => Some(Self::Stop),
            _ => None,
        }
    }
}

struct Parent {
    lines: Lines,
    writer: Writer,
    child: Child,
    commands: u64,
    bare: u64,
    ring: u64,
    /// Receive time that records carry: a feed has it before it publishes, so taking it is no part of the ring's cost.
    ts_recv: u64,
}

impl Parent {
    fn tell(&mut self, command: Command, count: u64) {
        self.lines.word(Line::Command, 1).store(command as u64, Relaxed);
        self.lines.word(Line::Command, 2).store(count, Relaxed);
        self.commands += 1;
        self.lines.word(Line::Command, 0).store(self.commands, Release);
    }

    /// Waits until the child has finished the last command.
    fn wait(&mut self) -> Result<(), Box<dyn Error>> {
        let mut spins = 0_u64;
        // Acquire: pairs with the child's Release store after its work.
        while self.lines.word(Line::Ready, 0).load(Acquire) != self.commands + 1 {
            spins += 1;
            if spins.is_multiple_of(1 << 20)
                && let Some(status) = self.child.try_wait()?
            {
                return Err(format!("the reading process ended: {status}").into());
            }
            std::hint::spin_loop();
        }
        Ok(())
    }

    fn send_bare(&mut self, due: u64) {
        self.bare += 1;
        self.lines.word(Line::Bare, 1).store(due, Relaxed);
        self.lines.word(Line::Bare, 0).store(self.bare, Release);
    }

    fn send_ring(&mut self, due: u64) {
        // Often enough that the record's compact stamp (16 ms) holds.
        if self.ring.is_multiple_of(1024) {
            self.ts_recv = wall_ns();
        }
        self.ring += 1;
        let flags = flag::LAST | flag::NO_TS_EVENT;
        let header = Header { instrument: 1, flags, ts_event: 0, ts_recv: self.ts_recv, frame_seq: self.ring, index: 0 };
        let quote =
            Quote { bid_price: 618_000, bid_qty: i64::try_from(due).unwrap_or_default(), ask_price: 618_001, ask_qty: 2 };
        self.writer.event(&Event { header, body: Body::Quote(quote) });
    }

    fn await_ack(&self, number: u64) {
        while self.lines.word(Line::Ack, 0).load(Acquire) != number {
            std::hint::spin_loop();
        }
    }

    /// Round trips of one block; their median, ns, which a pause of the hypervisor does not move.
    fn closed(&mut self, command: Command, count: u64, all: &mut Histogram<u64>) -> Result<f64, Box<dyn Error>> {
        let mut block = new_histogram()?;
        self.tell(command, count);
        let mut before = monotonic_ns();
        for _ in 0..count {
            let number = if matches!(command, Command::EchoRing) {
                self.send_ring(1);
                self.ring
            } else {
                self.send_bare(1);
                self.bare
            };
            self.await_ack(number);
            let now = monotonic_ns();
            block.saturating_record((now - before).max(1));
            before = now;
        }
        self.wait()?;
        all.add(&block)?;
        Ok(block.value_at_quantile(0.5) as f64)
    }

    /// Messages on an absolute schedule; the child measures visible − due.
    fn open(&mut self, command: Command, count: u64) -> Result<(), Box<dyn Error>> {
        self.tell(command, count);
        let start = monotonic_ns() + 50_000;
        for index in 0..count {
            let due = start + index * OPEN_INTERVAL_NS;
            while monotonic_ns() < due {
                std::hint::spin_loop();
            }
            if matches!(command, Command::StampRing) {
                self.send_ring(due)
            } else {
                self.send_bare(due)
            }
            // A bare line is overwritten by the next one, so both wait: the schedule, not the acknowledgement, sets the pace.
            let number = if matches!(command, Command::StampRing) { self.ring } else { self.bare };
            self.await_ack(number);
        }
        self.wait()
    }
}

/// Runs all blocks and prints the JSON.
pub fn ring_one_way(smoke: bool) -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(format!("/dev/shm/tickring-bench-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let result = measure(&directory, smoke);
    std::fs::remove_dir_all(&directory)?;
    result
}

fn measure(directory: &Path, smoke: bool) -> Result<(), Box<dyn Error>> {
    let (blocks, count) = if smoke { (2, 500) } else { (40, 20_000) };
    pin(0)?;
    let lines = Lines::open(&directory.join("lines"), true)?;
    let options = SegmentOptions {
        root: directory.to_owned(),
        name: NAME.to_owned(),
        shard: 0,
        epoch: 1,
        prev_epoch: 0,
        ring_bytes: 64 << 20,
        instruments_max: 1,
        depth: 1,
    };
    let writer = Writer::create(&options)?;
    let mut child = std::process::Command::new(std::env::current_exe()?);
    let child = child.arg("peer").arg(directory).stdout(Stdio::piped()).spawn()?;
    let mut parent = Parent { lines, writer, child, commands: 0, bare: 0, ring: 0, ts_recv: 0 };
    let outcome = blocks_of(&mut parent, blocks, count);
    if outcome.is_err() {
        // The child may be spinning on a message that never comes.
        parent.child.kill()?;
    }
    parent.child.wait()?;
    outcome
}

fn blocks_of(parent: &mut Parent, blocks: usize, count: u64) -> Result<(), Box<dyn Error>> {
    parent.wait()?;
    let (mut ring_all, mut bare_all) = (new_histogram()?, new_histogram()?);
    let mut scratch = new_histogram()?;
    parent.closed(Command::EchoRing, count, &mut scratch)?;
    parent.closed(Command::EchoBare, count, &mut scratch)?;
    let (mut ring, mut bare) = (Vec::new(), Vec::new());
    let (mut open_ring, mut open_bare) = (Vec::new(), Vec::new());
    let mut output = BufReader::new(parent.child.stdout.take().ok_or("no output of the reading process")?);
    let mut histograms = [String::new(), String::new()];
    for block in 0..blocks {
        if block % 2 == 0 {
            ring.push(parent.closed(Command::EchoRing, count, &mut ring_all)?);
            bare.push(parent.closed(Command::EchoBare, count, &mut bare_all)?);
            parent.open(Command::StampRing, count)?;
            parent.open(Command::StampBare, count)?;
        } else {
            bare.push(parent.closed(Command::EchoBare, count, &mut bare_all)?);
            ring.push(parent.closed(Command::EchoRing, count, &mut ring_all)?);
            parent.open(Command::StampBare, count)?;
            parent.open(Command::StampRing, count)?;
        }
        parent.tell(Command::Report, 0);
        for (text, medians) in histograms.iter_mut().zip([&mut open_ring, &mut open_bare]) {
            text.clear();
            output.read_line(text)?;
            medians.push(text.trim().to_owned());
        }
        parent.wait()?;
    }
    parent.tell(Command::Stop, 0);
    let list = |values: &[f64]| values.iter().map(|value| format!("{value:.1}")).collect::<Vec<_>>().join(",");
    let quoted = |values: &[String]| values.iter().map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(",");
    println!(
        "{{\"closed\":{{\"ring\":[{}],\"bare\":[{}],\"ring_hdr\":\"{}\",\"bare_hdr\":\"{}\"}},\"open\":{{\"ring_hdr\":[{}],\"bare_hdr\":[{}]}},\"lost\":0}}",
        list(&ring),
        list(&bare),
        encode(&ring_all)?,
        encode(&bare_all)?,
        quoted(&open_ring),
        quoted(&open_bare),
    );
    Ok(())
}
