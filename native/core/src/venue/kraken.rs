//! Kraken spot, WebSocket v2. Source: the protocol reference of 2026-11-21 (the venue's documents, change log to 2026-06-22, checksum guide),
//! fixtures of nautilus-trader; the checksums of a recording of v1 (2021-04-17), which are the same. Prices and quantities are JSON
//! numbers with all decimals of the instrument, trailing zeros included; times are texts.
//!
//! Rule of `book`: no message has a number, each has a checksum of the book after it. A snapshot replaces the book; after an
//! update only the best levels of the subscribed depth count: those that fall out are never deleted by the venue.

use crate::decimal::rescale;
use crate::error::Code;
use crate::event::Level;
use crate::json::{self, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::fields::{NAME_BYTES_MAX, clock, decimal_number, level_rows, members, name, only, reject, text, unsigned};
use super::level_texts::LevelTexts;
use super::listing::{Step, listings, member, text as owned};
use super::{
    Checksum, DecimalText, DeltaIds, DepthHead, DepthMessage, Follow, LevelText, Listing, Message, Numbering, QuoteMessage,
    Reject, Rows, TradeMessage, TradeRow, TradeRows, kraken_figures, kraken_v1,
};

/// Levels a side of the book that the engine subscribes: the deepest there is.
pub const DEPTH: usize = 1_000;

/// Levels a side that a checksum is made of.
pub const CHECKSUM_LEVELS: usize = 10;

members! {
    /// Of a whole message.
    Members {
        channel = b"channel", kind = b"type", data = b"data", method = b"method", success = b"success", id = b"req_id",
        refused = b"Error", error = b"error", symbol = b"symbol",
    }
}

members! {
    /// Of the one element of a book's `data`.
    BookMembers {
        symbol = b"symbol", bids = b"bids", asks = b"asks", checksum = b"checksum", time = b"timestamp",
    }
}

members! {
    /// Of the one element of a ticker's `data`.
    TickerMembers {
        symbol = b"symbol", bid = b"bid", bid_qty = b"bid_qty", ask = b"ask", ask_qty = b"ask_qty", time = b"timestamp",
    }
}

members! {
    /// Of one trade.
    TradeMembers {
        symbol = b"symbol", side = b"side", price = b"price", qty = b"qty", id = b"trade_id", time = b"timestamp",
    }
}

/// What a channel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Book,
    /// The best level, with what else a ticker has.
    Quote,
    Trades,
    /// States of all pairs.
    Pairs,
    /// Bars.
    Candles,
    /// Documented, and nothing that we publish.
    Ignored,
}

/// The channel of this name.
pub(super) fn channel_of(channel: &[u8]) -> Option<Channel> {
    match channel {
        b"book" => Some(Channel::Book),
        b"ticker" => Some(Channel::Quote),
        b"trade" => Some(Channel::Trades),
        b"instrument" => Some(Channel::Pairs),
        b"ohlc" => Some(Channel::Candles),
        b"status" | b"heartbeat" | b"level3" => Some(Channel::Ignored),
        _ => None,
    }
}

/// Reads one frame, of v2 or of v1, whose messages are arrays or have an `event`.
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    match root.kind {
        Kind::Object => {}
        Kind::Array => return kraken_v1::parse(frame, root),
        _ => return reject(Code::UnknownEvent, root.start),
    }
    let members = Members::read(frame, root.start)?;
    let Some(named) = members.channel.optional()? else { return control(frame, root, &members) };
    let channel = channel_of(name(frame, named, &mut [0; NAME_BYTES_MAX])?);
    if channel == Some(Channel::Ignored) {
        return Ok(Message::Ignored);
    }
    let (kind, data) = (members.kind.required(root.start)?, members.data.required(root.start)?);
    let is_snapshot = match name(frame, kind, &mut [0; NAME_BYTES_MAX])? {
        b"snapshot" => true,
        b"update" => false,
        _ => return reject(Code::UnknownEvent, kind.start),
    };
    if channel == Some(Channel::Pairs) {
        return kraken_figures::pairs(frame, data);
    }
    if data.kind != Kind::Array {
        return reject(Code::FieldType, data.start);
    }
    match channel {
        Some(Channel::Book) => {
            let message = book(frame, only(frame, data)?)?;
            Ok(if is_snapshot { Message::Snapshot(message) } else { Message::Depth(message) })
        }
        Some(Channel::Quote) => quote(frame, only(frame, data)?),
        // The last trades and bars before a subscription are none of ours.
        Some(Channel::Trades | Channel::Candles) if is_snapshot => Ok(Message::Ignored),
        Some(Channel::Candles) => kraken_figures::candles(frame, root),
        Some(Channel::Trades) => trades(frame, data),
        _ => reject(Code::UnknownEvent, named.start),
    }
}

