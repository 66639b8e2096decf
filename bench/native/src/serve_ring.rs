//! A writer for a reader in another language: each line of stdin is a block. The first line of stdout tells where the ring is;
//! then each block is announced, run after a lead, and its count told.

use std::error::Error;
use std::io::{BufRead, Write};

use serde_json::json;
use tickring_shm::Writer;

use crate::clock::monotonic_ns;
use crate::due_to_visible::{INTERVAL_NS, Start, publish};
use crate::message::{Sender, Shape};
use crate::options::{Options, pin, two_cores};
use crate::rig::{Rig, Root};

/// Time for the reader to begin polling: it hears of the block before the first due time.
const LEAD_NS: u64 = 20_000_000;

/// Messages of a block of quotes, and the time between two.
const QUOTES: u64 = 10_000;
const QUOTE_INTERVAL_NS: u64 = 5_000;

/// The subcommand: `frames` (whole path, due time as receive time, odd for frames of the reference size) or `quotes`
/// (due time after the block's base as the bid's quantity).
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (writing, _) = two_cores()?;
    let pinned = pin(writing).is_ok();
    match options.rest.first().map(String::as_str) {
        Some("frames") => frames(options, pinned),
        Some("quotes") => quotes(options, pinned),
        other => Err(format!("serve-ring takes frames or quotes, not {other:?}").into()),
    }
}

fn say(value: &serde_json::Value) -> Result<(), Box<dyn Error>> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{value}")?;
    Ok(output.flush()?)
}

fn frames(options: &Options, pinned: bool) -> Result<(), Box<dyn Error>> {
    let corpus = options.load()?;
    let mut rig = Rig::new(options)?;
    say(&json!({ "root": rig.root().path(), "pinned": pinned, "code_path": rig.code_path() }))?;
    for line in std::io::stdin().lock().lines() {
        line?;
        let first = rig.begin(&corpus)?;
        let start = Start::after(LEAD_NS);
        let count = corpus.items.len() - first;
        say(&json!({
            "start": start.monotonic_ns.to_string(), "wall": start.wall_ns.to_string(),
            "count": count, "rate": 1_000_000_000 / INTERVAL_NS,
        }))?;
        publish(&mut rig, &corpus, first, start);
    }
    Ok(())
}

fn quotes(options: &Options, pinned: bool) -> Result<(), Box<dyn Error>> {
    let root = Root::create()?;
    let mut sender = Sender::new(Writer::create(&root.segment(1, 1))?);
    let count = if options.smoke { 200 } else { QUOTES };
    say(&json!({ "root": root.path(), "pinned": pinned }))?;
    for line in std::io::stdin().lock().lines() {
        line?;
        let start = monotonic_ns() + LEAD_NS;
        say(&json!({ "start": start.to_string(), "wall": "0", "count": count, "rate": 1_000_000_000 / QUOTE_INTERVAL_NS }))?;
        for index in 0..count {
            let due = index * QUOTE_INTERVAL_NS;
            while monotonic_ns() < start + due {
                std::hint::spin_loop();
            }
            sender.send(Shape::Small, due);
        }
    }
    Ok(())
}
