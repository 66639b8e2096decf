//! Backpack: mark price with index and funding, open interest, liquidations, klines. Source: as of `backpack.rs`. Times are µs, but that
//! of the next funding, which is ms, and those of klines, which are texts in UTC without saying so.

use crate::error::Code;
use crate::json::{Kind, Value};

use super::fields::{NAME_BYTES_MAX, clock_text, decimal_text, members, name, reject, text, time, unsigned};
use super::figures::{About, BarText, Each, Figure, FigureMessage, FigureRows, MINUTE_NS, optional_decimal, side_of};
use super::{Message, Reject};

members! {
    /// Of each of these messages.
    Members {
        event = b"e", ts_sent = b"E", ts_engine = b"T", symbol = b"s", price = b"p", qty = b"q", side = b"S",
        index = b"i", rate = b"f", next = b"n", open_interest = b"o",
    }
}

members! {
    /// Of a kline.
    Kline {
        ts_sent = b"E", symbol = b"s", start = b"t", end = b"T", open = b"o", high = b"h", low = b"l", close = b"c",
        volume = b"v", count = b"n", closed = b"X",
    }
}

/// One of these messages. One stream of liquidations tells of all markets.
pub(super) fn message<'a>(frame: &'a [u8], data: Value, event: &[u8]) -> Result<Message<'a>, Reject> {
    let about = if event == b"liquidation" { About::Any } else { About::Subscribed };
    FigureRows { frame, value: data, about, read: figures }.checked()
}

fn figures<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let (at, members) = (data.start, Members::read(frame, data.start)?);
    let symbol = text(frame, members.symbol.required(at)?)?;
    let ts_event = Some(time(frame, members.ts_engine.or(members.ts_sent).required(at)?)?);
    let mut say = |figure| each(FigureMessage { symbol, ts_event, is_whole: true, figure });
    let event = members.event.required(at)?;
    match name(frame, event, &mut [0; NAME_BYTES_MAX])? {
        b"markPrice" => {
            say(Figure::MarkPrice(decimal_text(frame, members.price.required(at)?)?))?;
            if let Some(index) = optional_decimal(frame, members.index)? {
                say(Figure::IndexPrice(index))?;
            }
            // Markets of predictions have none.
            if let Some(rate) = optional_decimal(frame, members.rate)? {
                let next_ts = members.next.optional()?.filter(|value| value.kind != Kind::Null);
                let next_ts = next_ts.map(|value| time(frame, value)).transpose()?;
                say(Figure::Funding { rate: Some(rate), next_ts, interval_s: None })?;
            }
            Ok(())
        }
        b"openInterest" => {
            let qty = Some(decimal_text(frame, members.open_interest.required(at)?)?);
            say(Figure::OpenInterest { qty, value: None })
        }
        _ => say(Figure::Liquidation {
            price: decimal_text(frame, members.price.required(at)?)?,
            qty: decimal_text(frame, members.qty.required(at)?)?,
            id: 0,
            side: side_of(frame, members.side.required(at)?, b"Bid", b"Ask")?,
        }),
    }
}

/// A kline: those of a minute, for klines of other intervals are nothing that we publish.
pub(super) fn kline(frame: &[u8], data: Value) -> Result<Message<'_>, Reject> {
    FigureRows { frame, value: data, about: About::Subscribed, read: bar }.checked()
}

fn bar<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let (at, kline) = (data.start, Kline::read(frame, data.start)?);
    let symbol = text(frame, kline.symbol.required(at)?)?;
    let (start_ts, end) = (moment(frame, kline.start.required(at)?)?, moment(frame, kline.end.required(at)?)?);
    if end.checked_sub(start_ts) != Some(MINUTE_NS) {
        return Ok(());
    }
    // A minute without a trade may have none.
    let (open, high) = (optional_decimal(frame, kline.open)?, optional_decimal(frame, kline.high)?);
    let (low, close) = (optional_decimal(frame, kline.low)?, optional_decimal(frame, kline.close)?);
    let (Some(open), Some(high), Some(low), Some(close)) = (open, high, low, close) else { return Ok(()) };
    let closed = kline.closed.required(at)?;
    let bar = BarText {
        prices: [open, high, low, close],
        volume: decimal_text(frame, kline.volume.required(at)?)?,
        turnover: None,
        count: unsigned(frame, kline.count.required(at)?)?,
        start_ts,
        interval_ns: MINUTE_NS,
        closed: match closed.kind {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => return reject(Code::FieldType, closed.start),
        },
    };
    let ts_event = Some(time(frame, kline.ts_sent.required(at)?)?);
    each(FigureMessage { symbol, ts_event, is_whole: true, figure: Figure::Bar(bar) })
}

/// A time as text; the sources disagree, one has numbers.
fn moment(frame: &[u8], value: Value) -> Result<u64, Reject> {
    const SECONDS: usize = "2025-10-01T17:13:00".len();
    if value.kind == Kind::Number {
        return time(frame, value);
    }
    let mut zoned = [b'Z'; SECONDS + 1];
    let wrong = Reject { code: Code::NumberSyntax, offset: value.start };
    let seconds: &[u8; SECONDS] = text(frame, value)?.try_into().map_err(|_| wrong)?;
    zoned[..SECONDS].copy_from_slice(seconds);
    clock_text(&zoned).ok_or(wrong)
}
