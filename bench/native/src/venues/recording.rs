//! A recording of one recorder, made ready for passes: every frame with what it is.

use std::error::Error;
use std::path::Path;

use serde_json::Value;
use tickring_core::event::Level;
use tickring_core::venue::{DepthMessage, LevelText, Message, VenueId, convert_levels};

use super::{Exponents, Row, respell, usual};

/// How frames become those that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As recorded.
    Own,
    /// OKX's of 2022 with ids instead of checksums.
    OkxOfToday,
    /// Kraken's v1 as v2.
    KrakenOfV1,
    /// Binance's depth as Backpack's.
    BackpackOfBinance,
    /// Binance spot's JSON in its binary format; messages that have none are left out.
    SbeOfJson,
}

/// What of a recording counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All frames but whole books.
    All,
    /// Changes of books; other frames are not there.
    Changes,
    /// Whole books, of frames or fetched; changes are there, and do not count.
    Whole,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::All, Self::Changes, Self::Whole];

    /// Its name in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Changes => "changes",
            Self::Whole => "whole",
        }
    }
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Change,
    Whole,
    Other,
}

/// One recorded input.
pub enum Input {
    Connect {
        connection: u16,
        venue: VenueId,
        address: String,
    },
    Frame {
        connection: u16,
        bytes: Vec<u8>,
    },
    /// A book that was fetched.
    Body {
        venue: VenueId,
        symbol: String,
        bytes: Vec<u8>,
    },
}

/// An input, and whether it counts.
pub struct Step {
    pub ts_recv: u64,
    pub input: Input,
    pub counts: bool,
}

/// How much of a recording a pass takes.
#[derive(Clone, Copy)]
pub struct Extent {
    /// Steps from the first on.
    pub steps: usize,
    /// Frames that count among them, and their bytes.
    pub frames: u64,
    pub bytes: u64,
}

pub struct Recording {
    pub exponents: Exponents,
    pub steps: Vec<Step>,
    /// Venue, symbol and connection of each instrument, which has the number of its place, from 1.
    pub instruments: Vec<(VenueId, String, u16)>,
    /// Of what counts.
    pub frames: u64,
    pub bytes: u64,
    pub levels: u64,
}

/// The same frame as the next one of its connection, where the venue counts messages: some of them are left out.
fn renumbered(frame: &str, messages: &mut u64) -> String {
    const NUMBER: &str = "\"sequence_num\":";
    let Some((head, rest)) = frame.split_once(NUMBER) else { return frame.to_owned() };
    *messages += 1;
    format!("{head}{NUMBER}{messages}{}", rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
}

/// Levels of a side.
fn levels(text: LevelText<'_>, (price, qty): (i8, i8)) -> Result<u64, Box<dyn Error>> {
    let mut levels: Vec<Level> = Vec::new();
    convert_levels(text, price, qty, &mut levels).map_err(|error| format!("{error:?}"))?;
    Ok(levels.len() as u64)
}

/// What a frame is, and its levels.
fn look(venue: VenueId, frame: &str, exponents: Exponents) -> Result<(Kind, u64), Box<dyn Error>> {
    let message = venue.parse_frame(frame.as_bytes()).map_err(|reject| format!("{reject:?} of {frame}"))?;
    let both = |message: DepthMessage<'_>| {
        let at = exponents(message.head.symbol);
        Ok::<u64, Box<dyn Error>>(levels(message.bids, at)? + levels(message.asks, at)?)
    };
    Ok(match message {
        Message::Depth(message) => (Kind::Change, both(message)?),
        Message::Snapshot(message) => (Kind::Whole, both(message)?),
        _ => (Kind::Other, 0),
    })
}

