//! OKX v5, public streams. Source: the protocol reference of 2026-11-21 (documents of 2026-01-15, notices and captures up to October
//! 2026), a recording of 2022-05-13, fixtures of nautilus-trader. Prices, quantities and times are text; ids are JSON numbers.
//!
//! Rule of `books`: the stream begins with a snapshot, whose `prevSeqId` is −1; then `prevSeqId` is the `seqId` of the message before.
//! `seqId` rises by any step, stays the same in the keep-alive of a quiet book, and may fall once where the venue maintains its
//! books: the chain tells. Before there were these ids a checksum proved the book; since 2026-06-23 it is 0 or absent. So it
//! counts where ids are absent, as in recordings, and nowhere else.

use crate::error::Code;
use crate::event::Level;
use crate::json::{self, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::fields::{
    NAME_BYTES_MAX, best, decimal_text, levels, members, name, only, reject, scale_time, signed, text, unsigned,
};
use super::level_texts::LevelTexts;
use super::listing::{Step, listings, member, text as owned};
use super::okx_figures;
use super::{
    Checksum, DeltaIds, DepthHead, DepthMessage, Follow, LevelText, Listing, Message, Numbering, QuoteMessage, Reject,
    TradeMessage, TradeRow, TradeRows,
};

members! {
    /// Of a whole message.
    Members {
        arg = b"arg", action = b"action", data = b"data", event = b"event", id = b"id", code = b"code",
    }
}

members! {
    /// Of `arg`.
    ArgMembers {
        channel = b"channel", symbol = b"instId",
    }
}

members! {
    /// Of the one element of a book's `data`.
    BookMembers {
        bids = b"bids", asks = b"asks", ts = b"ts", seq = b"seqId", prev = b"prevSeqId", checksum = b"checksum",
    }
}

members! {
    /// Of one trade.
    TradeMembers {
        symbol = b"instId", id = b"tradeId", price = b"px", qty = b"sz", side = b"side", ts = b"ts",
    }
}

/// What a channel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Book,
    /// The best level, each time whole.
    Quote,
    Trades,
    /// Documented, and nothing that we publish.
    Ignored,
}

/// The channel of this name; those of `okx_figures` are none here. `books5` shows what `books` does; `books-elp` other orders; `trades-all` every fill of what `trades` sums up.
pub(super) fn channel_of(channel: &[u8]) -> Option<Channel> {
    match channel {
        b"books" | b"books-l2-tbt" | b"books50-l2-tbt" => Some(Channel::Book),
        b"bbo-tbt" => Some(Channel::Quote),
        b"trades" => Some(Channel::Trades),
        b"books5" | b"books-elp" | b"books-elp-all" | b"books-rpi" | b"trades-all" | b"tickers" | b"price-limit"
        | b"estimated-price" | b"opt-summary" | b"status" | b"adl-warning" => Some(Channel::Ignored),
        _ if channel.starts_with(b"candle") || channel.starts_with(b"mark-price-candle") => Some(Channel::Ignored),
        _ if channel.starts_with(b"index-candle") => Some(Channel::Ignored),
        _ => None,
    }
}

/// Reads one frame.
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    // The answer to our `ping`, the one frame that is no JSON.
    if frame == b"pong" {
        return Ok(Message::Ignored);
    }
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::UnknownEvent, root.start);
    }
    let members = Members::read(frame, root.start)?;
    if let Some(event) = members.event.optional()? {
        return control(frame, event, &members);
    }
    let arg = members.arg.required(root.start)?;
    if arg.kind != Kind::Object {
        return reject(Code::FieldType, arg.start);
    }
    let of = ArgMembers::read(frame, arg.start)?;
    let named = of.channel.required(arg.start)?;
    let mut buffer = [0; NAME_BYTES_MAX];
    let named_channel = name(frame, named, &mut buffer)?;
    let (channel, told) = (channel_of(named_channel), okx_figures::told_of(named_channel));
    let data = members.data.required(root.start)?;
    if data.kind != Kind::Array {
        return reject(Code::FieldType, data.start);
    }
    if let Some(told) = told {
        return okx_figures::message(frame, root, data, told);
    }
    match channel {
        Some(Channel::Ignored) => Ok(Message::Ignored),
        Some(Channel::Trades) => trades(frame, data),
        Some(Channel::Quote) => quote(frame, text(frame, of.symbol.required(arg.start)?)?, data),
        Some(Channel::Book) => {
            let action = members.action.required(root.start)?;
            let is_snapshot = match name(frame, action, &mut [0; NAME_BYTES_MAX])? {
                b"snapshot" => true,
                b"update" => false,
                _ => return reject(Code::UnknownEvent, action.start),
            };
            let symbol = text(frame, of.symbol.required(arg.start)?)?;
            let message = book(frame, symbol, data, is_snapshot)?;
            Ok(if is_snapshot { Message::Snapshot(message) } else { Message::Depth(message) })
        }
        None => reject(Code::UnknownEvent, named.start),
    }
}

