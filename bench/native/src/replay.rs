//! How fast a journal is replayed, and how long the book of an instant takes.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tickring_core::digest::{Digested, Digests};
use tickring_core::input::{DisconnectReason, Input, Instrument, Stamped, Symbol, TradingState, channel};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::sink::Discard;
use tickring_core::venue::VenueId;
use tickring_journal::{
    Disk, Journal, Kind, Replay, ReplayOptions, Settings, Spacing, Stamp, Step, Storage, Writer, configuration, record_bytes,
};

use crate::clock::{cpu_ns, monotonic_ns};
use crate::corpus::{Corpus, ItemKind};
use crate::histogram::{encode, new_histogram};
use crate::journal::in_folder;
use crate::options::Options;

const INSTRUMENT: u32 = 1;
const CONNECTION: u16 = 1;
const TICK_NS: u64 = 100_000_000;
/// When the first frame arrives; later passes follow each other.
const BEGIN_NS: u64 = 1_780_000_000_000_000_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// Most bytes that wait for the disk.
const WAITING_MAX: usize = 4 << 20;

/// A machine as it runs live, with its journal.
struct Live {
    machine: Machine,
    digests: Digests,
    writer: Writer,
    journal: Journal,
    bytes: u64,
    waiting: usize,
    frames: u64,
    now: u64,
}

impl Live {
    fn open(folder: &Path, compress: bool) -> Result<Self, Box<dyn Error>> {
        let settings = Settings { compress, buffer_bytes: 32 << 20, reserve_bytes: 0, ..Settings::default() };
        let (journal, mut writer, _) = Journal::open(folder, &settings)?;
        let config = MachineConfig::default();
        let stamp = Stamp { ts_recv: BEGIN_NS, ..Stamp::default() };
        let begun = writer.append_configuration(&configuration(&config), stamp);
        let machine = Machine::numbered_after(config, begun.sequence);
        Ok(Self { machine, digests: Digests::default(), writer, journal, bytes: 0, waiting: 0, frames: 0, now: 0 })
    }

    fn input(&mut self, ts_recv: u64, input: Input<'_>) -> Result<(), Box<dyn Error>> {
        let stamped = Stamped { ts_recv, input };
        let length = match input {
            Input::Frame { bytes, .. } | Input::DepthSnapshot { bytes, .. } => bytes.len(),
            _ => 8,
        };
        if !self.writer.append(&stamped, ts_recv, self.digests.shard()).kept {
            return Err("an input was shed: the disk does not keep up with the bench".into());
        }
        self.machine.apply(&stamped, &mut Digested { sink: &mut Discard, digests: &mut self.digests });
        self.frames += u64::from(matches!(input, Input::Frame { .. }));
        self.bytes += record_bytes(length) as u64;
        self.waiting += record_bytes(length);
        self.now = ts_recv;
        if self.waiting > WAITING_MAX {
            self.waiting = 0;
            if !self.journal.wait_durable(self.writer.next_sequence() - 1, PATIENCE) {
                return Err("nothing is durable after a minute".into());
            }
        }
        Ok(())
    }

    /// One recording: the venue has restarted its ids, and time goes on.
    fn pass(&mut self, corpus: &mut Corpus) -> Result<(), Box<dyn Error>> {
        let begin = if self.now == 0 { BEGIN_NS } else { self.now + 1_000_000_000 };
        corpus.bring_to(begin);
        let at = corpus.items.first().ok_or("the corpus is empty")?.ts_recv;
        if self.now == 0 {
            let definition = Instrument {
                id: INSTRUMENT,
                venue: VenueId::BinanceUsdm as u16,
                symbol: Symbol::new("BTCUSDT").ok_or("no symbol")?,
                price_exponent: -8,
                qty_exponent: -8,
                tick_size: 0,
                lot_size: 0,
                state: TradingState::Trading,
                change_count: 0,
            };
            self.input(at, Input::Instrument(&definition))?;
        } else {
            self.input(at, Input::Disconnect { connection: CONNECTION, reason: DisconnectReason::Closed })?;
        }
        self.input(at, Input::Connect { connection: CONNECTION, venue: VenueId::BinanceUsdm as u16 })?;
        let channels = channel::BOOK | channel::TRADE | channel::QUOTE;
        self.input(at, Input::Subscribe { connection: CONNECTION, instrument: INSTRUMENT, channels })?;
        let mut tick = at;
        for item in &corpus.items {
            while tick + TICK_NS <= item.ts_recv {
                tick += TICK_NS;
                self.input(tick, Input::Tick)?;
            }
            let bytes = corpus.bytes(item);
            let input = match item.kind {
                ItemKind::Snapshot => Input::DepthSnapshot { instrument: INSTRUMENT, bytes },
                ItemKind::Frame => Input::Frame { connection: CONNECTION, bytes },
            };
            self.input(item.ts_recv, input)?;
        }
        Ok(())
    }
}

/// The subcommand: `replay [DIRECTORY]`, where files may be written.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    in_folder(options, measure)
}

/// Millions of frames a second of CPU, of the next records of a replay; from its beginning again when it has ended.
fn block(replay: &mut Replay, fresh: impl Fn() -> Result<Replay, Box<dyn Error>>, records: u32) -> Result<f64, Box<dyn Error>> {
    let mut frames = 0_u64;
    let start = cpu_ns();
    for _ in 0..records {
        match replay.step(u64::MAX, &mut Discard)? {
            Step::End => *replay = fresh()?,
            _ => frames += u64::from(replay.head().is_some_and(|head| head.kind == Kind::Frame)),
        }
    }
    Ok(frames as f64 * 1e3 / (cpu_ns() - start) as f64)
}

