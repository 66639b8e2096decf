//! Kraken futures, WebSocket v1. Source: the venue's documents (`docs.kraken.com`, pages of the futures WebSocket, stored 2026, read
//! 2026-11-22), a recording of 2021-07-22, fixtures of nautilus-trader (messages of 2021 and 2023, listing of 2025). Prices and
//! quantities are JSON numbers, quantities of inverse contracts with a needless decimal; they are read from their text.
//!
//! Rule of `book`: a subscription brings a `book_snapshot`, then each message tells one level. `seq` counts by one from the snapshot on,
//! for each product apart: all 7,014 recorded messages do it, and the documents say no more than that it is a number.

use crate::error::Code;
use crate::json::{self, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::fields::{NAME_BYTES_MAX, decimal_number, level_rows, members, name, reject, text, time, unsigned};
use super::kraken_futures_figures as figures;
use super::listing::{Step, listings, member, text as owned};
use super::{
    DeltaIds, DepthHead, DepthMessage, Follow, LevelText, Listing, Message, Numbering, Reject, Rows, TradeMessage, bybit,
};

members! {
    /// Of a whole message, whatever it is.
    Members {
        feed = b"feed", event = b"event", message = b"message",
    }
}

members! {
    /// Of a book and of a change of it.
    BookMembers {
        symbol = b"product_id", ts = b"timestamp", seq = b"seq", bids = b"bids", asks = b"asks",
        side = b"side", price = b"price", qty = b"qty",
    }
}

members! {
    /// Of one trade.
    TradeMembers {
        symbol = b"product_id", uid = b"uid", side = b"side", kind = b"type", seq = b"seq", ts = b"time", qty = b"qty", price = b"price",
    }
}

/// What a feed carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// A whole book.
    Snapshot,
    /// One level of it.
    Level,
    Trade,
    /// Best prices and figures.
    Ticker,
    /// Documented, and nothing that we publish.
    Ignored,
}

/// The feed of this name. The trades before a subscription are none of ours, and tickers of the light kind have no quantities.
pub(super) fn feed_of(feed: &[u8]) -> Option<Feed> {
    match feed {
        b"book_snapshot" => Some(Feed::Snapshot),
        b"book" => Some(Feed::Level),
        b"trade" => Some(Feed::Trade),
        b"ticker" => Some(Feed::Ticker),
        b"trade_snapshot" | b"ticker_lite" | b"heartbeat" => Some(Feed::Ignored),
        _ => None,
    }
}

/// Reads one frame.
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::UnknownEvent, root.start);
    }
    let members = Members::read(frame, root.start)?;
    // Answers name their feed as well.
    if members.event.is_present() {
        return event(frame, root.start, &members);
    }
    let named = members.feed.required(root.start)?;
    match feed_of(name(frame, named, &mut [0; NAME_BYTES_MAX])?) {
        Some(Feed::Snapshot) => book(frame, root.start).map(Message::Snapshot),
        Some(Feed::Level) => level(frame, root.start).map(Message::Depth),
        Some(Feed::Trade) => print(frame, root),
        Some(Feed::Ticker) => figures::ticker(frame, root),
        Some(Feed::Ignored) => Ok(Message::Ignored),
        None => reject(Code::UnknownEvent, named.start),
    }
}

/// Answers to control messages, one for each product, without an id of ours. A subscription that is there already is asked for again, and
/// one that is not there has left: neither is a refusal.
fn event<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let event = members.event.required(at)?;
    let (mut buffer, mut words) = ([0; NAME_BYTES_MAX], [0; NAME_BYTES_MAX]);
    let venue_code = match name(frame, event, &mut buffer)? {
        b"info" => return Ok(Message::Ignored),
        b"subscribed" | b"unsubscribed" => 0,
        b"subscribed_failed" | b"unsubscribed_failed" | b"error" => -1,
        b"alert" => match name(frame, members.message.required(at)?, &mut words)? {
            b"Already subscribed to feed, re-requesting" | b"Not subscribed to feed" => 0,
            _ => -1,
        },
        _ => return reject(Code::UnknownEvent, event.start),
    };
    Ok(Message::Reply { id: 0, venue_code })
}

fn book(frame: &[u8], at: usize) -> Result<DepthMessage<'_>, Reject> {
    let members = BookMembers::read(frame, at)?;
    let bids = level_rows(frame, members.bids.required(at)?, Rows::Members)?;
    let asks = level_rows(frame, members.asks.required(at)?, Rows::Members)?;
    Ok(DepthMessage { head: read_head(frame, at, &members)?, bids, asks })
}

/// The level is the message's own price and quantity.
fn level(frame: &[u8], at: usize) -> Result<DepthMessage<'_>, Reject> {
    let members = BookMembers::read(frame, at)?;
    for number in [members.price, members.qty] {
        decimal_number(frame, number.required(at)?)?;
    }
    let told = LevelText { bytes: frame.get(at..).unwrap_or_default(), offset: at, rows: Rows::Own };
    let other = LevelText { bytes: b"[]", offset: at, rows: Rows::Members };
    let head = read_head(frame, at, &members)?;
    let (bids, asks) = if sells(frame, members.side.required(at)?)? { (other, told) } else { (told, other) };
    Ok(DepthMessage { head, bids, asks })
}

