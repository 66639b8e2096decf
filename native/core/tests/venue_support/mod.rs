//! Recordings of JSON lines `header`, `http`, `connect`, `send`, `recv`, through the machine and through a plain model of the same
//! books, made of other code: `serde_json` and two maps.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tickring_core::book::canonical_text;
use tickring_core::event::Level;
use tickring_core::input::{Input, Instrument, Stamped, Symbol, TradingState, channel};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::simd::CodePath;
use tickring_core::sink::Sink;
use tickring_core::venue::{DepthMessage, Message, Read, VenueId, convert_levels};

/// Where the recordings are: `TICKRING_CAPTURES`, or beside the repository. Says so and gives `None` where they are missing; panics
/// there under CI, where a skipped test is a lie.
pub fn captures() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures");
    let path = std::env::var_os("TICKRING_CAPTURES").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    if path.join("cryptofeed_v3").is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "no recordings at {}: set TICKRING_CAPTURES", path.display());
    println!("SKIPPED: no recordings at {}", path.display());
    None
}

/// One recorded line that is of use.
pub struct Line {
    pub ts_recv: u64,
    pub connection: String,
    /// Address of a `connect` or `http` line; empty for a frame.
    pub address: String,
    pub is_frame: bool,
    pub data: String,
}

/// The lines of a file, in its order.
pub fn lines(captures: &Path, name: &str) -> Vec<Line> {
    let packed = std::fs::File::open(captures.join(format!("cryptofeed_v3/{name}.jsonl.zst"))).unwrap();
    let text = String::from_utf8(zstd::decode_all(packed).unwrap()).unwrap();
    let of = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let line = |text: &str| {
        let entry: Value = serde_json::from_str(text).unwrap();
        let address = match entry["t"].as_str().unwrap() {
            "http" => of(&entry, "url"),
            "connect" => of(&entry, "addr"),
            "recv" => String::new(),
            "header" | "send" => return None,
            other => panic!("{other}"),
        };
        let ts_recv = (entry["ts"].as_f64().unwrap() * 1e6) as u64 * 1_000;
        let is_frame = entry["t"] == "recv";
        Some(Line { ts_recv, connection: of(&entry, "conn"), address, is_frame, data: of(&entry, "data") })
    };
    text.lines().filter_map(line).collect()
}

