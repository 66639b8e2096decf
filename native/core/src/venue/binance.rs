//! Messages that both Binance dialects share. Sources: the venue's WebSocket and REST documents, spot as of 2026-07-21,
//! USDT-M as of 2026-05-28. Members come in any order; unknown ones are skipped (the venue adds some without notice).

use crate::decimal::{self, Unfit};
use crate::error::Code;
use crate::event::{Level, Quote};
use crate::json::{self, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::{
    Convert, DecimalText, DeltaIds, DepthMessage, LevelText, Message, QuoteMessage, Reject, SnapshotMessage, TradeMessage,
};

/// Most price levels in one message.
pub const LEVELS_MAX: usize = 1_000_000;

/// Depth snapshots of 10^6 levels are larger than frames.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Longest number or name that may need its escapes resolved.
const TEXT_BYTES_MAX: usize = 64;

/// Events that the venue documents and that carry nothing we publish yet. Spot document §4 (2026-07-21), USDT-M document §4
/// (2026-05-28); retired ones stay, for recordings.
const IGNORED_EVENTS: &[&str] = &[
    "kline",
    "continuous_kline",
    "24hrTicker",
    "24hrMiniTicker",
    "1hTicker",
    "4hTicker",
    "1dTicker",
    "avgPrice",
    "referencePrice",
    "blockTrade",
    "markPriceUpdate",
    "forceOrder",
    "contractInfo",
    "compositeIndex",
    "assetIndexUpdate",
    "EquityUpdate",
    "CommodityUpdate",
    "NoTradingUpdate",
    "tradingSession",
];

macro_rules! members {
    ($($field:ident = $name:literal,)+) => {
        /// The members that any message reads, as places in the frame.
        #[derive(Clone, Copy, Debug, Default)]
        struct Members { $($field: Option<Value>,)+ }

        impl Members {
            fn slot(&mut self, name: &[u8]) -> Option<&mut Option<Value>> {
                match name {
                    $(name if name == $name.as_bytes() => Some(&mut self.$field),)+
                    _ => None,
                }
            }
        }
    };
}

members! {
    stream = "stream", data = "data", event = "e", ts_sent = "E", ts_engine = "T", symbol = "s", first = "U", last = "u",
    prev = "pu", bids = "b", asks = "a", bid_qty = "B", ask_qty = "A", price = "p", qty = "q", trade_id = "t",
    buyer_is_maker = "m", execution = "X", result = "result", id = "id", code = "code", msg = "msg", error = "error",
    last_update_id = "lastUpdateId", rest_bids = "bids", rest_asks = "asks",
}

fn reject<T>(code: Code, offset: usize) -> Result<T, Reject> {
    Err(Reject { code, offset })
}

fn read_members(bytes: &[u8], start: usize) -> Result<Members, Reject> {
    let mut members = Members::default();
    json::each_member(bytes, start, |key, value| {
        let mut buffer = [0; 16];
        // A key too long for the buffer is none that we know.
        let name = json::unescape(key, &mut buffer).unwrap_or_default();
        match members.slot(name) {
            Some(Some(_)) => reject(Code::FieldType, value.start),
            Some(slot) => {
                *slot = Some(value);
                Ok(())
            }
            None => Ok(()),
        }
    })?;
    Ok(members)
}

/// What differs between the dialects.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Deltas carry the previous delta's last id (`pu`).
    pub has_prev: bool,
}

/// Reads one frame of either dialect, in the combined-stream wrapper or not.
pub fn parse_frame<'a>(dialect: Dialect, frame: &'a [u8]) -> Result<Message<'a>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    let mut members = match root.kind {
        Kind::Object => read_members(frame, root.start)?,
        // `!…@arr` streams of a raw connection: arrays of tickers.
        Kind::Array => return Ok(Message::Ignored),
        _ => return reject(Code::FieldType, root.start),
    };
    let mut at = root.start;
    if let (Some(stream), Some(data)) = (members.stream, members.data) {
        if stream.kind != Kind::String {
            return reject(Code::FieldType, stream.start);
        }
        match data.kind {
            Kind::Array => return Ok(Message::Ignored),
            Kind::Object if is_partial_depth(stream.of(frame)) => return Ok(Message::Ignored),
            Kind::Object => {
                at = data.start;
                members = read_members(frame, data.start)?;
            }
            _ => return reject(Code::FieldType, data.start),
        }
    }
    message(dialect, frame, at, &members)
}

