//! The state machine: one typed input in, its events out. See `native/core/README.md` for the states of a book.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::book::Book;
use crate::counters::ShardCounters;
use crate::error::Code;
use crate::event::Level;
use crate::input::{Input, Instrument, Request, Stamped};
use crate::rhythm::Company;
use crate::simd::Parser;
use crate::sink::Sink;
use crate::venue::{KnownHead, Message, Read, Reject, Sides, VenueId};

pub use crate::book::canonical_text;
pub use audit::AUDIT_INTERVAL_NS;
pub use checkpoint::RestoreError;
pub use config::{MachineConfig, Outcome};
pub use lines::Handover;
pub use shared::{HELD_LEVELS_MAX, HELD_MAX, HOLD_NS_MAX};
pub use snapshot::TOLD_AGAIN;

mod audit;
mod awaited;
mod checkpoint;
mod checksum;
mod config;
mod control;
mod definition;
mod depth;
mod difference;
mod entry;
mod figures;
mod frontier;
mod latest;
mod lines;
mod market;
mod missed;
mod numbered;
mod output;
mod prints;
mod requests;
mod shared;
mod shared_books;
mod shared_prints;
mod silence;
mod snapshot;
mod symbols;
mod timers;
mod validation;
mod view;
mod views;
mod whole_book;
mod widen;

use audit::Auditing;
use depth::Levels;
use entry::{Channel, Entry};
use figures::Said;
use output::Output;
use prints::Print;
use symbols::{SlotsBySymbol, slot_of, symbol_tables};

/// Largest [`MachineConfig::depth`].
pub const DEPTH_MAX: usize = 100;

/// Most requests that wait for the engine.
pub const REQUESTS_MAX: usize = 4_096;

/// Refused frames of one connection within one minute of input time, after which its replacement is asked for.
pub const REFUSED_PER_MINUTE_MAX: u32 = 60;

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Connection {
    venue: Option<VenueId>,
    open: bool,
    /// Slot of the symbol seen last: most connections repeat it.
    #[serde(skip)]
    last_slot: u32,
    refused_minute: u64,
    refused: u32,
    /// Number of the newest message, where the venue counts those of a connection.
    sequence: Option<u64>,
    /// Messages since then with numbers that are not above it.
    #[serde(skip)]
    behind: u32,
    #[serde(skip)]
    reconnect_queued: bool,
    company: Company,
    /// Least delay since somebody asked: our receive time less the venue's, ns.
    #[serde(skip)]
    least_delay: Option<i64>,
    /// Messages that came first over it while several lines carried their stream, and those that another one had brought.
    firsts: u64,
    repeats: u64,
    /// By how much the others were later, ns, and how often that was measured.
    leads: u64,
    lead_ns: u64,
}

/// Reused memory of one input.
#[derive(Debug)]
struct Scratch {
    bids: Vec<Level>,
    asks: Vec<Level>,
    prints: Vec<Print>,
    figures: Vec<Said>,
    due: Vec<u32>,
}

/// The state machine of one shard. Its output depends on its configuration and inputs alone.
#[derive(Debug)]
pub struct Machine {
    config: MachineConfig,
    frame_seq: u64,
    /// By slot.
    entries: Vec<Entry>,
    slots: HashMap<u32, u32>,
    /// For each venue.
    symbols: Vec<(VenueId, SlotsBySymbol)>,
    /// By number.
    connections: Vec<Connection>,
    /// Of a derived shard.
    views: Vec<view::View>,
    /// By connection.
    known_heads: Vec<KnownHead>,
    requests: VecDeque<Request>,
    counters: ShardCounters,
    parser: Parser,
    scratch: Scratch,
    /// Books that no snapshot needs now.
    spare_books: Vec<Book>,
    snapshot_cursor: u32,
    auditing: Auditing,
    /// Which books are surveyed on the next tick.
    survey_turn: u32,
    /// Number of the window in which messages are counted.
    window: u64,
    /// Whose book was changed last: much of it is in the cache.
    warm_slot: u32,
    /// What the present input is about, as far as known: named in its rejection.
    subject: Subject,
    touched: Touched,
}

#[derive(Clone, Copy, Debug, Default)]
struct Subject {
    connection: u16,
    slot: Option<u32>,
}

/// Instruments whose state the present input changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touched {
    None,
    One(u32),
    /// Those with [`Entry::touched`].
    Many,
}

