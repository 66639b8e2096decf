//! The members of a message, once for all encodings that name them.

use tickring_core::bars::{Bar, Timeframe};
use tickring_core::event::{
    Funding, Gap, GapReason, GapStream, Level, Liquidation, OpenInterest, Quote, ReferencePrice, Stats24h, Status, Trade,
    VenueBar, flag,
};

use crate::message::{Body, FLAGS_SHOWN, Head, Sides, ValidDepth};

/// Members of a message, its body being one.
const MESSAGE_MEMBERS: u32 = 19;

/// Writes objects member by member. A 64-bit integer is an id; prices and quantities are decimals.
pub(crate) trait Members {
    /// Begins an object with so many members.
    fn open(&mut self, members: u32);
    fn close(&mut self);
    /// Writes a member's name; its value must follow.
    fn member(&mut self, name: &str);
    /// A member with a string.
    fn name(&mut self, name: &str, value: &str);
    /// A member with an array of strings.
    fn names<'n>(&mut self, name: &str, values: impl Iterator<Item = &'n str> + Clone);
    /// A member with `null`.
    fn null(&mut self, name: &str);
    /// A member with an integer below 2^53.
    fn number(&mut self, name: &str, value: u64);
    /// A member with a 64-bit integer.
    fn id(&mut self, name: &str, value: u64);
    /// A member with `true` or `false`.
    fn boolean(&mut self, name: &str, value: bool);
    /// A member with an exponent.
    fn exponent(&mut self, name: &str, value: i8);
    /// A member with mantissa × 10^exponent.
    fn decimal(&mut self, name: &str, mantissa: i64, exponent: i8);
    /// A member with an array of pairs of such numbers.
    fn decimal_pairs(&mut self, name: &str, pairs: impl ExactSizeIterator<Item = [(i64, i8); 2]>);
}

/// Writes one message.
pub(crate) fn write_message(text: &mut impl Members, head: &Head<'_>, body: &Body<'_>) {
    let origin = &head.origin;
    text.open(MESSAGE_MEMBERS);
    text.name("topic", head.topic);
    text.name("venue", head.venue);
    text.name("symbol", head.symbol);
    text.number("instrument", u64::from(head.instrument));
    text.number("shard", u64::from(origin.shard));
    text.id("epoch", origin.epoch);
    text.number("prev_seq", head.prev_seq);
    text.number("seq", head.seq);
    text.id("sequence", origin.sequence);
    text.id("frame_seq", origin.frame_seq);
    text.number("index", u64::from(origin.index));
    text.id("ts_event", origin.ts_event);
    text.id("ts_recv", origin.ts_recv);
    text.id("ts_out", origin.ts_out);
    text.exponent("price_exponent", head.price_exponent);
    text.exponent("qty_exponent", head.qty_exponent);
    let shown = origin.flags & FLAGS_SHOWN;
    text.names("flags", flag::NAMES.iter().filter(|(_, bit)| shown & bit != 0).map(|(name, _)| *name));
    text.name("body_type", body_type(body));
    text.member("body");
    text.open(body_members(body));
    write_body(text, head, body);
    text.close();
    text.close();
}

