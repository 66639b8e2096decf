//! Venues: what a frame means, and when a delta follows the book. One file per venue; nothing else names a venue.

use crate::error::Code;
use crate::event::Level;
use crate::simd::Indexed;

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
    /// Reads one frame. Validates the whole of it, as UTF-8 JSON or as what a binary header says; never trusts member order, accepts
    /// unknown members.
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
            Self::KrakenFutures => kraken_futures::parse_frame(frame),
            Self::Coinbase => coinbase::parse_frame(frame),
            Self::Backpack => backpack::parse_frame(frame),
            Self::Internal | Self::Ibkr | Self::AlphaVantage | Self::Fred | Self::Yahoo | Self::Mock => {
                source::parse_frame(frame)
            }
            Self::View => view::parse_frame(frame),
        }
    }

    /// The quote that stands beside the figures of a [`Message::Ticker`].
    ///
    /// # Errors
    ///
    /// A [`Reject`] with code and offset; of figures that were read with a quote, none.
    pub fn quote_beside<'a>(self, rows: &FigureRows<'a>) -> Result<QuoteMessage<'a>, Reject> {
        match self {
            Self::KrakenFutures => kraken_futures_figures::quote(rows.frame, rows.value),
            _ => Err(Reject { code: Code::UnknownEvent, offset: 0 }),
        }
    }

    /// The trade that stands beside the figure of a [`Message::Liquidated`].
    ///
    /// # Errors
    ///
    /// As [`Self::quote_beside`].
    pub fn trade_beside<'a>(self, rows: &FigureRows<'a>) -> Result<TradeMessage<'a>, Reject> {
        match self {
            Self::KrakenFutures => kraken_futures::trade(rows.frame, rows.value),
            _ => Err(Reject { code: Code::UnknownEvent, offset: 0 }),
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
            _ => return self.parse_indexed_of_others(indexed, exponents, sides),
        };
        // Each of the two by itself: as one value they would be copied.
        if let Some(opening) = known.open(dialect, indexed) {
            let head = opening.head;
            if opening.levels(exponents(head.symbol)?, sides).is_some() {
                return Some(Read::Delta(head));
            }
        } else if let Some((opening, numbers)) = binance_indexed::open(dialect, indexed) {
            known.note(dialect, indexed.frame(), &opening, &numbers);
            let head = opening.head;
            if opening.levels(exponents(head.symbol)?, sides).is_some() {
                return Some(Read::Delta(head));
            }
        }
        binance_indexed::read(dialect, indexed, exponents, sides)
    }

    /// The same of venues whose heads are not kept. A function of its own: their registers and stack are no cost of the others'.
    #[inline(never)]
    fn parse_indexed_of_others<'a>(
        self,
        indexed: &Indexed<'a, '_>,
        exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
        sides: &mut Sides<'_>,
    ) -> Option<Read<'a>> {
        match self {
            Self::BybitLinear | Self::BybitSpot | Self::BybitInverse => bybit_indexed::read(indexed, exponents, sides),
            Self::OkxSpot | Self::OkxSwap | Self::OkxFutures => okx_indexed::read(indexed, exponents, sides),
            Self::Deribit => deribit_indexed::read(indexed, exponents, sides),
            Self::KrakenSpot => kraken_indexed::read(indexed, exponents, sides),
            Self::KrakenFutures => kraken_futures_indexed::read(indexed, exponents, sides),
            Self::Coinbase => coinbase_indexed::read(indexed, exponents, sides),
            Self::Backpack => backpack_indexed::read(indexed, exponents, sides),
            _ => None,
        }
    }

    /// Reads the body of a REST depth snapshot, or of a copy for an audit.
    ///
    /// # Errors
    ///
    /// A [`Reject`] with code and offset.
    pub fn parse_snapshot<'a>(self, body: &'a [u8]) -> Result<SnapshotMessage<'a>, Reject> {
        match self {
            Self::BinanceSpot | Self::BinanceUsdm | Self::BinanceCoinm => binance::parse_snapshot(body),
            Self::Backpack => backpack::parse_snapshot(body),
            Self::BybitLinear | Self::BybitSpot | Self::BybitInverse => copies::bybit(body),
            Self::OkxSpot | Self::OkxSwap | Self::OkxFutures => copies::okx(body),
            Self::Deribit => copies::deribit(body),
            Self::KrakenSpot => copies::kraken(body),
            Self::KrakenFutures => copies::kraken_futures(body),
            Self::Coinbase => copies::coinbase(body),
            _ => Err(Reject { code: Code::UnknownEvent, offset: 0 }),
        }
    }

    /// Whether missed trades can be had over REST, by number or among the newest ones, see [`Self::parse_trades`].
    #[must_use]
    pub const fn tells_missed_trades(self) -> bool {
        let by_number = matches!(self, Self::BinanceSpot | Self::BinanceUsdm | Self::BinanceCoinm | Self::Deribit);
        by_number || matches!(self, Self::KrakenSpot | Self::Backpack)
    }

    /// Reads the body of a REST answer with trades of one symbol, whose rows need not name it.
    ///
    /// # Errors
    ///
    /// A [`Reject`] with code and offset.
    pub fn parse_trades(self, body: &[u8]) -> Result<TradeRows<'_>, Reject> {
        match self {
            Self::BinanceSpot | Self::BinanceUsdm | Self::BinanceCoinm => binance_trades::parse_trades(body),
            Self::Deribit => deribit::parse_trades(body),
            Self::KrakenSpot => recent_trades::kraken(body),
            Self::Backpack => recent_trades::backpack(body),
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
            Self::KrakenFutures => kraken_futures::parse_listings(body),
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
            Self::KrakenFutures => kraken_futures::follow(last, delta),
            Self::Coinbase => coinbase::follow(last, delta),
            // Canonical frames hold no book.
            _ => Follow::Duplicate,
        }
    }

    /// How many of the best levels a side its checksum is made of.
    #[must_use]
    pub const fn checksum_levels(self) -> usize {
        match self {
            Self::KrakenSpot => kraken::CHECKSUM_LEVELS,
            _ => CHECKSUM_LEVELS_MAX,
        }
    }

    /// The venue's checksum of a book, from its best [`CHECKSUM_LEVELS_MAX`] levels a side, best first. `None` where the venue has none,
    /// and where a value has more decimals than the venue writes. `texts`: those of the book's last checksum, or none.
    #[must_use]
    pub fn checksum(
        self,
        texts: &mut LevelTexts,
        levels: (&[Level], &[Level]),
        exponents: (i8, i8),
        decimals: (u8, u8),
    ) -> Option<u32> {
        match self {
            Self::OkxSpot | Self::OkxSwap | Self::OkxFutures => okx::checksum(texts, levels, exponents),
            Self::KrakenSpot => kraken::checksum(texts, levels, exponents, decimals),
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
                Self::OkxSpot
                    | Self::OkxSwap
                    | Self::OkxFutures
                    | Self::Deribit
                    | Self::KrakenSpot
                    | Self::KrakenFutures
                    | Self::Coinbase
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
mod backpack_figures;
mod backpack_indexed;
mod binance;
mod binance_fields;
mod binance_figures;
mod binance_indexed;
mod binance_listing;
mod binance_sbe;
mod binance_spot;
mod binance_trades;
mod binance_usdm;
mod bybit;
mod bybit_figures;
mod bybit_indexed;
mod coinbase;
mod coinbase_figures;
mod coinbase_indexed;
mod convert;
mod copies;
mod deribit;
mod deribit_figures;
mod deribit_indexed;
mod fields;
mod figures;
mod id;
mod known_head;
mod kraken;
mod kraken_figures;
mod kraken_futures;
mod kraken_futures_figures;
mod kraken_futures_indexed;
mod kraken_indexed;
mod kraken_v1;
mod level_texts;
mod listing;
mod message;
mod number_text;
mod okx;
mod okx_figures;
mod okx_indexed;
mod recent_trades;
mod shape;
mod silence;
mod source;
mod view;

pub use convert::{LEVELS_MAX, convert_levels, convert_pair, convert_quote};
pub use figures::{About, BarText, Figure, FigureMessage, FigureRows, convert_bar, convert_figure};
pub use id::VenueId;
pub use known_head::KnownHead;
pub use level_texts::LevelTexts;
pub use message::{
    Checksum, DecimalText, DeltaIds, DepthHead, DepthMessage, LevelText, Listing, Message, Numbering, QuoteMessage, Read,
    Reject, Rows, Sides, SnapshotMessage, Spelled, TradeMessage, TradeRows,
};

pub use view::{ViewBook, ViewJoin, ViewMessage, ViewSaid};

use message::TradeRow;
