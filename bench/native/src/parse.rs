//! PERFORMANCE row 2: the parser alone, with full validation: frame bytes → levels as mantissas.

use std::error::Error;
use std::hint::black_box;

use serde_json::json;
use tickring_core::event::Level;
use tickring_core::simd::{CodePath, Parser};
use tickring_core::venue::{KnownHead, Message, Read, Sides, VenueId, convert_levels};

use crate::blocks::{self, Size, Work};
use crate::clock::{TickScale, cpu_ns, ticks};
use crate::corpus::{Corpus, Item, ItemKind};
use crate::histogram::{encode, new_histogram};
use crate::options::Options;
use crate::rig::definition;
use crate::whole_path::{REFERENCE, STAMPED_PASSES, touch_pass, touch_reference};

/// Parses frames into its own memory.
#[derive(Debug)]
pub struct FrameParser {
    index: Parser,
    bids: Vec<Level>,
    asks: Vec<Level>,
    known: KnownHead,
    exponents: (i8, i8),
    /// Frames that the indexed reading gave to the scanner.
    pub scanned: u64,
}

impl FrameParser {
    /// One on the code path asked for, with room for any frame.
    pub fn new(options: &Options) -> Result<Self, Box<dyn Error>> {
        let definition = definition(1, "BTCUSDT");
        let room = || Vec::with_capacity(8_192);
        let exponents = (definition.price_exponent, definition.qty_exponent);
        Ok(Self {
            index: Parser::new(options.code_path()?),
            known: KnownHead::default(),
            bids: room(),
            asks: room(),
            exponents,
            scanned: 0,
        })
    }

    /// One frame, as the machine reads it; gives the number of its levels.
    #[inline]
    pub fn frame(&mut self, bytes: &[u8]) -> Result<usize, String> {
        let (venue, exponents) = (VenueId::BinanceUsdm, self.exponents);
        let sides = &mut Sides { bids: &mut self.bids, asks: &mut self.asks };
        let indexed = self.index.index(bytes);
        let read = indexed.and_then(|indexed| venue.parse_indexed(&indexed, &mut self.known, |_| Some(exponents), sides));
        if let Some(Read::Delta(head)) = read {
            black_box((&self.bids, &self.asks, head.ids));
            return Ok(self.bids.len() + self.asks.len());
        }
        self.scanned += 1;
        match venue.parse_frame(bytes) {
            Ok(Message::Depth(message)) => {
                for (text, levels) in [(message.bids, &mut self.bids), (message.asks, &mut self.asks)] {
                    convert_levels(text, exponents.0, exponents.1, levels).map_err(|error| format!("{error:?}"))?;
                }
                black_box((&self.bids, &self.asks, message.head.ids));
                Ok(self.bids.len() + self.asks.len())
            }
            other => Err(format!("no depth frame: {other:?}")),
        }
    }
}

impl FrameParser {
    /// Bids and asks of the frame before.
    pub fn levels(&self) -> (&[Level], &[Level]) {
        (&self.bids, &self.asks)
    }
}

fn frames(corpus: &Corpus) -> impl Iterator<Item = &Item> {
    corpus.items.iter().filter(|item| item.kind == ItemKind::Frame)
}

/// All frames once: ns and frames.
pub fn parse_pass(parser: &mut FrameParser, corpus: &Corpus) -> Result<(u64, u64), String> {
    let start = cpu_ns();
    let mut count = 0;
    for item in frames(corpus) {
        parser.frame(corpus.bytes(item))?;
        count += 1;
    }
    Ok((cpu_ns() - start, count))
}

/// Prints the code paths of the parser that this processor has.
pub fn code_paths() -> Result<(), Box<dyn Error>> {
    let paths: Vec<_> = CodePath::ALL.iter().filter(|path| path.is_available()).map(|path| path.name()).collect();
    println!("{}", json!({ "code_paths": paths }));
    Ok(())
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let pinned = options.pin();
    let corpus = options.load()?;
    let mut parser = FrameParser::new(options)?;
    let code_path = options.code_path()?.name();
    parse_pass(&mut parser, &corpus)?;
    let mut levels = 0;
    for item in frames(&corpus) {
        levels += parser.frame(corpus.bytes(item))?;
    }
    let size = if options.smoke { Size::SMOKE } else { Size::FULL };
    let mut works = [
        Work::new("parse", || parse_pass(&mut parser, &corpus).expect("invariant: these frames were parsed before")),
        Work::new("touch", || touch_pass(&corpus)),
    ];
    let series = blocks::run(&mut works, size);
    drop(works);
    let scale = TickScale::measure();
    let (mut all, mut reference, mut own) = (new_histogram()?, new_histogram()?, new_histogram()?);
    let (mut medians, mut touched) = (Vec::new(), Vec::new());
    for _ in 0..if options.smoke { 1 } else { STAMPED_PASSES } {
        own.reset();
        for item in frames(&corpus) {
            let bytes = corpus.bytes(item);
            let before = ticks();
            parser.frame(bytes)?;
            let span = scale.ns(ticks() - before);
            all.saturating_record(span);
            if REFERENCE.contains(&bytes.len()) {
                own.saturating_record(span);
            }
        }
        reference.add(&own)?;
        medians.push(own.value_at_quantile(0.5));
        touched.extend(touch_reference(&corpus));
    }
    eprintln!("parse on {code_path} {:.1} ns/frame, {levels} levels", blocks::median(&mut series[0].clone()));
    let report = json!({
        "corpus": corpus.describe(0),
        "code_path": code_path,
        "scanned": parser.scanned,
        "pinned": pinned,
        "levels": levels,
        "blocks": { "parse": series[0], "touch": series[1] },
        "all_hdr": encode(&all)?,
        "reference_hdr": encode(&reference)?,
        "reference_p50": medians,
        "reference_touch": touched,
    });
    println!("{report}");
    Ok(())
}
