//! Kraken: states of pairs, which the channel `instrument` tells of all at once without times, and bars. Source: as of `kraken.rs`, § 3.

use crate::error::Code;
use crate::event::MarketState;
use crate::json::{self, Kind, Value};

use super::fields::{Member, NAME_BYTES_MAX, clock, decimal_number, members, name, reject, text, unsigned};
use super::figures::{About, BarText, Each, Figure, FigureMessage, FigureRows, MINUTE_NS};
use super::{Message, Reject};

members! {
    /// Of `data`: assets beside pairs, which trade nothing.
    Members { pairs = b"pairs", }
}

members! {
    /// Of one pair.
    Pair { symbol = b"symbol", status = b"status", }
}

members! {
    /// Of a message of bars.
    Envelope { ts_sent = b"timestamp", data = b"data", }
}

members! {
    /// Of one bar.
    Candle {
        symbol = b"symbol", open = b"open", high = b"high", low = b"low", close = b"close", volume = b"volume",
        count = b"trades", start = b"interval_begin", minutes = b"interval",
    }
}

/// The data of such a message: first all pairs, then those that changed.
pub(super) fn pairs(frame: &[u8], data: Value) -> Result<Message<'_>, Reject> {
    if data.kind != Kind::Object {
        return reject(Code::FieldType, data.start);
    }
    FigureRows { frame, value: data, about: About::Any, read: states }.checked()
}

fn states<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let Some(pairs) = Members::read(frame, data.start)?.pairs.optional()? else { return Ok(()) };
    if pairs.kind != Kind::Array {
        return reject(Code::FieldType, pairs.start);
    }
    let walked = json::each_element(frame, pairs.start, |row| {
        if row.kind != Kind::Object {
            return reject(Code::FieldType, row.start);
        }
        let pair = Pair::read(frame, row.start)?;
        let symbol = text(frame, pair.symbol.required(row.start)?)?;
        let state = match name(frame, pair.status.required(row.start)?, &mut [0; NAME_BYTES_MAX])? {
            b"online" => MarketState::Trading,
            b"cancel_only" => MarketState::CancelOnly,
            b"post_only" => MarketState::PostOnly,
            b"limit_only" => MarketState::LimitOnly,
            b"reduce_only" => MarketState::ReduceOnly,
            b"maintenance" => MarketState::Maintenance,
            b"work_in_progress" => MarketState::PreOpen,
            b"delisted" => MarketState::Delisted,
            _ => MarketState::Other,
        };
        each(FigureMessage { symbol, ts_event: None, is_whole: true, figure: Figure::Status(state) })
    });
    walked.map(|_| ())
}

/// A message of bars: those of a minute, for others are nothing that we publish. None says that it is final: the next one begins, or none does.
pub(super) fn candles(frame: &[u8], root: Value) -> Result<Message<'_>, Reject> {
    FigureRows { frame, value: root, about: About::Subscribed, read: bars }.checked()
}

fn bars<'a>(frame: &'a [u8], root: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let envelope = Envelope::read(frame, root.start)?;
    let ts_event = Some(clock(frame, envelope.ts_sent.required(root.start)?)?);
    let data = envelope.data.required(root.start)?;
    let walked = json::each_element(frame, data.start, |row| {
        if row.kind != Kind::Object {
            return reject(Code::FieldType, row.start);
        }
        let (at, candle) = (row.start, Candle::read(frame, row.start)?);
        if unsigned(frame, candle.minutes.required(at)?)? != 1 {
            return Ok(());
        }
        let number = |member: Member| decimal_number(frame, member.required(at)?);
        let bar = BarText {
            prices: [number(candle.open)?, number(candle.high)?, number(candle.low)?, number(candle.close)?],
            volume: number(candle.volume)?,
            turnover: None,
            count: unsigned(frame, candle.count.required(at)?)?,
            start_ts: clock(frame, candle.start.required(at)?)?,
            interval_ns: MINUTE_NS,
            closed: None,
        };
        let symbol = text(frame, candle.symbol.required(at)?)?;
        each(FigureMessage { symbol, ts_event, is_whole: true, figure: Figure::Bar(bar) })
    });
    walked.map(|_| ())
}
