//! Venues: what a frame means, and when a delta follows the book. One file per venue; nothing else names a venue.

use serde::{Deserialize, Serialize};

use crate::book::Side;
use crate::error::Code;
use crate::event::Level;
use crate::json::{self, Value};
use crate::simd::Indexed;

/// Why an input was set aside, and where in its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The reason.
    pub code: Code,
    /// Byte offset at which it was noticed.
    pub offset: usize,
}

/// How a venue spells the rows of price levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// `["price","quantity"]`, and perhaps more.
    Texts,
    /// `{"price":price,"qty":quantity}` with JSON numbers.
    Members,
    /// `["new",price,quantity]`, also `"change"` and `"delete"`, with JSON numbers.
    Actions,
    /// `{"side":"bid","price_level":"price","new_quantity":"quantity"}`, bids and offers in one array: those of this side.
    Updates(Side),
}

/// Price levels of a message, still as text: the bytes of a JSON array that has been checked to be well-formed. Converted once
/// the instrument, and so the exponents, are known.
#[derive(Clone, Copy, Debug)]
pub struct LevelText<'a> {
    /// The array's bytes, brackets included.
    pub bytes: &'a [u8],
    /// Where they start in the frame.
    pub offset: usize,
    /// What each of its rows looks like.
    pub rows: Rows,
}

/// A decimal number of a message, still as text (without quotes, escapes not resolved).
#[derive(Clone, Copy, Debug)]
pub struct DecimalText<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Where they start in the frame.
    pub offset: usize,
    /// It stands there as a JSON number, which may have an exponent, not as text in quotes.
    pub is_number: bool,
}

impl DecimalText<'_> {
    /// Nothing, where a side is empty.
    pub(crate) const fn zero(offset: usize) -> Self {
        Self { bytes: b"0", offset, is_number: false }
    }
}

/// The ids that a sequence rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeltaIds {
    /// First update id covered.
    pub first: u64,
    /// Last update id covered.
    pub last: u64,
    /// Last update id of the previous delta of the stream, where the venue says so.
    pub prev: Option<u64>,
    /// Venue's send time in ns, which tells a repeated delta from restarted ids.
    pub ts_sent: u64,
}

/// What the venue says of the book after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// CRC-32 of the best levels, see [`VenueId::checksum`]; `None` where this message has none.
    pub crc: Option<u32>,
    /// Decimals that the message writes prices and quantities with.
    pub decimals: (u8, u8),
}

/// A depth delta without its levels.
#[derive(Clone, Copy, Debug)]
pub struct DepthHead<'a> {
    /// The venue's spelling, as it stands in the frame: [`crate::json::unescape`] before comparing.
    pub symbol: &'a [u8],
    /// Engine time, or send time where the venue gives no other, ns.
    pub ts_event: u64,
    /// Update ids; `last` 0 where the venue gives none and checksums instead: the machine counts such messages itself.
    pub ids: DeltaIds,
    /// What the book must be then, where this is how the venue proves it.
    pub checksum: Option<Checksum>,
}

impl DepthHead<'_> {
    /// Whether the message has no number of its own.
    #[must_use]
    pub const fn is_unnumbered(&self) -> bool {
        self.checksum.is_some() && self.ids.last == 0
    }
}

/// Where converted levels go.
#[derive(Debug)]
pub struct Sides<'s> {
    /// Bid levels.
    pub bids: &'s mut Vec<Level>,
    /// Ask levels.
    pub asks: &'s mut Vec<Level>,
}

/// What an indexed frame says.
#[derive(Clone, Copy, Debug)]
pub enum Read<'a> {
    /// A depth delta whose levels are converted.
    Delta(DepthHead<'a>),
    /// A whole book whose levels are converted.
    Snapshot(DepthHead<'a>),
    /// Another message.
    Other(Message<'a>),
}

/// A depth delta, or a whole book.
#[derive(Clone, Copy, Debug)]
pub struct DepthMessage<'a> {
    /// All but the levels.
    pub head: DepthHead<'a>,
    /// Bid levels.
    pub bids: LevelText<'a>,
    /// Ask levels.
    pub asks: LevelText<'a>,
}

/// What a venue's numbers say about the trades of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Trade ids count by one: a jump is a gap.
    Contiguous,
    /// This number, which is not the id, counts by one: a jump is a gap.
    Counted(u64),
    /// Trade ids rise by any step: one that does not is a repetition.
    Increasing,
    /// This number never falls, and several trades may have the same: a smaller one is a repetition.
    Rising(u64),
    /// Nothing.
    None,
}