const fn body_type(body: &Body<'_>) -> &'static str {
    match body {
        Body::BookSnapshot { .. } => "book_snapshot",
        Body::BookDelta { .. } => "book_delta",
        Body::Trade(_) => "trade",
        Body::Quote(_) => "quote",
        Body::Status(_) => "status",
        Body::Gap(_) => "gap",
        Body::Stats24h(_) => "stats_24h",
        Body::Instrument { .. } => "instrument",
        Body::Skipped { .. } => "skipped",
        Body::Bar(..) => "bar",
        Body::MarkPrice(_) => "mark_price",
        Body::IndexPrice(_) => "index_price",
        Body::Funding(_) => "funding",
        Body::OpenInterest(_) => "open_interest",
        Body::Liquidation(_) => "liquidation",
        Body::TradingStatus(_) => "trading_status",
        Body::Kline(_) => "kline",
    }
}

/// How many members a body has.
const fn body_members(body: &Body<'_>) -> u32 {
    match body {
        Body::BookSnapshot { valid_depth: Some(_), .. } | Body::BookDelta { valid_depth: Some(_), .. } => 7,
        Body::BookSnapshot { .. } | Body::BookDelta { .. } => 5,
        Body::Stats24h(_) | Body::Liquidation(_) => 6,
        Body::MarkPrice(_) | Body::IndexPrice(_) => 2,
        Body::Funding(_) | Body::OpenInterest(_) => 4,
        Body::TradingStatus(_) => 1,
        Body::Kline(_) => 13,
        Body::Bar(..) => 10,
        Body::Trade(_) | Body::Quote(_) | Body::Status(_) | Body::Gap(_) | Body::Instrument { .. } | Body::Skipped { .. } => 4,
    }
}

fn write_body(text: &mut impl Members, head: &Head<'_>, body: &Body<'_>) {
    match *body {
        Body::BookSnapshot { last_update_id, sides, hash, depth, valid_depth } => {
            text.id("last_update_id", last_update_id);
            text.id("hash", hash);
            text.number("depth", u64::from(depth));
            write_valid_depth(text, valid_depth);
            write_sides(text, head, sides);
        }
        Body::BookDelta { prev_update_id, last_update_id, sides, hash, valid_depth } => {
            text.id("prev_update_id", prev_update_id);
            text.id("last_update_id", last_update_id);
            text.id("hash", hash);
            write_valid_depth(text, valid_depth);
            write_sides(text, head, sides);
        }
        Body::Trade(trade) => write_trade(text, head, &trade),
        Body::Quote(quote) => write_quote(text, head, &quote),
        Body::Status(status) => write_status(text, &status),
        Body::Gap(gap) => write_gap(text, &gap),
        Body::Stats24h(stats) => write_stats(text, head, &stats),
        Body::Bar(timeframe, bar) => write_bar(text, head, timeframe, &bar),
        Body::MarkPrice(price) | Body::IndexPrice(price) => write_reference_price(text, &price),
        Body::Funding(funding) => write_funding(text, &funding),
        Body::OpenInterest(interest) => write_open_interest(text, &interest),
        Body::Liquidation(liquidation) => write_liquidation(text, &liquidation),
        Body::TradingStatus(state) => text.name("state", state.name()),
        Body::Kline(bar) => write_kline(text, &bar),
        Body::Instrument { tick_size, lot_size, state, change_count } => {
            text.decimal("tick_size", tick_size, head.price_exponent);
            text.decimal("lot_size", lot_size, head.qty_exponent);
            text.name("trading_state", state.name());
            text.number("change_count", u64::from(change_count));
        }
        Body::Skipped { reason, from, to, count } => {
            text.name("reason", reason.name());
            text.id("from", from);
            text.id("to", to);
            text.id("count", count);
        }
    }
}

fn write_valid_depth(text: &mut impl Members, valid_depth: Option<ValidDepth>) {
    if let Some(ValidDepth { bids, asks }) = valid_depth {
        text.number("valid_bids", u64::from(bids));
        text.number("valid_asks", u64::from(asks));
    }
}

fn write_sides(text: &mut impl Members, head: &Head<'_>, sides: Sides<'_>) {
    write_levels(text, head, "bids", sides.bids);
    write_levels(text, head, "asks", sides.asks);
}

fn write_levels(text: &mut impl Members, head: &Head<'_>, name: &str, levels: &[Level]) {
    let pairs = levels.iter().map(|level| [(level.price, head.price_exponent), (level.qty, head.qty_exponent)]);
    text.decimal_pairs(name, pairs);
}

fn write_trade(text: &mut impl Members, head: &Head<'_>, trade: &Trade) {
    text.decimal("price", trade.price, head.price_exponent);
    text.decimal("qty", trade.qty, head.qty_exponent);
    text.id("trade_id", trade.trade_id);
    let sell = head.origin.flags & flag::AGGRESSOR_SELL != 0;
    text.name("aggressor", if sell { "sell" } else { "buy" });
}

fn write_quote(text: &mut impl Members, head: &Head<'_>, quote: &Quote) {
    text.decimal("bid_price", quote.bid_price, head.price_exponent);
    text.decimal("bid_qty", quote.bid_qty, head.qty_exponent);
    text.decimal("ask_price", quote.ask_price, head.price_exponent);
    text.decimal("ask_qty", quote.ask_qty, head.qty_exponent);
}

fn write_status(text: &mut impl Members, status: &Status) {
    text.name("state", status.state.name());
    text.number("connection", u64::from(status.connection));
    match status.code {
        Some(code) => text.name("code", code.name()),
        None => text.null("code"),
    }
    text.id("detail", status.detail);
}

fn write_gap(text: &mut impl Members, gap: &Gap) {
    text.name("stream", gap_stream_name(gap.stream));
    text.name("reason", gap_reason_name(gap.reason));
    text.id("first", gap.first);
    text.id("last", gap.last);
}

fn write_stats(text: &mut impl Members, head: &Head<'_>, stats: &Stats24h) {
    text.decimal("open", stats.open, head.price_exponent);
    text.decimal("high", stats.high, head.price_exponent);
    text.decimal("low", stats.low, head.price_exponent);
    text.decimal("close", stats.close, head.price_exponent);
    text.decimal("volume", stats.volume, head.qty_exponent);
    text.id("count", stats.count);
}

fn write_bar(text: &mut impl Members, head: &Head<'_>, timeframe: Timeframe, bar: &Bar) {
    text.name("timeframe", timeframe.name());
    text.id("start", bar.start);
    text.decimal("open", bar.open, head.price_exponent);
    text.decimal("high", bar.high, head.price_exponent);
    text.decimal("low", bar.low, head.price_exponent);
    text.decimal("close", bar.close, head.price_exponent);
    text.decimal("volume", bar.volume, head.qty_exponent);
    text.id("count", bar.count);
    text.number("late", u64::from(bar.late));
    text.boolean("closed", bar.closed);
}

fn write_reference_price(text: &mut impl Members, of: &ReferencePrice) {
    text.decimal("price", of.price, of.exponent);
    text.exponent("exponent", of.exponent);
}

fn write_funding(text: &mut impl Members, of: &Funding) {
    text.decimal("rate", of.rate, of.exponent);
    text.exponent("exponent", of.exponent);
    text.number("interval_s", u64::from(of.interval_s));
    text.id("next_ts", of.next_ts);
}

fn write_open_interest(text: &mut impl Members, of: &OpenInterest) {
    text.decimal("qty", of.qty, of.qty_exponent);
    text.exponent("qty_exponent", of.qty_exponent);
    text.decimal("value", of.value, of.value_exponent);
    text.exponent("value_exponent", of.value_exponent);
}

fn write_liquidation(text: &mut impl Members, of: &Liquidation) {
    text.decimal("price", of.price, of.price_exponent);
    text.exponent("price_exponent", of.price_exponent);
    text.decimal("qty", of.qty, of.qty_exponent);
    text.exponent("qty_exponent", of.qty_exponent);
    text.id("id", of.id);
    text.name("side", of.side.name());
}

fn write_kline(text: &mut impl Members, of: &VenueBar) {
    for (name, price) in [("open", of.open), ("high", of.high), ("low", of.low), ("close", of.close)] {
        text.decimal(name, price, of.price_exponent);
    }
    text.exponent("price_exponent", of.price_exponent);
    text.decimal("volume", of.volume, of.qty_exponent);
    text.exponent("qty_exponent", of.qty_exponent);
    text.decimal("turnover", of.turnover, of.turnover_exponent);
    text.exponent("turnover_exponent", of.turnover_exponent);
    text.id("count", of.count);
    text.id("start_ts", of.start_ts);
    text.id("interval_ns", of.interval_ns);
    text.boolean("closed", of.closed);
}

const fn gap_stream_name(stream: GapStream) -> &'static str {
    match stream {
        GapStream::Book => "book",
        GapStream::Trade => "trade",
    }
}

const fn gap_reason_name(reason: GapReason) -> &'static str {
    match reason {
        GapReason::Sequence => "sequence",
        GapReason::Disconnect => "disconnect",
        GapReason::Rollback => "rollback",
        GapReason::BufferFull => "buffer_full",
        GapReason::Quarantined => "quarantined",
    }
}
