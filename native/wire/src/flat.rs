//! FlatBuffers encoder: one builder, whose buffer grows to the largest message and is then reused.

use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, Vector, WIPOffset};
use tickring_core::bars::Bar;
use tickring_core::event::{Funding, Level, Liquidation, OpenInterest, Quote, Stats24h, Status, Trade, VenueBar, flag};

use crate::fbs;
use crate::message::{Body, FLAGS_SHOWN, Head, Sides, ValidDepth};

type Union = (fbs::Body, WIPOffset<UnionWIPOffset>);
type Levels<'b> = WIPOffset<Vector<'b, fbs::Level>>;

/// Writes messages as FlatBuffers with the file identifier `TKR1`.
#[derive(Default)]
pub struct FlatEncoder {
    builder: FlatBufferBuilder<'static>,
}

impl FlatEncoder {
    /// Encodes one message; the bytes are valid until the next call.
    ///
    /// Cost: no allocation once the builder has held a message of that size.
    pub fn encode(&mut self, head: &Head<'_>, body: &Body<'_>) -> &[u8] {
        let builder = &mut self.builder;
        builder.reset();
        let (body_type, body) = build_body(builder, head, body);
        let args = fbs::MessageArgs {
            topic: Some(builder.create_string(head.topic)),
            venue: Some(builder.create_string(head.venue)),
            symbol: Some(builder.create_string(head.symbol)),
            instrument: head.instrument,
            epoch: head.origin.epoch,
            prev_seq: head.prev_seq,
            seq: head.seq,
            sequence: head.origin.sequence,
            ts_event: head.origin.ts_event,
            ts_recv: head.origin.ts_recv,
            ts_out: head.origin.ts_out,
            price_exponent: head.price_exponent,
            qty_exponent: head.qty_exponent,
            flags: u32::from(head.origin.flags & FLAGS_SHOWN),
            body_type,
            body: Some(body),
            shard: head.origin.shard,
            frame_seq: head.origin.frame_seq,
            index: head.origin.index,
        };
        let message = fbs::Message::create(builder, &args);
        fbs::finish_message_buffer(builder, message);
        builder.finished_data()
    }

    /// The message encoded last.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.builder.finished_data()
    }
}

fn build_valid_depth(ValidDepth { bids, asks }: ValidDepth) -> fbs::ValidDepth {
    fbs::ValidDepth::new(bids, asks)
}

fn build_body(builder: &mut FlatBufferBuilder<'static>, head: &Head<'_>, body: &Body<'_>) -> Union {
    match *body {
        Body::BookSnapshot { last_update_id, sides, hash, depth, valid_depth } => {
            let (bids, asks) = build_sides(builder, sides);
            let (bids, asks, valid) = (Some(bids), Some(asks), valid_depth.map(build_valid_depth));
            let args = fbs::BookSnapshotArgs { last_update_id, bids, asks, hash, depth, valid_depth: valid.as_ref() };
            (fbs::Body::BookSnapshot, fbs::BookSnapshot::create(builder, &args).as_union_value())
        }
        Body::BookDelta { prev_update_id, last_update_id, sides, hash, valid_depth } => {
            let (bids, asks) = build_sides(builder, sides);
            let (bids, asks, valid) = (Some(bids), Some(asks), valid_depth.map(build_valid_depth));
            let args = fbs::BookDeltaArgs { prev_update_id, last_update_id, bids, asks, hash, valid_depth: valid.as_ref() };
            (fbs::Body::BookDelta, fbs::BookDelta::create(builder, &args).as_union_value())
        }
        Body::Trade(Trade { price, qty, trade_id }) => {
            let sell = head.origin.flags & flag::AGGRESSOR_SELL != 0;
            let aggressor = if sell { fbs::Aggressor::Sell } else { fbs::Aggressor::Buy };
            let args = fbs::TradeArgs { price, qty, trade_id, aggressor };
            (fbs::Body::Trade, fbs::Trade::create(builder, &args).as_union_value())
        }
        Body::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty }) => {
            let args = fbs::QuoteArgs { bid_price, bid_qty, ask_price, ask_qty };
            (fbs::Body::Quote, fbs::Quote::create(builder, &args).as_union_value())
        }
        Body::Status(status) => build_status(builder, &status),
        Body::Gap(gap) => {
            let (stream, reason) = (fbs::GapStream(gap.stream as u8), fbs::GapReason(gap.reason as u8));
            let args = fbs::GapArgs { stream, reason, first: gap.first, last: gap.last };
            (fbs::Body::Gap, fbs::Gap::create(builder, &args).as_union_value())
        }
        Body::Stats24h(Stats24h { open, high, low, close, volume, count }) => {
            let args = fbs::Stats24hArgs { open, high, low, close, volume, count };
            (fbs::Body::Stats24h, fbs::Stats24h::create(builder, &args).as_union_value())
        }
        Body::Bar(timeframe, Bar { start, open, high, low, close, volume, count, late, closed, .. }) => {
            let seconds = timeframe.seconds();
            let args = fbs::BarArgs { seconds, start, open, high, low, close, volume, count, late, closed };
            (fbs::Body::Bar, fbs::Bar::create(builder, &args).as_union_value())
        }
        Body::Instrument { tick_size, lot_size, state, change_count } => {
            let trading_state = fbs::TradingState(state as u8);
            let args = fbs::InstrumentArgs { tick_size, lot_size, trading_state, change_count };
            (fbs::Body::Instrument, fbs::Instrument::create(builder, &args).as_union_value())
        }
        Body::Skipped { reason, from, to, count } => {
            let args = fbs::SkippedArgs { reason: fbs::SkipReason(reason as u8), from, to, count };
            (fbs::Body::Skipped, fbs::Skipped::create(builder, &args).as_union_value())
        }
        figure => build_figure(builder, &figure),
    }
}

