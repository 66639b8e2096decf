//! Kraken futures: what tickers say of prices, funding, open interest and states, and liquidations, which trades tell of. Source: as of
//! `kraken_futures.rs`. A ticker has all its members each time, so what it lacks is unknown; it also has the best prices, which makes it a
//! quote.

use crate::decimal;
use crate::error::Code;
use crate::event::{MarketState, Side};
use crate::json::{Kind, Value};

use super::fields::{Member, NAME_BYTES_MAX, decimal_number, members, name, text, time};
use super::figures::{About, Each, Figure, FigureMessage, FigureRows};
use super::{DecimalText, Message, QuoteMessage, Reject, TradeMessage, kraken_futures};

members! {
    /// Of a ticker.
    Members {
        symbol = b"product_id", ts = b"time", bid_price = b"bid", bid_qty = b"bid_size", ask_price = b"ask", ask_qty = b"ask_size",
        mark = b"markPrice", index = b"index", tag = b"tag", rate = b"relative_funding_rate", next = b"next_funding_rate_time",
        open_interest = b"openInterest", is_suspended = b"suspended", is_post_only = b"post_only",
    }
}

/// Funding is paid each hour: the one ticker at hand names the next one, at the full hour.
const FUNDING_INTERVAL_S: u32 = 3_600;

/// A ticker.
pub(super) fn ticker(frame: &[u8], root: Value) -> Result<Message<'_>, Reject> {
    let quote = quote(frame, root)?;
    let rows = FigureRows { frame, value: root, about: About::Subscribed, read: figures };
    Ok(match rows.checked()? {
        Message::Figures(rows) => Message::Ticker(rows),
        _ => Message::Quote(quote),
    })
}

/// The best prices of a ticker. It has no id: its time tells old from new. A side without orders lacks its members, or has them null.
pub(super) fn quote(frame: &[u8], root: Value) -> Result<QuoteMessage<'_>, Reject> {
    let (at, members) = (root.start, Members::read(frame, root.start)?);
    let number = |member: Member| Ok::<_, Reject>(optional_number(frame, member)?.unwrap_or(DecimalText::zero(at)));
    let ts = time(frame, members.ts.required(at)?)?;
    Ok(QuoteMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: Some(ts),
        update_id: ts,
        is_time: true,
        bid_price: number(members.bid_price)?,
        bid_qty: number(members.bid_qty)?,
        ask_price: number(members.ask_price)?,
        ask_qty: number(members.ask_qty)?,
    })
}

fn figures<'a>(frame: &'a [u8], root: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let (at, members) = (root.start, Members::read(frame, root.start)?);
    let symbol = text(frame, members.symbol.required(at)?)?;
    let ts = time(frame, members.ts.required(at)?)?;
    let mut say = |figure| each(FigureMessage { symbol, ts_event: Some(ts), is_whole: true, figure });
    if let Some(price) = optional_number(frame, members.mark)? {
        say(Figure::MarkPrice(price))?;
    }
    if let Some(price) = optional_number(frame, members.index)? {
        say(Figure::IndexPrice(price))?;
    }
    if is_perpetual(frame, &members)? {
        // "If zero, field is not populated."
        let rate = optional_number(frame, members.rate)?.unwrap_or(DecimalText::zero(at));
        // The documents call it the time until then; both messages at hand have the moment itself. A span is none.
        let next_ts = optional_time(frame, members.next)?.filter(|next| *next >= ts);
        say(Figure::Funding { rate: Some(rate), next_ts, interval_s: Some(FUNDING_INTERVAL_S) })?;
    }
    if let Some(qty) = optional_number(frame, members.open_interest)? {
        say(Figure::OpenInterest { qty: Some(qty), value: None })?;
    }
    let is = |member: Member| Ok::<_, Reject>(member.optional()?.map(|value| value.kind == Kind::True));
    let (is_suspended, is_post_only) = (is(members.is_suspended)?, is(members.is_post_only)?);
    if is_suspended.is_some() || is_post_only.is_some() {
        say(Figure::Status(match (is_suspended, is_post_only) {
            (Some(true), _) => MarketState::Halt,
            (_, Some(true)) => MarketState::PostOnly,
            _ => MarketState::Trading,
        }))?;
    }
    Ok(())
}

/// Others have no funding.
fn is_perpetual(frame: &[u8], members: &Members) -> Result<bool, Reject> {
    let Some(tag) = members.tag.optional()? else { return Ok(members.rate.is_present()) };
    Ok(name(frame, tag, &mut [0; NAME_BYTES_MAX])? == b"perpetual")
}

/// A trade of type `liquidation`, which was read.
pub(super) fn liquidation<'a>(frame: &'a [u8], root: Value, trade: &TradeMessage<'a>) -> Result<FigureRows<'a>, Reject> {
    let rows = FigureRows { frame, value: root, about: About::Subscribed, read: liquidated };
    rows.checked_by(|each| closed(trade, each))?;
    Ok(rows)
}

fn liquidated<'a>(frame: &'a [u8], root: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    closed(&kraken_futures::trade(frame, root)?, each)
}

fn closed<'a>(trade: &TradeMessage<'a>, each: Each<'_, 'a>) -> Result<(), Reject> {
    let &TradeMessage { symbol, ts_event, price, qty, aggressor_sell, .. } = trade;
    let side = if aggressor_sell { Side::Sell } else { Side::Buy };
    let figure = Figure::Liquidation { price, qty, id: 0, side };
    each(FigureMessage { symbol, ts_event: Some(ts_event), is_whole: true, figure })
}

fn optional_number(frame: &[u8], member: Member) -> Result<Option<DecimalText<'_>>, Reject> {
    match member.optional()? {
        None => Ok(None),
        Some(value) if value.kind == Kind::Null => Ok(None),
        Some(value) => decimal_number(frame, value).map(Some),
    }
}

/// A time in ms as a number that may have a needless decimal, in ns.
fn optional_time(frame: &[u8], member: Member) -> Result<Option<u64>, Reject> {
    let Some(text) = optional_number(frame, member)? else { return Ok(None) };
    let wrong = |code| Reject { code, offset: text.offset };
    let number = decimal::parse_number(text.bytes).map_err(wrong)?;
    let ns = decimal::rescale(number.mantissa, number.exponent(), -6).and_then(|ns| u64::try_from(ns).ok());
    ns.map(Some).ok_or(wrong(Code::NumberRange))
}
