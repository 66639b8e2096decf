//! What leaves the state machine: one [`Event`] becomes one ring record. Kinds, flags and reasons are numbered here once,
//! for every language.
//!
//! Units: `ts_*` in ns since the UNIX epoch; prices and quantities are `i64` mantissas, value = mantissa × 10^exponent with
//! the exponents of the instrument's latest [`Instrument`] event.

use serde::{Deserialize, Serialize};

use crate::error::Code;
use crate::input::Instrument;

mod figure;
mod kind;

pub use figure::{Funding, Liquidation, MarketState, OpenInterest, ReferencePrice, Side, VenueBar};
pub use kind::Kind;

/// Most price levels in one [`BookChange`] event; a longer change is cut into parts.
pub const LEVELS_PER_EVENT_MAX: usize = 128;

/// Flag bits of an event; one list for all kinds.
pub mod flag {
    /// Last event of its input.
    pub const LAST: u16 = 1 << 0;
    /// Layout bit of the ring record (long stamps); never set by the core.
    pub const WIDE: u16 = 1 << 1;
    /// More parts of the same book change follow.
    pub const MORE: u16 = 1 << 2;
    /// The book is not proven in sync.
    pub const STALE: u16 = 1 << 3;
    /// Best bid above best ask.
    pub const CROSSED: u16 = 1 << 4;
    /// Best bid equal to best ask.
    pub const LOCKED: u16 = 1 << 5;
    /// Restored after a gap. A book delta with it is no message of the venue's: it brings the book that served to the one that was
    /// proven in its place, or to what a copy knows further.
    pub const RECOVERED: u16 = 1 << 6;
    /// The venue's time is more than a minute away from our receive time.
    pub const BAD_TS: u16 = 1 << 7;
    /// The venue gave no event time; `ts_event` is 0.
    pub const NO_TS_EVENT: u16 = 1 << 8;
    /// The taker sold.
    pub const AGGRESSOR_SELL: u16 = 1 << 9;
    /// Several fills of one taker order at one price; the id is the venue's aggregate id.
    pub const AGGREGATED: u16 = 1 << 10;
    /// The 24-hour window is not filled yet.
    pub const PARTIAL: u16 = 1 << 11;
    /// Set by the ring's writer: an image of the whole book, with its hash, is written right after this record.
    pub const IMAGE: u16 = 1 << 12;
    /// A rule of [`crate::validate`] doubts it; a status of [`super::State::Suspect`] says which when it begins.
    pub const SUSPECT: u16 = 1 << 13;

    /// Names in bit order, for printing.
    pub const NAMES: &[(&str, u16)] = &[
        ("last", LAST),
        ("wide", WIDE),
        ("more", MORE),
        ("stale", STALE),
        ("crossed", CROSSED),
        ("locked", LOCKED),
        ("recovered", RECOVERED),
        ("bad_ts", BAD_TS),
        ("no_ts_event", NO_TS_EVENT),
        ("aggressor_sell", AGGRESSOR_SELL),
        ("aggregated", AGGREGATED),
        ("partial", PARTIAL),
        ("image", IMAGE),
        ("suspect", SUSPECT),
    ];
}

/// What every event carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Instrument id; 0 when the event is about a connection.
    pub instrument: u32,
    /// Bits of [`flag`].
    pub flags: u16,
    /// Venue's engine time; 0 with [`flag::NO_TS_EVENT`].
    pub ts_event: u64,
    /// When the input reached our socket.
    pub ts_recv: u64,
    /// Number of the input within the shard, from 1.
    pub frame_seq: u64,
    /// Index of this event among those of its input, from 0.
    pub index: u32,
}

/// One price level: absolute quantity, 0 removes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[repr(C)]
pub struct Level {
    /// Price mantissa.
    pub price: i64,
    /// Quantity mantissa.
    pub qty: i64,
}

/// One trade print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// Price mantissa.
    pub price: i64,
    /// Quantity mantissa.
    pub qty: i64,
    /// The venue's trade id, or its aggregate id with [`flag::AGGREGATED`].
    pub trade_id: u64,
}

/// Best bid and ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Best bid price mantissa.
    pub bid_price: i64,
    /// Quantity at the best bid.
    pub bid_qty: i64,
    /// Best ask price mantissa.
    pub ask_price: i64,
    /// Quantity at the best ask.
    pub ask_qty: i64,
}

/// Levels of a delta (absolute, 0 removes) or of a snapshot (best first; part 0 clears the book).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookChange<'a> {
    /// Venue update id that this change follows directly; for a snapshot equal to `last_update_id`.
    pub prev_update_id: u64,
    /// Venue update id of the book once all parts are applied.
    pub last_update_id: u64,
    /// Index of this part, from 0.
    pub part: u16,
    /// Number of parts.
    pub parts: u16,
    /// Bid levels of this part.
    pub bids: &'a [Level],
    /// Ask levels of this part.
    pub asks: &'a [Level],
}

/// Rolling 24-hour figures from the trades seen, in minute buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats24h {
    /// First trade price in the window.
    pub open: i64,
    /// Highest trade price.
    pub high: i64,
    /// Lowest trade price.
    pub low: i64,
    /// Last trade price.
    pub close: i64,
    /// Sum of trade quantities.
    pub volume: i64,
    /// Number of trades.
    pub count: u64,
}

