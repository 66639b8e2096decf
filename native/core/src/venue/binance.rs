//! Messages that both Binance dialects share. Sources: the venue's documents for spot (`web-socket-streams.md`,
//! `rest-api.md`, read 2026-07-21) and for USDT-M futures (stream pages and change log, read 2026-05-28). Members come in
//! any order.

use crate::error::Code;
use crate::json::{self, BODY_BYTES_MAX, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::binance_fields::Members;
use super::binance_figures;
use super::fields::{Member, NAME_BYTES_MAX, decimal_text, levels, name, reject, signed, text, time, unsigned};
use super::{DeltaIds, DepthHead, DepthMessage, Message, Numbering, QuoteMessage, Reject, SnapshotMessage, TradeMessage};

/// Events that the venue documents and that carry nothing we publish, with the document that lists them. Retired ones stay:
/// recordings hold them.
const IGNORED_EVENTS: &[&[u8]] = &[
    // Both documents.
    b"24hrTicker",
    b"24hrMiniTicker",
    // Spot: `<s>@ticker_{1h,4h,1d}`, `<s>@avgPrice`, `<s>@referencePrice` (since 2026-03), `<s>@blockTrade` (since 2026-05-12).
    b"1hTicker",
    b"4hTicker",
    b"1dTicker",
    b"avgPrice",
    b"referencePrice",
    b"blockTrade",
    // USDT-M: class `market`; `EquityUpdate` is the one that `tradingSession` documents.
    b"continuous_kline",
    b"compositeIndex",
    b"assetIndexUpdate",
    b"EquityUpdate",
];

/// The dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Deltas link by `U` and `u` alone.
    Spot,
    /// Deltas carry `pu`; trades may carry `X`.
    Usdm,
}

/// Reads one frame of either dialect, in the combined-stream wrapper or not.
pub fn parse_frame(dialect: Dialect, frame: &[u8]) -> Result<Message<'_>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    match root.kind {
        Kind::Array => array(frame, root),
        Kind::Object => {
            let members = Members::read(frame, root.start)?;
            match (members.stream.optional()?, members.data.optional()?) {
                (Some(stream), Some(data)) => wrapped(dialect, frame, stream, data),
                _ => message(dialect, frame, root.start, &members),
            }
        }
        _ => reject(Code::UnknownEvent, root.start),
    }
}

/// `{"stream":…,"data":…}` of a combined connection.
fn wrapped(dialect: Dialect, frame: &[u8], stream: Value, data: Value) -> Result<Message<'_>, Reject> {
    let mut buffer = [0; NAME_BYTES_MAX];
    let is_other_book = is_other_book(name(frame, stream, &mut buffer)?);
    match data.kind {
        Kind::Array => array(frame, data),
        Kind::Object => {
            let members = Members::read(frame, data.start)?;
            match message(dialect, frame, data.start, &members)? {
                Message::Depth(_) if is_other_book => Ok(Message::Ignored),
                message => Ok(message),
            }
        }
        _ => reject(Code::FieldType, data.start),
    }
}

/// USDT-M streams that send `depthUpdate` but no deltas of the plain book: `…@depth5`, `10`, `20` replace its top, `…@rpiDepth`
/// shows other orders (pages "Partial Book Depth Streams" and "RPI Diff. Book Depth Streams", read 2026-05-28). Only the name of
/// the stream tells them apart, so a connection without the wrapper must not carry them.
pub(super) fn is_other_book(stream: &[u8]) -> bool {
    let Some(at) = stream.iter().position(|byte| *byte == b'@') else { return false };
    let channel = &stream[at + 1..];
    match channel.strip_prefix(b"depth") {
        Some([] | [b'@', ..]) => false,
        Some(_) => true,
        None => channel == b"rpiDepth" || channel.starts_with(b"rpiDepth@"),
    }
}

/// `!…@arr` streams: arrays of events that we read or ignore one by one too.
fn array(frame: &[u8], array: Value) -> Result<Message<'_>, Reject> {
    let mut has_figures = false;
    json::each_element(frame, array.start, |element| {
        let unknown = Reject { code: Code::UnknownEvent, offset: element.start };
        if element.kind != Kind::Object {
            return Err(unknown);
        }
        let event = Members::read(frame, element.start)?.event.optional()?.ok_or(unknown)?;
        let mut buffer = [0; NAME_BYTES_MAX];
        let event = name(frame, event, &mut buffer)?;
        let is_figure = binance_figures::event_of(event).is_some();
        has_figures |= is_figure;
        if is_figure || is_ignored(event) { Ok(()) } else { Err(unknown) }
    })?;
    if has_figures { binance_figures::messages(frame, array) } else { Ok(Message::Ignored) }
}

fn is_ignored(event: &[u8]) -> bool {
    IGNORED_EVENTS.contains(&event)
}

pub(super) fn message<'a>(dialect: Dialect, frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let Some(event) = members.event.optional()? else { return unnamed(frame, at, members) };
    match name(frame, event, &mut [0; NAME_BYTES_MAX])? {
        b"depthUpdate" => depth(dialect, frame, at, members),
        b"trade" => trade(dialect, frame, at, members),
        b"aggTrade" => print(frame, at, members, members.asks, true),
        b"bookTicker" => quote(frame, at, members),
        b"serverShutdown" => Ok(Message::Shutdown),
        ignored if is_ignored(ignored) => Ok(Message::Ignored),
        other if let Some(event) = binance_figures::event_of(other) => binance_figures::message(frame, at, event),
        _ => reject(Code::UnknownEvent, event.start),
    }
}