/// The control: the machine alone, fed from memory.
fn memory_block(corpus: &Corpus, items: usize) -> f64 {
    let mut live = Machine::new(MachineConfig::default());
    let mut digests = Digests::default();
    let mut apply = |ts_recv: u64, input: Input<'_>| {
        live.apply(&Stamped { ts_recv, input }, &mut Digested { sink: &mut Discard, digests: &mut digests });
    };
    let definition = Instrument {
        id: INSTRUMENT,
        venue: VenueId::BinanceUsdm as u16,
        symbol: Symbol::new("BTCUSDT").expect("invariant: a short name is a symbol"),
        price_exponent: -8,
        qty_exponent: -8,
        tick_size: 0,
        lot_size: 0,
        state: TradingState::Trading,
        change_count: 0,
    };
    apply(1, Input::Instrument(&definition));
    apply(1, Input::Connect { connection: CONNECTION, venue: VenueId::BinanceUsdm as u16 });
    let channels = channel::BOOK | channel::TRADE | channel::QUOTE;
    apply(1, Input::Subscribe { connection: CONNECTION, instrument: INSTRUMENT, channels });
    let items = &corpus.items[..items.min(corpus.items.len())];
    let start = cpu_ns();
    for item in items {
        let bytes = corpus.bytes(item);
        match item.kind {
            ItemKind::Snapshot => apply(item.ts_recv, Input::DepthSnapshot { instrument: INSTRUMENT, bytes }),
            ItemKind::Frame => apply(item.ts_recv, Input::Frame { connection: CONNECTION, bytes }),
        }
    }
    items.len() as f64 * 1e3 / (cpu_ns() - start) as f64
}

fn measure(options: &Options, folder: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let (bytes, blocks, records, instants) = if options.smoke { (0, 2, 400, 4) } else { (1 << 30, 30, 100_000, 300) };
    let mut corpus = Corpus::load_all(options.corpus.as_deref())?;
    if options.smoke {
        corpus.truncate(500);
    }
    let unpacked = folder.join("unpacked");
    let mut live = Live::open(&unpacked, false)?;
    live.pass(&mut corpus)?;
    live.journal.close(live.writer)?;
    let mut live = Live::open(&folder.join("packed"), true)?;
    loop {
        live.pass(&mut corpus)?;
        if live.bytes >= bytes {
            break;
        }
    }
    let Live { digests, writer, journal, bytes, frames, now, .. } = live;
    journal.close(writer)?;
    let storage: Arc<dyn Storage> = Arc::new(Disk::open(&folder.join("packed"), false)?);
    let unpacked: Arc<dyn Storage> = Arc::new(Disk::open(&unpacked, false)?);
    let open_unpacked =
        || -> Result<Replay, Box<dyn Error>> { Ok(Replay::new(Arc::clone(&unpacked), ReplayOptions::default())?) };
    let open = |digests| -> Result<Replay, Box<dyn Error>> {
        Ok(Replay::new(Arc::clone(&storage), ReplayOptions { digests, ..ReplayOptions::default() })?)
    };
    // The whole of it once: it leaves the checkpoints, and must end where live ended.
    let (mut whole, mut spacing, mut checkpoints) = (open(true)?, Spacing::default(), 0);
    while whole.step(u64::MAX, &mut Discard)? != Step::End {
        checkpoints += u64::from(whole.save_if_due(&mut spacing)?);
    }
    if whole.digests().map(Digests::shard) != Some(digests.shard()) {
        return Err("the replay does not give what was live".into());
    }
    let (mut replay, mut bare, mut loose) = (open(true)?, open(false)?, open_unpacked()?);
    let (mut replayed, mut plain, mut open_segments, mut memory) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..=blocks {
        let found = (
            block(&mut replay, || open(true), records)?,
            block(&mut bare, || open(false), records)?,
            block(&mut loose, open_unpacked, records)?,
            memory_block(&corpus, records as usize),
        );
        // The first round warms what can be warmed.
        if round > 0 {
            replayed.push(found.0);
            plain.push(found.1);
            open_segments.push(found.2);
            memory.push(found.3);
        }
    }
    let mut histogram = new_histogram()?;
    let mut times = Vec::new();
    let mut random = 0x2026_1122_u64;
    for _ in 0..instants {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let ts = BEGIN_NS + random % (now - BEGIN_NS);
        let start = monotonic_ns();
        let found = Replay::at(Arc::clone(&storage), ReplayOptions { digests: false, ..ReplayOptions::default() }, ts)?;
        let ns = monotonic_ns() - start;
        if !found.is_exact() {
            return Err("a book is not what was live".into());
        }
        histogram.saturating_record(ns.max(1));
        times.push(ns as f64 / 1e6);
    }
    Ok(json!({
        "blocks": { "replay": replayed, "undigested": plain, "unpacked": open_segments, "memory": memory, "book_at": times },
        "book_at_hdr": encode(&histogram)?,
        "frames": frames,
        "bytes": bytes,
        "checkpoints": checkpoints,
    }))
}
