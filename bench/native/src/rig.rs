//! A state machine over a real ring in shared memory, and what one pass of a recording over it needs.

use std::error::Error;
use std::path::{Path, PathBuf};

use tickring_core::counters::ShardCounters;
use tickring_core::digest::{Digested, Digests};
use tickring_core::input::{Input, Instrument, Stamped, Symbol, TradingState, channel};
use tickring_core::machine::{Machine, MachineConfig, canonical_text};
use tickring_core::simd::CodePath;
use tickring_core::validate::Rules;
use tickring_core::venue::VenueId;
use tickring_shm::{SegmentOptions, Writer};

use crate::corpus::{Corpus, Item, ItemKind, sha256_hex};
use crate::options::Options;

/// Name of the engine that the benches pretend to be.
pub const NAME: &str = "bench";

/// How the directories of benches begin, followed by pid and number.
const PREFIX: &str = "tickring-bench-";

const INSTRUMENT: u32 = 1;
const CONNECTION: u16 = 1;

/// A directory in shared memory that goes when it is dropped.
#[derive(Debug)]
pub struct Root(PathBuf);

impl Root {
    /// Makes it.
    pub fn create() -> Result<Self, Box<dyn Error>> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if number == 0 {
            sweep();
        }
        let path = PathBuf::from(format!("/dev/shm/{PREFIX}{}-{number}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What a writer in it is made with.
    pub fn segment(&self, instruments_max: u32, depth: u16) -> SegmentOptions {
        SegmentOptions {
            root: self.0.clone(),
            name: NAME.to_owned(),
            shard: 0,
            epoch: 1,
            prev_epoch: 0,
            ring_bytes: 64 << 20,
            books_bytes: 16 << 20,
            instruments_max,
            depth,
            hardened: false,
        }
    }
}

/// Removes what benches that were killed left behind: memory that nobody would miss until it is short.
fn sweep() {
    let Ok(entries) = std::fs::read_dir("/dev/shm") else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|rest| rest.split('-').next());
        if pid.and_then(|pid| pid.parse::<u32>().ok()).is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            // Another bench may sweep at the same time.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // Nothing is left to do about a directory that cannot be removed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// BTCUSDT futures as the venue lists them.
pub fn definition(id: u32, symbol: &str) -> Instrument {
    Instrument {
        id,
        venue: VenueId::BinanceUsdm as u16,
        symbol: Symbol::new(symbol).expect("invariant: symbols of the benches are short"),
        price_exponent: -2,
        qty_exponent: -3,
        tick_size: 10,
        lot_size: 1,
        state: TradingState::Trading,
        change_count: 0,
    }
}

/// Machine and ring. Fields in the order in which they go: the ring before its directory.
#[derive(Debug)]
pub struct Rig {
    machine: Machine,
    writer: Writer,
    root: Root,
    code_path: CodePath,
    /// When the frames of a pass arrive: all at its beginning, as in one chunk of a socket.
    ts_recv: u64,
    is_validated: bool,
}

impl Rig {
    /// One with nothing defined.
    pub fn new(options: &Options) -> Result<Self, Box<dyn Error>> {
        let code_path = options.code_path()?;
        let config = MachineConfig { snapshot_interval_ns: 0, instruments_max: 16, code_path, ..MachineConfig::default() };
        let root = Root::create()?;
        let depth = u16::try_from(config.depth)?;
        let mut writer = Writer::create(&root.segment(config.instruments_max, depth))?;
        // The counter, as the addon does.
        writer.use_clock(options.clock());
        let ts_recv = writer.now();
        Ok(Self { machine: Machine::new(config), writer, root, code_path, ts_recv, is_validated: false })
    }

    /// The same with the rules of validation that an engine has by default.
    pub fn validated(self) -> Self {
        Self { is_validated: true, ..self }
    }

    /// Where its ring is.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Code path in force.
    pub fn code_path(&self) -> &'static str {
        self.code_path.name()
    }

    fn input(&mut self, ts_recv: u64, input: Input<'_>) {
        self.writer.begin_input();
        self.machine.apply(&Stamped { ts_recv, input }, &mut self.writer);
    }

    /// One item, as the addon would hand it on.
    #[inline]
    pub fn apply(&mut self, item: &Item, bytes: &[u8]) {
        self.apply_at(self.ts_recv, item.kind, bytes);
    }

    /// One item, and the digest of what comes out.
    #[inline]
    pub fn apply_digested(&mut self, item: &Item, bytes: &[u8], digests: &mut Digests) {
        let input = match item.kind {
            ItemKind::Frame => Input::Frame { connection: CONNECTION, bytes },
            ItemKind::Snapshot => Input::DepthSnapshot { instrument: INSTRUMENT, bytes },
        };
        self.writer.begin_input();
        let stamped = Stamped { ts_recv: self.ts_recv, input };
        self.machine.apply(&stamped, &mut Digested { sink: &mut self.writer, digests });
    }

    /// When the frames of this pass arrive.
    pub const fn ts_recv(&self) -> u64 {
        self.ts_recv
    }

    /// One item with another receive time.
    #[inline]
    pub fn apply_at(&mut self, ts_recv: u64, kind: ItemKind, bytes: &[u8]) {
        let input = match kind {
            ItemKind::Frame => Input::Frame { connection: CONNECTION, bytes },
            ItemKind::Snapshot => Input::DepthSnapshot { instrument: INSTRUMENT, bytes },
        };
        self.input(ts_recv, input);
    }

    /// Forgets the book and brings it to life again from the corpus. Gives the index of the first frame after that.
    pub fn begin(&mut self, corpus: &Corpus) -> Result<usize, Box<dyn Error>> {
        self.ts_recv = self.writer.now();
        let ts_recv = self.ts_recv;
        if self.machine.slot(INSTRUMENT).is_some() {
            self.input(ts_recv, Input::Unsubscribe { instrument: INSTRUMENT });
        }
        self.input(ts_recv, Input::Instrument(&definition(INSTRUMENT, "BTCUSDT")));
        self.input(ts_recv, Input::Connect { connection: CONNECTION, venue: VenueId::BinanceUsdm as u16 });
        self.input(ts_recv, Input::Subscribe { connection: CONNECTION, instrument: INSTRUMENT, channels: channel::BOOK });
        if self.is_validated {
            self.input(ts_recv, Input::Rules { instrument: INSTRUMENT, rules: &Rules::default() });
        }
        for (index, item) in corpus.items.iter().enumerate() {
            self.apply(item, corpus.bytes(item));
            while self.machine.take_request().is_some() {}
            if self.machine.instrument_counters(0).is_some_and(|counters| counters.in_sync == 1) {
                return Ok(index + 1);
            }
        }
        Err("the book does not come to life within the corpus".into())
    }

    /// What the machine has counted.
    pub fn counters(&self) -> &ShardCounters {
        self.machine.counters()
    }

    /// SHA-256 of the book's canonical text, once the last frame is in it.
    pub fn book_sha256(&self) -> Result<String, Box<dyn Error>> {
        let (book, definition) =
            self.machine.book(0).zip(self.machine.instrument(0)).ok_or("no instrument was ever defined")?;
        let counters = self.machine.instrument_counters(0).ok_or("no instrument was ever defined")?;
        if counters.in_sync != 1 || self.machine.counters().quarantined != 0 || self.writer.refused() != 0 {
            return Err(format!("the book is not in sync after the corpus: {counters:?}").into());
        }
        let mut text = String::new();
        canonical_text(book, definition.price_exponent, definition.qty_exponent, &mut text);
        Ok(sha256_hex(text.as_bytes()))
    }
}