fn refuse(code: Code) -> Reject {
    Reject { code, offset: 0 }
}

impl Machine {
    /// An empty machine. `depth` is capped at [`DEPTH_MAX`].
    #[must_use]
    pub fn new(config: MachineConfig) -> Self {
        let config = MachineConfig { depth: config.depth.min(DEPTH_MAX), ..config };
        let room = config.instruments_max as usize;
        let levels = || Vec::with_capacity(crate::book::LEVELS_RESERVED);
        Self {
            config,
            frame_seq: 0,
            entries: Vec::with_capacity(room),
            slots: HashMap::with_capacity(room),
            symbols: symbol_tables(room),
            connections: Vec::new(),
            views: Vec::new(),
            known_heads: Vec::new(),
            requests: VecDeque::with_capacity(REQUESTS_MAX),
            counters: ShardCounters::default(),
            parser: Parser::new(config.code_path),
            scratch: Scratch {
                bids: levels(),
                asks: levels(),
                prints: Vec::new(),
                figures: Vec::new(),
                due: Vec::with_capacity(timers::SNAPSHOTS_PER_TICK_MAX),
            },
            spare_books: Vec::with_capacity(room),
            snapshot_cursor: 0,
            auditing: Auditing::new(config.code_path),
            survey_turn: 0,
            window: 0,
            warm_slot: 0,
            subject: Subject::default(),
            touched: Touched::None,
        }
    }

    /// Applies one input and hands its events to `sink`, in order; then the state of each instrument that it changed.
    ///
    /// Cost: no allocation once every instrument has been through its first synchronization. A rejected input changes
    /// nothing but counters, and is told by one [`crate::event::State::Quarantined`] event.
    pub fn apply<S: Sink>(&mut self, input: &Stamped<'_>, sink: &mut S) -> Outcome {
        self.frame_seq += 1;
        self.counters.inputs += 1;
        self.subject = Subject::default();
        self.touched = Touched::None;
        let mut out = Output::new(sink, input.ts_recv, self.frame_seq);
        let rejected = self.dispatch(input, &mut out).err();
        if let Some(reject) = rejected {
            self.quarantine(reject, &mut out);
        }
        let events = out.finish();
        self.counters.events += u64::from(events);
        self.publish_touched(input.ts_recv, sink);
        self.publish_wanted(input.ts_recv, sink);
        Outcome { events, rejected, requests_pending: !self.requests.is_empty() }
    }

    fn next_slot(&self) -> u32 {
        u32::try_from(self.entries.len()).expect("invariant: at most instruments_max slots")
    }

    fn dispatch<S: Sink>(&mut self, input: &Stamped<'_>, out: &mut Output<'_, S>) -> Result<(), Reject> {
        match input.input {
            Input::Frame { connection, bytes } => self.frame(connection, bytes, out),
            Input::DepthSnapshot { instrument, bytes } => self.depth_snapshot(instrument, bytes, out),
            Input::Trades { instrument, bytes } => self.missed_trades(instrument, bytes, out),
            Input::Connect { connection, venue } => self.connect(connection, venue, out),
            Input::Disconnect { connection, reason: _ } => self.disconnect(connection, out),
            Input::Subscribe { connection, instrument, channels } => self.subscribe(connection, instrument, channels, out),
            Input::Unsubscribe { instrument } => self.unsubscribe(instrument, out),
            Input::Ack { connection, instrument, accepted } => self.ack(connection, instrument, accepted, out),
            Input::Instrument(definition) => self.define(definition, out),
            Input::Rules { instrument, rules } => self.set_rules(instrument, rules),
            Input::PublishSnapshot { instrument } => self.publish_snapshot(instrument, out),
            Input::Tick => {
                self.tick(out);
                Ok(())
            }
        }
    }

    fn frame<S: Sink>(&mut self, connection: u16, bytes: &[u8], out: &mut Output<'_, S>) -> Result<(), Reject> {
        self.counters.frames += 1;
        self.counters.frame_bytes += bytes.len() as u64;
        self.subject.connection = connection;
        let venue = self.open_connection(connection)?;
        if bytes.len() > self.config.frame_bytes_max {
            return Err(Reject { code: Code::FrameTooLarge, offset: self.config.frame_bytes_max });
        }
        let mut slot = None;
        let read = self.read_indexed(venue, bytes, &mut slot);
        if venue.numbers_messages() {
            return self.numbered(venue, bytes, (&read, slot), out);
        }
        self.message(venue, bytes, (&read, slot), out)
    }