fn build_figure(builder: &mut FlatBufferBuilder<'static>, body: &Body<'_>) -> Union {
    match *body {
        Body::MarkPrice(of) => {
            let args = fbs::MarkPriceArgs { price: of.price, exponent: of.exponent };
            (fbs::Body::MarkPrice, fbs::MarkPrice::create(builder, &args).as_union_value())
        }
        Body::IndexPrice(of) => {
            let args = fbs::IndexPriceArgs { price: of.price, exponent: of.exponent };
            (fbs::Body::IndexPrice, fbs::IndexPrice::create(builder, &args).as_union_value())
        }
        Body::Funding(Funding { rate, exponent, interval_s, next_ts }) => {
            let args = fbs::FundingArgs { rate, exponent, interval_s, next_ts };
            (fbs::Body::Funding, fbs::Funding::create(builder, &args).as_union_value())
        }
        Body::OpenInterest(OpenInterest { qty, qty_exponent, value, value_exponent }) => {
            let args = fbs::OpenInterestArgs { qty, qty_exponent, value, value_exponent };
            (fbs::Body::OpenInterest, fbs::OpenInterest::create(builder, &args).as_union_value())
        }
        Body::Liquidation(Liquidation { price, price_exponent, qty, qty_exponent, id, side }) => {
            let args = fbs::LiquidationArgs { price, price_exponent, qty, qty_exponent, id, side: fbs::Side(side as u8) };
            (fbs::Body::Liquidation, fbs::Liquidation::create(builder, &args).as_union_value())
        }
        Body::TradingStatus(state) => {
            let args = fbs::TradingStatusArgs { state: fbs::MarketState(state as u8) };
            (fbs::Body::TradingStatus, fbs::TradingStatus::create(builder, &args).as_union_value())
        }
        Body::Kline(bar) => {
            let VenueBar { open, high, low, close, volume, turnover, count, start_ts, interval_ns, closed, .. } = bar;
            let args = fbs::KlineArgs {
                open,
                high,
                low,
                close,
                volume,
                turnover,
                count,
                start_ts,
                interval_ns,
                price_exponent: bar.price_exponent,
                qty_exponent: bar.qty_exponent,
                turnover_exponent: bar.turnover_exponent,
                closed,
            };
            (fbs::Body::Kline, fbs::Kline::create(builder, &args).as_union_value())
        }
        _ => unreachable!("invariant: `build_body` has the others"),
    }
}

fn build_status(builder: &mut FlatBufferBuilder<'static>, status: &Status) -> Union {
    let code = status.code.map(|code| builder.create_string(code.name()));
    let args =
        fbs::StatusArgs { state: fbs::State(status.state as u8), connection: status.connection, code, detail: status.detail };
    (fbs::Body::Status, fbs::Status::create(builder, &args).as_union_value())
}

fn build_sides(builder: &mut FlatBufferBuilder<'static>, sides: Sides<'_>) -> (Levels<'static>, Levels<'static>) {
    (build_levels(builder, sides.bids), build_levels(builder, sides.asks))
}

/// Vectors are written back to front.
fn build_levels(builder: &mut FlatBufferBuilder<'static>, levels: &[Level]) -> Levels<'static> {
    builder.start_vector::<fbs::Level>(levels.len());
    for level in levels.iter().rev() {
        builder.push(fbs::Level::new(level.price, level.qty));
    }
    builder.end_vector(levels.len())
}
