//! Members of the messages of both Binance dialects.

use super::fields::members;

members! {
    /// Every member that some message reads.
    Members {
        stream = b"stream", data = b"data",
        event = b"e", ts_sent = b"E", ts_engine = b"T", symbol = b"s",
        first = b"U", last = b"u", prev = b"pu",
        bids = b"b", asks = b"a", bid_qty = b"B", ask_qty = b"A",
        price = b"p", qty = b"q", trade_id = b"t", buyer_is_maker = b"m", execution = b"X",
        result = b"result", id = b"id", code = b"code", msg = b"msg", error = b"error",
        rest_symbol = b"symbol", last_update_id = b"lastUpdateId", rest_bids = b"bids", rest_asks = b"asks",
    }
}