    /// What a frame says, read, with the slot of its levels, or yet to be read. By a reference: it is large.
    #[inline(always)]
    fn message<'a, S: Sink>(
        &mut self,
        venue: VenueId,
        bytes: &'a [u8],
        (read, slot): (&Option<Read<'a>>, Option<u32>),
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let connection = self.subject.connection;
        let parsed;
        let message = match (read, slot) {
            (Some(Read::Delta(head)), Some(slot)) => {
                out.sink.parsed();
                let Some(slot) = self.awaited(slot, Channel::Book, out.ts_recv, false)? else { return Ok(()) };
                return self.depth(venue, slot, head, Levels::Converted, out);
            }
            (Some(Read::Snapshot(head)), Some(slot)) => {
                out.sink.parsed();
                let takes_over = self.successor(slot) == Some(connection);
                let Some(slot) = self.awaited(slot, Channel::Book, out.ts_recv, takes_over)? else { return Ok(()) };
                return self.whole_book(slot, head, Levels::Converted, out);
            }
            (Some(Read::Other(message)), _) => message,
            (Some(Read::Delta(_) | Read::Snapshot(_)), None) | (None, _) => {
                parsed = venue.parse_frame(bytes)?;
                &parsed
            }
        };
        out.sink.parsed();
        match message {
            Message::Depth(message) => {
                let symbol = message.head.symbol;
                let Some(slot) = self.find(venue, symbol, Channel::Book, out.ts_recv)? else { return Ok(()) };
                self.depth(venue, slot, &message.head, Levels::Text(message.bids, message.asks), out)
            }
            Message::Snapshot(message) => {
                let slot = self.slot_named(venue, message.head.symbol)?;
                let takes_over = self.successor(slot) == Some(connection);
                let Some(slot) = self.awaited(slot, Channel::Book, out.ts_recv, takes_over)? else { return Ok(()) };
                self.whole_book(slot, &message.head, Levels::Text(message.bids, message.asks), out)
            }
            Message::Trade(message) => self.trade(venue, message, true, out),
            Message::Trades(rows) => self.trades(venue, rows, out),
            Message::Quote(message) => self.quote(venue, message, true, out),
            Message::Figures(rows) => self.figures(venue, rows, out),
            Message::Ticker(rows) => self.ticker(venue, rows, out),
            Message::Liquidated(rows) => self.liquidated(venue, rows, out),
            Message::View(message) => self.view(message, out),
            &Message::Reply { id, venue_code } => {
                self.counters.replies += 1;
                self.push_request(Request::ControlReply { connection, id, venue_code });
                Ok(())
            }
            Message::Challenge => {
                self.push_request(Request::Answer { connection });
                Ok(())
            }
            Message::Shutdown => {
                self.request_leave(connection);
                Ok(())
            }
            Message::Ignored => {
                self.counters.ignored += 1;
                Ok(())
            }
        }
    }

    /// What a frame in the venue's own spelling says, its levels converted into the scratch vectors, and its symbol's slot if
    /// it has levels. Changes nothing else. The slot goes out by a reference: beside it the message would be copied twice.
    #[inline]
    fn read_indexed<'a>(&mut self, venue: VenueId, bytes: &'a [u8], slot: &mut Option<u32>) -> Option<Read<'a>> {
        let Self { parser, scratch, entries, symbols, connections, known_heads, subject, .. } = self;
        let known = known_heads.get_mut(usize::from(subject.connection))?;
        let indexed = parser.index(bytes)?;
        let last = connections.get(usize::from(subject.connection))?.last_slot;
        let found = Cell::from_mut(slot);
        let exponents = |symbol: &[u8]| {
            let slot = slot_of(entries, symbols, venue, last, symbol)?;
            found.set(Some(slot));
            let Instrument { price_exponent, qty_exponent, .. } = entries.get(slot as usize)?.definition;
            Some((price_exponent, qty_exponent))
        };
        let sides = &mut Sides { bids: &mut scratch.bids, asks: &mut scratch.asks };
        venue.parse_indexed(&indexed, known, exponents, sides)
    }
}
