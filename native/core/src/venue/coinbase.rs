//! Coinbase Advanced Trade, public channels. Source: the venue's documents (`docs.cdp.coinbase.com`, stored 2026, read 2026-11-21), and
//! a recording of 2026-08-09.
//!
//! Rule: `sequence_num` counts the messages of the *connection*, of all channels. So a hole says that any of its books may lack a
//! change: the state machine asks for all of them anew (`VenueId::numbers_messages`). `level2` begins with a `snapshot`, and any
//! later one replaces the book.

use crate::book::Side;
use crate::error::Code;
use crate::json::{self, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::fields::{NAME_BYTES_MAX, clock, clock_text, decimal_text, level_rows, members, name, reject, text, unsigned};
use super::listing::{Step, listings, member, text as owned};
use super::{
    DeltaIds, DepthHead, DepthMessage, Follow, Listing, Message, Numbering, QuoteMessage, Reject, Rows, TradeMessage, TradeRow,
    TradeRows, coinbase_figures,
};

members! {
    /// Of a whole message.
    Members {
        channel = b"channel", ts = b"timestamp", sequence = b"sequence_num", events = b"events", kind = b"type",
    }
}

members! {
    /// Of one event.
    EventMembers { kind = b"type", symbol = b"product_id", updates = b"updates", trades = b"trades", tickers = b"tickers", }
}

members! {
    /// Of one level.
    LevelMembers { time = b"event_time", }
}

members! {
    /// Of one ticker.
    TickerMembers {
        symbol = b"product_id", bid_price = b"best_bid", ask_price = b"best_ask",
        bid_qty = b"best_bid_quantity", ask_qty = b"best_ask_quantity",
    }
}

members! {
    /// Of one trade.
    TradeMembers { symbol = b"product_id", id = b"trade_id", price = b"price", qty = b"size", time = b"time", side = b"side", }
}

/// Reads one frame.
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::UnknownEvent, root.start);
    }
    let (at, members) = (root.start, Members::read(frame, root.start)?);
    let mut buffer = [0; NAME_BYTES_MAX];
    let Some(channel) = members.channel.optional()? else {
        return match name(frame, members.kind.required(at)?, &mut buffer)? {
            b"error" => Ok(Message::Reply { id: 0, venue_code: -1 }),
            _ => reject(Code::UnknownEvent, at),
        };
    };
    // Every message counts, whatever it says.
    unsigned(frame, members.sequence.required(at)?)?;
    let channel_name = name(frame, channel, &mut buffer)?;
    match channel_name {
        b"l2_data" | b"market_trades" | b"ticker" => {}
        b"subscriptions" => return Ok(Message::Reply { id: 0, venue_code: 0 }),
        b"status" => return coinbase_figures::states(frame, at),
        b"candles" => return coinbase_figures::candles(frame, at),
        b"heartbeats" | b"ticker_batch" => return Ok(Message::Ignored),
        _ => return reject(Code::UnknownEvent, channel.start),
    }
    let ts_sent = clock(frame, members.ts.required(at)?)?;
    let event = only(frame, members.events.required(at)?)?;
    let inner = EventMembers::read(frame, event.start)?;
    match channel_name {
        b"l2_data" => book(frame, event.start, unsigned(frame, members.sequence.required(at)?)?, ts_sent, &inner),
        b"ticker" => quote(frame, ts_sent, only(frame, inner.tickers.required(event.start)?)?.start),
        _ => trades(frame, event.start, &inner),
    }
}

/// The one object of an array: each message was recorded with one event, and each event with one ticker.
fn only(frame: &[u8], array: Value) -> Result<Value, Reject> {
    if array.kind != Kind::Array {
        return reject(Code::FieldType, array.start);
    }
    let (mut found, mut count) = (None, 0);
    json::each_element(frame, array.start, |value| {
        (found, count) = (Some(value), count + 1);
        Ok(())
    })?;
    match found {
        Some(value) if count == 1 && value.kind == Kind::Object => Ok(value),
        _ => reject(Code::FieldType, array.start),
    }
}

fn book<'a>(frame: &'a [u8], at: usize, id: u64, ts_sent: u64, event: &EventMembers) -> Result<Message<'a>, Reject> {
    let symbol = text(frame, event.symbol.required(at)?)?;
    let updates = event.updates.required(at)?;
    let bids = level_rows(frame, updates, Rows::Updates(Side::Bid))?;
    let asks = level_rows(frame, updates, Rows::Updates(Side::Ask))?;
    let kind = event.kind.required(at)?;
    match name(frame, kind, &mut [0; NAME_BYTES_MAX])? {
        // Quiet levels of a snapshot have times of another age.
        b"snapshot" => Ok(Message::Snapshot(DepthMessage { head: head(symbol, ts_sent, ts_sent, id), bids, asks })),
        b"update" => {
            let ts_event = first_time(frame, updates)?.unwrap_or(ts_sent);
            Ok(Message::Depth(DepthMessage { head: head(symbol, ts_event, ts_sent, id), bids, asks }))
        }
        _ => reject(Code::UnknownEvent, kind.start),
    }
}

/// When the engine made the first change, which is when it made all: 773 of 773 recorded updates have one time.
fn first_time(frame: &[u8], updates: Value) -> Result<Option<u64>, Reject> {
    let mut first = None;
    json::each_element(frame, updates.start, |row| {
        first = first.or(Some(row));
        Ok(())
    })?;
    let Some(row) = first.filter(|row| row.kind == Kind::Object) else { return Ok(None) };
    let time = LevelMembers::read(frame, row.start)?.time.optional()?;
    Ok(time.filter(|time| time.kind == Kind::String).and_then(|time| clock_text(time.of(frame))))
}

