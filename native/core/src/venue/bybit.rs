//! Bybit v5, public streams of all categories. Source: the venue's documents (`docs/v5/websocket`, repository of 2026-07-24, read
//! 2026-11-21). Members come in any order: spot spells `ts` before `type`, linear after it.
//!
//! Rule of `orderbook.{50,200,1000}`: the stream begins with a snapshot, and any later snapshot, also a message with `u` 1 (the
//! service restarted), replaces the whole book. `u` counts by one: the document of the JSON stream does not say so, that of the
//! SBE stream does, and all 2,142 recorded deltas of both categories do it.

use crate::error::Code;
use crate::json::{self, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::bybit_figures;
use super::fields::{NAME_BYTES_MAX, best, decimal_text, levels, members, name, reject, text, time, unsigned};
use super::listing::{Step, listings, member, member_of, text as owned};
use super::{
    DeltaIds, DepthHead, DepthMessage, Follow, Listing, Message, Numbering, QuoteMessage, Reject, TradeMessage, TradeRow,
    TradeRows,
};

members! {
    /// Of a whole message, and of its `data`.
    Members {
        topic = b"topic", kind = b"type", ts_sent = b"ts", ts_engine = b"cts", data = b"data",
        symbol = b"s", bids = b"b", asks = b"a", update_id = b"u",
        op = b"op", success = b"success", req_id = b"req_id", failed = b"failTopics",
    }
}

members! {
    /// Of one trade.
    TradeMembers {
        ts_engine = b"T", symbol = b"s", side = b"S", qty = b"v", price = b"p", id = b"i", is_block = b"BT", seq = b"seq",
    }
}

/// What a topic carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Book,
    /// Level 1: a snapshot each time.
    Quote,
    Trades,
    /// Prices of reference, funding, open interest; of spot nothing that we publish.
    Ticker,
    Liquidations,
    Klines,
    /// Documented, and nothing that we publish.
    Ignored,
}

/// The topic of this name. `orderbook.rpi` shows other orders, `orderbook.full` begins with a REST snapshot: both are books apart.
pub(super) fn topic_of(topic: &[u8]) -> Option<Topic> {
    let (channel, rest) = split(topic)?;
    match channel {
        b"orderbook" => match split(rest)?.0 {
            b"1" => Some(Topic::Quote),
            b"rpi" | b"full" => Some(Topic::Ignored),
            depth if depth.iter().all(u8::is_ascii_digit) => Some(Topic::Book),
            _ => None,
        },
        b"publicTrade" => Some(Topic::Trades),
        b"tickers" => Some(Topic::Ticker),
        b"allLiquidation" => Some(Topic::Liquidations),
        b"kline" => Some(Topic::Klines),
        _ => None,
    }
}

/// Whether a topic is this symbol's. Asked of whole books, which replace what was known of one (F18).
pub(super) fn is_of(topic: &[u8], symbol: &[u8]) -> bool {
    topic.rsplit(|byte| *byte == b'.').next() == Some(symbol)
}

/// What stands before the first full stop, and behind it.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == b'.')?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Reads one frame.
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::UnknownEvent, root.start);
    }
    let members = Members::read(frame, root.start)?;
    let Some(topic_value) = members.topic.optional()? else { return control(frame, root.start, &members) };
    let mut buffer = [0; NAME_BYTES_MAX];
    let named = name(frame, topic_value, &mut buffer)?;
    let topic = topic_of(named);
    let data = members.data.required(root.start)?;
    match topic {
        Some(Topic::Ignored) => Ok(Message::Ignored),
        Some(Topic::Trades) => trades(frame, data),
        Some(Topic::Ticker) => bybit_figures::ticker(frame, root.start),
        Some(Topic::Liquidations) => bybit_figures::liquidations(frame, data),
        Some(Topic::Klines) => bybit_figures::klines(frame, root.start),
        Some(topic) if data.kind == Kind::Object => book(frame, root.start, (topic, named), &members, data),
        Some(_) => reject(Code::FieldType, data.start),
        None => reject(Code::UnknownEvent, topic_value.start),
    }
}

