//! The conformance suite's reader in Rust: requests on stdin, one a line; outcomes on stdout, one a line, and a dot behind each answer.
#![allow(clippy::unwrap_used)]

use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tickring_core::counters::{InstrumentCounters, JournalCounters, ShardCounters};
use tickring_core::event::{BookChange, Kind, Level};
use tickring_core::input::Instrument;
use tickring_shm::layout::RING_COUNTERS;
use tickring_shm::{
    BookBuilder, BookState, LatestCopy, Liveness, Merged, Next, Poll, Reader, Record, ShmError, Stage, Waiting, engines, shards,
};

/// What is read: a shard, or all of them.
enum Source {
    One(Box<Reader>),
    All(Merged),
}

/// What a poll gave.
enum Outcome {
    Record(u16),
    Lapped(u16, u64),
    Stalled,
    Empty,
}

impl Source {
    fn poll(&mut self, record: &mut Record) -> Outcome {
        match self {
            Self::One(reader) => match reader.poll(record) {
                Poll::Record => Outcome::Record(reader.shard()),
                Poll::Lapped { lost } => Outcome::Lapped(reader.shard(), lost),
                Poll::Stalled => Outcome::Stalled,
                Poll::Empty => Outcome::Empty,
            },
            Self::All(merged) => match merged.poll() {
                Next::Record(shard, found) => {
                    record.clone_from(found);
                    Outcome::Record(shard)
                }
                Next::Lapped { shard, lost } => Outcome::Lapped(shard, lost),
                Next::Stalled(_) => Outcome::Stalled,
                Next::Empty => Outcome::Empty,
            },
        }
    }

    fn seek(&mut self, where_to: &str) {
        match (self, where_to) {
            (Self::One(reader), "oldest") => reader.seek_oldest(),
            (Self::One(reader), _) => reader.seek_newest(),
            (Self::All(merged), "oldest") => merged.seek_oldest(),
            (Self::All(merged), _) => merged.seek_newest(),
        }
    }

    fn wait(&self, timeout: Duration) -> bool {
        match self {
            Self::One(reader) => reader.wait(&Waiting::default(), timeout),
            Self::All(merged) => merged.wait(&Waiting::default(), timeout),
        }
    }

    fn reader(&mut self, shard: u16) -> &mut Reader {
        self.readers().into_iter().find(|reader| reader.shard() == shard).expect("invariant: a shard that is read")
    }

    fn readers(&mut self) -> Vec<&mut Reader> {
        match self {
            Self::One(reader) => vec![reader],
            Self::All(merged) => merged.readers_mut().collect(),
        }
    }
}

struct Session {
    root: PathBuf,
    source: Option<Source>,
    /// With the shard that each is of.
    books: Vec<(u16, BookBuilder)>,
    /// State of each shard's writer that was told last.
    told: Vec<&'static str>,
    record: Record,
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(","))
}

fn levels(levels: impl IntoIterator<Item = Level>) -> String {
    list(levels.into_iter().map(|level| format!("[{},{}]", level.price, level.qty)))
}

fn definition(of: &Instrument) -> String {
    let Instrument { venue, price_exponent, qty_exponent, tick_size, lot_size, change_count, .. } = of;
    let state = of.state as u8;
    format!(
        "[{venue},{state},{price_exponent},{qty_exponent},{tick_size},{lot_size},{change_count},\"{}\"]",
        of.symbol.as_str()
    )
}