/// What the oracle counted in a recording.
pub fn oracle_count(captures: &Path, name: &str, kind: &str) -> u64 {
    let text = std::fs::read_to_string(captures.join("oracle/cryptofeed_v3_expected_counts.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[name][kind].as_u64().unwrap()
}

/// Every code path of this host, or the one that `TICKRING_CODE_PATH` names.
pub fn code_paths() -> Vec<CodePath> {
    let Some(name) = std::env::var_os("TICKRING_CODE_PATH") else {
        return CodePath::ALL.iter().copied().filter(|path| path.is_available()).collect();
    };
    let named = name.to_str().and_then(CodePath::from_name).filter(|path| path.is_available());
    vec![named.unwrap_or_else(|| panic!("TICKRING_CODE_PATH={} is no code path of this host", name.display()))]
}

/// A book as a stranger would keep it: exact decimals as text without needless zeros, ordered by value.
#[derive(Clone, Debug, Default)]
pub struct PlainBook {
    sides: [BTreeMap<Decimal, String>; 2],
}

/// A positive decimal number that orders by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Decimal {
    whole_digits: usize,
    whole: String,
    fraction: String,
}

impl Decimal {
    fn of(text: &str) -> Self {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole = whole.trim_start_matches('0').to_owned();
        Self { whole_digits: whole.len(), whole, fraction: fraction.trim_end_matches('0').to_owned() }
    }

    fn text(&self) -> String {
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        if self.fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{}", self.fraction) }
    }
}

impl PlainBook {
    pub fn clear(&mut self) {
        self.sides = Default::default();
    }

    /// Sets a level; bids are side 0, asks side 1.
    pub fn set(&mut self, side: usize, price: &str, qty: &str) {
        let qty = Decimal::of(qty).text();
        if qty == "0" {
            self.sides[side].remove(&Decimal::of(price));
        } else {
            self.sides[side].insert(Decimal::of(price), qty);
        }
    }

    /// As [`canonical_text`] writes it.
    pub fn text(&self) -> String {
        let bids = self.sides[0].iter().rev().map(|(price, qty)| format!("B {} {qty}\n", price.text()));
        let asks = self.sides[1].iter().map(|(price, qty)| format!("A {} {qty}\n", price.text()));
        bids.chain(asks).collect()
    }

    pub fn best(&self) -> [Option<String>; 2] {
        [self.sides[0].last_key_value(), self.sides[1].first_key_value()].map(|level| Some(level?.0.text()))
    }
}

/// A machine that is told of a recording's connections and symbols before their first frame.
pub struct Replay {
    pub machine: Machine,
    connections: Vec<(String, VenueId)>,
    tick: u64,
}

impl Replay {
    pub fn new(code_path: CodePath) -> Self {
        let machine = Machine::new(MachineConfig { code_path, ..MachineConfig::default() });
        Self { machine, connections: Vec::new(), tick: 0 }
    }

    fn apply<S: Sink>(&mut self, ts_recv: u64, input: Input<'_>, sink: &mut S) {
        let outcome = self.machine.apply(&Stamped { ts_recv, input }, sink);
        assert_eq!(outcome.rejected, None, "{input:?}");
    }

    /// Opens a connection that carries all channels of these symbols.
    pub fn connect<S: Sink>(&mut self, line: &Line, venue: VenueId, symbols: &[&str], sink: &mut S) {
        self.connect_channels(line, venue, symbols, true, sink);
    }

    /// The same, where the symbols may be those of another connection, from which this one takes their channels.
    pub fn connect_channels<S: Sink>(&mut self, line: &Line, venue: VenueId, symbols: &[&str], defines: bool, sink: &mut S) {
        self.connections.push((line.connection.clone(), venue));
        let connection = u16::try_from(self.connections.len()).unwrap();
        self.apply(line.ts_recv, Input::Connect { connection, venue: venue as u16 }, sink);
        for symbol in symbols {
            if !defines {
                let instrument = self.slot(venue, symbol) + 1;
                self.apply(line.ts_recv, Input::Subscribe { connection, instrument, channels: channel::EVERY }, sink);
                continue;
            }
            let instrument = self.machine.instruments_len() + 1;
            let definition = Instrument {
                id: instrument,
                venue: venue as u16,
                symbol: Symbol::new(symbol).unwrap(),
                price_exponent: -2,
                qty_exponent: -3,
                tick_size: 0,
                lot_size: 0,
                state: TradingState::Trading,
                change_count: 0,
            };
            self.apply(line.ts_recv, Input::Instrument(&definition), sink);
            self.apply(line.ts_recv, Input::Subscribe { connection, instrument, channels: channel::EVERY }, sink);
        }
    }

    /// The venue of a frame's connection.
    pub fn venue_of(&self, line: &Line) -> VenueId {
        self.connections.iter().find(|(name, _)| *name == line.connection).unwrap().1
    }

    /// Hands over a frame, and the ticks before it.
    pub fn frame<S: Sink>(&mut self, line: &Line, sink: &mut S) {
        let at = self.connections.iter().position(|(name, _)| *name == line.connection).unwrap();
        self.tick = if self.tick == 0 { line.ts_recv } else { self.tick };
        while self.tick + 100_000_000 <= line.ts_recv {
            self.tick += 100_000_000;
            self.apply(self.tick, Input::Tick, sink);
        }
        let connection = u16::try_from(at + 1).unwrap();
        self.apply(line.ts_recv, Input::Frame { connection, bytes: line.data.as_bytes() }, sink);
    }

    /// Hands over the body of a depth snapshot.
    pub fn snapshot<S: Sink>(&mut self, line: &Line, venue: VenueId, symbol: &str, sink: &mut S) {
        let instrument = self.slot(venue, symbol) + 1;
        self.apply(line.ts_recv, Input::DepthSnapshot { instrument, bytes: line.data.as_bytes() }, sink);
    }

    /// Slot of a symbol of this venue.
    pub fn slot(&self, venue: VenueId, symbol: &str) -> u32 {
        let is = |slot: &u32| {
            let definition = self.machine.instrument(*slot).unwrap();
            definition.venue == venue as u16 && definition.symbol.as_str() == symbol
        };
        (0..self.machine.instruments_len()).find(is).unwrap()
    }

    /// Canonical text of a book.
    pub fn text(&self, slot: u32) -> String {
        let definition = self.machine.instrument(slot).unwrap();
        let mut text = String::new();
        canonical_text(self.machine.book(slot).unwrap(), definition.price_exponent, definition.qty_exponent, &mut text);
        text
    }
}

/// What the indexed parser said of a frame, in a form that compares.
pub fn said(read: Read<'_>, bids: &[Level], asks: &[Level]) -> String {
    match read {
        Read::Delta(head) => format!("delta {head:?} {bids:?} {asks:?}"),
        Read::Snapshot(head) => format!("snapshot {head:?} {bids:?} {asks:?}"),
        Read::Other(message) => format!("{message:?}"),
    }
}

/// The same from the scanner.
pub fn scanned(venue: VenueId, frame: &str, exponents: (i8, i8)) -> String {
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    let mut levels = |message: &DepthMessage<'_>| {
        convert_levels(message.bids, exponents.0, exponents.1, &mut bids).unwrap();
        convert_levels(message.asks, exponents.0, exponents.1, &mut asks).unwrap();
    };
    match venue.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}")) {
        Message::Depth(message) => {
            levels(&message);
            said(Read::Delta(message.head), &bids, &asks)
        }
        Message::Snapshot(message) => {
            levels(&message);
            said(Read::Snapshot(message.head), &bids, &asks)
        }
        message => format!("{message:?}"),
    }
}