fn book<'a>(
    frame: &'a [u8],
    at: usize,
    (topic, named): (Topic, &[u8]),
    members: &Members,
    data: Value,
) -> Result<Message<'a>, Reject> {
    let kind = members.kind.required(at)?;
    let is_snapshot = match name(frame, kind, &mut [0; NAME_BYTES_MAX])? {
        b"snapshot" => true,
        b"delta" => false,
        _ => return reject(Code::UnknownEvent, kind.start),
    };
    let inner = Members::read(frame, data.start)?;
    let ts_sent = time(frame, members.ts_sent.required(at)?)?;
    let ts_event = members.ts_engine.optional()?.map_or(Ok(ts_sent), |engine| time(frame, engine))?;
    let symbol_value = inner.symbol.required(data.start)?;
    let symbol = text(frame, symbol_value)?;
    let update_id = unsigned(frame, inner.update_id.required(data.start)?)?;
    let bids = levels(frame, inner.bids.required(data.start)?)?;
    let asks = levels(frame, inner.asks.required(data.start)?)?;
    if topic == Topic::Quote {
        // Level 1 sends no deltas since 2025-03-20; one alone says not both prices.
        if !is_snapshot {
            return Ok(Message::Ignored);
        }
        let (bid, ask) = (best(bids)?, best(asks)?);
        return Ok(Message::Quote(QuoteMessage {
            symbol,
            ts_event: Some(ts_event),
            update_id,
            is_time: false,
            bid_price: bid.0,
            bid_qty: bid.1,
            ask_price: ask.0,
            ask_qty: ask.1,
        }));
    }
    if is_snapshot && !is_of(named, name(frame, symbol_value, &mut [0; NAME_BYTES_MAX])?) {
        return reject(Code::UnknownSymbol, symbol_value.start);
    }
    let message = DepthMessage { head: head(symbol, ts_event, ts_sent, update_id), bids, asks };
    Ok(if is_snapshot || update_id == 1 { Message::Snapshot(message) } else { Message::Depth(message) })
}

pub(super) const fn head(symbol: &[u8], ts_event: u64, ts_sent: u64, update_id: u64) -> DepthHead<'_> {
    DepthHead { symbol, ts_event, ids: DeltaIds { first: update_id, last: update_id, prev: None, ts_sent }, checksum: None }
}

fn trades(frame: &[u8], data: Value) -> Result<Message<'_>, Reject> {
    if data.kind != Kind::Array {
        return reject(Code::FieldType, data.start);
    }
    let rows = TradeRows { frame, start: data.start, newest_first: false, read: TradeRow::Json(trade) };
    rows.each(|_| Ok(()))?;
    Ok(Message::Trades(rows))
}

/// A block trade was agreed upon elsewhere: its price says nothing of the market.
fn trade(frame: &[u8], row: Value) -> Result<TradeMessage<'_>, Reject> {
    if row.kind != Kind::Object {
        return reject(Code::FieldType, row.start);
    }
    let (at, members) = (row.start, TradeMembers::read(frame, row.start)?);
    let side = members.side.required(at)?;
    let aggressor_sell = match name(frame, side, &mut [0; NAME_BYTES_MAX])? {
        b"Buy" => false,
        b"Sell" => true,
        _ => return reject(Code::FieldType, side.start),
    };
    // Trades are in order of the engine's cross sequence, which several may share; their ids are no numbers on futures.
    let numbering = members.seq.optional()?.map(|seq| unsigned(frame, seq).map(Numbering::Rising)).transpose()?;
    Ok(TradeMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: time(frame, members.ts_engine.required(at)?)?,
        trade_id: trade_id(frame, members.id.required(at)?)?,
        numbering: numbering.unwrap_or(Numbering::None),
        price: decimal_text(frame, members.price.required(at)?)?,
        qty: decimal_text(frame, members.qty.required(at)?)?,
        aggressor_sell,
        aggregated: false,
        off_market: members.is_block.optional()?.is_some_and(|block| block.kind == Kind::True),
    })
}