impl Recording {
    /// Reads the recording of a row.
    pub fn load(path: &Path, row: &Row, part: Part) -> Result<Self, Box<dyn Error>> {
        let Row { venues, spelling, exponents, .. } = *row;
        let text = String::from_utf8(zstd::decode_all(std::fs::File::open(path)?)?)?;
        let mut recording = Self { exponents, steps: Vec::new(), instruments: Vec::new(), frames: 0, bytes: 0, levels: 0 };
        let mut connections: Vec<(String, VenueId)> = Vec::new();
        let (mut messages, mut ids) = (0, Vec::new());
        for line in text.lines() {
            let entry: Value = serde_json::from_str(line)?;
            let of = |name: &str| entry[name].as_str().unwrap_or_default();
            let ts_recv = (entry["ts"].as_f64().unwrap_or_default() * 1e6) as u64 * 1_000;
            let mut data = of("data").to_owned();
            match of("t") {
                "connect" => {
                    let venue = venues.iter().find(|(part, _)| of("addr").contains(part)).ok_or("an address of no venue")?.1;
                    connections.push((of("conn").to_owned(), venue));
                    let connection = u16::try_from(connections.len())?;
                    let input = Input::Connect { connection, venue, address: of("addr").to_owned() };
                    recording.steps.push(Step { ts_recv, input, counts: false });
                }
                "http" if of("url").contains("/depth?") => {
                    let symbol = serde_json::from_str::<Value>(&data)?["symbol"].as_str().map(str::to_owned);
                    let named = of("url").split("symbol=").nth(1).and_then(|rest| rest.split('&').next());
                    let symbol = symbol.or(named.map(str::to_owned)).ok_or("a body of no symbol")?;
                    if spelling == Spelling::BackpackOfBinance {
                        data = respell::backpack_body(&data).ok_or("a fetched book of another spelling")?;
                    }
                    recording.body(ts_recv, (venues[0].1, symbol), data, part)?;
                }
                "recv" => {
                    let at = connections.iter().position(|(name, _)| name == of("conn")).ok_or("a frame of no connection")?;
                    let respelled = match spelling {
                        Spelling::Own | Spelling::SbeOfJson => None,
                        Spelling::OkxOfToday => respell::okx(&data, &mut ids),
                        Spelling::KrakenOfV1 => respell::kraken(&data),
                        Spelling::BackpackOfBinance => match respell::backpack(&data, &mut ids) {
                            Some(frame) => Some(frame),
                            None => continue,
                        },
                    };
                    data = respelled.unwrap_or(data);
                    let (kind, levels) = look(connections[at].1, &data, exponents)?;
                    if part == Part::Changes && kind == Kind::Other {
                        continue;
                    }
                    if part == Part::Changes {
                        data = renumbered(&data, &mut messages);
                    }
                    let connection = u16::try_from(at + 1)?;
                    recording.note(connections[at].1, connection, kind, &data);
                    let bytes = match spelling {
                        Spelling::SbeOfJson => match respell::sbe(&data) {
                            Some(bytes) => bytes,
                            None => continue,
                        },
                        _ => data.into_bytes(),
                    };
                    let counts = (part == Part::Whole) == (kind == Kind::Whole);
                    recording.count(counts, bytes.len(), levels);
                    recording.steps.push(Step { ts_recv, input: Input::Frame { connection, bytes }, counts });
                }
                _ => {}
            }
        }
        recording.steps.sort_by_key(|step| step.ts_recv);
        Ok(recording)
    }

    /// All of it.
    pub fn whole(&self) -> Extent {
        Extent { steps: self.steps.len(), frames: self.frames, bytes: self.bytes }
    }

    /// So much of it that as many frames count.
    pub fn first(&self, frames: u64) -> Extent {
        let mut extent = Extent { steps: 0, frames: 0, bytes: 0 };
        for step in &self.steps {
            if extent.frames == frames {
                break;
            }
            extent.steps += 1;
            if let (true, Input::Frame { bytes, .. } | Input::Body { bytes, .. }) = (step.counts, &step.input) {
                extent.frames += 1;
                extent.bytes += bytes.len() as u64;
            }
        }
        extent
    }

    fn count(&mut self, counts: bool, bytes: usize, levels: u64) {
        if counts {
            self.frames += 1;
            self.bytes += bytes as u64;
            self.levels += levels;
        }
    }

    fn body(&mut self, ts_recv: u64, of: (VenueId, String), data: String, part: Part) -> Result<(), Box<dyn Error>> {
        let (venue, symbol) = of;
        let book = venue.parse_snapshot(data.as_bytes()).map_err(|reject| format!("{reject:?} of a fetched book"))?;
        let (counts, at) = (part == Part::Whole, usual(b""));
        self.count(counts, data.len(), levels(book.bids, at)? + levels(book.asks, at)?);
        self.steps.push(Step { ts_recv, input: Input::Body { venue, symbol, bytes: data.into_bytes() }, counts });
        Ok(())
    }

    /// Takes note of a symbol that is new.
    fn note(&mut self, venue: VenueId, connection: u16, kind: Kind, frame: &str) {
        let keys = ["\"s\":\"", "\"symbol\":\"", "\"instId\":\"", "\"instrument_name\":\"", "\"product_id\":\""];
        let named = keys.iter().find_map(|key| frame.split_once(key));
        let v1 = || frame.starts_with('[').then(|| frame.rsplit('"').nth(1)).flatten();
        let Some(symbol) = named.and_then(|(_, rest)| rest.split('"').next()).or_else(v1) else { return };
        match self.instruments.iter_mut().find(|(of, known, _)| (*of, known.as_str()) == (venue, symbol)) {
            // Trades may come on a connection of their own.
            Some((_, _, line)) if kind != Kind::Other => *line = connection,
            Some(_) => {}
            None => self.instruments.push((venue, symbol.to_owned(), connection)),
        }
    }
}
