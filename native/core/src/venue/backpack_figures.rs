//! Backpack: mark price with index and funding, open interest, liquidations. Source: as of `backpack.rs`. Times are µs, but that of the
//! next funding, which is ms.

use crate::json::{Kind, Value};

use super::fields::{NAME_BYTES_MAX, decimal_text, members, name, text, time};
use super::figures::{About, Each, Figure, FigureMessage, FigureRows, optional_decimal, side_of};
use super::{Message, Reject};

members! {
    /// Of each of these messages.
    Members {
        event = b"e", ts_sent = b"E", ts_engine = b"T", symbol = b"s", price = b"p", qty = b"q", side = b"S",
        index = b"i", rate = b"f", next = b"n", open_interest = b"o",
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
