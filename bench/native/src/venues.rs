//! What a frame of each venue costs: recordings of one recorder, side by side, through the parser alone and through the whole state
//! machine.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use serde_json::{Value, json};
use tickring_core::event::Level;
use tickring_core::input::{Input as MachineInput, Instrument, Stamped, Symbol, TradingState, channel};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::simd::{CodePath, Parser};
use tickring_core::sink::Discard;
use tickring_core::venue::{Convert, KnownHead, Message, Read, Sides, VenueId, convert_levels, convert_pair, convert_quote};

use crate::blocks::{self, Size, Work};
use crate::clock::cpu_ns;
use crate::corpus::captures;
use crate::options::Options;
use recording::{Extent, Input, Part, Recording, Spelling, Step};

mod recording;
mod respell;
/// The parser's tests own the writer of binary messages.
#[path = "../../../native/core/tests/sbe_support/mod.rs"]
mod sbe_support;
mod serve;

/// Exponents of a symbol that hold every number of a recording, so that nothing is widened.
type Exponents = fn(&[u8]) -> (i8, i8);

/// Those of all venues but one.
fn usual(_: &[u8]) -> (i8, i8) {
    (-8, -8)
}

/// Kraken's checksums are made of all decimals, which its listing tells.
fn of_kraken(symbol: &[u8]) -> (i8, i8) {
    let price = match symbol {
        b"XBT/CHF" | b"ETH/CHF" => -5,
        b"OMG/USD" | b"SC/EUR" | b"WAVES/EUR" => -6,
        b"KSM/XBT" | b"XMR/USD" => -8,
        _ => -9,
    };
    (price, -8)
}

/// One row of the table.
struct Row {
    name: &'static str,
    /// The recording's file.
    file: &'static str,
    /// The venue of a connection's address.
    venues: &'static [(&'static str, VenueId)],
    spelling: Spelling,
    exponents: Exponents,
}

const fn row(name: &'static str, file: &'static str, venues: &'static [(&'static str, VenueId)]) -> Row {
    Row { name, file, venues, spelling: Spelling::Own, exponents: usual }
}

const ROWS: &[Row] = &[
    row("Binance USDT-M", "BINANCE_FUTURES", &[("fstream", VenueId::BinanceUsdm)]),
    row("Binance COIN-M", "BINANCE_DELIVERY", &[("dstream", VenueId::BinanceCoinm)]),
    row("Binance spot", "BINANCE", &[("stream.binance", VenueId::BinanceSpot)]),
    Row {
        spelling: Spelling::SbeOfJson,
        ..row("Binance spot, as SBE", "BINANCE", &[("stream.binance", VenueId::BinanceSpot)])
    },
    row("Bybit", "BYBIT", &[("/linear", VenueId::BybitLinear), ("/spot", VenueId::BybitSpot)]),
    // One connection of all kinds of instruments, which are read alike.
    row("OKX, checksums of 2022", "OKX", &[("/v5/public", VenueId::OkxSpot)]),
    Row { spelling: Spelling::OkxOfToday, ..row("OKX, ids of today", "OKX", &[("/v5/public", VenueId::OkxSpot)]) },
    row("Deribit", "DERIBIT", &[("deribit", VenueId::Deribit)]),
    row("Coinbase", "COINBASE", &[("advanced-trade", VenueId::Coinbase)]),
    Row {
        spelling: Spelling::KrakenOfV1,
        exponents: of_kraken,
        ..row("Kraken, v1 respelled as v2", "KRAKEN", &[("ws.kraken", VenueId::KrakenSpot)])
    },
    row("Kraken futures", "KRAKEN_FUTURES", &[("futures.kraken", VenueId::KrakenFutures)]),
    Row {
        spelling: Spelling::BackpackOfBinance,
        ..row("Backpack, of Binance's levels", "BINANCE_FUTURES", &[("fstream", VenueId::Backpack)])
    },
];

/// Levels and numbers read outside of a machine.
struct Reading {
    parser: Parser,
    exponents: Exponents,
    bids: Vec<Level>,
    asks: Vec<Level>,
    /// Frames left to the scanner.
    scanned: u64,
}

impl Reading {
    fn new(code_path: CodePath, exponents: Exponents) -> Self {
        let room = || Vec::with_capacity(65_536);
        Self { parser: Parser::new(code_path), exponents, bids: room(), asks: room(), scanned: 0 }
    }

