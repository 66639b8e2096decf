//! JSON encoders: written by hand into one reused buffer, prices and quantities as exact decimal text.
//!
//! Every 64-bit integer is a string but `prev_seq` and `seq`, so that no reader that keeps numbers as doubles rounds one.

use tickring_core::bars::{Bar, Timeframe};
use tickring_core::event::{Quote, Trade};

use crate::json_text::JsonText;
use crate::members::{Members, write_message};
use crate::message::{Body, Head};

/// Decimals of a millisecond in nanoseconds.
const MS_EXPONENT: i8 = -6;
const NS_PER_SECOND: u64 = 1_000_000_000;

/// Writes messages as JSON (`tickring.json.v1`).
#[derive(Debug, Default)]
pub struct JsonEncoder {
    text: JsonText,
}

impl JsonEncoder {
    /// Encodes one message; the bytes are valid until the next call.
    ///
    /// Cost: no allocation once the buffer has held a message of that size.
    pub fn encode(&mut self, head: &Head<'_>, body: &Body<'_>) -> &[u8] {
        self.text.clear();
        write_message(&mut self.text, head, body);
        self.text.bytes()
    }

    /// Encodes one trade, quote or bar in the older shape, where prices and quantities are JSON numbers; empty for any other message.
    pub fn encode_stream(&mut self, head: &Head<'_>, body: &Body<'_>) -> &[u8] {
        self.text.clear();
        match body {
            Body::Trade(trade) => write_stream(&mut self.text, head, "tick", None, &|text| write_tick(text, head, trade)),
            Body::Quote(quote) => write_stream(&mut self.text, head, "quote", None, &|text| write_quote(text, head, quote)),
            Body::Bar(timeframe, bar) => {
                let data = |text: &mut JsonText| write_bar(text, head, *timeframe, bar);
                write_stream(&mut self.text, head, "bar", Some(bar.start), &data);
            }
            _ => {}
        }
        self.text.bytes()
    }

    /// The message encoded last.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.text.bytes()
    }
}

/// One message for both older consumers: `data` is flat, `payload` is the envelope of the message bus. `at`: its time, where that is
/// not the record's.
fn write_stream(text: &mut JsonText, head: &Head<'_>, data_type: &str, at: Option<u64>, data: &dyn Fn(&mut JsonText)) {
    let origin = &head.origin;
    let latency_ns = i64::try_from(origin.ts_out.saturating_sub(origin.ts_recv)).unwrap_or(i64::MAX);
    let at = at.unwrap_or(if origin.ts_event == 0 { origin.ts_recv } else { origin.ts_event });
    let timestamp = |text: &mut JsonText| text.rfc3339("timestamp", at / NS_PER_SECOND, at % NS_PER_SECOND);
    text.open(4);
    text.name("type", "data");
    text.name("topic", head.stream_topic);
    text.member("data");
    text.open(0);
    data(text);
    timestamp(text);
    text.raw_decimal("latency_ms", latency_ns, MS_EXPONENT);
    text.close();
    text.member("payload");
    text.open(0);
    text.name("symbol", head.symbol);
    text.name("data_type", data_type);
    text.member("data");
    text.open(0);
    data(text);
    timestamp(text);
    text.close();
    text.raw_decimal("latency_ms", latency_ns, MS_EXPONENT);
    text.name("source", head.venue);
    text.close();
    text.close();
}

fn write_tick(text: &mut JsonText, head: &Head<'_>, trade: &Trade) {
    text.raw_decimal("price", trade.price, head.price_exponent);
    text.raw_decimal("size", trade.qty, head.qty_exponent);
}

fn write_quote(text: &mut JsonText, head: &Head<'_>, quote: &Quote) {
    text.raw_decimal("bid", quote.bid_price, head.price_exponent);
    text.raw_decimal("ask", quote.ask_price, head.price_exponent);
    text.raw_decimal("bid_size", quote.bid_qty, head.qty_exponent);
    text.raw_decimal("ask_size", quote.ask_qty, head.qty_exponent);
}

fn write_bar(text: &mut JsonText, head: &Head<'_>, timeframe: Timeframe, bar: &Bar) {
    for (name, price) in [("open", bar.open), ("high", bar.high), ("low", bar.low), ("close", bar.close)] {
        text.raw_decimal(name, price, head.price_exponent);
    }
    text.raw_decimal("volume", bar.volume, head.qty_exponent);
    text.name("timeframe", timeframe.name());
    text.boolean("closed", bar.closed);
    text.boolean("partial", bar.partial);
}