/// A time in ms, as text.
pub(super) fn time(frame: &[u8], value: Value) -> Result<u64, Reject> {
    let digits = Value { kind: Kind::Number, ..value };
    let is_text = value.kind == Kind::String && value.start < value.end;
    let ms = if is_text { unsigned(frame, digits) } else { reject(Code::FieldType, value.start) }?;
    scale_time(ms).ok_or(Reject { code: Code::NumberRange, offset: value.start })
}

fn book<'a>(frame: &'a [u8], symbol: &'a [u8], data: Value, is_snapshot: bool) -> Result<DepthMessage<'a>, Reject> {
    let row = only(frame, data)?;
    let members = BookMembers::read(frame, row.start)?;
    let ts = time(frame, members.ts.required(row.start)?)?;
    let bids = levels(frame, members.bids.required(row.start)?)?;
    let asks = levels(frame, members.asks.required(row.start)?)?;
    let mut seq = None;
    if let Some(value) = members.seq.optional()? {
        let prev = members.prev.required(row.start)?;
        seq = Some((unsigned(frame, value)?, signed(frame, prev)?, value.start));
    }
    let checksum = members.checksum.optional()?.map(|value| signed(frame, value).map(|crc| (crc, value.start))).transpose()?;
    let head = head(symbol, ts, seq, checksum, is_snapshot).map_err(|code| {
        let offset = seq.map(|(_, _, at)| at).or(checksum.map(|(_, at)| at)).unwrap_or(row.start);
        Reject { code, offset }
    })?;
    let empty = |side: LevelText<'_>| side.bytes.iter().all(|byte| matches!(byte, b'[' | b']' | b' ' | b'\t' | b'\r' | b'\n'));
    if is_keep_alive(&head.ids) && !(empty(bids) && empty(asks)) {
        return reject(Code::UpdateIdOrder, row.start);
    }
    Ok(DepthMessage { head, bids, asks })
}

/// Whether a message says that nothing changed since the one with its own number.
pub(super) fn is_keep_alive(ids: &DeltaIds) -> bool {
    ids.last != 0 && ids.prev == Some(ids.last)
}

/// `seq`: `seqId` and `prevSeqId`. Without them the message must have a checksum that is alive.
pub(super) fn head(
    symbol: &[u8],
    ts: u64,
    seq: Option<(u64, i64, usize)>,
    checksum: Option<(i64, usize)>,
    is_snapshot: bool,
) -> Result<DepthHead<'_>, Code> {
    let of = |first, last, prev, checksum| DepthHead {
        symbol,
        ts_event: ts,
        ids: DeltaIds { first, last, prev, ts_sent: ts },
        checksum,
    };
    match (seq, checksum) {
        (Some((0, ..)), _) => Err(Code::NumberRange),
        (Some((seq, -1, _)), _) if is_snapshot => Ok(of(seq, seq, None, None)),
        (Some((seq, prev, _)), _) if !is_snapshot => {
            let prev = u64::try_from(prev).map_err(|_| Code::UpdateIdOrder)?;
            Ok(of(seq.min(prev.saturating_add(1)), seq, Some(prev), None))
        }
        (Some(_), _) => Err(Code::UpdateIdOrder),
        (None, None | Some((0, _))) => Err(Code::FieldMissing),
        (None, Some((crc, _))) => {
            // The document's numbers are those of a signed integer of 32 bits.
            let crc = i32::try_from(crc).map_err(|_| Code::NumberRange)?.cast_unsigned();
            Ok(of(0, 0, None, Some(Checksum { crc: Some(crc), decimals: (0, 0) })))
        }
    }
}

fn quote<'a>(frame: &'a [u8], symbol: &'a [u8], data: Value) -> Result<Message<'a>, Reject> {
    let row = only(frame, data)?;
    let members = BookMembers::read(frame, row.start)?;
    let bid = best(levels(frame, members.bids.required(row.start)?)?)?;
    let ask = best(levels(frame, members.asks.required(row.start)?)?)?;
    Ok(Message::Quote(QuoteMessage {
        symbol,
        ts_event: Some(time(frame, members.ts.required(row.start)?)?),
        update_id: unsigned(frame, members.seq.required(row.start)?)?,
        is_time: false,
        bid_price: bid.0,
        bid_qty: bid.1,
        ask_price: ask.0,
        ask_qty: ask.1,
    }))
}