    /// As the machine reads a frame.
    fn frame(&mut self, venue: VenueId, known: &mut KnownHead, frame: &[u8]) -> Result<(), String> {
        let exponents = self.exponents;
        let sides = &mut Sides { bids: &mut self.bids, asks: &mut self.asks };
        let indexed = self.parser.index(frame);
        let read = indexed.and_then(|indexed| venue.parse_indexed(&indexed, known, |symbol| Some(exponents(symbol)), sides));
        let message = match read {
            Some(Read::Delta(head) | Read::Snapshot(head)) => {
                black_box((&self.bids, &self.asks, head.ids));
                return Ok(());
            }
            Some(Read::Other(message)) => message,
            None => {
                self.scanned += 1;
                venue.parse_frame(frame).map_err(|reject| format!("{reject:?}"))?
            }
        };
        self.numbers(&message).map_err(|error| format!("{error:?}"))
    }

    fn body(&mut self, venue: VenueId, body: &[u8]) -> Result<(), String> {
        let book = venue.parse_snapshot(body).map_err(|reject| format!("{reject:?}"))?;
        let (price, qty) = usual(b"");
        for (text, out) in [(book.bids, &mut self.bids), (book.asks, &mut self.asks)] {
            convert_levels(text, price, qty, out).map_err(|error| format!("{error:?}"))?;
        }
        black_box((&self.bids, &self.asks));
        Ok(())
    }

