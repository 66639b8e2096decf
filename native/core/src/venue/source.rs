//! Canonical frames: what sources without a wire of their own (ingestion over HTTP, pull sources) are turned into before they
//! take the same way as an exchange's frames. Prices and quantities are decimal text, so no float is involved here.
//!
//! ```text
//! {"e":"trade","s":"TSLA","T":1764000000000000000,"t":7,"p":"250.5","q":"100","m":false}
//! {"e":"quote","s":"TSLA","T":1764000000000000000,"u":8,"b":"250.4","B":"2","a":"250.6","A":"3"}
//! ```
//!
//! `T` is in ns; `t` and `u` are numbered by whoever writes the frames, `t` without a hole. `m` says that the taker sold.

use crate::error::Code;
use crate::json::{self, FRAME_BYTES_MAX, Kind, Scanner};

use super::binance_fields::Members;
use super::fields::{NAME_BYTES_MAX, decimal_text, name, reject, text, unsigned};
use super::{Message, Numbering, QuoteMessage, Reject, TradeMessage};

/// See [`super::VenueId::parse_frame`].
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::UnknownEvent, root.start);
    }
    let members = Members::read(frame, root.start)?;
    let event = members.event.required(root.start)?;
    match name(frame, event, &mut [0; NAME_BYTES_MAX])? {
        b"trade" => trade(frame, root.start, &members),
        b"quote" => quote(frame, root.start, &members),
        _ => reject(Code::UnknownEvent, event.start),
    }
}

fn trade<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let maker = members.buyer_is_maker.required(at)?;
    let aggressor_sell = match maker.kind {
        Kind::True => true,
        Kind::False => false,
        _ => return reject(Code::FieldType, maker.start),
    };
    Ok(Message::Trade(TradeMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: unsigned(frame, members.ts_engine.required(at)?)?,
        trade_id: unsigned(frame, members.trade_id.required(at)?)?,
        numbering: Numbering::Contiguous,
        price: decimal_text(frame, members.price.required(at)?)?,
        qty: decimal_text(frame, members.qty.required(at)?)?,
        aggressor_sell,
        aggregated: false,
        off_market: false,
    }))
}

fn quote<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    Ok(Message::Quote(QuoteMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: Some(unsigned(frame, members.ts_engine.required(at)?)?),
        update_id: unsigned(frame, members.last.required(at)?)?,
        is_time: false,
        bid_price: decimal_text(frame, members.bids.required(at)?)?,
        bid_qty: decimal_text(frame, members.bid_qty.required(at)?)?,
        ask_price: decimal_text(frame, members.asks.required(at)?)?,
        ask_qty: decimal_text(frame, members.ask_qty.required(at)?)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRADE: &str = r#"{"e":"trade","s":"TSLA","T":1764000000000000001,"t":7,"p":"250.5","q":"100","m":true}"#;
    const QUOTE: &str = r#"{"e":"quote","s":"TSLA","T":2,"u":8,"b":"250.4","B":"2","a":"250.6","A":"3"}"#;

    #[test]
    fn canonical_trades_and_quotes_are_read_to_the_nanosecond() {
        let Ok(Message::Trade(trade)) = parse_frame(TRADE.as_bytes()) else { panic!("no trade") };
        assert_eq!((trade.symbol, trade.ts_event, trade.trade_id), (&b"TSLA"[..], 1_764_000_000_000_000_001, 7));
        assert_eq!((trade.price.bytes, trade.qty.bytes, trade.aggressor_sell), (&b"250.5"[..], &b"100"[..], true));
        let Ok(Message::Quote(quote)) = parse_frame(QUOTE.as_bytes()) else { panic!("no quote") };
        assert_eq!((quote.ts_event, quote.update_id, quote.bid_price.bytes), (Some(2), 8, &b"250.4"[..]));
    }

    #[test]
    fn what_is_no_canonical_frame_is_refused_with_its_reason() {
        for (frame, code) in [
            ("[]", Code::UnknownEvent),
            ("{", Code::FrameNotJson),
            ("{}", Code::FieldMissing),
            (r#"{"e":"depthUpdate"}"#, Code::UnknownEvent),
            (r#"{"e":"trade","s":"TSLA"}"#, Code::FieldMissing),
            (&TRADE.replace("\"250.5\"", "250.5"), Code::FieldType),
            (&TRADE.replace("1764000000000000001", "-1"), Code::NumberNegative),
            (&QUOTE.replace("\"u\":8", "\"u\":1e3"), Code::NumberSyntax),
        ] {
            assert_eq!(parse_frame(frame.as_bytes()).map(|_| ()).expect_err("refused").code, code, "{frame}");
        }
    }
}