fn book(frame: &[u8], row: Value) -> Result<DepthMessage<'_>, Reject> {
    let members = BookMembers::read(frame, row.start)?;
    let symbol = text(frame, members.symbol.required(row.start)?)?;
    // Older snapshots have no time.
    let ts_event = members.time.optional()?.map_or(Ok(0), |time| clock(frame, time))?;
    let bids = level_rows(frame, members.bids.required(row.start)?, Rows::Members)?;
    let asks = level_rows(frame, members.asks.required(row.start)?, Rows::Members)?;
    let checksum = members.checksum.required(row.start)?;
    let crc = u32::try_from(unsigned(frame, checksum)?);
    let crc = Some(crc.map_err(|_| Reject { code: Code::NumberRange, offset: checksum.start })?);
    let decimals = [bids, asks].into_iter().find_map(|side| decimals(side).transpose()).transpose()?;
    Ok(DepthMessage { head: head(symbol, ts_event, crc, decimals), bids, asks })
}

/// A message without a level changes nothing, nor does it say with how many decimals its checksum was made.
pub(super) fn head(symbol: &[u8], ts_event: u64, crc: Option<u32>, decimals: Option<(u8, u8)>) -> DepthHead<'_> {
    let ids = DeltaIds { first: 0, last: 0, prev: None, ts_sent: ts_event };
    let checksum = Checksum { crc: crc.filter(|_| decimals.is_some()), decimals: decimals.unwrap_or_default() };
    DepthHead { symbol, ts_event, ids, checksum: Some(checksum) }
}

/// Digits behind the points of the first level's price and quantity.
fn decimals(side: LevelText<'_>) -> Result<Option<(u8, u8)>, Reject> {
    let mut found = None;
    let walked = json::each_element(side.bytes, 0, |row| {
        let (price, qty) = super::convert::level_members(side.bytes, row)?;
        found = Some((digits_behind(price), digits_behind(qty)));
        // The first is enough: this ends the walk.
        reject(Code::FieldType, row.start)
    });
    match walked {
        Err(reject) if found.is_none() => Err(Reject { offset: reject.offset + side.offset, ..reject }),
        _ => Ok(found),
    }
}

/// Digits behind the point.
pub(super) fn digits_behind(number: DecimalText<'_>) -> u8 {
    let behind = number.bytes.iter().rev().position(|byte| *byte == b'.').unwrap_or_default();
    u8::try_from(behind).unwrap_or(u8::MAX)
}

/// A ticker of event trigger `bbo`. It has no id: its time tells old from new.
fn quote(frame: &[u8], row: Value) -> Result<Message<'_>, Reject> {
    let members = TickerMembers::read(frame, row.start)?;
    let number = |member: super::fields::Member| decimal_number(frame, member.required(row.start)?);
    let time = clock(frame, members.time.required(row.start)?)?;
    Ok(Message::Quote(QuoteMessage {
        symbol: text(frame, members.symbol.required(row.start)?)?,
        ts_event: Some(time),
        update_id: time,
        is_time: true,
        bid_price: number(members.bid)?,
        bid_qty: number(members.bid_qty)?,
        ask_price: number(members.ask)?,
        ask_qty: number(members.ask_qty)?,
    }))
}

fn trades(frame: &[u8], data: Value) -> Result<Message<'_>, Reject> {
    let rows = TradeRows { frame, start: data.start, newest_first: false, read: TradeRow::Json(trade) };
    rows.each(|_| Ok(()))?;
    Ok(Message::Trades(rows))
}

fn trade(frame: &[u8], row: Value) -> Result<TradeMessage<'_>, Reject> {
    if row.kind != Kind::Object {
        return reject(Code::FieldType, row.start);
    }
    let (at, members) = (row.start, TradeMembers::read(frame, row.start)?);
    let side = members.side.required(at)?;
    let aggressor_sell = match name(frame, side, &mut [0; NAME_BYTES_MAX])? {
        b"buy" => false,
        b"sell" => true,
        _ => return reject(Code::FieldType, side.start),
    };
    Ok(TradeMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: clock(frame, members.time.required(at)?)?,
        trade_id: unsigned(frame, members.id.required(at)?)?,
        numbering: Numbering::Contiguous,
        price: decimal_number(frame, members.price.required(at)?)?,
        qty: decimal_number(frame, members.qty.required(at)?)?,
        aggressor_sell,
        aggregated: false,
        off_market: false,
    })
}

