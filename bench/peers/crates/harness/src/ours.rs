//! Tickring: the state machine into a ring in shared memory, and its parser alone.

use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use tickring_core::book::Book;
use tickring_core::event::Level;
use tickring_core::input::{Input, Instrument, Stamped, Symbol, TradingState, channel};
use tickring_core::machine::{Machine, MachineConfig, canonical_text};
use tickring_core::simd::{CodePath, Parser};
use tickring_core::venue::{KnownHead, Message, Read, Sides, VenueId, convert_levels};
use tickring_shm::{Clock, SegmentOptions, Writer};

use crate::corpus::{Corpus, TextLevel};
use crate::protocol::{Contender, Entrant};
use crate::{TOP_LEVELS, Top};

const INSTRUMENT: u32 = 1;
const CONNECTION: u16 = 1;

/// A folder in shared memory that goes when it is dropped.
struct Root(PathBuf);

impl Drop for Root {
    fn drop(&mut self) {
        // Nothing is left to do about a folder that cannot be removed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The whole path: bytes → validated, sequenced, in the book, every level in the ring, 20×2 in the latest slot.
pub struct Whole {
    machine: Machine,
    // Before its folder, so that it goes first.
    writer: Writer,
    _root: Root,
    ts_recv: u64,
}

fn definition(corpus: &Corpus) -> Instrument {
    // As the venue lists them: tick size 0.10 and 0.01, lot size 0.001.
    let tick_size = if corpus.symbol.starts_with("btc") { 10 } else { 1 };
    Instrument {
        id: INSTRUMENT,
        venue: VenueId::BinanceUsdm as u16,
        symbol: Symbol::new(&corpus.symbol.to_uppercase()).expect("invariant: symbols of the corpora are short"),
        price_exponent: -2,
        qty_exponent: -3,
        tick_size,
        lot_size: 1,
        state: TradingState::Trading,
        change_count: 0,
    }
}

impl Whole {
    /// With a ring of its own.
    pub fn new(code_path: CodePath) -> Result<Self, Box<dyn Error>> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Relaxed: a number that differs within this process is all that is wanted.
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = Root(PathBuf::from(format!("/dev/shm/tickring-peers-{}-{number}", std::process::id())));
        std::fs::create_dir(&root.0)?;
        let config = MachineConfig { snapshot_interval_ns: 0, instruments_max: 16, code_path, ..MachineConfig::default() };
        let options = SegmentOptions {
            root: root.0.clone(),
            name: "peers".to_owned(),
            shard: 0,
            epoch: 1,
            prev_epoch: 0,
            ring_bytes: 64 << 20,
            books_bytes: 16 << 20,
            instruments_max: config.instruments_max,
            depth: u16::try_from(config.depth)?,
            hardened: false,
        };
        Ok(Self { machine: Machine::new(config), writer: Writer::create(&options)?, _root: root, ts_recv: 0 })
    }

    #[inline]
    fn input(&mut self, input: Input<'_>) {
        self.writer.begin_input();
        self.machine.apply(&Stamped { ts_recv: self.ts_recv, input }, &mut self.writer);
    }
}

impl Contender for Whole {
    fn begin(&mut self, corpus: &Corpus) {
        let first = corpus.frames[0];
        // All frames arrive with the first one, and now is just after: years between a feed and its receiver would make records
        // take a form that live feeds never take. The clock is read all the same.
        self.ts_recv = first.ts_recv;
        self.writer.use_clock(Clock::standing(first.ts_recv + 1_000));
        if self.machine.slot(INSTRUMENT).is_some() {
            self.input(Input::Unsubscribe { instrument: INSTRUMENT });
        }
        self.input(Input::Instrument(&definition(corpus)));
        self.input(Input::Connect { connection: CONNECTION, venue: VenueId::BinanceUsdm as u16 });
        self.input(Input::Subscribe { connection: CONNECTION, instrument: INSTRUMENT, channels: channel::BOOK });
        self.input(Input::DepthSnapshot { instrument: INSTRUMENT, bytes: corpus.snapshot.as_bytes() });
        while self.machine.take_request().is_some() {}
    }

    #[inline]
    fn frame(&mut self, bytes: &[u8]) {
        self.input(Input::Frame { connection: CONNECTION, bytes });
    }

    fn top(&self) -> Option<Top> {
        let (book, definition) = self.machine.book(0).zip(self.machine.instrument(0))?;
        let counters = self.machine.instrument_counters(0)?;
        let refused = (self.machine.counters().quarantined, self.writer.refused());
        assert!(counters.in_sync == 1 && refused == (0, 0), "book not in sync, or frames refused: {counters:?} {refused:?}");
        Some(top_of(book, (definition.price_exponent, definition.qty_exponent)))
    }
}

fn top_of(book: &Book, exponents: (i8, i8)) -> Top {
    let mut text = String::new();
    canonical_text(book, exponents.0, exponents.1, &mut text);
    let mut top = Top::default();
    for line in text.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let side = &mut top[usize::from(words[0] == "A")];
        if side.len() < TOP_LEVELS {
            side.push((words[1].to_owned(), words[2].to_owned()));
        }
    }
    top
}