fn payload(record: &Record) -> String {
    let book = |of: BookChange<'_>| {
        let BookChange { prev_update_id, last_update_id, part, parts, bids, asks } = of;
        let (bids, asks) = (levels(bids.iter().copied()), levels(asks.iter().copied()));
        format!("[{prev_update_id},{last_update_id},{part},{parts},{bids},{asks}]")
    };
    match record.kind {
        Kind::Trade => record.trade().map(|of| format!("[{},{},{}]", of.price, of.qty, of.trade_id)),
        Kind::Quote => record.quote().map(|of| list([of.bid_price, of.bid_qty, of.ask_price, of.ask_qty])),
        Kind::BookDelta | Kind::BookSnapshot => record.book().map(book),
        Kind::Stats24h => {
            record.stats().map(|of| format!("[{},{},{},{},{},{}]", of.open, of.high, of.low, of.close, of.volume, of.count))
        }
        Kind::Instrument => record.instrument_definition().map(|of| definition(&of)),
        Kind::Status => record.status().map(|of| {
            let code = of.code.map_or(0, |code| code as u16);
            format!("[{},{},{code},{}]", of.state as u8, of.connection, of.detail)
        }),
        Kind::Gap => record.gap().map(|of| format!("[{},{},{},{}]", of.stream as u8, of.reason as u8, of.first, of.last)),
        Kind::EpochStart => {
            record.epoch_start().map(|of| format!("[{},{},{}]", of.prev_epoch, of.last_durable, of.reason as u8))
        }
        Kind::MarkPrice => record.mark_price().map(|of| format!("[{},{}]", of.price, of.exponent)),
        Kind::IndexPrice => record.index_price().map(|of| format!("[{},{}]", of.price, of.exponent)),
        Kind::Funding => record.funding().map(|of| format!("[{},{},{},{}]", of.rate, of.next_ts, of.exponent, of.interval_s)),
        Kind::OpenInterest => {
            record.open_interest().map(|of| format!("[{},{},{},{}]", of.qty, of.value, of.qty_exponent, of.value_exponent))
        }
        Kind::Liquidation => record.liquidation().map(|of| {
            let exponents = format!("{},{}", of.price_exponent, of.qty_exponent);
            format!("[{},{},{},{exponents},{}]", of.price, of.qty, of.id, of.side as u8)
        }),
        Kind::TradingStatus => record.trading_status().map(|of| format!("[{}]", of as u8)),
        Kind::Bar => record.bar().map(|of| {
            let numbers = [of.open, of.high, of.low, of.close, of.volume, of.turnover].map(|of| of.to_string()).join(",");
            let exponents = format!("{},{},{}", of.price_exponent, of.qty_exponent, of.turnover_exponent);
            format!("[{numbers},{},{},{},{exponents},{}]", of.count, of.start_ts, of.interval_ns, u8::from(of.closed))
        }),
    }
    .expect("invariant: a record has what its kind says")
}