/// A number as it stands (spot), or the first 64 bits of a UUID (futures): a record has no room for more.
pub(super) fn trade_id(frame: &[u8], value: Value) -> Result<u64, Reject> {
    let digits = text(frame, value)?;
    let wrong = Reject { code: Code::NumberSyntax, offset: value.start };
    if digits.iter().all(u8::is_ascii_digit) {
        return std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or(wrong);
    }
    let mut id = 0_u64;
    let mut count = 0;
    for byte in digits.iter().filter(|byte| **byte != b'-').take(16) {
        let digit = char::from(*byte).to_digit(16).ok_or(wrong)?;
        id = id << 4 | u64::from(digit);
        count += 1;
    }
    if count == 16 { Ok(id) } else { Err(wrong) }
}

/// Answers to control messages: `subscribe`, `unsubscribe`, and `ping` or `pong`, whose forms differ by category. Ids are ours, sent
/// as text; spot gives none back where none was sent.
fn control<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let mut buffer = [0; NAME_BYTES_MAX];
    let op = members.op.optional()?.map(|op| name(frame, op, &mut buffer)).transpose()?;
    match op {
        Some(b"ping" | b"pong") => return Ok(Message::Ignored),
        Some(b"subscribe" | b"unsubscribe") => {}
        // Options answer `"type":"COMMAND_RESP"` and list what failed in `data`.
        None if members.kind.is_present() && members.success.is_present() => {}
        _ => return reject(Code::UnknownEvent, at),
    }
    let success = members.success.required(at)?;
    let mut accepted = match success.kind {
        Kind::True => true,
        Kind::False => false,
        _ => return reject(Code::FieldType, success.start),
    };
    if let Some(data) = members.data.optional()?.filter(|data| data.kind == Kind::Object) {
        let failed = Members::read(frame, data.start)?.failed.optional()?.filter(|failed| failed.kind == Kind::Array);
        if let Some(failed) = failed {
            json::each_element(frame, failed.start, |_| {
                accepted = false;
                Ok(())
            })?;
        }
    }
    let id = members.req_id.optional()?.and_then(|id| std::str::from_utf8(id.of(frame)).ok()?.parse().ok());
    Ok(Message::Reply { id: id.unwrap_or_default(), venue_code: if accepted { 0 } else { -1 } })
}

/// See [`super::VenueId::follow`].
pub const fn follow(last: &DeltaIds, delta: &DeltaIds) -> Follow {
    if delta.last <= last.last {
        // Repeated, or of another connection. A restart comes as a snapshot; should it come without one, then sent later.
        let restarted = delta.last < last.last && last.ts_sent != 0 && delta.ts_sent > last.ts_sent;
        return if restarted { Follow::Rollback } else { Follow::Duplicate };
    }
    let next = last.last.saturating_add(1);
    if delta.first == next { Follow::Apply } else { Follow::Gap { first: next, last: delta.first - 1 } }
}

/// Reads `result.list` of `/v5/market/instruments-info`, one category at a time. One bad row does not cost the others.
pub fn parse_listings(body: &[u8]) -> Result<Vec<Listing>, Reject> {
    listings(body, &[b"result", b"list"], Kind::Array, listing)
}

fn listing(body: &[u8], row: Value) -> Result<Option<Listing>, Reject> {
    let Some(symbol) = member(body, row.start, b"symbol")?.and_then(|value| owned(body, value)) else { return Ok(None) };
    let status = member(body, row.start, b"status")?.and_then(|value| owned(body, value));
    let (mut tick, mut lot) = (Step::UNKNOWN, Step::UNKNOWN);
    if let Some(filter) = member_of(body, row.start, b"priceFilter", Kind::Object)? {
        tick = Step::read(body, member(body, filter.start, b"tickSize")?);
    }
    if let Some(filter) = member_of(body, row.start, b"lotSizeFilter", Kind::Object)? {
        // Spot has no step of its own: quantities have the precision of the base.
        let step = member(body, filter.start, b"qtyStep")?;
        lot = Step::read(body, step.map_or_else(|| member(body, filter.start, b"basePrecision"), |step| Ok(Some(step)))?);
    }
    Ok(Some(Listing {
        symbol,
        price_exponent: tick.exponent,
        qty_exponent: lot.exponent,
        tick_size: tick.size,
        lot_size: lot.size,
        trading: status.as_deref() == Some("Trading"),
    }))
}