/// The trades of one message, all of one symbol: an array whose rows were found to be well-formed.
#[derive(Clone, Copy, Debug)]
pub struct TradeRows<'a> {
    frame: &'a [u8],
    start: usize,
    newest_first: bool,
    read: fn(&'a [u8], Value) -> Result<TradeMessage<'a>, Reject>,
}

impl<'a> TradeRows<'a> {
    /// The rows stand from the newest to the oldest.
    #[must_use]
    pub const fn newest_first(&self) -> bool {
        self.newest_first
    }

    /// Walks the rows.
    ///
    /// # Errors
    ///
    /// Those of `each`.
    pub fn each(&self, mut each: impl FnMut(TradeMessage<'a>) -> Result<(), Reject>) -> Result<(), Reject> {
        json::each_element(self.frame, self.start, |row| each((self.read)(self.frame, row)?)).map(|_| ())
    }
}

/// A trade or an aggregated trade.
#[derive(Clone, Copy, Debug)]
pub struct TradeMessage<'a> {
    /// The venue's spelling, as it stands in the frame: [`crate::json::unescape`] before comparing.
    pub symbol: &'a [u8],
    /// Engine time, ns.
    pub ts_event: u64,
    /// Trade id, or aggregate id.
    pub trade_id: u64,
    /// What says whether trades are missing or repeated.
    pub numbering: Numbering,
    /// Price.
    pub price: DecimalText<'a>,
    /// Quantity.
    pub qty: DecimalText<'a>,
    /// The taker sold.
    pub aggressor_sell: bool,
    /// It is an aggregated trade.
    pub aggregated: bool,
    /// The print is no market trade (insurance fund, liquidation take-over): its id counts, its price does not.
    pub off_market: bool,
}

/// Best bid and ask.
#[derive(Clone, Copy, Debug)]
pub struct QuoteMessage<'a> {
    /// The venue's spelling, as it stands in the frame: [`crate::json::unescape`] before comparing.
    pub symbol: &'a [u8],
    /// Engine time in ns, where the venue gives one.
    pub ts_event: Option<u64>,
    /// Update id of the book at this quote, or the venue's time where it gives none.
    pub update_id: u64,
    /// Several quotes may share it, for it is a time: only smaller ones are old.
    pub is_time: bool,
    /// Best bid price.
    pub bid_price: DecimalText<'a>,
    /// Quantity at the best bid.
    pub bid_qty: DecimalText<'a>,
    /// Best ask price.
    pub ask_price: DecimalText<'a>,
    /// Quantity at the best ask.
    pub ask_qty: DecimalText<'a>,
}

/// What one frame says.
#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    /// See [`DepthMessage`].
    Depth(DepthMessage<'a>),
    /// A whole book that the stream itself brings, see [`VenueId::snapshots_in_stream`].
    Snapshot(DepthMessage<'a>),
    /// See [`TradeMessage`].
    Trade(TradeMessage<'a>),
    /// See [`TradeRows`].
    Trades(TradeRows<'a>),
    /// See [`QuoteMessage`].
    Quote(QuoteMessage<'a>),
    /// Answer to a control message: our id, and the venue's error code (0 if it accepted).
    Reply {
        /// The id that we sent; 0 where the venue gives none back.
        id: u64,
        /// The venue's error code.
        venue_code: i64,
    },
    /// The venue wants a sign of life, and cuts the connection if it gets none.
    Challenge,
    /// The venue is about to close the connection.
    Shutdown,
    /// Known to the venue's manifest, and nothing that we publish.
    Ignored,
}

/// Body of a REST depth snapshot.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotMessage<'a> {
    /// Update id of the book.
    pub last_update_id: u64,
    /// Engine time in ns, where the venue gives one.
    pub ts_event: Option<u64>,
    /// Bid levels.
    pub bids: LevelText<'a>,
    /// Ask levels.
    pub asks: LevelText<'a>,
}

/// One instrument of the venue's listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The venue's spelling.
    pub symbol: String,
    /// Price exponent that the tick size needs; −8 where the venue gives no tick size.
    pub price_exponent: i8,
    /// Quantity exponent that the lot size needs; −8 where the venue gives no lot size.
    pub qty_exponent: i8,
    /// Smallest price step as a mantissa; 0 where unknown.
    pub tick_size: i64,
    /// Smallest quantity step as a mantissa; 0 where unknown.
    pub lot_size: i64,
    /// Whether it trades.
    pub trading: bool,
}

/// Verdict of a venue's rule on a delta that follows a book in sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// It is the next one.
    Apply,
    /// It has been applied already, or is older.
    Duplicate,
    /// Exactly `first..=last` were never received.
    Gap {
        /// First missing id.
        first: u64,
        /// Last missing id.
        last: u64,
    },
    /// The venue restarted its ids.
    Rollback,
}

/// Verdict of a venue's rule on the oldest buffered delta, given a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// The snapshot contains it: drop it and look at the next.
    Older,
    /// It is the first to apply.
    Apply,
    /// The snapshot is too old for it: fetch another.
    SnapshotTooOld,
}