/// Messages without `e`: answers to control messages, the spot quote, spot partial depth.
fn unnamed<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    if let Some(error) = members.error.optional()?
        && error.kind == Kind::Object
    {
        let inner = Members::read(frame, error.start)?;
        return refusal(frame, members.id, inner.code.required(error.start)?);
    }
    if let Some(code) = members.code.optional()?
        && members.msg.is_present()
    {
        return refusal(frame, members.id, code);
    }
    if members.result.is_present() && members.id.is_present() {
        return Ok(Message::Reply { id: reply_id(frame, members.id)?, venue_code: 0 });
    }
    if members.last.is_present() && members.bid_qty.is_present() && members.ask_qty.is_present() {
        return quote(frame, at, members);
    }
    // Spot `…@depth5`, `10`, `20`: the top of the book, without a symbol.
    if members.last_update_id.is_present() && members.rest_bids.is_present() && members.rest_asks.is_present() {
        return Ok(Message::Ignored);
    }
    reject(Code::UnknownEvent, at)
}

/// An error of the venue. Its code 0 ("unknown property") is given as −1, which the venue does not use: 0 says accepted here.
fn refusal<'a>(frame: &[u8], id: Member, code: Value) -> Result<Message<'a>, Reject> {
    let venue_code = match signed(frame, code)? {
        0 => -1,
        code => code,
    };
    Ok(Message::Reply { id: reply_id(frame, id)?, venue_code })
}

/// The venue allows numbers, text and null; ours are numbers, so anything else answers none of our messages.
fn reply_id(frame: &[u8], id: Member) -> Result<u64, Reject> {
    Ok(id.optional()?.and_then(|id| unsigned(frame, id).ok()).unwrap_or_default())
}

pub(super) fn depth<'a>(dialect: Dialect, frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    Ok(Message::Depth(DepthMessage {
        head: depth_head(dialect, frame, at, members)?,
        bids: levels(frame, members.bids.required(at)?)?,
        asks: levels(frame, members.asks.required(at)?)?,
    }))
}

/// All of a depth delta but its levels.
pub(super) fn depth_head<'a>(dialect: Dialect, frame: &'a [u8], at: usize, members: &Members) -> Result<DepthHead<'a>, Reject> {
    let ts_sent = time(frame, members.ts_sent.required(at)?)?;
    let first = unsigned(frame, members.first.required(at)?)?;
    let last_value = members.last.required(at)?;
    let last = unsigned(frame, last_value)?;
    let prev = match dialect {
        Dialect::Spot => None,
        Dialect::Usdm => Some(unsigned(frame, members.prev.required(at)?)?),
    };
    if first > last || prev.is_some_and(|prev| prev > last) {
        return reject(Code::UpdateIdOrder, last_value.start);
    }
    let ts_event = members.ts_engine.optional()?.map_or(Ok(ts_sent), |engine| time(frame, engine))?;
    let symbol = text(frame, members.symbol.required(at)?)?;
    Ok(DepthHead { symbol, ts_event, ids: DeltaIds { first, last, prev, ts_sent }, checksum: None })
}

/// USDT-M `X` is undocumented; captures show MARKET, INSURANCE_FUND, ADL and NA. The last comes with price and quantity 0.
fn trade<'a>(dialect: Dialect, frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let message = print(frame, at, members, members.trade_id, false)?;
    let Message::Trade(mut trade) = message else { return Ok(message) };
    if dialect == Dialect::Usdm
        && let Some(execution) = members.execution.optional()?
    {
        trade.off_market = name(frame, execution, &mut [0; NAME_BYTES_MAX])? != b"MARKET";
    }
    Ok(Message::Trade(trade))
}

pub(super) fn print<'a>(
    frame: &'a [u8],
    at: usize,
    members: &Members,
    id: Member,
    aggregated: bool,
) -> Result<Message<'a>, Reject> {
    let maker = members.buyer_is_maker.required(at)?;
    let aggressor_sell = match maker.kind {
        Kind::True => true,
        Kind::False => false,
        _ => return reject(Code::FieldType, maker.start),
    };
    Ok(Message::Trade(TradeMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: time(frame, members.ts_engine.or(members.ts_sent).required(at)?)?,
        trade_id: unsigned(frame, id.required(at)?)?,
        numbering: Numbering::Contiguous,
        price: decimal_text(frame, members.price.required(at)?)?,
        qty: decimal_text(frame, members.qty.required(at)?)?,
        aggressor_sell,
        aggregated,
        off_market: false,
    }))
}

fn quote<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let ts_event = members.ts_engine.or(members.ts_sent).optional()?;
    Ok(Message::Quote(QuoteMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: ts_event.map(|value| time(frame, value)).transpose()?,
        update_id: unsigned(frame, members.last.required(at)?)?,
        is_time: false,
        bid_price: decimal_text(frame, members.bids.required(at)?)?,
        bid_qty: decimal_text(frame, members.bid_qty.required(at)?)?,
        ask_price: decimal_text(frame, members.asks.required(at)?)?,
        ask_qty: decimal_text(frame, members.ask_qty.required(at)?)?,
    }))
}

/// Reads the body of a REST depth answer.
pub fn parse_snapshot(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    json::check(body, BODY_BYTES_MAX)?;
    let root = Scanner::at(body, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::FieldType, root.start);
    }
    let members = Members::read(body, root.start)?;
    let ts_event = members.ts_engine.or(members.ts_sent).optional()?;
    Ok(SnapshotMessage {
        // COIN-M's names its symbol.
        symbol: members.rest_symbol.optional()?.map(|value| text(body, value)).transpose()?,
        last_update_id: unsigned(body, members.last_update_id.required(root.start)?)?,
        ts_event: ts_event.map(|value| time(body, value)).transpose()?,
        bids: levels(body, members.rest_bids.required(root.start)?)?,
        asks: levels(body, members.rest_asks.required(root.start)?)?,
    })
}