fn line(record: &Record, shard: u16) -> String {
    let Record { kind, flags, instrument, index, sequence, frame_seq, ts_event, ts_recv, ts_out, .. } = record;
    let head = format!(r#"{{"kind":{},"shard":{shard},"flags":{flags},"instrument":{instrument},"index":{index}"#, *kind as u8);
    let stamps = format!(r#""ts_event":{ts_event},"ts_recv":{ts_recv},"ts_out":{ts_out}"#);
    format!(r#"{head},"sequence":{sequence},"frame_seq":{frame_seq},{stamps},"payload":{}}}"#, payload(record))
}

fn state(liveness: Liveness) -> &'static str {
    match liveness {
        Liveness::Live { .. } => "live",
        Liveness::Stalled { .. } => "stalled",
        Liveness::Dead => "dead",
        Liveness::Closed { .. } => "closed",
        Liveness::Superseded { .. } => "superseded",
    }
}

impl Session {
    fn open(&mut self, name: &str, shard: &str, options: &[&str]) -> Result<String, ShmError> {
        let owner = options.iter().find_map(|option| option.strip_prefix("owner=")).map(|uid| uid.parse().unwrap());
        self.books.clear();
        self.source = None;
        let mut source = match (shard, owner) {
            ("all", None) => Source::All(Merged::open(&self.root, name)?),
            ("all", Some(uid)) => Source::All(Merged::open_owned_by(&self.root, name, uid)?),
            (shard, None) => Source::One(Box::new(Reader::open(&self.root, name, shard.parse().unwrap())?)),
            (shard, Some(uid)) => Source::One(Box::new(Reader::open_owned_by(&self.root, name, shard.parse().unwrap(), uid)?)),
        };
        if options.contains(&"oldest") {
            source.seek("oldest");
        }
        self.told = vec!["live"; source.readers().len()];
        self.source = Some(source);
        Ok("{\"open\":true}\n".into())
    }

    fn source(&mut self) -> &mut Source {
        self.source.as_mut().expect("open comes first")
    }

    fn reader(&mut self) -> &mut Reader {
        self.source().readers().swap_remove(0)
    }

    /// Polls until there is nothing new, and the writers have not changed either.
    fn drain(&mut self, most: usize) -> Result<String, ShmError> {
        let mut out = String::new();
        for _ in 0..most {
            let mut record = std::mem::take(&mut self.record);
            let outcome = self.source().poll(&mut record);
            self.record = record;
            let told = match outcome {
                Outcome::Record(shard) => {
                    let reader = self.source.as_mut().expect("open comes first").reader(shard);
                    for (_, book) in self.books.iter_mut().filter(|(of, _)| *of == shard) {
                        book.apply(reader, &self.record);
                    }
                    line(&self.record, shard)
                }
                Outcome::Lapped(shard, lost) => format!(r#"{{"lapped":{lost},"shard":{shard}}}"#),
                Outcome::Empty => match self.look()? {
                    Some(told) => told,
                    None => break,
                },
                Outcome::Stalled => {
                    out += "{\"poll\":\"stalled\"}\n";
                    match self.look()? {
                        Some(told) => told,
                        None => break,
                    }
                }
            };
            writeln!(out, "{told}").unwrap();
        }
        Ok(out)
    }

    /// Looks at the writers; goes over to the next generation.
    fn look(&mut self) -> Result<Option<String>, ShmError> {
        let source = self.source.as_mut().expect("open comes first");
        for (reader, told) in source.readers().into_iter().zip(&mut self.told) {
            let (state, shard) = (state(reader.liveness()), reader.shard());
            if state == "superseded" {
                let before = reader.epoch();
                reader.reopen()?;
                *told = "live";
                return Ok(Some(format!(r#"{{"generation":[{before},{}],"shard":{shard}}}"#, reader.epoch())));
            }
            if std::mem::replace(told, state) != state {
                return Ok(Some(format!(r#"{{"writer":"{state}","shard":{shard}}}"#)));
            }
        }
        Ok(None)
    }

    fn info(&mut self) -> String {
        let reader = self.reader();
        let (epoch, position, lag, slots) = (reader.epoch(), reader.position(), reader.lag(), reader.slots());
        let state = state(reader.liveness());
        let next = reader.next_sequence().unwrap_or_default();
        format!(
            "{{\"state\":\"{state}\",\"epoch\":{epoch},\"position\":{position},\"next\":{next},\"lag\":{lag},\"slots\":{slots}}}\n"
        )
    }

    fn instruments(&mut self) -> String {
        let rows = self.reader().instruments();
        rows.iter().map(|row| format!("[{},{}]\n", row.instrument.id, definition(&row.instrument))).collect()
    }

    fn latest(&mut self, symbol: &str) -> String {
        let Some(slot) = self.reader().find(symbol).map(|row| row.slot) else { return "null\n".into() };
        let mut latest = LatestCopy::default();
        if !self.reader().latest(slot, &mut latest) {
            return "null\n".into();
        }
        let LatestCopy { instrument, flags, ts_event, ts_recv, last_update_id, .. } = latest;
        let LatestCopy { price_exponent, qty_exponent, bid_levels, ask_levels, .. } = latest;
        let (trade, stats) = (latest.trade, latest.stats);
        let trade =
            format!("[{},{},{},{},{}]", trade.price, trade.qty, trade.trade_id, latest.trade_ts_event, latest.trade_flags);
        let stats = format!("[{},{},{},{},{},{}]", stats.open, stats.high, stats.low, stats.close, stats.volume, stats.count);
        let (bids, asks) = (levels(latest.bids.clone()), levels(latest.asks.clone()));
        let head = format!("[{instrument},{flags},{ts_event},{ts_recv},{last_update_id}]");
        format!("[{head},[{price_exponent},{qty_exponent},{bid_levels},{ask_levels}],{trade},{stats},{bids},{asks}]\n")
    }

    fn counters(&mut self) -> String {
        let names = RING_COUNTERS.iter().chain(ShardCounters::TABLE).chain(JournalCounters::TABLE).map(|(name, _)| *name);
        let reader = self.reader();
        let values =
            [reader.ring_counters().to_vec(), reader.shard_counters().to_vec(), reader.journal_counters().to_vec()].concat();
        names.zip(values).map(|(name, value)| format!("[\"{name}\",{value}]\n")).collect()
    }

    fn book(&mut self, symbol: &str) -> String {
        let source = self.source.as_mut().expect("open comes first");
        for reader in source.readers() {
            if let Some(slot) = reader.find(symbol).map(|row| row.slot) {
                self.books.push((reader.shard(), BookBuilder::new(reader, slot)));
                return "{\"book\":true}\n".into();
            }
        }
        "null\n".into()
    }

    fn books(&mut self) -> String {
        let mut out = String::new();
        for (_, book) in &self.books {
            let state = match book.state() {
                BookState::Waiting => "waiting",
                BookState::Live => "live",
                BookState::Stale => "stale",
            };
            let (price, qty) = book.exponents();
            let counts = list([book.joins(), book.checks(), book.failures()]);
            let (id, hash) = (book.last_update_id(), book.book().hash());
            let (bids, asks) = (levels(book.book().bids()), levels(book.book().asks()));
            writeln!(out, "[\"{state}\",{id},{price},{qty},{hash},{counts},{bids},{asks}]").unwrap();
        }
        out
    }

    fn seek(&mut self, where_to: &str) -> String {
        self.source().seek(where_to);
        String::new()
    }

    fn instrument_counters(&mut self, symbol: &str) -> String {
        let Some(slot) = self.reader().find(symbol).map(|row| row.slot) else { return "null\n".into() };
        let Some(values) = self.reader().instrument_counters(slot) else { return "null\n".into() };
        let names = InstrumentCounters::TABLE.iter().map(|(name, _)| *name);
        names.zip(values).map(|(name, value)| format!("[\"{name}\",{value}]\n")).collect()
    }

    fn histograms(&mut self) -> String {
        let reader = self.reader();
        let of = |stage: &Stage| {
            let of = reader.histogram(*stage);
            let percentiles = list([0.0, 0.5, 0.99, 1.0].map(|share| of.quantile(share)));
            format!("[\"{}\",{},{},{},{percentiles}]\n", stage.name(), of.count, of.sum, of.max)
        };
        Stage::ALL.iter().map(of).collect()
    }

    /// What is published below the root.
    fn lists(&self, name: &str) -> Result<String, ShmError> {
        let names = list(engines(&self.root)?.iter().map(|name| format!("\"{name}\"")));
        Ok(format!("{names}\n{}\n", list(shards(&self.root, name)?)))
    }

    fn answer(&mut self, request: &str) -> Result<String, ShmError> {
        let words: Vec<&str> = request.split(' ').collect();
        Ok(match words[..] {
            ["open", name, shard, ref options @ ..] => self.open(name, shard, options)?,
            ["drain"] => self.drain(usize::MAX)?,
            ["drain", most] => self.drain(most.parse().unwrap())?,
            ["seek", where_to] => self.seek(where_to),
            ["info"] => self.info(),
            ["instruments"] => self.instruments(),
            ["latest", symbol] => self.latest(symbol),
            ["counters"] => self.counters(),
            ["book", symbol] => self.book(symbol),
            ["books"] => self.books(),
            ["wait", ms] => {
                let there = self.source().wait(Duration::from_millis(ms.parse().unwrap()));
                format!("{{\"there\":{there}}}\n")
            }
            ["instrument_counters", symbol] => self.instrument_counters(symbol),
            ["histograms"] => self.histograms(),
            ["lists", name] => self.lists(name)?,
            ["final"] => match self.reader().liveness() {
                Liveness::Closed { final_sequence } => format!("{final_sequence}\n"),
                _ => "null\n".into(),
            },
            _ => panic!("no such request: {request:?}"),
        })
    }
}

fn main() {
    let root = std::env::args().nth(1).expect("usage: conform ROOT");
    let root = Path::new(&root).to_owned();
    let mut session = Session { root, source: None, books: Vec::new(), told: Vec::new(), record: Record::default() };
    for request in std::io::stdin().lines() {
        let answer = match session.answer(&request.unwrap()) {
            Ok(answer) => answer,
            Err(error) => format!("{{\"error\":\"{}\",\"says\":{:?}}}\n", error.code().name(), error.to_string()),
        };
        println!("{answer}.");
        std::io::stdout().flush().unwrap();
    }
}
