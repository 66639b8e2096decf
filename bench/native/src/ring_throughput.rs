//! PERFORMANCE rows 6 and 7: lossless throughput to another process; what a publish costs alone and paced; what readers cost
//! the writer.

use std::error::Error;
use std::hint::black_box;

use serde_json::json;
use tickring_shm::Writer;

use crate::blocks::median;
use crate::clock::{cpu_ns, monotonic_ns};
use crate::message::{Sender, Shape};
use crate::options::{Options, pin, two_cores};
use crate::pair::{Command, Peer};
use crate::rig::Root;

/// Readers of the largest block.
const READERS: usize = 8;

/// Parts of a block.
const PARTS: u64 = 20;

/// Slots that the writer may be ahead of the reader.
const AHEAD_SLOTS: u64 = (64 << 20) / 64 / 4;

/// Multiplications between two paced publishes, each waiting for the one before: about 600 ns, as far apart as frames are at
/// the full rate of the whole path.
const PACE: u32 = 768;

/// Computes for a while; the compiler can neither skip nor fold it.
#[inline]
fn compute(seed: u64) -> u64 {
    (0..PACE).fold(seed | 1, |value, _| black_box(value).wrapping_mul(0x5851_f42d_4c95_7f2d))
}

/// ns a message, all of them seen by the reader.
fn lossless(sender: &mut Sender, peer: &mut Peer, shape: Shape, count: u64) -> Result<f64, Box<dyn Error>> {
    peer.tell(Command::Take(count))?;
    let ahead = AHEAD_SLOTS / shape.span();
    let start = monotonic_ns();
    for index in 0..count {
        if index % 64 == 0 {
            while peer.sent - peer.acked() > ahead {
                std::hint::spin_loop();
            }
        }
        peer.sent += 1;
        sender.send(shape, 1);
    }
    peer.await_ack()?;
    let ns = monotonic_ns() - start;
    peer.wait()?;
    Ok(ns as f64 / count as f64)
}

/// Median over parts of a block, which a pause of the machine within one part does not move.
fn parts(count: u64, mut part: impl FnMut(u64)) -> f64 {
    let each = count / PARTS;
    let mut costs: Vec<_> = (0..PARTS)
        .map(|_| {
            let start = cpu_ns();
            part(each);
            (cpu_ns() - start) as f64 / each as f64
        })
        .collect();
    median(&mut costs)
}

/// ns of one turn of computing, and of publishing where there is a sender.
fn paced(sender: Option<&mut Sender>, count: u64) -> f64 {
    let mut state = 1;
    match sender {
        Some(sender) => parts(count, |count| {
            for _ in 0..count {
                state = compute(state);
                sender.send(Shape::Small, 1);
            }
        }),
        None => parts(count, |count| state = (0..count).fold(state, |state, _| compute(state))),
    }
}

/// ns of a publish with nobody reading and nothing in between.
fn alone(sender: &mut Sender, shape: Shape, count: u64) -> f64 {
    parts(count, |count| (0..count).for_each(|_| sender.send(shape, 1)))
}

/// As `paced`, while the first `readers` processes follow.
fn followed(sender: &mut Sender, peers: &mut [Peer], readers: usize, count: u64) -> Result<f64, Box<dyn Error>> {
    for peer in &mut peers[..readers] {
        peer.tell(Command::Follow)?;
    }
    let ns = paced(Some(sender), count);
    for peer in &mut peers[..readers] {
        peer.release()?;
    }
    Ok(ns)
}

/// As `paced`, while all readers are stopped in the middle of what they read.
fn stopped(sender: &mut Sender, peers: &mut [Peer], count: u64) -> Result<f64, Box<dyn Error>> {
    for peer in &mut *peers {
        peer.tell(Command::Follow)?;
    }
    paced(Some(sender), count / PARTS);
    peers.iter().try_for_each(|peer| peer.halt(true))?;
    let ns = paced(Some(sender), count);
    peers.iter().try_for_each(|peer| peer.halt(false))?;
    for peer in peers {
        peer.release()?;
    }
    Ok(ns)
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (writing, reading) = two_cores()?;
    let root = Root::create()?;
    let mut sender = Sender::new(Writer::create(&root.segment(1, 1))?);
    let mut peers = Vec::new();
    for index in 0..READERS {
        peers.push(Peer::start(&root, index, reading)?);
    }
    let pinned = pin(writing).is_ok();
    let (blocks, small, large) = if options.smoke { (2, 10_000, 5_000) } else { (30, 2_000_000, 500_000) };
    let pace = if options.smoke { 1_000 } else { 100_000 };
    const NAMES: [&str; 9] = [
        "lossless64",
        "lossless256",
        "alone64",
        "alone256",
        "compute",
        "paced",
        "paced_1_reader",
        "paced_8_readers",
        "paced_8_stopped",
    ];
    let mut series = vec![Vec::new(); NAMES.len()];
    // The first round warms up and is thrown away.
    for round in 0..=blocks {
        for turn in 0..NAMES.len() {
            let index = if round % 2 == 0 { turn } else { NAMES.len() - 1 - turn };
            let ns = match NAMES[index] {
                "lossless64" => lossless(&mut sender, &mut peers[0], Shape::Small, small)?,
                "lossless256" => lossless(&mut sender, &mut peers[0], Shape::Large, large)?,
                "alone64" => alone(&mut sender, Shape::Small, small),
                "alone256" => alone(&mut sender, Shape::Large, large),
                "compute" => paced(None, pace),
                "paced" => paced(Some(&mut sender), pace),
                "paced_1_reader" => followed(&mut sender, &mut peers, 1, pace)?,
                "paced_8_readers" => followed(&mut sender, &mut peers, READERS, pace)?,
                _ => stopped(&mut sender, &mut peers, pace)?,
            };
            if round > 0 {
                series[index].push(ns);
            }
        }
    }
    let mut lost = 0;
    for peer in &mut peers {
        lost += peer.report()?["lost"].as_u64().unwrap_or_default();
    }
    let blocks: serde_json::Map<_, _> = NAMES.iter().zip(series).map(|(name, ns)| ((*name).to_owned(), json!(ns))).collect();
    println!("{}", json!({ "blocks": blocks, "pinned": pinned, "lost_by_followers": lost }));
    Ok(())
}
