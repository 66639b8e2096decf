//! What a journal adds to a frame's way to the ring: the digest of what comes out, and the append.

use std::error::Error;
use std::path::Path;

use serde_json::json;
use tickring_core::digest::Digests;
use tickring_core::input::{Input, Stamped};

use crate::alloc;
use crate::blocks::median;
use crate::clock::monotonic_ns;
use crate::corpus::{Corpus, Item, ItemKind};
use crate::journal::{Log, in_folder};
use crate::options::Options;
use crate::rig::Rig;

/// Frames between two turns of the variants: their records are a third of the journal's buffer.
const TURN: usize = 4_000;

/// One way for frames to go.
struct Way {
    name: &'static str,
    rig: Rig,
    digests: Option<Digests>,
    log: Option<Log>,
    ns: Vec<f64>,
}

impl Way {
    fn new(name: &'static str, options: &Options, digested: bool, log: Option<Log>) -> Result<Self, Box<dyn Error>> {
        Ok(Self { name, rig: Rig::new(options)?, digests: digested.then(Digests::default), log, ns: Vec::new() })
    }

    /// Applies all items; ns for each.
    fn turn(&mut self, items: &[Item], corpus: &Corpus) -> Result<f64, Box<dyn Error>> {
        let start = monotonic_ns();
        let last = self.apply(items, corpus)?;
        let ns = (monotonic_ns() - start) as f64 / items.len() as f64;
        if let Some(log) = &self.log {
            log.wait(last)?;
        }
        Ok(ns)
    }

    fn apply(&mut self, items: &[Item], corpus: &Corpus) -> Result<u64, Box<dyn Error>> {
        let mut last = 0;
        match (&mut self.digests, &mut self.log) {
            (None, _) => items.iter().for_each(|item| self.rig.apply(item, corpus.bytes(item))),
            (Some(digests), None) => items.iter().for_each(|item| self.rig.apply_digested(item, corpus.bytes(item), digests)),
            (Some(digests), Some(log)) => {
                for item in items {
                    let bytes = corpus.bytes(item);
                    let input = match item.kind {
                        ItemKind::Frame => Input::Frame { connection: 1, bytes },
                        ItemKind::Snapshot => Input::DepthSnapshot { instrument: 1, bytes },
                    };
                    last = log.append(&Stamped { ts_recv: self.rig.ts_recv(), input }, digests.shard())?;
                    self.rig.apply_digested(item, bytes, digests);
                }
            }
        }
        Ok(last)
    }
}

/// The subcommand: `journalled-path --corpus … [DIRECTORY]`, where files may be written.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    in_folder(options, measure)
}

fn measure(options: &Options, folder: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let pinned = options.pin();
    let corpus = options.load()?;
    let mut ways = [
        Way::new("plain", options, false, None)?,
        Way::new("digested", options, true, None)?,
        Way::new("journalled", options, true, Some(Log::open_batch(folder)?))?,
    ];
    let passes = if options.smoke { 1 } else { 6 };
    for pass in 0..=passes {
        let mut first = 0;
        for way in &mut ways {
            first = way.rig.begin(&corpus)?;
        }
        for (turn, items) in corpus.items[first..].chunks(TURN).enumerate() {
            for place in 0..ways.len() {
                // Whoever goes first finds the frames cold.
                let way = &mut ways[(turn + place) % 3];
                let ns = way.turn(items, &corpus)?;
                // The first pass makes room for books and pages.
                if pass > 0 && (options.smoke || items.len() == TURN) {
                    way.ns.push(ns);
                }
            }
        }
    }
    let first = ways[2].rig.begin(&corpus)?;
    let items = &corpus.items[first..corpus.items.len().min(first + TURN)];
    let mut failure = None;
    let allocations = alloc::count(|| {
        failure = ways[2].apply(items, &corpus).err();
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    for way in &ways {
        eprintln!("{:>10}  {:8.1} ns/frame, median of {} turns", way.name, median(&mut way.ns.clone()), way.ns.len());
    }
    let blocks: serde_json::Map<_, _> = ways.iter().map(|way| (way.name.to_owned(), json!(way.ns))).collect();
    Ok(json!({ "pinned": pinned, "corpus": corpus.describe(first), "blocks": blocks, "allocations": allocations }))
}
