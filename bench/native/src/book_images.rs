//! What images of whole books cost the writer, with 1, 100 and 1,000 instruments in one shard, and what a join costs a reader.

use std::cell::RefCell;
use std::error::Error;

use hdrhistogram::Histogram;
use serde_json::json;
use tickring_core::input::{Input, Stamped, channel};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::venue::VenueId;
use tickring_shm::{BookBuilder, BookState, Reader, SegmentOptions, Writer};

use crate::blocks::{self, Size, Work, median};
use crate::clock::{TickScale, cpu_ns, ticks};
use crate::corpus::{Corpus, ItemKind};
use crate::histogram::{encode, new_histogram};
use crate::options::Options;
use crate::rig::{NAME, Root, definition};

/// Numbers of instruments.
const INSTRUMENTS: [u32; 3] = [1, 100, 1_000];
/// Frames between two looks at the clock of CPU time, at least.
const FRAMES: u64 = 2_000;
/// Joins of a reader for each number of instruments.
const JOINS: u64 = 200;
/// Room for images of an instrument: twice as many levels as the recording's book ever has, or an old and a new image.
const IMAGE_BYTES: u64 = 256 << 10;
const CONNECTION: u16 = 1;

/// As long as the recorded symbol, so that it can be put in its place.
fn symbol(id: u32) -> String {
    format!("S{id:06}")
}

/// A machine over a ring, and the recording for each of its instruments.
struct Shard<'a> {
    machine: Machine,
    writer: Writer,
    root: Root,
    corpus: &'a Corpus,
    instruments: u32,
    /// The frame that all instruments get next, and where its symbol is.
    frame: Vec<u8>,
    next: usize,
    first: usize,
    ts_recv: u64,
}

impl<'a> Shard<'a> {
    fn new(options: &Options, corpus: &'a Corpus, instruments: u32, images: bool) -> Result<Self, Box<dyn Error>> {
        let code_path = options.code_path()?;
        let config =
            MachineConfig { snapshot_interval_ns: 0, instruments_max: instruments, code_path, ..MachineConfig::default() };
        let root = Root::create()?;
        let segment = root.segment(instruments, u16::try_from(config.depth)?);
        let books_bytes = if images { u64::from(instruments) * IMAGE_BYTES } else { 0 };
        let mut writer = Writer::create(&SegmentOptions { books_bytes, ..segment })?;
        writer.use_clock(options.clock());
        let ts_recv = writer.now();
        let machine = Machine::new(config);
        let mut shard = Self { machine, writer, root, corpus, instruments, frame: Vec::new(), next: 0, first: 0, ts_recv };
        shard.begin()?;
        Ok(shard)
    }

    fn input(&mut self, input: Input<'_>) {
        self.writer.begin_input();
        self.machine.apply(&Stamped { ts_recv: self.ts_recv, input }, &mut self.writer);
        while self.machine.take_request().is_some() {}
    }

    /// Brings all books to life from the corpus.
    fn begin(&mut self) -> Result<(), Box<dyn Error>> {
        let corpus = self.corpus;
        self.ts_recv = self.writer.now();
        self.input(Input::Connect { connection: CONNECTION, venue: VenueId::BinanceUsdm as u16 });
        for id in 1..=self.instruments {
            if self.machine.slot(id).is_some() {
                self.input(Input::Unsubscribe { instrument: id });
            }
            self.input(Input::Instrument(&definition(id, &symbol(id))));
            self.input(Input::Subscribe { connection: CONNECTION, instrument: id, channels: channel::BOOK });
            let in_sync = |machine: &Machine| machine.instrument_counters(id - 1).is_some_and(|of| of.in_sync == 1);
            for (index, item) in corpus.items.iter().enumerate() {
                let bytes = corpus.bytes(item);
                match item.kind {
                    ItemKind::Snapshot => self.input(Input::DepthSnapshot { instrument: id, bytes }),
                    ItemKind::Frame => self.frame(id, bytes),
                }
                if in_sync(&self.machine) {
                    self.first = index + 1;
                    break;
                }
            }
            if !in_sync(&self.machine) {
                return Err("a book does not come to life within the corpus".into());
            }
        }
        self.next = self.first;
        Ok(())
    }

    fn frame(&mut self, id: u32, bytes: &[u8]) {
        let mut frame = std::mem::take(&mut self.frame);
        frame.clear();
        frame.extend_from_slice(bytes);
        if let Some(at) = place_of_symbol(&frame) {
            frame[at..at + 7].copy_from_slice(symbol(id).as_bytes());
        }
        self.input(Input::Frame { connection: CONNECTION, bytes: &frame });
        self.frame = frame;
    }

    /// The next frames of the recording, each to every instrument; ns of CPU time and number of frames. `each` is around every
    /// one.
    fn pass(&mut self, frames: u64, mut each: impl FnMut(&mut dyn FnMut())) -> Result<(u64, u64), Box<dyn Error>> {
        let corpus = self.corpus;
        let (mut spent, mut count) = (0, 0);
        let names: Vec<_> = (1..=self.instruments).map(symbol).collect();
        while count < frames {
            if self.next == corpus.items.len() {
                self.begin()?;
            }
            let mut frame = std::mem::take(&mut self.frame);
            frame.clear();
            frame.extend_from_slice(corpus.bytes(&corpus.items[self.next]));
            self.next += 1;
            let at = place_of_symbol(&frame).ok_or("a frame without a symbol")?;
            let start = cpu_ns();
            for name in &names {
                frame[at..at + 7].copy_from_slice(name.as_bytes());
                each(&mut || self.input(Input::Frame { connection: CONNECTION, bytes: &frame }));
            }
            spent += cpu_ns() - start;
            count += names.len() as u64;
            self.frame = frame;
        }
        Ok((spent, count))
    }

