//! One message of one topic, before it is encoded.

use tickring_core::bars::{Bar, Timeframe};
use tickring_core::event::{
    Funding, Gap, Level, Liquidation, MarketState, OpenInterest, Quote, ReferencePrice, Stats24h, Status, Trade, VenueBar, flag,
};
use tickring_core::input::TradingState;

/// Record flags that say something about the content; the others are about the ring's layout and order.
pub const FLAGS_SHOWN: u16 = !(flag::LAST | flag::WIDE | flag::MORE | flag::IMAGE);

/// How a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Encoding {
    /// FlatBuffers, subprotocol `tickring.fb.v1`.
    FlatBuffers = 0,
    /// JSON, subprotocol `tickring.json.v1`.
    Json = 1,
    /// MessagePack, subprotocol `tickring.msgpack.v1`.
    MsgPack = 2,
    /// JSON in the older shape of `/ws/stream`: trades, quotes and bars alone.
    Stream = 3,
}

impl Encoding {
    /// Every encoding, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::FlatBuffers, Self::Json, Self::MsgPack, Self::Stream];

    /// The encoding with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::FlatBuffers),
            1 => Some(Self::Json),
            2 => Some(Self::MsgPack),
            3 => Some(Self::Stream),
            _ => None,
        }
    }

    /// Whether it has messages of this kind.
    #[must_use]
    pub const fn has(self, body: &Body<'_>) -> bool {
        !matches!(self, Self::Stream) || matches!(body, Body::Trade(_) | Body::Quote(_) | Body::Bar(..))
    }
}

/// How much of a topic a client gets. Trades and bars have the first rung alone, quotes the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rung {
    /// Every message.
    Full = 0,
    /// What has changed since the last one, ten times a second.
    Coalesced = 1,
    /// The best [`Rung::depth`] levels a side, where they have changed.
    Top = 2,
    /// The best level a side, where it has changed.
    Best = 3,
}

impl Rung {
    /// Every rung, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Full, Self::Coalesced, Self::Top, Self::Best];

    /// The rung with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Full),
            1 => Some(Self::Coalesced),
            2 => Some(Self::Top),
            3 => Some(Self::Best),
            _ => None,
        }
    }

    /// Levels a side of its book snapshots at most; 0: all.
    #[must_use]
    pub const fn depth(self) -> u16 {
        match self {
            Self::Full | Self::Coalesced => 0,
            Self::Top => 20,
            Self::Best => 1,
        }
    }
}

/// Whom and which moment a message is about. Units: `ts_*` in ns since the UNIX epoch, 0 where unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// Name of the topic.
    pub topic: &'a str,
    /// Its name in the older shape; empty for a topic that has none.
    pub stream_topic: &'a str,
    /// Name of the venue.
    pub venue: &'a str,
    /// The venue's spelling.
    pub symbol: &'a str,
    /// Instrument id.
    pub instrument: u32,
    /// Price = mantissa × 10^this.
    pub price_exponent: i8,
    /// Quantity = mantissa × 10^this.
    pub qty_exponent: i8,
    /// Number of the topic's message before this one; equal to `seq` in a snapshot made for one client.
    pub prev_seq: u64,
    /// Number of this message within its topic.
    pub seq: u64,
    /// The record that it was made of.
    pub origin: Origin,
}

/// Identity and stamps of the ring record behind a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Shard whose ring it stood in.
    pub shard: u16,
    /// Writer epoch.
    pub epoch: u64,
    /// Ring sequence.
    pub sequence: u64,
    /// Number of the input.
    pub frame_seq: u64,
    /// Index among the events of that input.
    pub index: u32,
    /// Bits of [`flag`], see [`FLAGS_SHOWN`].
    pub flags: u16,
    /// Venue's time.
    pub ts_event: u64,
    /// Our socket's time.
    pub ts_recv: u64,
    /// Our ring's time.
    pub ts_out: u64,
}

/// Why messages or records were passed over. Numbers as in `src/model/wire.fbs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SkipReason {
    /// The client read too slowly; the gateway says so itself.
    SlowClient = 1,
    /// The fan-out was lapped by the ring.
    Lapped = 2,
    /// The engine restarted.
    Restarted = 3,
    /// A delta did not follow the book.
    OutOfSync = 4,
    /// The message did not fit the gateway's buffer.
    TooLarge = 5,
    /// What a resume token asked for is not kept any more.
    Resume = 6,
}

impl SkipReason {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SlowClient => "slow_client",
            Self::Lapped => "lapped",
            Self::Restarted => "restarted",
            Self::OutOfSync => "out_of_sync",
            Self::TooLarge => "too_large",
            Self::Resume => "resume",
        }
    }
}

/// Levels of both sides, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides<'a> {
    /// Bids, highest price first in a snapshot.
    pub bids: &'a [Level],
    /// Asks, lowest price first in a snapshot.
    pub asks: &'a [Level],
}

/// Levels of each side, from the best on, up to which a fetched book is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValidDepth {
    /// Of bids.
    pub bids: u32,
    /// Of asks.
    pub asks: u32,
}

/// What a message says. Units: mantissas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// The whole book, or the best of it.
    BookSnapshot {
        /// Venue's update id of the book.
        last_update_id: u64,
        /// Its levels.
        sides: Sides<'a>,
        /// [`tickring_core::book::Book::hash`] of the levels.
        hash: u64,
        /// Levels a side at most; 0: the whole book.
        depth: u16,
        /// How many of the levels are certain; `None` for all.
        valid_depth: Option<ValidDepth>,
    },
    /// Levels that changed; 0 removes one.
    BookDelta {
        /// Venue's update id that it follows.
        prev_update_id: u64,
        /// Venue's update id of the book afterwards.
        last_update_id: u64,
        /// The levels.
        sides: Sides<'a>,
        /// [`tickring_core::book::Book::hash`] of the book afterwards.
        hash: u64,
        /// How many of the book's levels are certain, where that was told otherwise before.
        valid_depth: Option<ValidDepth>,
    },
    /// One trade print.
    Trade(Trade),
    /// Best bid and ask.
    Quote(Quote),
    /// State of the subscription or book.
    Status(Status),
    /// Venue ids never received.
    Gap(Gap),
    /// Rolling 24-hour figures.
    Stats24h(Stats24h),
    /// Definition of the instrument; the exponents stand in the head.
    Instrument {
        /// Smallest price step.
        tick_size: i64,
        /// Smallest quantity step.
        lot_size: i64,
        /// Whether it trades.
        state: TradingState,
        /// Times the definition has changed.
        change_count: u32,
    },
    /// What the topic's stream passed over; [`SkipReason`] says in which numbering.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// First number passed over.
        from: u64,
        /// Last number passed over.
        to: u64,
        /// How many.
        count: u64,
    },
    /// A candle as it is now.
    Bar(Timeframe, Bar),
    /// The price that positions are valued at.
    MarkPrice(ReferencePrice),
    /// The price of the underlying.
    IndexPrice(ReferencePrice),
    /// Funding rate.
    Funding(Funding),
    /// Contracts that are open.
    OpenInterest(OpenInterest),
    /// An order that closes a position.
    Liquidation(Liquidation),
    /// Whether the market trades.
    TradingStatus(MarketState),
    /// A bar as the venue counts it.
    Kline(VenueBar),
}
