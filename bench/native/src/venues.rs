//! What a frame of each venue costs: recordings of one recorder, side by side, through the parser alone and through the whole state
//! machine.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use serde_json::{Value, json};
use tickring_core::event::Level;
use tickring_core::input::{Input, Instrument, Stamped, Symbol, TradingState, channel};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::simd::{CodePath, INDEXED_BYTES_MAX, Parser};
use tickring_core::sink::Discard;
use tickring_core::venue::{Convert, KnownHead, Message, Read, Sides, VenueId, convert_levels, convert_pair, convert_quote};

use crate::blocks::{self, Size, Work};
use crate::clock::cpu_ns;
use crate::corpus::captures;
use crate::options::Options;

const EXPONENTS: (i8, i8) = (-8, -8);

/// Recordings: name of the file, and the venue of a connection's address.
const RECORDINGS: &[(&str, &[(&str, VenueId)])] = &[
    ("BINANCE_FUTURES", &[("fstream", VenueId::BinanceUsdm)]),
    ("BINANCE_DELIVERY", &[("dstream", VenueId::BinanceCoinm)]),
    ("BYBIT", &[("/linear", VenueId::BybitLinear), ("/spot", VenueId::BybitSpot)]),
    // One connection of all kinds of instruments, which are read alike.
    ("OKX", &[("/v5/public", VenueId::OkxSpot)]),
    ("DERIBIT", &[("deribit", VenueId::Deribit)]),
    ("COINBASE", &[("advanced-trade", VenueId::Coinbase)]),
];

/// One recorded input.
enum Step {
    Connect { connection: u16, venue: VenueId },
    Frame { connection: u16, bytes: Vec<u8> },
    Body { symbol: String, bytes: Vec<u8> },
}

struct Recording {
    steps: Vec<(u64, Step)>,
    /// Venue, symbol and connection of each instrument, which has the number of its place, from 1.
    instruments: Vec<(VenueId, String, u16)>,
    frames: u64,
    bytes: u64,
}

/// Whole books in one frame, Coinbase's of 2.5 and 5 MB, are no ordinary frames: read, and not counted.
fn is_long(frame: &[u8]) -> bool {
    frame.len() > INDEXED_BYTES_MAX
}

/// The same frame as the next one of its connection, where the venue counts messages: some of them are left out.
fn renumbered(frame: &[u8], messages: &mut u64) -> Vec<u8> {
    const NUMBER: &str = "\"sequence_num\":";
    let text = String::from_utf8_lossy(frame);
    let Some((head, rest)) = text.split_once(NUMBER) else { return frame.to_vec() };
    *messages += 1;
    format!("{head}{NUMBER}{messages}{}", rest.trim_start_matches(|digit: char| digit.is_ascii_digit())).into_bytes()
}

impl Recording {
    fn load(path: &Path, venues: &[(&str, VenueId)], books_only: bool) -> Result<Self, Box<dyn Error>> {
        let text = String::from_utf8(zstd::decode_all(std::fs::File::open(path)?)?)?;
        let mut recording = Self { steps: Vec::new(), instruments: Vec::new(), frames: 0, bytes: 0 };
        let mut connections: Vec<String> = Vec::new();
        let mut messages = 0;
        for line in text.lines() {
            let entry: Value = serde_json::from_str(line)?;
            let of = |name: &str| entry[name].as_str().unwrap_or_default();
            let ts_recv = (entry["ts"].as_f64().unwrap_or_default() * 1e6) as u64 * 1_000;
            let bytes = of("data").as_bytes().to_vec();
            let number = |connections: &[String]| connections.iter().position(|known| known == of("conn"));
            match of("t") {
                "connect" => {
                    let venue = venues.iter().find(|(part, _)| of("addr").contains(part)).ok_or("an address of no venue")?.1;
                    connections.push(of("conn").to_owned());
                    let connection = u16::try_from(connections.len())?;
                    recording.steps.push((ts_recv, Step::Connect { connection, venue }));
                }
                "http" if of("url").contains("/depth?") => {
                    let symbol = serde_json::from_slice::<Value>(&bytes)?["symbol"].as_str().map(str::to_owned);
                    let named = of("url").split("symbol=").nth(1).and_then(|rest| rest.split('&').next());
                    let symbol = symbol.or(named.map(str::to_owned)).ok_or("a body of no symbol")?;
                    recording.steps.push((ts_recv, Step::Body { symbol, bytes }));
                }
                "recv" => {
                    let books = ["\"depthUpdate\"", "\"orderbook.", "\"action\":\"", "\"channel\":\"book.", "\"l2_data\""];
                    let is_book = books.iter().any(|name| of("data").contains(name));
                    if books_only && !is_book {
                        continue;
                    }
                    let connection = u16::try_from(number(&connections).ok_or("a frame of no connection")? + 1)?;
                    recording.note(&bytes, connection, venues);
                    if !is_long(&bytes) {
                        recording.frames += 1;
                        recording.bytes += bytes.len() as u64;
                    }
                    let bytes = if books_only { renumbered(&bytes, &mut messages) } else { bytes };
                    recording.steps.push((ts_recv, Step::Frame { connection, bytes }));
                }
                _ => {}
            }
        }
        recording.steps.sort_by_key(|(ts_recv, _)| *ts_recv);
        Ok(recording)
    }