    /// The numbers of a message.
    fn numbers(&mut self, message: &Message<'_>) -> Result<(), Convert> {
        let (price, qty) = usual(b"");
        match message {
            Message::Depth(message) | Message::Snapshot(message) => {
                let (price, qty) = (self.exponents)(message.head.symbol);
                convert_levels(message.bids, price, qty, &mut self.bids)?;
                convert_levels(message.asks, price, qty, &mut self.asks)?;
            }
            Message::Trade(trade) => drop(black_box(convert_pair(trade.price, trade.qty, price, qty)?)),
            Message::Trades(rows) => {
                let mut last = Ok(Level::default());
                rows.each(|trade| {
                    last = convert_pair(trade.price, trade.qty, price, qty);
                    Ok(())
                })
                .map_err(Convert::Reject)?;
                black_box(last?);
            }
            Message::Quote(quote) => drop(black_box(convert_quote(quote, price, qty)?)),
            Message::Ticker(rows) | Message::Liquidated(rows) | Message::Figures(rows) => {
                rows.each(|message| {
                    black_box(message);
                    Ok(())
                })
                .map_err(Convert::Reject)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// All that counts, read and its numbers converted, as the machine does it: ns, and bytes.
fn parse(recording: &Recording, extent: Extent, reading: &mut Reading) -> Result<(u64, u64), String> {
    let mut lines: Vec<(VenueId, KnownHead)> = Vec::new();
    let start = cpu_ns();
    for step in recording.steps.iter().take(extent.steps) {
        match &step.input {
            Input::Connect { venue, .. } => lines.push((*venue, KnownHead::default())),
            Input::Frame { connection, bytes } if step.counts => {
                let (venue, known) = lines.get_mut(usize::from(*connection) - 1).ok_or("a frame of no connection")?;
                reading.frame(*venue, known, bytes)?;
            }
            Input::Body { venue, bytes, .. } if step.counts => reading.body(*venue, bytes)?,
            _ => {}
        }
    }
    Ok((cpu_ns() - start, extent.bytes))
}

/// All inputs into a machine of its own: ns of those that count, and their bytes.
fn pass(recording: &Recording, extent: Extent, code_path: CodePath) -> Result<(u64, u64), String> {
    let mut machine = Machine::new(MachineConfig { code_path, instruments_max: 64, ..MachineConfig::default() });
    let (mut spent, mut since) = (0, None);
    for Step { ts_recv, input, counts } in recording.steps.iter().take(extent.steps) {
        // A system call, where it changes alone.
        since = match (since, *counts) {
            (None, true) => Some(cpu_ns()),
            (Some(start), false) => {
                spent += cpu_ns() - start;
                None
            }
            (since, _) => since,
        };
        apply(recording, &mut machine, *ts_recv, input)?;
    }
    spent += since.map_or(0, |start| cpu_ns() - start);
    let counters = machine.counters();
    if counters.book_deltas == 0 || counters.gaps > 0 || counters.checksum_mismatches > 0 {
        return Err(format!("the books did not follow: {counters:?}"));
    }
    Ok((spent, extent.bytes))
}

/// Parser and machine.
fn both<'r>(name: &'static str, recording: &'r Recording, extent: Extent, code_path: CodePath) -> [Work<'r>; 2] {
    let mut reading = Reading::new(code_path, recording.exponents);
    [
        Work::new(name, move || parse(recording, extent, &mut reading).expect("invariant: it was read before")),
        Work::new(name, move || pass(recording, extent, code_path).expect("invariant: it was replayed before")),
    ]
}

#[inline]
fn apply(recording: &Recording, machine: &mut Machine, ts_recv: u64, input: &Input) -> Result<(), String> {
    let mut apply = |input: MachineInput<'_>| {
        let rejected = machine.apply(&Stamped { ts_recv, input }, &mut Discard).rejected;
        while machine.take_request().is_some() {}
        rejected.map_or(Ok(()), |reject| Err(format!("{reject:?}")))
    };
    match input {
        Input::Connect { connection, venue, .. } => {
            apply(MachineInput::Connect { connection: *connection, venue: *venue as u16 })?;
            for (instrument, (of, symbol, line)) in (1_u32..).zip(&recording.instruments) {
                if line != connection {
                    continue;
                }
                let channels = channel::BOOK | channel::TRADE | channel::QUOTE;
                apply(MachineInput::Instrument(&definition(instrument, *of, symbol, recording.exponents)))?;
                apply(MachineInput::Subscribe { connection: *connection, instrument, channels })?;
            }
            Ok(())
        }
        Input::Frame { connection, bytes } => apply(MachineInput::Frame { connection: *connection, bytes }),
        Input::Body { symbol, bytes, .. } => {
            let at = recording.instruments.iter().position(|(_, known, _)| known == symbol);
            let Some(instrument) = at.and_then(|at| u32::try_from(at + 1).ok()) else { return Ok(()) };
            apply(MachineInput::DepthSnapshot { instrument, bytes })
        }
    }
}

fn definition(id: u32, venue: VenueId, symbol: &str, exponents: Exponents) -> Instrument {
    let (price_exponent, qty_exponent) = exponents(symbol.as_bytes());
    Instrument {
        id,
        venue: venue as u16,
        symbol: Symbol::new(symbol).expect("invariant: a recorded symbol is short"),
        price_exponent,
        qty_exponent,
        tick_size: 0,
        lot_size: 0,
        state: TradingState::Trading,
        change_count: 0,
    }
}

/// The subcommand: `venues [NAME…]`, where a name is part of a row's, beside Binance USDT-M; `venues serve`; `venues frames FOLDER`.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if let [word, folder] = options.rest.as_slice()
        && word == "frames"
    {
        return serve::write_frames(Path::new(folder));
    }
    let pinned = options.pin();
    let code_path = options.code_path()?;
    if options.rest == ["serve"] {
        return serve::serve(code_path);
    }
    let mut recordings = Vec::new();
    for row in ROWS {
        let path = captures().join(format!("cryptofeed_v3/{}.jsonl.zst", row.file));
        let is_wanted = options.rest.is_empty() || options.rest.iter().any(|part| row.name.contains(part.as_str()));
        if !path.exists() || !is_wanted && !recordings.is_empty() {
            continue;
        }
        for part in Part::ALL {
            recordings.push((row.name, part, Recording::load(&path, row, part)?));
        }
    }
    let mut works = Vec::new();
    let mut scanned = Vec::new();
    // Of the first row a pass as long as each one's that is shorter: a machine's first frames are slower than later ones.
    let mut compared = Vec::new();
    for (name, part, recording) in &recordings {
        let within = |error: String| format!("{name}, {}: {error}", part.name());
        let extent = recording.whole();
        let mut reading = Reading::new(code_path, recording.exponents);
        parse(recording, extent, &mut reading).map_err(within)?;
        scanned.push(reading.scanned);
        pass(recording, extent, code_path).map_err(within)?;
        works.extend(both(name, recording, extent, code_path));
        let reference = recordings.iter().find(|(_, of, _)| of == part).map(|(_, _, reference)| reference);
        let shorter = reference.filter(|reference| *part != Part::Whole && extent.frames < reference.frames);
        compared.push(shorter.map(|_| works.len()));
        if let Some(reference) = shorter {
            works.extend(both(name, reference, reference.first(extent.frames), code_path));
        }
    }
    let size = if options.smoke { Size::SMOKE } else { Size { blocks: 20, block_ns: 30_000_000 } };
    let series = blocks::run(&mut works, size);
    drop(works);
    let mut own = 0;
    let mut rows: Vec<Value> = Vec::new();
    for (((name, part, recording), scanned), compared) in recordings.iter().zip(scanned).zip(compared) {
        let (frames, bytes, levels) = (recording.frames, recording.bytes, recording.levels);
        let reference = compared.map(|at| json!({ "parse": series[at], "machine": series[at + 1] }));
        rows.push(json!({
            "recording": name, "part": part.name(), "frames": frames, "bytes": bytes, "levels": levels, "scanned": scanned,
            "parse": series[own], "machine": series[own + 1], "reference": reference,
        }));
        own += if compared.is_some() { 4 } else { 2 };
    }
    println!("{}", json!({ "code_path": code_path.name(), "pinned": pinned, "rows": rows }));
    Ok(())
}