/// Streams `…@depth5`, `…@depth10`, `…@depth20`: whole top-of-book replacements in the shape of deltas.
fn is_partial_depth(stream: &[u8]) -> bool {
    let name = stream.split(|byte| *byte == b'@').nth(1).unwrap_or_default();
    name.strip_prefix(b"depth").is_some_and(|levels| !levels.is_empty())
}

fn message<'a>(dialect: Dialect, frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let Some(event) = members.event else { return unnamed(frame, at, members) };
    if event.kind != Kind::String {
        return reject(Code::FieldType, event.start);
    }
    let mut buffer = [0; TEXT_BYTES_MAX];
    match json::unescape(event.of(frame), &mut buffer).unwrap_or_default() {
        b"depthUpdate" => depth(dialect, frame, at, members),
        b"trade" => trade(frame, at, members, members.trade_id, false),
        b"aggTrade" => trade(frame, at, members, members.asks, true),
        b"bookTicker" => quote(frame, at, members),
        b"serverShutdown" => Ok(Message::Shutdown),
        name if IGNORED_EVENTS.iter().any(|known| known.as_bytes() == name) => Ok(Message::Ignored),
        _ => reject(Code::UnknownEvent, event.start),
    }
}

/// Messages without `e`: answers to control messages, the spot quote, raw partial depth.
fn unnamed<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    if let Some(error) = members.error
        && error.kind == Kind::Object
    {
        let inner = read_members(frame, error.start)?;
        return Ok(Message::Reply {
            id: reply_id(frame, members.id),
            venue_code: signed(frame, require(inner.code, error.start)?)?,
        });
    }
    if let (Some(code), Some(_)) = (members.code, members.msg) {
        return Ok(Message::Reply { id: reply_id(frame, members.id), venue_code: signed(frame, code)? });
    }
    if let (Some(_), Some(id)) = (members.result, members.id) {
        return Ok(Message::Reply { id: reply_id(frame, Some(id)), venue_code: 0 });
    }
    if members.bid_qty.is_some() && members.ask_qty.is_some() && members.last.is_some() {
        return quote(frame, at, members);
    }
    if members.last_update_id.is_some() && members.rest_bids.is_some() && members.rest_asks.is_some() {
        return Ok(Message::Ignored);
    }
    reject(Code::UnknownEvent, at)
}

/// Our ids are numbers; another client's (text, null) is none of ours.
fn reply_id(frame: &[u8], id: Option<Value>) -> u64 {
    id.and_then(|id| unsigned(frame, id).ok()).unwrap_or_default()
}

fn depth<'a>(dialect: Dialect, frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let ts_sent = time(frame, require(members.ts_sent, at)?)?;
    let first = unsigned(frame, require(members.first, at)?)?;
    let last_value = require(members.last, at)?;
    let last = unsigned(frame, last_value)?;
    let prev = match members.prev {
        Some(prev) if dialect.has_prev => Some(unsigned(frame, prev)?),
        None if dialect.has_prev => return reject(Code::FieldMissing, at),
        _ => None,
    };
    if first > last || prev.is_some_and(|prev| prev > last) {
        return reject(Code::UpdateIdOrder, last_value.start);
    }
    let ts_event = members.ts_engine.map_or(Ok(ts_sent), |engine| time(frame, engine))?;
    Ok(Message::Depth(DepthMessage {
        symbol: text(frame, require(members.symbol, at)?)?,
        ts_event,
        ids: DeltaIds { first, last, prev, ts_sent },
        bids: levels(frame, require(members.bids, at)?)?,
        asks: levels(frame, require(members.asks, at)?)?,
    }))
}

fn trade<'a>(
    frame: &'a [u8],
    at: usize,
    members: &Members,
    id: Option<Value>,
    aggregated: bool,
) -> Result<Message<'a>, Reject> {
    let maker = require(members.buyer_is_maker, at)?;
    let aggressor_sell = match maker.kind {
        Kind::True => true,
        Kind::False => false,
        _ => return reject(Code::FieldType, maker.start),
    };
    let off_market = match members.execution {
        // Undocumented; captures show MARKET, INSURANCE_FUND, ADL and NA.
        Some(execution) if !aggregated => text(frame, execution)? != b"MARKET",
        _ => false,
    };
    let ts_event = require(members.ts_engine.or(members.ts_sent), at)?;
    Ok(Message::Trade(TradeMessage {
        symbol: text(frame, require(members.symbol, at)?)?,
        ts_event: time(frame, ts_event)?,
        trade_id: unsigned(frame, require(id, at)?)?,
        price: decimal_text(frame, require(members.price, at)?)?,
        qty: decimal_text(frame, require(members.qty, at)?)?,
        aggressor_sell,
        aggregated,
        off_market,
    }))
}

