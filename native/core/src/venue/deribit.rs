//! Deribit v2, JSON-RPC. Source: the venue's documents (`docs.deribit.com`, method pages of 2026-03-26, channel pages of 2026, read
//! 2026-11-21). Prices and amounts are JSON numbers, small ones with an exponent: they are read from their text.
//!
//! Rule of `book.{instrument}.{interval}`: the first message is of type `snapshot`; each `change` names the id of the one before
//! in `prev_change_id`. Ids are sparse, so only that member links them. Any later snapshot replaces the book.

use crate::error::Code;
use crate::json::{self, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::deribit_figures;
use super::fields::{Member, NAME_BYTES_MAX, decimal_number, level_rows, members, name, reject, signed, text, time, unsigned};
use super::listing::{Step, listings, member, text as owned};
use super::{
    DecimalText, DeltaIds, DepthHead, DepthMessage, Follow, Listing, Message, Numbering, QuoteMessage, Reject, Rows,
    TradeMessage, TradeRow, TradeRows,
};

members! {
    /// Of a whole message, and of its `params`.
    Members {
        method = b"method", params = b"params", channel = b"channel", data = b"data", kind = b"type",
        id = b"id", result = b"result", error = b"error", code = b"code",
    }
}

members! {
    /// Of the data of a book.
    BookMembers {
        kind = b"type", ts = b"timestamp", symbol = b"instrument_name", id = b"change_id", prev = b"prev_change_id",
        bids = b"bids", asks = b"asks",
    }
}

members! {
    /// Of the data of a quote.
    QuoteMembers {
        ts = b"timestamp", symbol = b"instrument_name", bid_price = b"best_bid_price", bid_qty = b"best_bid_amount",
        ask_price = b"best_ask_price", ask_qty = b"best_ask_amount",
    }
}

members! {
    /// Of one trade.
    TradeMembers {
        ts = b"timestamp", symbol = b"instrument_name", price = b"price", qty = b"amount", direction = b"direction",
        seq = b"trade_seq", id = b"trade_id", block = b"block_trade_id",
    }
}

/// What a channel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Book,
    Quote,
    Trades,
    /// Documented, and nothing that we publish.
    Ignored,
}

/// The channel of this name; tickers and states are none here, see `deribit_figures`. Grouped books
/// (`book.{instrument}.{group}.{depth}.{interval}`) and trades of many instruments (`trades.{kind}.{currency}.{interval}`) have more
/// parts than those of one instrument.
pub(super) fn topic_of(channel: &[u8]) -> Option<Topic> {
    let mut parts = channel.split(|byte| *byte == b'.');
    let (first, more) = (parts.next()?, parts.count());
    match (first, more) {
        (b"book", 2) => Some(Topic::Book),
        (b"trades", 2) => Some(Topic::Trades),
        (b"quote", 1) => Some(Topic::Quote),
        (b"book", 4) | (b"trades", 3) | (b"platform_state", _) => Some(Topic::Ignored),
        (
            b"chart"
            | b"deribit_price_index"
            | b"deribit_volatility_index"
            | b"perpetual"
            | b"markprice"
            | b"estimated_expiration_price",
            1..,
        ) => Some(Topic::Ignored),
        (b"instrument", 1..) if !channel.starts_with(b"instrument.state.") => Some(Topic::Ignored),
        _ => None,
    }
}

/// Whether a channel of books is this instrument's. Asked of whole books, which replace what was known of one (F18).
pub(super) fn is_of(channel: &[u8], symbol: &[u8]) -> bool {
    channel.split(|byte| *byte == b'.').nth(1) == Some(symbol)
}

/// Reads one frame.
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::UnknownEvent, root.start);
    }
    let members = Members::read(frame, root.start)?;
    let Some(method) = members.method.optional()? else { return reply(frame, root.start, &members) };
    let params = object(members.params, root.start)?;
    let inner = Members::read(frame, params.start)?;
    match name(frame, method, &mut [0; NAME_BYTES_MAX])? {
        b"subscription" => subscription(frame, params, &inner),
        b"heartbeat" => match name(frame, inner.kind.required(params.start)?, &mut [0; NAME_BYTES_MAX])? {
            b"heartbeat" => Ok(Message::Ignored),
            b"test_request" => Ok(Message::Challenge),
            _ => reject(Code::UnknownEvent, params.start),
        },
        _ => reject(Code::UnknownEvent, method.start),
    }
}

fn object(member: Member, at: usize) -> Result<Value, Reject> {
    let value = member.required(at)?;
    if value.kind == Kind::Object { Ok(value) } else { reject(Code::FieldType, value.start) }
}

