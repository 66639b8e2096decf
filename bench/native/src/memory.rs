//! PERFORMANCE row 15: what one more symbol costs: bytes of the machine's heap, and of its slots in shared memory.

use std::error::Error;

use serde_json::json;
use tickring_core::input::{Input, Stamped, channel};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::sink::Discard;
use tickring_core::venue::VenueId;
use tickring_shm::Writer;

use crate::alloc;
use crate::corpus::{Corpus, Item, ItemKind};
use crate::options::Options;
use crate::rig::{Root, definition};

/// Symbols, each with a book of the recording. The names are as long as the recorded one, so that the frames keep their size.
const SYMBOLS: u32 = 1_000;

/// Frames after the snapshot that each symbol sees.
const FRAMES: usize = 200;

fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').nth(1).ok_or("/proc/self/statm has no second word")?.parse()?;
    Ok(pages * rustix::param::page_size() as u64)
}

fn symbol(index: u32) -> String {
    format!("S{index:06}")
}

/// The part of the corpus that brings a book to life, and some frames more.
fn part(corpus: &Corpus) -> Result<&[Item], Box<dyn Error>> {
    let snapshot = corpus.items.iter().position(|item| item.kind == ItemKind::Snapshot).ok_or("the corpus has no snapshot")?;
    Ok(&corpus.items[..corpus.items.len().min(snapshot + FRAMES)])
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let corpus = options.load()?;
    let symbols = if options.smoke { 20 } else { SYMBOLS };
    let config = MachineConfig { snapshot_interval_ns: 0, instruments_max: symbols, ..MachineConfig::default() };
    let (before, resident) = (alloc::live_bytes(), resident_bytes()?);
    let mut machine = Machine::new(config);
    let part = part(&corpus)?;
    let first = part.first().ok_or("the corpus is empty")?.ts_recv;
    let mut apply = |ts_recv, input: Input<'_>| machine.apply(&Stamped { ts_recv, input }, &mut Discard).requests_pending;
    apply(first, Input::Connect { connection: 1, venue: VenueId::BinanceUsdm as u16 });
    for id in 1..=symbols {
        apply(first, Input::Instrument(&definition(id, &symbol(id))));
        apply(first, Input::Subscribe { connection: 1, instrument: id, channels: channel::BOOK });
        let named = format!("\"s\":\"{}\"", symbol(id));
        for item in part {
            let text = std::str::from_utf8(corpus.bytes(item))?.replacen("\"s\":\"BTCUSDT\"", &named, 1);
            let bytes = text.as_bytes();
            apply(
                item.ts_recv,
                match item.kind {
                    ItemKind::Frame => Input::Frame { connection: 1, bytes },
                    ItemKind::Snapshot => Input::DepthSnapshot { instrument: id, bytes },
                },
            );
        }
    }
    let heap = (alloc::live_bytes() - before) / i64::from(symbols);
    let resident = resident_bytes()?.saturating_sub(resident) / u64::from(symbols);
    let alive = (0..symbols).filter(|slot| machine.instrument_counters(*slot).is_some_and(|of| of.in_sync == 1)).count();
    if alive != symbols as usize {
        return Err(format!("{alive} of {symbols} books came to life").into());
    }
    let slot = slot_bytes()?;
    let levels = machine.book(0).map_or(0, |book| book.bids().len() + book.asks().len());
    eprintln!("heap {heap} B, resident {resident} B, slots {slot} B a symbol; {levels} levels each");
    println!("{}", json!({ "symbols": symbols, "heap": heap, "resident": resident, "slots": slot, "levels": levels }));
    Ok(())
}

/// Bytes of shared memory that one more instrument takes: its latest slot, definition and counters.
fn slot_bytes() -> Result<u64, Box<dyn Error>> {
    let size = |instruments| -> Result<u64, Box<dyn Error>> {
        let root = Root::create()?;
        let writer = Writer::create(&root.segment(instruments, 20))?;
        let bytes = files_below(root.path())?;
        drop(writer);
        Ok(bytes)
    };
    Ok((size(2_048)? - size(1_024)?) / 1_024)
}

fn files_below(path: &std::path::Path) -> Result<u64, Box<dyn Error>> {
    let mut sum = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() { files_below(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(sum)
}
