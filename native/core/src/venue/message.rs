//! What the frames of any venue say, before symbols and exponents are known: texts and ids as they stand there.

use serde::{Deserialize, Serialize};

use crate::book::Side;
use crate::error::Code;
use crate::event::Level;
use crate::json::{self, Value};

use super::binance_sbe;
use super::view::ViewMessage;

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
    /// `[price,quantity]` with JSON numbers.
    Numbers,
    /// `{"price":"price","size":"quantity"}`.
    Sizes,
    /// The message is itself the one level: an object with `price` and `qty` among its members, JSON numbers.
    Own,
    /// `["new",price,quantity]`, also `"change"` and `"delete"`, with JSON numbers.
    Actions,
    /// `{"side":"bid","price_level":"price","new_quantity":"quantity"}`, bids and offers in one array: those of this side.
    Updates(Side),
    /// Little-endian mantissas of 64 bits, price and quantity, at the exponents of the message; `size` bytes a row, 16 at least.
    Mantissas {
        /// Of prices.
        price_exponent: i8,
        /// Of quantities.
        qty_exponent: i8,
        /// Bytes from a row to the next.
        size: u16,
    },
}

/// Price levels of a message, as they stand there: the bytes of a JSON array that has been checked to be well-formed, or of rows of
/// mantissas. Converted once the instrument, and so the exponents, are known.
#[derive(Clone, Copy, Debug)]
pub struct LevelText<'a> {
    /// The array's bytes, brackets included; of mantissas the rows, all of them whole; the object that is a level.
    pub bytes: &'a [u8],
    /// Where they start in the frame.
    pub offset: usize,
    /// What each of its rows looks like.
    pub rows: Rows,
}

/// How a decimal number stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelled {
    /// As text in quotes.
    Text,
    /// As a JSON number, which may have an exponent.
    Number,
    /// As a little-endian mantissa of 64 bits, at this exponent.
    Mantissa(i8),
}

/// A decimal number of a message, as it stands there: text without quotes, escapes not resolved, or a mantissa.
#[derive(Clone, Copy, Debug)]
pub struct DecimalText<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Where they start in the frame.
    pub offset: usize,
    /// What the bytes are.
    pub spelled: Spelled,
}

impl DecimalText<'_> {
    /// Nothing, where a side is empty.
    pub(crate) const fn zero(offset: usize) -> Self {
        Self { bytes: b"0", offset, spelled: Spelled::Text }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// CRC-32 of the best levels, see [`super::VenueId::checksum`]; `None` where this message has none.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// How the rows of a message's trades are found and read.
#[derive(Clone, Copy, Debug)]
pub(super) enum TradeRow<'a> {
    /// Elements of a JSON array.
    Json(fn(&'a [u8], Value) -> Result<TradeMessage<'a>, Reject>),
    /// A group of a binary message.
    Group(binance_sbe::TradeGroup<'a>),
}

/// The trades of one message, all of one symbol: an array whose rows were found to be well-formed, or a group whose rows are whole.
#[derive(Clone, Copy, Debug)]
pub struct TradeRows<'a> {
    pub(super) frame: &'a [u8],
    pub(super) start: usize,
    pub(super) newest_first: bool,
    pub(super) read: TradeRow<'a>,
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
        match self.read {
            TradeRow::Json(read) => json::each_element(self.frame, self.start, |row| each(read(self.frame, row)?)).map(|_| ()),
            TradeRow::Group(group) => group.each(self.frame, self.start, each),
        }
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
    /// A whole book that the stream itself brings, see [`super::VenueId::snapshots_in_stream`].
    Snapshot(DepthMessage<'a>),
    /// See [`TradeMessage`].
    Trade(TradeMessage<'a>),
    /// See [`TradeRows`].
    Trades(TradeRows<'a>),
    /// See [`QuoteMessage`].
    Quote(QuoteMessage<'a>),
    /// See [`super::FigureRows`].
    Figures(super::FigureRows<'a>),
    /// Figures, and a quote beside them, see [`super::VenueId::quote_beside`]: both here would make every message larger.
    Ticker(super::FigureRows<'a>),
    /// The figure that tells of a position closed by force, and the trade that did it, see [`super::VenueId::trade_beside`].
    Liquidated(super::FigureRows<'a>),
    /// See [`ViewMessage`].
    View(ViewMessage<'a>),
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
    /// The venue's spelling as it stands there, escapes included; absent where the body does not name its symbol, or by another name.
    pub symbol: Option<&'a [u8]>,
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