fn subscription<'a>(frame: &'a [u8], object: Value, params: &Members) -> Result<Message<'a>, Reject> {
    let at = object.start;
    let channel = params.channel.required(at)?;
    let mut buffer = [0; NAME_BYTES_MAX];
    let named = name(frame, channel, &mut buffer)?;
    let data = params.data.required(at)?;
    if let Some(told) = deribit_figures::told_of(named) {
        return if data.kind == Kind::Object {
            deribit_figures::message(frame, object, data, told)
        } else {
            reject(Code::FieldType, data.start)
        };
    }
    let topic = topic_of(named);
    match topic {
        None => reject(Code::UnknownEvent, channel.start),
        Some(Topic::Ignored) => Ok(Message::Ignored),
        Some(Topic::Trades) if data.kind == Kind::Array => {
            let rows = TradeRows { frame, start: data.start, newest_first: false, read: TradeRow::Json(trade) };
            rows.each(|_| Ok(()))?;
            Ok(Message::Trades(rows))
        }
        Some(Topic::Book) if data.kind == Kind::Object => book(frame, data.start, named),
        Some(Topic::Quote) if data.kind == Kind::Object => quote(frame, data.start),
        Some(_) => reject(Code::FieldType, data.start),
    }
}

/// Reads the answer of `public/get_last_trades_by_instrument`: rows as the stream has them (reference of 2026).
pub(super) fn parse_trades(body: &[u8]) -> Result<TradeRows<'_>, Reject> {
    json::check(body, json::BODY_BYTES_MAX)?;
    let root = Scanner::at(body, 0).root()?;
    let missing = Reject { code: Code::FieldMissing, offset: root.start };
    if root.kind != Kind::Object {
        return reject(Code::FieldType, root.start);
    }
    let result = member(body, root.start, b"result")?.filter(|value| value.kind == Kind::Object).ok_or(missing)?;
    let trades = member(body, result.start, b"trades")?.filter(|value| value.kind == Kind::Array).ok_or(missing)?;
    let rows = TradeRows { frame: body, start: trades.start, newest_first: false, read: TradeRow::Json(trade) };
    rows.each(|_| Ok(()))?;
    Ok(rows)
}

fn book<'a>(frame: &'a [u8], at: usize, channel: &[u8]) -> Result<Message<'a>, Reject> {
    let members = BookMembers::read(frame, at)?;
    let kind = members.kind.required(at)?;
    let (symbol, ts) = (text(frame, members.symbol.required(at)?)?, time(frame, members.ts.required(at)?)?);
    let id = unsigned(frame, members.id.required(at)?)?;
    let bids = level_rows(frame, members.bids.required(at)?, Rows::Actions)?;
    let asks = level_rows(frame, members.asks.required(at)?, Rows::Actions)?;
    match name(frame, kind, &mut [0; NAME_BYTES_MAX])? {
        b"snapshot" if !is_of(channel, name(frame, members.symbol.required(at)?, &mut [0; NAME_BYTES_MAX])?) => {
            reject(Code::UnknownSymbol, at)
        }
        b"snapshot" => Ok(Message::Snapshot(DepthMessage { head: head(symbol, ts, id, None), bids, asks })),
        b"change" => {
            let value = members.prev.required(at)?;
            let prev = unsigned(frame, value)?;
            if prev > id {
                return reject(Code::NumberRange, value.start);
            }
            Ok(Message::Depth(DepthMessage { head: head(symbol, ts, id, Some(prev)), bids, asks }))
        }
        _ => reject(Code::UnknownEvent, kind.start),
    }
}

pub(super) const fn head(symbol: &[u8], ts: u64, id: u64, prev: Option<u64>) -> DepthHead<'_> {
    let first = match prev {
        Some(prev) => prev.saturating_add(1),
        None => id,
    };
    DepthHead { symbol, ts_event: ts, ids: DeltaIds { first, last: id, prev, ts_sent: ts }, checksum: None }
}

/// A side without orders has price and amount 0, or null.
fn quote(frame: &[u8], at: usize) -> Result<Message<'_>, Reject> {
    let members = QuoteMembers::read(frame, at)?;
    let number = |member: Member| match member.required(at)? {
        Value { kind: Kind::Null, start, .. } => Ok(DecimalText::zero(start)),
        value => decimal_number(frame, value),
    };
    let ts = time(frame, members.ts.required(at)?)?;
    Ok(Message::Quote(QuoteMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: Some(ts),
        update_id: ts,
        is_time: true,
        bid_price: number(members.bid_price)?,
        bid_qty: number(members.bid_qty)?,
        ask_price: number(members.ask_price)?,
        ask_qty: number(members.ask_qty)?,
    }))
}