/// Answers to control messages: one for each symbol, all with our id.
fn control<'a>(frame: &'a [u8], root: Value, members: &Members) -> Result<Message<'a>, Reject> {
    let Some(method) = members.method.optional()? else {
        return match members.refused.optional()? {
            Some(_) => Ok(Message::Reply { id: 0, venue_code: -1 }),
            None => kraken_v1::event(frame, root),
        };
    };
    let id = members.id.optional()?.map_or(Ok(0), |id| unsigned(frame, id))?;
    match name(frame, method, &mut [0; NAME_BYTES_MAX])? {
        b"pong" => Ok(Message::Ignored),
        b"subscribe" | b"unsubscribe" => {
            let success = members.success.required(root.start)?;
            match success.kind {
                Kind::True => Ok(Message::Reply { id, venue_code: 0 }),
                // Of all pairs at once there is one subscription, which each batch of symbols asks for.
                Kind::False if is_repeated(frame, members)? => Ok(Message::Reply { id, venue_code: 0 }),
                Kind::False => Ok(Message::Reply { id, venue_code: -1 }),
                _ => reject(Code::FieldType, success.start),
            }
        }
        _ => reject(Code::UnknownEvent, method.start),
    }
}

/// Whether what was refused is subscribed, and names no symbol: a book's second subscription brings no book.
fn is_repeated(frame: &[u8], members: &Members) -> Result<bool, Reject> {
    if members.symbol.optional()?.is_some() {
        return Ok(false);
    }
    let error = members.error.optional()?.filter(|error| error.kind == Kind::String);
    Ok(error.is_some_and(|error| error.of(frame) == b"Already subscribed"))
}

/// See [`super::VenueId::follow`]: messages have no numbers, so each follows; its checksum says whether that is true.
pub const fn follow(_: &DeltaIds, _: &DeltaIds) -> Follow {
    Follow::Apply
}

/// See [`super::VenueId::checksum`]: ten asks, then ten bids, each price and quantity written with the decimals of the message, without the
/// point and leading zeros.
pub fn checksum(
    texts: &mut LevelTexts,
    (bids, asks): (&[Level], &[Level]),
    exponents: (i8, i8),
    decimals: (u8, u8),
) -> Option<u32> {
    let (price, qty) = (i8::try_from(decimals.0).ok()?.checked_neg()?, i8::try_from(decimals.1).ok()?.checked_neg()?);
    let best = |levels| <[Level]>::get(levels, ..CHECKSUM_LEVELS).unwrap_or(levels);
    texts.asks_first((best(bids), best(asks)), (exponents, decimals), |text, level| {
        text.digits(u64::try_from(rescale(level.price, exponents.0, price)?).ok()?)?;
        text.digits(u64::try_from(rescale(level.qty, exponents.1, qty)?).ok()?)
    })
}

/// Reads `result` of `/0/public/AssetPairs`. One bad row does not cost the others.
pub fn parse_listings(body: &[u8]) -> Result<Vec<Listing>, Reject> {
    // Errors come with status 200, and without a result.
    listings(body, &[b"result"], Kind::Object, listing)
}

/// Names of v1, which the listing has, as v2 spells them.
fn spelled(wsname: &str) -> String {
    let asset = |name: &str| match name {
        "XBT" => "BTC".to_owned(),
        "XDG" => "DOGE".to_owned(),
        other => other.to_owned(),
    };
    wsname.split('/').map(asset).collect::<Vec<_>>().join("/")
}

fn listing(body: &[u8], row: Value) -> Result<Option<Listing>, Reject> {
    let of = |name: &[u8]| member(body, row.start, name);
    let Some(wsname) = of(b"wsname")?.and_then(|value| owned(body, value)) else { return Ok(None) };
    let status = of(b"status")?.and_then(|value| owned(body, value));
    // Checksums are made of all decimals, however large a step is.
    let exponent = |value: Option<Value>| {
        let decimals = value.and_then(|value| unsigned(body, value).ok()).and_then(|decimals| i8::try_from(decimals).ok());
        decimals.filter(|decimals| *decimals <= 18).map_or(Step::UNKNOWN.exponent, |decimals| -decimals)
    };
    let (price_exponent, qty_exponent) = (exponent(of(b"pair_decimals")?), exponent(of(b"lot_decimals")?));
    let tick = Step::read(body, of(b"tick_size")?);
    let tick_size = rescale(tick.size, tick.exponent, price_exponent).unwrap_or_default();
    Ok(Some(Listing {
        symbol: spelled(&wsname),
        price_exponent,
        qty_exponent,
        tick_size: if tick.size == 0 { 1 } else { tick_size },
        lot_size: 1,
        // The recorded listing of 2021 has no status.
        trading: status.is_none_or(|status| status == "online"),
    }))
}
