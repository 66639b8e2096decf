//! PERFORMANCE row 5: a record to another process, against a bare cache line of the same size: closed loop (the next after the
//! acknowledgement) and open loop (on an absolute schedule, visible − due).

use std::error::Error;

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tickring_shm::Writer;

use crate::blocks::median;
use crate::clock::monotonic_ns;
use crate::histogram::{encode, new_histogram};
use crate::message::{Sender, Shape, send_bare};
use crate::options::{Options, two_cores};
use crate::pair::{Command, Peer};
use crate::rig::Root;

/// Open loop: one message every so often, ns. Slow enough that queueing does not hide the transfer.
const INTERVAL_NS: u64 = 5_000;

/// Round trips between two looks at the clock of a block.
const ROUND_TRIPS: u64 = 1_000;

/// Time before the first due time of a block.
pub const LEAD_NS: u64 = 50_000;

/// Writer and reader.
pub struct Pair {
    /// The writing side.
    pub sender: Sender,
    /// The reading process.
    pub peer: Peer,
}

impl Pair {
    #[inline]
    fn send(&mut self, ring: bool, shape: Shape, due: u64) {
        self.peer.sent += 1;
        if ring {
            self.sender.send(shape, due);
        } else {
            send_bare(&self.peer.lines, shape, self.peer.sent, due);
        }
    }

    /// Round trips of one block of at least `block_ns`; their median, ns, which a pause of the hypervisor does not move.
    pub fn closed(&mut self, ring: bool, shape: Shape, block_ns: u64, all: &mut Histogram<u64>) -> Result<f64, Box<dyn Error>> {
        let mut block = new_histogram()?;
        let end = monotonic_ns() + block_ns;
        loop {
            let command = if ring { Command::EchoRing(shape, ROUND_TRIPS) } else { Command::EchoBare(shape, ROUND_TRIPS) };
            self.peer.tell(command)?;
            let mut before = monotonic_ns();
            for _ in 0..ROUND_TRIPS {
                self.send(ring, shape, 1);
                self.peer.await_ack()?;
                let now = monotonic_ns();
                block.saturating_record((now - before).max(1));
                before = now;
            }
            self.peer.wait()?;
            if before >= end {
                break;
            }
        }
        all.add(&block)?;
        Ok(block.value_at_quantile(0.5) as f64)
    }

    /// Messages on an absolute schedule; the child measures visible − due.
    pub fn open(&mut self, ring: bool, shape: Shape, count: u64, interval: u64) -> Result<Value, Box<dyn Error>> {
        let start = monotonic_ns() + LEAD_NS;
        let command = if ring { Command::StampRing(shape, count, start) } else { Command::StampBare(shape, count, start) };
        self.peer.tell(command)?;
        for index in 0..count {
            let due = index * interval;
            while monotonic_ns() < start + due {
                std::hint::spin_loop();
            }
            self.send(ring, shape, due);
            // A bare line is overwritten by the next one, so both wait: the schedule, not the acknowledgement, sets the pace.
            self.peer.await_ack()?;
        }
        self.peer.wait()?;
        self.peer.report()
    }
}

/// Blocks of one combination.
#[derive(Default)]
struct Series {
    closed: Vec<f64>,
    open: Vec<Value>,
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (writing, reading) = two_cores()?;
    let (blocks, closed_ns, count) = if options.smoke { (2, 1, 200) } else { (30, 50_000_000, 10_000) };
    let root = Root::create()?;
    let mut segment = root.segment(1, 1);
    segment.ring_bytes = options.ring_bytes.unwrap_or(segment.ring_bytes);
    let sender = Sender::new(Writer::create(&segment)?);
    let mut pair = Pair { sender, peer: Peer::start(&root, 0, reading)? };
    let pinned = crate::options::pin(writing).is_ok();
    let kinds = [(true, Shape::Small), (false, Shape::Small), (true, Shape::Large), (false, Shape::Large)];
    let mut series: [Series; 4] = Default::default();
    let mut histograms = Vec::new();
    for (ring, shape) in kinds {
        let mut scratch = new_histogram()?;
        pair.closed(ring, shape, closed_ns, &mut scratch)?;
        histograms.push(new_histogram()?);
    }
    for round in 0..blocks {
        for turn in 0..kinds.len() {
            let index = if round % 2 == 0 { turn } else { kinds.len() - 1 - turn };
            let (ring, shape) = kinds[index];
            series[index].closed.push(pair.closed(ring, shape, closed_ns, &mut histograms[index])?);
            series[index].open.push(pair.open(ring, shape, count, INTERVAL_NS)?);
        }
    }
    let mut report = serde_json::Map::new();
    for (((ring, shape), series), histogram) in kinds.iter().zip(series).zip(&histograms) {
        let name = format!("{}{}", if *ring { "ring" } else { "bare" }, shape.name());
        eprintln!("{name:7} there and back {:.0} ns in the median of blocks", median(&mut series.closed.clone()));
        let open: Vec<_> = series.open.iter().map(|block| block["all_hdr"].clone()).collect();
        report.insert(name, json!({ "closed": series.closed, "closed_hdr": encode(histogram)?, "open_hdr": open }));
    }
    let rate = 1_000_000_000 / INTERVAL_NS;
    println!("{}", json!({ "series": report, "pinned": pinned, "rate": rate, "lost": 0 }));
    Ok(())
}