    /// Takes note of a symbol that is new.
    fn note(&mut self, frame: &[u8], connection: u16, venues: &[(&str, VenueId)]) {
        let connected = |(_, step): &(u64, Step)| match step {
            Step::Connect { connection: of, venue } if *of == connection => Some(*venue),
            _ => None,
        };
        let venue = self.steps.iter().find_map(connected).unwrap_or(venues[0].1);
        let text = String::from_utf8_lossy(frame);
        let keys = ["\"s\":\"", "\"symbol\":\"", "\"instId\":\"", "\"instrument_name\":\"", "\"product_id\":\""];
        let named = keys.iter().find_map(|key| text.split_once(key));
        let Some(symbol) = named.and_then(|(_, rest)| rest.split('"').next()) else { return };
        if !self.instruments.iter().any(|(of, known, _)| (*of, known.as_str()) == (venue, symbol)) {
            self.instruments.push((venue, symbol.to_owned(), connection));
        }
    }

    /// All frames read and their numbers converted, as the machine does it: ns, and the bytes of all frames.
    fn parse(&self, code_path: CodePath) -> Result<(u64, u64), String> {
        let mut parser = Parser::new(code_path);
        let (mut bids, mut asks) = (Vec::with_capacity(8_192), Vec::with_capacity(8_192));
        let mut lines: Vec<(VenueId, KnownHead)> = Vec::new();
        let start = cpu_ns();
        for (_, step) in &self.steps {
            match step {
                Step::Connect { venue, .. } => lines.push((*venue, KnownHead::default())),
                Step::Body { .. } => {}
                Step::Frame { bytes, .. } if is_long(bytes) => {}
                Step::Frame { connection, bytes } => {
                    let (venue, known) = lines.get_mut(usize::from(*connection) - 1).ok_or("a frame of no connection")?;
                    let sides = &mut Sides { bids: &mut bids, asks: &mut asks };
                    let indexed = parser.index(bytes);
                    let read = indexed.and_then(|indexed| venue.parse_indexed(&indexed, known, |_| Some(EXPONENTS), sides));
                    let message = match read {
                        Some(Read::Delta(head) | Read::Snapshot(head)) => {
                            black_box((&bids, &asks, head.ids));
                            continue;
                        }
                        Some(Read::Other(message)) => message,
                        None => venue.parse_frame(bytes).map_err(|reject| format!("{reject:?}"))?,
                    };
                    convert(&message, &mut bids, &mut asks).map_err(|error| format!("{error:?}"))?;
                }
            }
        }
        Ok((cpu_ns() - start, self.bytes))
    }