/// A block trade was agreed upon elsewhere: its price says nothing of the market.
fn trade(frame: &[u8], row: Value) -> Result<TradeMessage<'_>, Reject> {
    if row.kind != Kind::Object {
        return reject(Code::FieldType, row.start);
    }
    let (at, members) = (row.start, TradeMembers::read(frame, row.start)?);
    let direction = members.direction.required(at)?;
    let aggressor_sell = match name(frame, direction, &mut [0; NAME_BYTES_MAX])? {
        b"buy" => false,
        b"sell" => true,
        _ => return reject(Code::FieldType, direction.start),
    };
    Ok(TradeMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: time(frame, members.ts.required(at)?)?,
        trade_id: trade_id(frame, members.id.required(at)?)?,
        numbering: Numbering::Counted(unsigned(frame, members.seq.required(at)?)?),
        price: decimal_number(frame, members.price.required(at)?)?,
        qty: decimal_number(frame, members.qty.required(at)?)?,
        aggressor_sell,
        aggregated: false,
        off_market: members.block.optional()?.is_some_and(|block| block.kind != Kind::Null),
    })
}

/// `"403691824"`, or `"ETH-123"` where the settlement currency is not BTC.
fn trade_id(frame: &[u8], value: Value) -> Result<u64, Reject> {
    let id = text(frame, value)?;
    let digits = id.rsplit(|byte| *byte == b'-').next().unwrap_or_default();
    let number = if digits.iter().all(u8::is_ascii_digit) { std::str::from_utf8(digits).ok() } else { None };
    number.and_then(|digits| digits.parse().ok()).ok_or(Reject { code: Code::NumberSyntax, offset: value.start })
}

/// Channels that a subscription may name: our ids are a running number times this, plus the number of channels.
const CHANNELS_MAX: u64 = 1_000;

/// Answers. One to a subscription names the channels that were accepted, and says nothing of the others: so that an incomplete one
/// shows, our id has their number in its last three digits.
fn reply<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let value = members.id.optional()?.filter(|id| id.kind != Kind::Null);
    let id = value.map_or(Ok(0), |id| unsigned(frame, id))?;
    let (asked, id) = (id % CHANNELS_MAX, id / CHANNELS_MAX);
    if let Some(error) = members.error.optional()? {
        if error.kind != Kind::Object {
            return reject(Code::FieldType, error.start);
        }
        let code = signed(frame, Members::read(frame, error.start)?.code.required(error.start)?)?;
        return Ok(Message::Reply { id, venue_code: if code == 0 { -1 } else { code } });
    }
    if value.is_none() {
        return reject(Code::UnknownEvent, at);
    }
    let result = members.result.required(at)?;
    let mut accepted = asked;
    if result.kind == Kind::Array {
        accepted = 0;
        json::each_element(frame, result.start, |_| {
            accepted += 1;
            Ok(())
        })?;
    }
    Ok(Message::Reply { id, venue_code: if accepted < asked { -1 } else { 0 } })
}

/// See [`super::VenueId::follow`].
pub fn follow(last: &DeltaIds, delta: &DeltaIds) -> Follow {
    if delta.last <= last.last {
        // Repeated. Older ids that were sent later are those of a numbering that began anew.
        let restarted = delta.last < last.last && last.ts_sent != 0 && delta.ts_sent > last.ts_sent;
        return if restarted { Follow::Rollback } else { Follow::Duplicate };
    }
    let prev = delta.prev.unwrap_or(delta.last);
    if prev <= last.last {
        // Equal, as the document has it. A change of another connection may begin earlier: quantities are absolute, so all that
        // is new is in it.
        Follow::Apply
    } else {
        Follow::Gap { first: last.last + 1, last: prev }
    }
}

/// Reads `result` of `public/get_instruments`. One bad row does not cost the others.
pub fn parse_listings(body: &[u8]) -> Result<Vec<Listing>, Reject> {
    listings(body, &[b"result"], Kind::Array, listing)
}

/// Amounts are multiples of the smallest one. Above some prices an option's tick is larger (`tick_size_steps`): the smallest one
/// holds them all.
fn listing(body: &[u8], row: Value) -> Result<Option<Listing>, Reject> {
    let of = |name: &[u8]| member(body, row.start, name);
    let Some(symbol) = of(b"instrument_name")?.and_then(|value| owned(body, value)) else { return Ok(None) };
    let tick = Step::read_number(body, of(b"tick_size")?);
    let lot = Step::read_number(body, of(b"min_trade_amount")?);
    // `state` says more since 2026-01-13; listings without it are older.
    let state = of(b"state")?.and_then(|value| owned(body, value));
    let is_active = of(b"is_active")?.is_some_and(|value| value.kind == Kind::True);
    Ok(Some(Listing {
        symbol,
        price_exponent: tick.exponent,
        qty_exponent: lot.exponent,
        tick_size: tick.size,
        lot_size: lot.size,
        trading: state.map_or(is_active, |state| state == "open"),
    }))
}
