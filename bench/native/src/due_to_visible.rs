//! PERFORMANCE row 8: frames on an absolute schedule through the whole path, seen by a reader in another process: visible −
//! due. Beside it a bare stamped line on the same schedule, which meets the same hiccups of the machine.

use std::error::Error;

use serde_json::json;

use crate::clock::{monotonic_ns, wall_ns};
use crate::corpus::Corpus;
use crate::message::{Shape, send_bare};
use crate::options::{Options, pin, two_cores};
use crate::pair::{Command, Peer};
use crate::rig::Rig;
use crate::ring_one_way::LEAD_NS;
use crate::whole_path::REFERENCE;

/// One frame every so often, ns; even, since the lowest bit of a due time says that the frame is of the reference size.
pub const INTERVAL_NS: u64 = 20_000;

/// When the first frame of a block is due, by both clocks: the schedule and the reader keep the monotonic one, and records carry
/// the wall clock, without which they would take a form that live feeds never take.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// `CLOCK_MONOTONIC`.
    pub monotonic_ns: u64,
    /// The same moment, ns since the UNIX epoch; even.
    pub wall_ns: u64,
}

impl Start {
    /// So long from now.
    pub fn after(lead_ns: u64) -> Self {
        Self { monotonic_ns: monotonic_ns() + lead_ns, wall_ns: (wall_ns() + lead_ns) & !1 }
    }
}

/// Publishes all frames after the book's start, each when it is due and with that as its receive time; gives how many.
pub fn publish(rig: &mut Rig, corpus: &Corpus, first: usize, start: Start) -> u64 {
    let items = &corpus.items[first..];
    // A live frame has just been copied out of a socket when it is due: it lies in a reused buffer, which the cache holds. The
    // recording does not fit there, and 20 us apart nothing fetches a frame ahead.
    let mut received = Vec::new();
    for (index, item) in items.iter().enumerate() {
        received.clear();
        received.extend_from_slice(corpus.bytes(item));
        let bytes = &received[..];
        let passed = index as u64 * INTERVAL_NS + u64::from(REFERENCE.contains(&bytes.len()));
        while monotonic_ns() < start.monotonic_ns + passed {
            std::hint::spin_loop();
        }
        rig.apply_at(start.wall_ns + passed, item.kind, bytes);
    }
    items.len() as u64
}

fn bare(peer: &mut Peer, count: u64) -> Result<(), Box<dyn Error>> {
    let start = monotonic_ns() + LEAD_NS;
    peer.tell(Command::StampBare(Shape::Small, count, start))?;
    for index in 0..count {
        let due = index * INTERVAL_NS;
        while monotonic_ns() < start + due {
            std::hint::spin_loop();
        }
        peer.sent += 1;
        send_bare(&peer.lines, Shape::Small, peer.sent, due);
        peer.await_ack()?;
    }
    peer.wait()
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (writing, reading) = two_cores()?;
    let corpus = options.load()?;
    let mut rig = Rig::new(options)?;
    let mut peer = Peer::start(rig.root(), 0, reading)?;
    let pinned = pin(writing).is_ok();
    let blocks = if options.smoke { 2 } else { 30 };
    let (mut whole, mut hiccup, mut count) = (Vec::new(), Vec::new(), 0);
    for round in 0..=2 * blocks {
        // A B, B A, …; the first block warms up.
        if matches!(round % 4, 0 | 3) {
            let first = rig.begin(&corpus)?;
            count = (corpus.items.len() - first) as u64;
            let start = Start::after(LEAD_NS);
            peer.tell(Command::Frames(count, start.wall_ns.wrapping_sub(start.monotonic_ns)))?;
            publish(&mut rig, &corpus, first, start);
            peer.sent += count;
            peer.wait()?;
            let report = peer.report()?;
            if round > 0 {
                whole.push(report);
            }
        } else {
            bare(&mut peer, count)?;
            hiccup.push(peer.report()?);
        }
    }
    let report = json!({
        "whole": whole,
        "hiccup": hiccup,
        "frames": count,
        "rate": 1_000_000_000 / INTERVAL_NS,
        "code_path": rig.code_path(),
        "pinned": pinned,
        "book_sha256": rig.book_sha256()?,
    });
    println!("{report}");
    Ok(())
}