    /// All inputs into a machine of its own: ns, and the bytes of all frames. Books that are fetched do not count.
    fn pass(&self, code_path: CodePath) -> Result<(u64, u64), String> {
        let mut machine = Machine::new(MachineConfig { code_path, instruments_max: 64, ..MachineConfig::default() });
        let mut aside = 0;
        let start = cpu_ns();
        for (ts_recv, step) in &self.steps {
            let mut apply = |ts_recv, input: Input<'_>| {
                let rejected = machine.apply(&Stamped { ts_recv, input }, &mut Discard).rejected;
                while machine.take_request().is_some() {}
                rejected.map_or(Ok(()), |reject| Err(format!("{reject:?}")))
            };
            match step {
                Step::Connect { connection, venue } => {
                    let before = cpu_ns();
                    apply(*ts_recv, Input::Connect { connection: *connection, venue: *venue as u16 })?;
                    for (index, (of, symbol, line)) in (1_u32..).zip(&self.instruments) {
                        if line != connection {
                            continue;
                        }
                        let channels = channel::BOOK | channel::TRADE | channel::QUOTE;
                        apply(*ts_recv, Input::Instrument(&definition(index, *of, symbol)))?;
                        apply(*ts_recv, Input::Subscribe { connection: *connection, instrument: index, channels })?;
                    }
                    aside += cpu_ns() - before;
                }
                Step::Frame { connection, bytes } if is_long(bytes) => {
                    let before = cpu_ns();
                    apply(*ts_recv, Input::Frame { connection: *connection, bytes })?;
                    aside += cpu_ns() - before;
                }
                Step::Frame { connection, bytes } => apply(*ts_recv, Input::Frame { connection: *connection, bytes })?,
                Step::Body { symbol, bytes } => {
                    let at = self.instruments.iter().position(|(_, known, _)| known == symbol);
                    let Some(instrument) = at.and_then(|at| u32::try_from(at + 1).ok()) else { continue };
                    // Fetched books are no frames.
                    let before = cpu_ns();
                    apply(*ts_recv, Input::DepthSnapshot { instrument, bytes })?;
                    aside += cpu_ns() - before;
                }
            }
        }
        let spent = cpu_ns() - start - aside;
        let counters = machine.counters();
        if counters.book_deltas == 0 || counters.gaps > 0 {
            return Err(format!("the books did not follow: {counters:?}"));
        }
        Ok((spent, self.bytes))
    }
}

/// The numbers of a message.
fn convert(message: &Message<'_>, bids: &mut Vec<Level>, asks: &mut Vec<Level>) -> Result<(), Convert> {
    let (price, qty) = EXPONENTS;
    match message {
        Message::Depth(message) | Message::Snapshot(message) => {
            convert_levels(message.bids, price, qty, bids)?;
            convert_levels(message.asks, price, qty, asks)?;
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
        Message::Reply { .. } | Message::Challenge | Message::Shutdown | Message::Ignored => {}
    }
    Ok(())
}

/// Exponents that hold every number of these recordings, so that nothing is widened.
fn definition(id: u32, venue: VenueId, symbol: &str) -> Instrument {
    Instrument {
        id,
        venue: venue as u16,
        symbol: Symbol::new(symbol).expect("invariant: a recorded symbol is short"),
        price_exponent: EXPONENTS.0,
        qty_exponent: EXPONENTS.1,
        tick_size: 0,
        lot_size: 0,
        state: TradingState::Trading,
        change_count: 0,
    }
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let pinned = options.pin();
    let code_path = options.code_path()?;
    let mut recordings = Vec::new();
    for (name, venues) in RECORDINGS {
        let path = captures().join(format!("cryptofeed_v3/{name}.jsonl.zst"));
        if !path.exists() {
            continue;
        }
        for (part, books_only) in [("all", false), ("books", true)] {
            recordings.push((*name, part, Recording::load(&path, venues, books_only)?));
        }
    }
    let mut works = Vec::new();
    for (name, _, recording) in &recordings {
        recording.parse(code_path)?;
        recording.pass(code_path)?;
        works.push(Work::new(name, || recording.parse(code_path).expect("invariant: it was read before")));
        works.push(Work::new(name, || recording.pass(code_path).expect("invariant: it was replayed before")));
    }
    let size = if options.smoke { Size::SMOKE } else { Size { blocks: 20, block_ns: 30_000_000 } };
    let series = blocks::run(&mut works, size);
    drop(works);
    let rows: Vec<Value> = recordings
        .iter()
        .zip(series.chunks(2))
        .map(|((name, part, recording), series)| {
            let (frames, bytes) = (recording.frames, recording.bytes);
            json!({ "recording": name, "part": part, "frames": frames, "bytes": bytes, "parse": series[0], "machine": series[1] })
        })
        .collect();
    println!("{}", json!({ "code_path": code_path.name(), "pinned": pinned, "rows": rows }));
    Ok(())
}
