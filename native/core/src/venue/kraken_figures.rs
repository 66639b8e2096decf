//! Kraken: states of pairs, which the channel `instrument` tells of all at once. Source: as of `kraken.rs`, § 3. It gives no times.

use crate::error::Code;
use crate::event::MarketState;
use crate::json::{self, Kind, Value};

use super::fields::{NAME_BYTES_MAX, members, name, reject, text};
use super::figures::{About, Each, Figure, FigureMessage, FigureRows};
use super::{Message, Reject};

members! {
    /// Of `data`: assets beside pairs, which trade nothing.
    Members { pairs = b"pairs", }
}

members! {
    /// Of one pair.
    Pair { symbol = b"symbol", status = b"status", }
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