fn trades(frame: &[u8], data: Value) -> Result<Message<'_>, Reject> {
    let rows = TradeRows { frame, start: data.start, newest_first: false, read: TradeRow::Json(trade) };
    rows.each(|_| Ok(()))?;
    Ok(Message::Trades(rows))
}

/// Fills of one taker order at one price are one row since they are summed up; its id is the last of theirs. So a jump says nothing,
/// though all 72 recorded steps, of a time before that, are by one.
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
    let id = members.id.required(at)?;
    let digits = text(frame, id)?;
    if digits.is_empty() {
        return reject(Code::NumberSyntax, id.start);
    }
    Ok(TradeMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: time(frame, members.ts.required(at)?)?,
        trade_id: unsigned(frame, Value { kind: Kind::Number, ..id })?,
        numbering: Numbering::Increasing,
        price: decimal_text(frame, members.price.required(at)?)?,
        qty: decimal_text(frame, members.qty.required(at)?)?,
        aggressor_sell,
        aggregated: false,
        off_market: false,
    })
}

/// Answers to control messages. Ids are ours, sent as text; an error names no channel, so the id is all that tells which it is.
fn control<'a>(frame: &'a [u8], event: Value, members: &Members) -> Result<Message<'a>, Reject> {
    let number = |value: Option<Value>| {
        let digits = value.filter(|value| value.kind == Kind::String).map(|value| value.of(frame));
        digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u32>().ok())
    };
    let id = u64::from(number(members.id.optional()?).unwrap_or_default());
    let mut buffer = [0; NAME_BYTES_MAX];
    match name(frame, event, &mut buffer)? {
        b"subscribe" | b"unsubscribe" => Ok(Message::Reply { id, venue_code: 0 }),
        b"error" => {
            let venue_code = number(members.code.optional()?).filter(|code| *code != 0).map_or(-1, i64::from);
            Ok(Message::Reply { id, venue_code })
        }
        // 64008: the connection ends in 60 s, for an upgrade of the service.
        b"notice" if number(members.code.optional()?) == Some(64_008) => Ok(Message::Shutdown),
        b"notice" | b"channel-conn-count" => Ok(Message::Ignored),
        _ => reject(Code::UnknownEvent, event.start),
    }
}

/// See [`super::VenueId::follow`]. § 4 of the reference: a message follows the one that it names, whatever its own number is.
pub fn follow(last: &DeltaIds, delta: &DeltaIds) -> Follow {
    let Some(prev) = delta.prev else { return Follow::Rollback };
    if prev == last.last {
        // Step 2; step 3, the keep-alive; step 4, the reset, whose number is smaller.
        return Follow::Apply;
    }
    if prev > last.last {
        // Step 5.
        return Follow::Gap { first: last.last + 1, last: prev };
    }
    // It follows what is older: repeated, or of another connection, unless it was sent later.
    let restarted = last.ts_sent != 0 && delta.ts_sent > last.ts_sent;
    if restarted { Follow::Rollback } else { Follow::Duplicate }
}

/// See [`super::VenueId::checksum`]: 25 levels, bids and asks in turns, `price:quantity` joined by colons. The original texts were
/// plain decimals without needless zeros: all 290 recorded checksums are those of such texts.
pub fn checksum(texts: &mut LevelTexts, sides: (&[Level], &[Level]), exponents: (i8, i8)) -> Option<u32> {
    let (price, qty) = exponents;
    // No colon follows the last number.
    texts.in_turns(sides, (exponents, (0, 0)), |text, level| {
        text.decimal(level.price, price)?;
        text.byte(b':')?;
        text.decimal(level.qty, qty)?;
        text.byte(b':')
    })
}

/// Reads `data` of `/api/v5/public/instruments`, one type at a time. One bad row does not cost the others.
pub fn parse_listings(body: &[u8]) -> Result<Vec<Listing>, Reject> {
    listings(body, &[b"data"], Kind::Array, listing)
}

fn listing(body: &[u8], row: Value) -> Result<Option<Listing>, Reject> {
    let of = |name: &[u8]| member(body, row.start, name);
    let Some(symbol) = of(b"instId")?.and_then(|value| owned(body, value)) else { return Ok(None) };
    let state = of(b"state")?.and_then(|value| owned(body, value));
    let (tick, lot) = (Step::read(body, of(b"tickSz")?), Step::read(body, of(b"lotSz")?));
    Ok(Some(Listing {
        symbol,
        price_exponent: tick.exponent,
        qty_exponent: lot.exponent,
        tick_size: tick.size,
        lot_size: lot.size,
        trading: state.as_deref() == Some("live"),
    }))
}