/// Most levels a side that a checksum is made of.
pub const CHECKSUM_LEVELS_MAX: usize = 25;

impl VenueId {
    /// Reads one frame. Validates the whole of it as UTF-8 JSON; never trusts member order, accepts unknown members.
    ///
    /// # Errors
    ///
    /// A [`Reject`] with code and offset.
    pub fn parse_frame<'a>(self, frame: &'a [u8]) -> Result<Message<'a>, Reject> {
        match self {
            Self::BinanceSpot => binance_spot::parse_frame(frame),
            Self::BinanceUsdm | Self::BinanceCoinm => binance_usdm::parse_frame(frame),
            Self::BybitLinear | Self::BybitSpot | Self::BybitInverse => bybit::parse_frame(frame),
            Self::Deribit => deribit::parse_frame(frame),
            Self::OkxSpot | Self::OkxSwap | Self::OkxFutures => okx::parse_frame(frame),
            Self::KrakenSpot => kraken::parse_frame(frame),
            Self::Coinbase => coinbase::parse_frame(frame),
            Self::Backpack => backpack::parse_frame(frame),
            Self::Internal | Self::Ibkr | Self::AlphaVantage | Self::Fred | Self::Yahoo | Self::Mock => {
                source::parse_frame(frame)
            }
        }
    }

    /// Reads an indexed frame if it is spelled without white space and holds nothing nested but levels. `exponents` gives price
    /// and quantity exponent of a symbol. `None` says nothing of the frame: [`Self::parse_frame`] does. `Some` says that it
    /// would give the same message, and its levels at these exponents the same mantissas, which are in `sides`. `known` is that
    /// of the frame's connection; it changes speed alone.
    pub fn parse_indexed<'a>(
        self,
        indexed: &Indexed<'a, '_>,
        known: &mut KnownHead,
        exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
        sides: &mut Sides<'_>,
    ) -> Option<Read<'a>> {
        let dialect = match self {
            Self::BinanceSpot => binance::Dialect::Spot,
            Self::BinanceUsdm | Self::BinanceCoinm => binance::Dialect::Usdm,
            Self::BybitLinear | Self::BybitSpot | Self::BybitInverse => return bybit_indexed::read(indexed, exponents, sides),
            Self::OkxSpot | Self::OkxSwap | Self::OkxFutures => return okx_indexed::read(indexed, exponents, sides),
            Self::Deribit => return deribit_indexed::read(indexed, exponents, sides),
            Self::Coinbase => return coinbase_indexed::read(indexed, exponents, sides),
            Self::Backpack => return backpack_indexed::read(indexed, exponents, sides),
            _ => return None,
        };
        let opening = known.open(dialect, indexed).or_else(|| {
            let (opening, numbers) = binance_indexed::open(dialect, indexed)?;
            known.note(dialect, indexed.frame(), &opening, &numbers);
            Some(opening)
        });
        if let Some(opening) = opening {
            let head = opening.head;
            if opening.levels(exponents(head.symbol)?, sides).is_some() {
                return Some(Read::Delta(head));
            }
        }
        binance_indexed::read(dialect, indexed, exponents, sides)
    }

    /// Reads the body of a REST depth snapshot.
    ///
    /// # Errors
    ///
    /// A [`Reject`] with code and offset.
    pub fn parse_snapshot<'a>(self, body: &'a [u8]) -> Result<SnapshotMessage<'a>, Reject> {
        match self {
            Self::BinanceSpot | Self::BinanceUsdm | Self::BinanceCoinm => binance::parse_snapshot(body),
            Self::Backpack => backpack::parse_snapshot(body),
            _ => Err(Reject { code: Code::UnknownEvent, offset: 0 }),
        }
    }

    /// Reads the venue's instrument listing. Control plane: allocates.
    ///
    /// # Errors
    ///
    /// A [`Reject`] with code and offset.
    pub fn parse_listings(self, body: &[u8]) -> Result<Vec<Listing>, Reject> {
        match self {
            Self::BinanceSpot | Self::BinanceUsdm | Self::BinanceCoinm => binance_listing::parse_listings(body),
            Self::BybitLinear | Self::BybitSpot | Self::BybitInverse => bybit::parse_listings(body),
            Self::Deribit => deribit::parse_listings(body),
            Self::OkxSpot | Self::OkxSwap | Self::OkxFutures => okx::parse_listings(body),
            Self::KrakenSpot => kraken::parse_listings(body),
            Self::Coinbase => coinbase::parse_listings(body),
            Self::Backpack => backpack::parse_listings(body),
            _ => Err(Reject { code: Code::UnknownEvent, offset: 0 }),
        }
    }

    /// The venue's rule for a delta after a book in sync: `last` are the ids of the delta (or snapshot) applied last.
    #[must_use]
    pub fn follow(self, last: &DeltaIds, delta: &DeltaIds) -> Follow {
        match self {
            Self::BinanceSpot | Self::Backpack => binance_spot::follow(last, delta),
            Self::BinanceUsdm | Self::BinanceCoinm => binance_usdm::follow(last, delta),
            Self::BybitLinear | Self::BybitSpot | Self::BybitInverse => bybit::follow(last, delta),
            Self::Deribit => deribit::follow(last, delta),
            Self::OkxSpot | Self::OkxSwap | Self::OkxFutures => okx::follow(last, delta),
            Self::KrakenSpot => kraken::follow(last, delta),
            Self::Coinbase => coinbase::follow(last, delta),
            // Canonical frames hold no book.
            _ => Follow::Duplicate,
        }
    }

    /// The venue's checksum of a book, from its best [`CHECKSUM_LEVELS_MAX`] levels a side, best first. `None` where the venue has none,
    /// and where a value has more decimals than the venue writes.
    #[must_use]
    pub fn checksum(self, bids: &[Level], asks: &[Level], exponents: (i8, i8), decimals: (u8, u8)) -> Option<u32> {
        match self {
            Self::OkxSpot | Self::OkxSwap | Self::OkxFutures => okx::checksum(bids, asks, exponents),
            Self::KrakenSpot => kraken::checksum(bids, asks, exponents, decimals),
            _ => None,
        }
    }

    /// Whether the venue sends whole books in the stream of deltas: a new subscription brings one, and none is fetched.
    #[must_use]
    pub const fn snapshots_in_stream(self) -> bool {
        let bybit = matches!(self, Self::BybitLinear | Self::BybitSpot | Self::BybitInverse);
        bybit
            || matches!(
                self,
                Self::OkxSpot | Self::OkxSwap | Self::OkxFutures | Self::Deribit | Self::KrakenSpot | Self::Coinbase
            )
    }

    /// Whether the venue numbers the messages of its books. Else only one connection at a time may tell of a book.
    #[must_use]
    pub const fn numbers_books(self) -> bool {
        !matches!(self, Self::KrakenSpot)
    }

    /// Levels a side beyond which the venue no longer says what becomes of a level: the book ends there.
    #[must_use]
    pub const fn book_levels_max(self) -> Option<usize> {
        match self {
            Self::KrakenSpot => Some(kraken::DEPTH),
            _ => None,
        }
    }

    /// Whether the venue counts the messages of a connection, whatever they are about, instead of the changes of a book: a hole
    /// leaves none of its books proven, and numbers of two connections have nothing to do with each other.
    #[must_use]
    pub const fn numbers_messages(self) -> bool {
        matches!(self, Self::Coinbase)
    }

    /// That number, of a frame that was read.
    ///
    /// # Errors
    ///
    /// A [`Reject`] with code and offset.
    pub fn sequence(self, frame: &[u8]) -> Result<Option<u64>, Reject> {
        match self {
            Self::Coinbase => coinbase::sequence(frame),
            _ => Ok(None),
        }
    }

    /// The venue's rule for the first delta after a snapshot with this id, where snapshots are fetched.
    #[must_use]
    pub fn join(self, snapshot_id: u64, delta: &DeltaIds) -> Join {
        match self {
            Self::BinanceSpot | Self::Backpack => binance_spot::join(snapshot_id, delta),
            Self::BinanceUsdm | Self::BinanceCoinm => binance_usdm::join(snapshot_id, delta),
            _ => Join::Older,
        }
    }
}

/// Why a number did not become a mantissa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convert {
    /// The exponents that would hold the value exactly (both given, each at most the present one).
    Finer {
        /// Price exponent needed.
        price_exponent: i8,
        /// Quantity exponent needed.
        qty_exponent: i8,
    },
    /// The value is unusable.
    Reject(Reject),
}

mod backpack;
mod backpack_indexed;
mod binance;
mod binance_fields;
mod binance_indexed;
mod binance_listing;
mod binance_spot;
mod binance_usdm;
mod bybit;
mod bybit_indexed;
mod coinbase;
mod coinbase_indexed;
mod convert;
mod deribit;
mod deribit_indexed;
mod fields;
mod id;
mod known_head;
mod kraken;
mod kraken_v1;
mod listing;
mod okx;
mod okx_indexed;
mod shape;
mod source;

pub use convert::{LEVELS_MAX, convert_levels, convert_pair, convert_quote};
pub use id::VenueId;
pub use known_head::KnownHead;