/// The parser alone, fully validated: levels as mantissas at the instrument's exponents.
pub struct Parse {
    parser: Parser,
    known: KnownHead,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// Price and quantity exponent of both instruments.
const EXPONENTS: (i8, i8) = (-2, -3);

impl Parse {
    /// With room for large frames.
    pub fn new(path: CodePath) -> Self {
        let room = || Vec::with_capacity(8_192);
        Self { parser: Parser::new(path), known: KnownHead::default(), bids: room(), asks: room() }
    }

    /// What the machine does with a frame that its index cannot read.
    #[cold]
    fn scan(&mut self, bytes: &[u8]) {
        let message = match VenueId::BinanceUsdm.parse_frame(bytes) {
            Ok(Message::Depth(message)) => message,
            other => panic!("no depth frame: {other:?}"),
        };
        for (text, levels) in [(message.bids, &mut self.bids), (message.asks, &mut self.asks)] {
            convert_levels(text, EXPONENTS.0, EXPONENTS.1, levels).expect("invariant: exponents of the recording fit");
        }
        black_box((message.head.ids, &self.bids, &self.asks));
    }

    #[inline]
    fn indexed(&mut self, bytes: &[u8]) -> Option<()> {
        let Self { parser, known, bids, asks } = self;
        let indexed = parser.index(bytes)?;
        match VenueId::BinanceUsdm.parse_indexed(&indexed, known, |_| Some(EXPONENTS), &mut Sides { bids, asks })? {
            Read::Delta(head) => black_box((head.ids, head.ts_event, &*bids, &*asks)),
            Read::Other(other) => panic!("no depth frame: {other:?}"),
        };
        Some(())
    }
}

impl Contender for Parse {
    fn begin(&mut self, _corpus: &Corpus) {}

    #[inline]
    fn frame(&mut self, bytes: &[u8]) {
        if self.indexed(bytes).is_none() {
            self.scan(bytes);
        }
    }

    fn top(&self) -> Option<Top> {
        None
    }
}

/// The book alone: levels that were parsed beforehand, best prices looked at after every frame.
pub struct Levels {
    frames: Vec<(Vec<Level>, Vec<Level>)>,
    at: usize,
    book: Book,
    path: CodePath,
}

fn level((price, qty): &TextLevel) -> Level {
    let mantissa = |text: &str, decimals: usize| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{:0<decimals$}", fraction.trim_end_matches('0'));
        digits.parse().expect("invariant: the snapshot holds numbers of few decimals")
    };
    Level { price: mantissa(price, 2), qty: mantissa(qty, 3) }
}

impl Levels {
    /// Parses the whole corpus.
    pub fn new(corpus: &Corpus, path: CodePath) -> Self {
        let mut parse = Parse::new(path);
        let parsed = |frame| {
            parse.frame(corpus.bytes(frame));
            (parse.bids.clone(), parse.asks.clone())
        };
        Self { frames: corpus.frames.iter().map(parsed).collect(), at: 0, book: Book::on(path), path }
    }
}

impl Contender for Levels {
    fn begin(&mut self, corpus: &Corpus) {
        self.at = 0;
        self.book = Book::on(self.path);
        let side = |levels: &[TextLevel]| levels.iter().map(level).collect::<Vec<_>>();
        self.book.load(&side(&corpus.bids), &side(&corpus.asks));
    }

    #[inline]
    fn frame(&mut self, _bytes: &[u8]) {
        let (bids, asks) = &self.frames[self.at];
        self.at += 1;
        self.book.apply_all(bids, asks);
        black_box((self.book.best_bid(), self.book.best_ask()));
    }

    fn top(&self) -> Option<Top> {
        Some(top_of(&self.book, EXPONENTS))
    }
}

/// The code path that `TICKRING_CODE_PATH` names, or the best that the processor has.
fn code_path() -> Result<CodePath, Box<dyn Error>> {
    let Ok(name) = std::env::var("TICKRING_CODE_PATH") else { return Ok(CodePath::detect()) };
    let path = CodePath::from_name(&name).filter(|path| path.is_available());
    Ok(path.ok_or_else(|| format!("TICKRING_CODE_PATH={name} is no code path of this processor"))?)
}

/// All, under the names that the driver knows.
pub fn entrants(corpus: &Corpus) -> Result<Vec<Entrant>, Box<dyn Error>> {
    let path = code_path()?;
    Ok(vec![
        Entrant::new("tickring", Whole::new(path)?),
        Entrant::new("tickring-parse", Parse::new(path)),
        Entrant::new("tickring-levels", Levels::new(corpus, path)),
    ])
}