    /// Images and levels in them, so far.
    fn images(&mut self) -> Result<[u64; 3], Box<dyn Error>> {
        self.writer.heartbeat();
        let [.., images, levels, refused] = Reader::open(self.root.path(), NAME, 0)?.ring_counters();
        Ok([images, levels, refused])
    }

    /// ns of CPU time of readers that open between frames, each until it has its book; and until it has it once more, as after a
    /// lap, where the memory is mapped already.
    fn joins(&mut self, count: u64) -> Result<[Histogram<u64>; 2], Box<dyn Error>> {
        let [mut spent, mut again] = [new_histogram()?, new_histogram()?];
        for number in 0..count {
            // Some thousandths of a ring further each time.
            self.pass(1 + number * 397 % 4_001, |apply| apply())?;
            let slot = (number * 7_919 % u64::from(self.instruments)) as u32;
            let start = cpu_ns();
            let reader = Reader::open(self.root.path(), NAME, 0)?;
            let mut builder = BookBuilder::new(&reader, slot);
            let joined = cpu_ns();
            spent.saturating_record(joined - start);
            builder.join(&reader);
            again.saturating_record(cpu_ns() - joined);
            let same = self.machine.book(slot) == Some(builder.book());
            if builder.state() != BookState::Live || !same {
                return Err(format!("slot {slot}: {:?}, the machine's book: {same}", builder.state()).into());
            }
        }
        Ok([spent, again])
    }
}

fn place_of_symbol(frame: &[u8]) -> Option<usize> {
    frame.windows(5).position(|window| window == b"\"s\":\"").map(|at| at + 5)
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let pinned = options.pin();
    let corpus = options.load()?;
    let (most, joins) = if options.smoke { (3, 3) } else { (u32::MAX, JOINS) };
    let scale = TickScale::measure();
    let mut rows = Vec::new();
    for instruments in INSTRUMENTS.map(|count| count.min(most)) {
        let made = |images| Shard::new(options, &corpus, instruments, images).map(RefCell::new);
        let (with, without) = (made(true)?, made(false)?);
        let failure = RefCell::new(None);
        let pass = |shard: &RefCell<Shard<'_>>| {
            shard.borrow_mut().pass(FRAMES, |apply| apply()).unwrap_or_else(|error| {
                failure.borrow_mut().get_or_insert(error);
                (1, 1)
            })
        };
        let before = with.borrow_mut().images()?;
        let mut works = [Work::new("with", || pass(&with)), Work::new("without", || pass(&without))];
        let series = blocks::run(&mut works, if options.smoke { Size::SMOKE } else { Size::FULL });
        drop(works);
        if let Some(failure) = failure.into_inner() {
            return Err(failure);
        }
        let images = with.borrow_mut().images()?;
        let mut stamped = [new_histogram()?, new_histogram()?];
        for (shard, histogram) in [&with, &without].into_iter().zip(&mut stamped) {
            let frames = if options.smoke { 100 } else { 200_000 };
            shard.borrow_mut().pass(frames, |apply| {
                let before = ticks();
                apply();
                histogram.saturating_record(scale.ns(ticks() - before));
            })?;
        }
        let joined = with.borrow_mut().joins(joins)?;
        let (mut a, mut b) = (series[0].clone(), series[1].clone());
        let [written, levels, refused] = [0, 1, 2].map(|at| images[at] - before[at]);
        eprintln!(
            "{instruments:>5} instruments: {:.0} ns a frame, {:.0} without images; {written} images of {} levels, {refused} refused",
            median(&mut a),
            median(&mut b),
            levels / written.max(1)
        );
        for (name, histogram) in ["with", "without"].iter().zip(&stamped) {
            let at = |quantile| histogram.value_at_quantile(quantile);
            eprintln!("      {name:>8}: p50 {} p99 {} p99.9 {} max {} ns", at(0.5), at(0.99), at(0.999), histogram.max());
        }
        for (name, histogram) in ["join", "again"].iter().zip(&joined) {
            let at = |quantile| histogram.value_at_quantile(quantile) / 1_000;
            eprintln!("      {name:>8}: p50 {} p99 {} max {} us of CPU time", at(0.5), at(0.99), histogram.max() / 1_000);
        }
        rows.push(json!({
            "instruments": instruments, "with": series[0], "without": series[1],
            "images": written, "levels": levels, "refused": refused,
            "with_hdr": encode(&stamped[0])?, "without_hdr": encode(&stamped[1])?, "join_hdr": encode(&joined[0])?, "again_hdr": encode(&joined[1])?,
        }));
    }
    println!("{}", json!({ "rows": rows, "pinned": pinned }));
    Ok(())
}