fn read_head<'a>(frame: &'a [u8], at: usize, members: &BookMembers) -> Result<DepthHead<'a>, Reject> {
    let symbol = text(frame, members.symbol.required(at)?)?;
    Ok(head(symbol, time(frame, members.ts.required(at)?)?, unsigned(frame, members.seq.required(at)?)?))
}

pub(super) const fn head(symbol: &[u8], ts: u64, seq: u64) -> DepthHead<'_> {
    DepthHead { symbol, ts_event: ts, ids: DeltaIds { first: seq, last: seq, prev: None, ts_sent: ts }, checksum: None }
}

fn sells(frame: &[u8], side: Value) -> Result<bool, Reject> {
    match name(frame, side, &mut [0; NAME_BYTES_MAX])? {
        b"buy" => Ok(false),
        b"sell" => Ok(true),
        _ => reject(Code::FieldType, side.start),
    }
}

/// A trade, or one that closed a position by force, which is a figure too.
fn print(frame: &[u8], root: Value) -> Result<Message<'_>, Reject> {
    let message = trade(frame, root)?;
    let kind = TradeMembers::read(frame, root.start)?.kind.required(root.start)?;
    Ok(match name(frame, kind, &mut [0; NAME_BYTES_MAX])? {
        b"liquidation" => Message::Liquidated(figures::liquidation(frame, root, &message)?),
        _ => Message::Trade(message),
    })
}

/// `side` is the taker's, and so the side of an order that closes a position. Prices that were not made in the book are counted and not
/// published: a position that was taken over or ended, and a trade agreed upon elsewhere.
pub(super) fn trade(frame: &[u8], root: Value) -> Result<TradeMessage<'_>, Reject> {
    let (at, members) = (root.start, TradeMembers::read(frame, root.start)?);
    let kind = members.kind.required(at)?;
    let mut buffer = [0; NAME_BYTES_MAX];
    let word = name(frame, kind, &mut buffer)?;
    let off_market = match word {
        b"fill" | b"liquidation" => false,
        b"assignment" | b"termination" | b"block" => true,
        _ => return reject(Code::UnknownEvent, kind.start),
    };
    let uid = members.uid.required(at)?;
    Ok(TradeMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: time(frame, members.ts.required(at)?)?,
        trade_id: bybit::trade_id(frame, uid)?,
        numbering: Numbering::Counted(unsigned(frame, members.seq.required(at)?)?),
        price: decimal_number(frame, members.price.required(at)?)?,
        qty: decimal_number(frame, members.qty.required(at)?)?,
        aggressor_sell: sells(frame, members.side.required(at)?)?,
        aggregated: false,
        off_market,
    })
}

/// See [`super::VenueId::follow`]: as Bybit's, whose numbers count by one as well.
pub const fn follow(last: &DeltaIds, delta: &DeltaIds) -> Follow {
    bybit::follow(last, delta)
}

/// Reads `instruments` of `/derivatives/api/v3/instruments`. Indices, which the listing of 2021 has beside them, are left out. One bad row
/// does not cost the others.
pub fn parse_listings(body: &[u8]) -> Result<Vec<Listing>, Reject> {
    listings(body, &[b"instruments"], Kind::Array, listing)
}

fn listing(body: &[u8], row: Value) -> Result<Option<Listing>, Reject> {
    let of = |name: &[u8]| member(body, row.start, name);
    let Some(symbol) = of(b"symbol")?.and_then(|value| owned(body, value)) else { return Ok(None) };
    if of(b"type")?.and_then(|value| owned(body, value)).is_some_and(|kind| kind == "spot index") {
        return Ok(None);
    }
    let tick = Step::read_number(body, of(b"tickSize")?);
    // Digits behind the point of a quantity, less than none for tens and more; the listing of 2021 has none, and contracts are whole.
    let places = match of(b"contractValueTradePrecision")? {
        Some(value) => std::str::from_utf8(value.of(body)).ok().and_then(|digits| digits.parse::<i8>().ok()),
        None => Some(0),
    };
    let lot = places.filter(|places| (-18..=18).contains(places)).map_or(Step::UNKNOWN, |places| Step {
        size: 10_i64.pow(u32::from(places.min(0).unsigned_abs())),
        exponent: -places.max(0),
    });
    Ok(Some(Listing {
        symbol: spelled(symbol),
        price_exponent: tick.exponent,
        qty_exponent: lot.exponent,
        tick_size: tick.size,
        lot_size: lot.size,
        trading: of(b"tradeable")?.is_some_and(|value| value.kind == Kind::True),
    }))
}

/// As messages spell it: the listing of 2021 has small letters alone, today's has them in names of some shares.
fn spelled(symbol: String) -> String {
    if symbol.bytes().any(|byte| byte.is_ascii_uppercase()) { symbol } else { symbol.to_ascii_uppercase() }
}