fn quote<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let ts_event = members.ts_engine.or(members.ts_sent);
    Ok(Message::Quote(QuoteMessage {
        symbol: text(frame, require(members.symbol, at)?)?,
        ts_event: ts_event.map(|value| time(frame, value)).transpose()?,
        update_id: unsigned(frame, require(members.last, at)?)?,
        bid_price: decimal_text(frame, require(members.bids, at)?)?,
        bid_qty: decimal_text(frame, require(members.bid_qty, at)?)?,
        ask_price: decimal_text(frame, require(members.asks, at)?)?,
        ask_qty: decimal_text(frame, require(members.ask_qty, at)?)?,
    }))
}

/// Reads the body of a REST depth answer.
pub fn parse_snapshot(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    json::check(body, BODY_BYTES_MAX)?;
    let root = Scanner::at(body, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::FieldType, root.start);
    }
    let members = read_members(body, root.start)?;
    let ts_event = members.ts_engine.or(members.ts_sent);
    Ok(SnapshotMessage {
        last_update_id: unsigned(body, require(members.last_update_id, root.start)?)?,
        ts_event: ts_event.map(|value| time(body, value)).transpose()?,
        bids: levels(body, require(members.rest_bids, root.start)?)?,
        asks: levels(body, require(members.rest_asks, root.start)?)?,
    })
}

fn require(member: Option<Value>, at: usize) -> Result<Value, Reject> {
    member.ok_or(Reject { code: Code::FieldMissing, offset: at })
}

fn text<'a>(frame: &'a [u8], value: Value) -> Result<&'a [u8], Reject> {
    if value.kind == Kind::String { Ok(value.of(frame)) } else { reject(Code::FieldType, value.start) }
}

fn decimal_text<'a>(frame: &'a [u8], value: Value) -> Result<DecimalText<'a>, Reject> {
    Ok(DecimalText { bytes: text(frame, value)?, offset: value.start })
}

fn levels<'a>(frame: &'a [u8], value: Value) -> Result<LevelText<'a>, Reject> {
    if value.kind != Kind::Array {
        return reject(Code::FieldType, value.start);
    }
    Ok(LevelText { bytes: value.of(frame), offset: value.start })
}

fn unsigned(frame: &[u8], value: Value) -> Result<u64, Reject> {
    let digits = value.of(frame);
    if value.kind != Kind::Number {
        return reject(Code::FieldType, value.start);
    }
    if digits.first() == Some(&b'-') {
        return reject(Code::NumberNegative, value.start);
    }
    let mut number = 0_u64;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return reject(Code::NumberSyntax, value.start);
        }
        let next = number.checked_mul(10).and_then(|number| number.checked_add(u64::from(byte - b'0')));
        number = next.ok_or(Reject { code: Code::NumberRange, offset: value.start })?;
    }
    Ok(number)
}

fn signed(frame: &[u8], value: Value) -> Result<i64, Reject> {
    let text = std::str::from_utf8(value.of(frame)).unwrap_or_default();
    let number = (value.kind == Kind::Number).then(|| text.parse().ok()).flatten();
    number.ok_or(Reject { code: Code::FieldType, offset: value.start })
}

/// A time in ns. The venue sends ms, and µs on spot connections opened with `timeUnit=MICROSECOND`; the magnitudes do not
/// overlap before the year 5138.
fn time(frame: &[u8], value: Value) -> Result<u64, Reject> {
    const MICROSECONDS_FROM: u64 = 100_000_000_000_000;
    let number = unsigned(frame, value)?;
    let unit = if number < MICROSECONDS_FROM { 1_000_000 } else { 1_000 };
    number.checked_mul(unit).ok_or(Reject { code: Code::NumberRange, offset: value.start })
}

/// A number's mantissa at an exponent, or what keeps it from having one.
enum Number {
    Fits(i64),
    Finer(i8),
}

fn number(text: DecimalText<'_>, exponent: i8, zero_allowed: bool) -> Result<Number, Reject> {
    let mut buffer = [0; TEXT_BYTES_MAX];
    let at = |code| Reject { code, offset: text.offset };
    let digits = json::unescape(text.bytes, &mut buffer).ok_or(at(Code::NumberSyntax))?;
    let decimal = decimal::parse(digits).map_err(at)?;
    if decimal.mantissa < 0 || (decimal.mantissa == 0 && !zero_allowed) {
        return Err(at(Code::NumberNegative));
    }
    match decimal.at(exponent) {
        Ok(mantissa) => Ok(Number::Fits(mantissa)),
        Err(Unfit::Finer(finer)) => Ok(Number::Finer(finer)),
        Err(Unfit::Range) => Err(at(Code::NumberRange)),
    }
}