pub(super) const fn head(symbol: &[u8], ts_event: u64, ts_sent: u64, id: u64) -> DepthHead<'_> {
    DepthHead { symbol, ts_event, ids: DeltaIds { first: id, last: id, prev: None, ts_sent }, checksum: None }
}

/// A ticker has no id of its own: its time tells old from new.
fn quote(frame: &[u8], ts_sent: u64, at: usize) -> Result<Message<'_>, Reject> {
    let members = TickerMembers::read(frame, at)?;
    Ok(Message::Quote(QuoteMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: Some(ts_sent),
        update_id: ts_sent,
        is_time: true,
        bid_price: decimal_text(frame, members.bid_price.required(at)?)?,
        bid_qty: decimal_text(frame, members.bid_qty.required(at)?)?,
        ask_price: decimal_text(frame, members.ask_price.required(at)?)?,
        ask_qty: decimal_text(frame, members.ask_qty.required(at)?)?,
    }))
}

/// Newest first. A subscription begins with trades of before, as `snapshot`: none of them is news.
fn trades<'a>(frame: &'a [u8], at: usize, event: &EventMembers) -> Result<Message<'a>, Reject> {
    let list = event.trades.required(at)?;
    if list.kind != Kind::Array {
        return reject(Code::FieldType, list.start);
    }
    let kind = event.kind.required(at)?;
    match name(frame, kind, &mut [0; NAME_BYTES_MAX])? {
        b"snapshot" => return Ok(Message::Ignored),
        b"update" => {}
        _ => return reject(Code::UnknownEvent, kind.start),
    }
    let rows = TradeRows { frame, start: list.start, newest_first: true, read: TradeRow::Json(trade) };
    rows.each(|_| Ok(()))?;
    Ok(Message::Trades(rows))
}

/// `side` is the maker's: of 78 recorded trades, 48 sells were at the best ask or above and 23 buys at the best bid or below, none the other
/// way round (`tests/venue_coinbase_recording.rs`). The documents say so of the sister product alone.
fn trade(frame: &[u8], row: Value) -> Result<TradeMessage<'_>, Reject> {
    if row.kind != Kind::Object {
        return reject(Code::FieldType, row.start);
    }
    let (at, members) = (row.start, TradeMembers::read(frame, row.start)?);
    let side = members.side.required(at)?;
    let aggressor_sell = match name(frame, side, &mut [0; NAME_BYTES_MAX])? {
        b"BUY" => true,
        b"SELL" => false,
        _ => return reject(Code::FieldType, side.start),
    };
    let id = members.id.required(at)?;
    let digits = text(frame, id)?;
    let number = if digits.iter().all(u8::is_ascii_digit) { std::str::from_utf8(digits).ok() } else { None };
    Ok(TradeMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: clock(frame, members.time.required(at)?)?,
        trade_id: number.and_then(|digits| digits.parse().ok()).ok_or(Reject { code: Code::NumberSyntax, offset: id.start })?,
        numbering: Numbering::Contiguous,
        price: decimal_text(frame, members.price.required(at)?)?,
        qty: decimal_text(frame, members.qty.required(at)?)?,
        aggressor_sell,
        aggregated: false,
        off_market: false,
    })
}

/// See [`super::VenueId::sequence`]. `frame` was read before.
pub fn sequence(frame: &[u8]) -> Result<Option<u64>, Reject> {
    if let Some(number) = super::coinbase_indexed::sequence(frame) {
        return Ok(Some(number));
    }
    let members = Members::read(frame, Scanner::at(frame, 0).root()?.start)?;
    members.sequence.optional()?.map(|value| unsigned(frame, value)).transpose()
}

/// See [`super::VenueId::follow`]. Holes are those of the connection.
pub const fn follow(last: &DeltaIds, delta: &DeltaIds) -> Follow {
    if delta.last > last.last { Follow::Apply } else { Follow::Duplicate }
}

/// Reads `products`. Those that are another name of a product (`BTC-USDC` of `BTC-USD`) are left out: their messages come under the
/// other's name. One bad row does not cost the others.
pub fn parse_listings(body: &[u8]) -> Result<Vec<Listing>, Reject> {
    listings(body, &[b"products"], Kind::Array, listing)
}

fn listing(body: &[u8], row: Value) -> Result<Option<Listing>, Reject> {
    let of = |name: &[u8]| member(body, row.start, name);
    let Some(symbol) = of(b"product_id")?.and_then(|value| owned(body, value)) else { return Ok(None) };
    if of(b"alias")?.and_then(|value| owned(body, value)).is_some_and(|alias| !alias.is_empty()) {
        return Ok(None);
    }
    let tick = of(b"price_increment")?.map_or_else(|| of(b"quote_increment"), |step| Ok(Some(step)))?;
    let (tick, lot) = (Step::read(body, tick), Step::read(body, of(b"base_increment")?));
    let is = |name: &[u8]| Ok::<_, Reject>(of(name)?.is_some_and(|value| value.kind == Kind::True));
    let is_online = of(b"status")?.and_then(|value| owned(body, value)).is_none_or(|status| status == "online");
    Ok(Some(Listing {
        symbol,
        price_exponent: tick.exponent,
        qty_exponent: lot.exponent,
        tick_size: tick.size,
        lot_size: lot.size,
        trading: is_online && !is(b"is_disabled")? && !is(b"trading_disabled")?,
    }))
}