/// What a [`Status`] event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// A connection is open.
    Connected = 1,
    /// A connection ended; books fed by it are stale.
    Disconnected = 2,
    /// The book is being rebuilt; the old one serves, flagged stale.
    Resync = 3,
    /// The book is proven in sync. With [`Code::ViewSourceLost`] or [`Code::ViewSourcePreferred`] a view's book is that of another
    /// leg than before; `detail` holds the instrument ids of both, 32 bits each, the new one low, 0 for none.
    Live = 4,
    /// Nothing arrived for longer than the venue's limit; with [`Code::ChannelSilent`] for longer than the book's own.
    Stale = 5,
    /// Bid above ask after a whole message.
    Crossed = 6,
    /// An input was set aside with its bytes; `code` says why.
    Quarantined = 7,
    /// The venue accepted the subscription; with [`Code::ChannelSilent`] the channel of `detail` speaks again.
    Subscribed = 8,
    /// The venue refused the subscription, or never answered.
    SubscribeFailed = 9,
    /// The instrument left this shard.
    Removed = 10,
    /// A channel of trades or quotes, `detail` being its bit, was silent beyond the limit learned of it.
    Silent = 11,
    /// A rule fires: `code` says which, `detail` is the id of the trade, quote or book, or how many ids are missing. Told at most
    /// once a second for each rule.
    Suspect = 12,
}

impl State {
    /// Every state.
    pub const ALL: &[Self] = &[
        Self::Connected,
        Self::Disconnected,
        Self::Resync,
        Self::Live,
        Self::Stale,
        Self::Crossed,
        Self::Quarantined,
        Self::Subscribed,
        Self::SubscribeFailed,
        Self::Removed,
        Self::Silent,
        Self::Suspect,
    ];

    /// The name printed to other languages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Resync => "resync",
            Self::Live => "live",
            Self::Stale => "stale",
            Self::Crossed => "crossed",
            Self::Quarantined => "quarantined",
            Self::Subscribed => "subscribed",
            Self::SubscribeFailed => "subscribe_failed",
            Self::Removed => "removed",
            Self::Silent => "silent",
            Self::Suspect => "suspect",
        }
    }
}

/// State of a connection (`instrument` 0), or of a subscription or book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The new state.
    pub state: State,
    /// Connection that it is about, if any; 0 otherwise.
    pub connection: u16,
    /// Why, where a code says so.
    pub code: Option<Code>,
    /// Byte offset in the quarantined input, update id of the book, bit of a channel, or two instruments; 0 where none fits.
    pub detail: u64,
}

/// Which of the venue's numberings a [`Gap`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum GapStream {
    /// Update ids of the book.
    Book = 1,
    /// Trade ids (or aggregate ids, where the venue's aggregate stream is subscribed).
    Trade = 2,
}

/// Why ids are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum GapReason {
    /// The venue's numbering jumped within one connection.
    Sequence = 1,
    /// They were sent while no connection was open.
    Disconnect = 2,
    /// The venue restarted its numbering; `first..=last` is the end of the old one, unknown if equal to 0.
    Rollback = 3,
    /// The buffer that waits for the snapshot was full.
    BufferFull = 4,
    /// The message was set aside as malformed.
    Quarantined = 5,
}

/// Venue ids that never reached the output: exactly `first..=last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The numbering.
    pub stream: GapStream,
    /// Why.
    pub reason: GapReason,
    /// First missing id.
    pub first: u64,
    /// Last missing id.
    pub last: u64,
}

/// What an event says. One variant per [`Kind`] that the core emits ([`Kind::EpochStart`] is the ring writer's own).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// See [`Trade`].
    Trade(Trade),
    /// See [`Quote`].
    Quote(Quote),
    /// See [`BookChange`].
    BookDelta(BookChange<'a>),
    /// See [`BookChange`].
    BookSnapshot(BookChange<'a>),
    /// See [`Stats24h`].
    Stats24h(Stats24h),
    /// See [`Instrument`].
    Instrument(&'a Instrument),
    /// See [`Status`].
    Status(Status),
    /// See [`Gap`].
    Gap(Gap),
    /// See [`ReferencePrice`].
    MarkPrice(ReferencePrice),
    /// See [`ReferencePrice`].
    IndexPrice(ReferencePrice),
    /// See [`Funding`].
    Funding(Funding),
    /// See [`OpenInterest`].
    OpenInterest(OpenInterest),
    /// See [`Liquidation`].
    Liquidation(Liquidation),
    /// See [`MarketState`].
    TradingStatus(MarketState),
    /// See [`VenueBar`]. Lent: it is larger than what all events are moved with.
    Bar(&'a VenueBar),
}

impl Body<'_> {
    /// The record kind of this body.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Trade(_) => Kind::Trade,
            Self::Quote(_) => Kind::Quote,
            Self::BookDelta(_) => Kind::BookDelta,
            Self::BookSnapshot(_) => Kind::BookSnapshot,
            Self::Stats24h(_) => Kind::Stats24h,
            Self::Instrument(_) => Kind::Instrument,
            Self::Status(_) => Kind::Status,
            Self::Gap(_) => Kind::Gap,
            Self::MarkPrice(_) => Kind::MarkPrice,
            Self::IndexPrice(_) => Kind::IndexPrice,
            Self::Funding(_) => Kind::Funding,
            Self::OpenInterest(_) => Kind::OpenInterest,
            Self::Liquidation(_) => Kind::Liquidation,
            Self::TradingStatus(_) => Kind::TradingStatus,
            Self::Bar(_) => Kind::Bar,
        }
    }
}

/// One normalized event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Stamps and identity.
    pub header: Header,
    /// What happened.
    pub body: Body<'a>,
}