/// Collects the exponents that a whole message needs, so that one widening is enough.
#[derive(Clone, Copy, Debug)]
struct Exponents {
    price: i8,
    qty: i8,
    finer: bool,
}

impl Exponents {
    const fn new(price: i8, qty: i8) -> Self {
        Self { price, qty, finer: false }
    }

    fn pair(&mut self, price: DecimalText<'_>, qty: DecimalText<'_>) -> Result<Level, Reject> {
        let price = keep(number(price, self.price, false)?, &mut self.price, &mut self.finer);
        let qty = keep(number(qty, self.qty, true)?, &mut self.qty, &mut self.finer);
        Ok(Level { price, qty })
    }

    fn finish(self) -> Result<(), Convert> {
        if self.finer { Err(Convert::Finer { price_exponent: self.price, qty_exponent: self.qty }) } else { Ok(()) }
    }
}

fn keep(number: Number, exponent: &mut i8, finer: &mut bool) -> i64 {
    match number {
        Number::Fits(mantissa) => mantissa,
        Number::Finer(needed) => {
            *exponent = needed;
            *finer = true;
            0
        }
    }
}

impl From<Reject> for Convert {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

/// See [`super::convert_levels`].
pub fn convert_levels(text: LevelText<'_>, price_exponent: i8, qty_exponent: i8, out: &mut Vec<Level>) -> Result<(), Convert> {
    out.clear();
    let mut exponents = Exponents::new(price_exponent, qty_exponent);
    let shift = |reject: Reject| Reject { offset: reject.offset + text.offset, ..reject };
    json::each_element(text.bytes, 0, |row| {
        if out.len() == LEVELS_MAX {
            return reject(Code::LevelsTooMany, row.start);
        }
        out.push(level(text.bytes, row, &mut exponents)?);
        Ok(())
    })
    .map_err(shift)?;
    exponents.finish()
}

/// One `["price","quantity"]`; further elements are allowed (old spot snapshots carried an empty array).
fn level(bytes: &[u8], row: Value, exponents: &mut Exponents) -> Result<Level, Reject> {
    if row.kind != Kind::Array {
        return reject(Code::FieldType, row.start);
    }
    let mut pair: [Option<DecimalText<'_>>; 2] = [None; 2];
    let mut count = 0;
    json::each_element(bytes, row.start, |value| {
        if let Some(slot) = pair.get_mut(count) {
            *slot = Some(decimal_text(bytes, value)?);
        }
        count += 1;
        Ok(())
    })?;
    match pair {
        [Some(price), Some(qty)] => exponents.pair(price, qty),
        _ => reject(Code::FieldMissing, row.start),
    }
}

/// See [`super::convert_quote`].
pub fn convert_quote(message: &QuoteMessage<'_>, price_exponent: i8, qty_exponent: i8) -> Result<Quote, Convert> {
    let mut exponents = Exponents::new(price_exponent, qty_exponent);
    // An empty side is sent as price 0, quantity 0.
    let bid = one_side(&mut exponents, message.bid_price, message.bid_qty)?;
    let ask = one_side(&mut exponents, message.ask_price, message.ask_qty)?;
    exponents.finish()?;
    Ok(Quote { bid_price: bid.price, bid_qty: bid.qty, ask_price: ask.price, ask_qty: ask.qty })
}

fn one_side(exponents: &mut Exponents, price: DecimalText<'_>, qty: DecimalText<'_>) -> Result<Level, Reject> {
    let price = keep(number(price, exponents.price, true)?, &mut exponents.price, &mut exponents.finer);
    let qty_offset = qty.offset;
    let qty = keep(number(qty, exponents.qty, true)?, &mut exponents.qty, &mut exponents.finer);
    if price == 0 && qty != 0 && !exponents.finer {
        return reject(Code::NumberNegative, qty_offset);
    }
    Ok(Level { price, qty })
}

/// See [`super::convert_pair`].
pub fn convert_pair(
    price: DecimalText<'_>,
    qty: DecimalText<'_>,
    price_exponent: i8,
    qty_exponent: i8,
) -> Result<Level, Convert> {
    let mut exponents = Exponents::new(price_exponent, qty_exponent);
    let level = exponents.pair(price, qty)?;
    exponents.finish()?;
    Ok(level)
}
