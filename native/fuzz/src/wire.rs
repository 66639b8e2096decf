//! Messages of the fan-out: whatever goes in comes back from both encodings, through the generated reader and a strict parser.

use arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::Value;
use tickring_core::bars::{Bar, Timeframe};
use tickring_core::error::Code;
use tickring_core::event::Body as Event;
use tickring_core::event::{Gap, GapReason, GapStream, Level, Quote, State, Stats24h, Status, Trade};
use tickring_core::input::TradingState;
use tickring_wire::{Body, FLAGS_SHOWN, FlatEncoder, Head, JsonEncoder, Origin, Sides, SkipReason, ValidDepth, fbs};

/// What a client gets as FlatBuffers from somebody else: the verifier refuses it, or it can be read without harm.
pub fn flat_bytes(bytes: &[u8]) {
    let Ok(message) = fbs::root_as_message(bytes) else { return };
    let _ = (message.topic(), message.venue(), message.symbol(), message.seq(), message.flags());
    if let Some(book) = message.body_as_book_snapshot() {
        let sum = |levels: Option<flatbuffers::Vector<'_, fbs::Level>>| {
            levels.iter().flat_map(flatbuffers::Vector::iter).fold(0_i64, |sum, level| sum.wrapping_add(level.price()))
        };
        std::hint::black_box((sum(book.bids()), sum(book.asks())));
    }
    if let Some(status) = message.body_as_status() {
        std::hint::black_box((status.code().map(str::len), status.state().variant_name()));
    }
}

/// One message in both encodings.
pub fn round_trip(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let _ = check(&mut u);
}

fn check(u: &mut Unstructured<'_>) -> Result<()> {
    let text = |u: &mut Unstructured<'_>| -> Result<String> {
        Ok(if u.ratio(1, 2)? { "BTCUSDT".to_owned() } else { String::arbitrary(u)? })
    };
    let (topic, venue, symbol) = (text(u)?, text(u)?, text(u)?);
    let level = |u: &mut Unstructured<'_>| Ok(Level { price: i64::arbitrary(u)?, qty: i64::arbitrary(u)? });
    let bids: Vec<Level> = (0..u.int_in_range(0..=30)?).map(|_| level(u)).collect::<Result<_>>()?;
    let asks: Vec<Level> = (0..u.int_in_range(0..=30)?).map(|_| level(u)).collect::<Result<_>>()?;
    let head = head(u, &topic, &venue, &symbol)?;
    let body = body(u, &bids, &asks)?;
    let json: Value = serde_json::from_slice(JsonEncoder::default().encode(&head, &body)).expect("JSON");
    check_json(&json, &head, &body);
    let mut flat = FlatEncoder::default();
    let bytes = flat.encode(&head, &body);
    assert!(fbs::message_buffer_has_identifier(bytes));
    check_flat(&fbs::root_as_message(bytes).expect("a message"), &head, &body);
    Ok(())
}

fn head<'a>(u: &mut Unstructured<'_>, topic: &'a str, venue: &'a str, symbol: &'a str) -> Result<Head<'a>> {
    let [epoch, sequence, frame_seq, ts_event, ts_recv, ts_out] = <[u64; 6]>::arbitrary(u)?;
    let (shard, index, flags) = (u16::arbitrary(u)?, u32::arbitrary(u)?, u16::arbitrary(u)?);
    let origin = Origin { shard, epoch, sequence, frame_seq, index, flags, ts_event, ts_recv, ts_out };
    Ok(Head {
        topic,
        stream_topic: "",
        venue,
        symbol,
        instrument: u32::arbitrary(u)?,
        price_exponent: u.int_in_range(-18..=0)?,
        qty_exponent: u.int_in_range(-18..=0)?,
        prev_seq: u64::arbitrary(u)?,
        seq: u64::arbitrary(u)?,
        origin,
    })
}

fn valid_depth(u: &mut Unstructured<'_>) -> Result<Option<ValidDepth>> {
    Ok(if u.ratio(1, 2)? { Some(ValidDepth { bids: u32::arbitrary(u)?, asks: u32::arbitrary(u)? }) } else { None })
}

fn body<'a>(u: &mut Unstructured<'_>, bids: &'a [Level], asks: &'a [Level]) -> Result<Body<'a>> {
    let sides = Sides { bids, asks };
    Ok(match u.int_in_range(0..=11_u8)? {
        11 => Body::Kline(crate::ring::bar(u)?),
        10 => match crate::ring::figure(u)? {
            Event::MarkPrice(of) => Body::MarkPrice(of),
            Event::IndexPrice(of) => Body::IndexPrice(of),
            Event::Funding(of) => Body::Funding(of),
            Event::OpenInterest(of) => Body::OpenInterest(of),
            Event::Liquidation(of) => Body::Liquidation(of),
            Event::TradingStatus(of) => Body::TradingStatus(of),
            other => unreachable!("{other:?} is no figure"),
        },
        0 => Body::BookSnapshot {
            last_update_id: u64::arbitrary(u)?,
            sides,
            hash: u64::arbitrary(u)?,
            depth: u16::arbitrary(u)?,
            valid_depth: valid_depth(u)?,
        },
        1 => Body::BookDelta {
            prev_update_id: u64::arbitrary(u)?,
            last_update_id: u64::arbitrary(u)?,
            sides,
            hash: u64::arbitrary(u)?,
            valid_depth: valid_depth(u)?,
        },
        2 => Body::Trade(Trade { price: i64::arbitrary(u)?, qty: i64::arbitrary(u)?, trade_id: u64::arbitrary(u)? }),
        3 => {
            let [bid_price, bid_qty, ask_price, ask_qty] = <[i64; 4]>::arbitrary(u)?;
            Body::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty })
        }
        4 => Body::Status(Status {
            state: *u.choose(State::ALL)?,
            connection: u16::arbitrary(u)?,
            code: if bool::arbitrary(u)? { Some(*u.choose(Code::ALL)?) } else { None },
            detail: u64::arbitrary(u)?,
        }),
        5 => Body::Gap(Gap {
            stream: *u.choose(&[GapStream::Book, GapStream::Trade])?,
            reason: *u.choose(&[GapReason::Sequence, GapReason::Disconnect, GapReason::Rollback])?,
            first: u64::arbitrary(u)?,
            last: u64::arbitrary(u)?,
        }),
        6 => {
            let [open, high, low, close, volume] = <[i64; 5]>::arbitrary(u)?;
            Body::Stats24h(Stats24h { open, high, low, close, volume, count: u64::arbitrary(u)? })
        }
        7 => Body::Instrument {
            tick_size: i64::arbitrary(u)?,
            lot_size: i64::arbitrary(u)?,
            state: *u.choose(&[TradingState::Trading, TradingState::Halted])?,
            change_count: u32::arbitrary(u)?,
        },
        8 => {
            let [open, high, low, close, volume] = <[i64; 5]>::arbitrary(u)?;
            let (start, count, late) = <(u64, u64, u32)>::arbitrary(u)?;
            let [closed, partial] = <[bool; 2]>::arbitrary(u)?;
            let bar = Bar { start, open, high, low, close, volume, count, late, closed, partial };
            Body::Bar(*u.choose(&Timeframe::ALL)?, bar)
        }
        _ => Body::Skipped {
            reason: *u.choose(&[SkipReason::Lapped, SkipReason::Restarted, SkipReason::OutOfSync, SkipReason::TooLarge])?,
            from: u64::arbitrary(u)?,
            to: u64::arbitrary(u)?,
            count: u64::arbitrary(u)?,
        },
    })
}

/// The mantissa of plain decimal text in its shortest form.
fn mantissa(value: &Value, exponent: i8) -> i64 {
    let text = value.as_str().expect("a string");
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.trim_start_matches('-');
    assert!(digits.len() == 1 || !digits.starts_with('0'), "{text} has leading zeros");
    assert!(!decimals.ends_with('0') && !text.ends_with('.'), "{text} is not the shortest form");
    let width = usize::from(exponent.unsigned_abs());
    assert!(decimals.len() <= width, "{text} is finer than 10^{exponent}");
    format!("{whole}{decimals:0<width$}").parse().expect("a number of 64 bits")
}

fn id(value: &Value) -> u64 {
    value.as_str().expect("a string").parse().expect("an id")
}

fn levels(value: &Value, head: &Head<'_>) -> Vec<Level> {
    let pair =
        |pair: &Value| Level { price: mantissa(&pair[0], head.price_exponent), qty: mantissa(&pair[1], head.qty_exponent) };
    value.as_array().expect("an array").iter().map(pair).collect()
}

fn check_json(json: &Value, head: &Head<'_>, body: &Body<'_>) {
    let (origin, inner) = (&head.origin, &json["body"]);
    assert_eq!((json["topic"].as_str(), json["symbol"].as_str()), (Some(head.topic), Some(head.symbol)));
    assert_eq!((json["prev_seq"].as_u64(), json["seq"].as_u64()), (Some(head.prev_seq), Some(head.seq)));
    assert_eq!((id(&json["epoch"]), id(&json["sequence"])), (origin.epoch, origin.sequence));
    assert_eq!((id(&json["ts_event"]), id(&json["ts_out"])), (origin.ts_event, origin.ts_out));
    let (price, qty) = (head.price_exponent, head.qty_exponent);
    match *body {
        Body::BookSnapshot { sides, .. } | Body::BookDelta { sides, .. } => {
            assert_eq!(
                (levels(&inner["bids"], head), levels(&inner["asks"], head)),
                (sides.bids.to_vec(), sides.asks.to_vec())
            );
        }
        Body::Trade(trade) => {
            assert_eq!((mantissa(&inner["price"], price), mantissa(&inner["qty"], qty)), (trade.price, trade.qty));
            assert_eq!(id(&inner["trade_id"]), trade.trade_id);
        }
        Body::Quote(quote) => {
            assert_eq!(
                (mantissa(&inner["bid_price"], price), mantissa(&inner["ask_qty"], qty)),
                (quote.bid_price, quote.ask_qty)
            );
            assert_eq!(
                (mantissa(&inner["ask_price"], price), mantissa(&inner["bid_qty"], qty)),
                (quote.ask_price, quote.bid_qty)
            );
        }
        Body::Status(status) => {
            assert_eq!((inner["state"].as_str(), id(&inner["detail"])), (Some(status.state.name()), status.detail));
            assert_eq!(inner["code"].as_str(), status.code.map(Code::name));
        }
        Body::Gap(gap) => assert_eq!((id(&inner["first"]), id(&inner["last"])), (gap.first, gap.last)),
        Body::Stats24h(stats) => {
            assert_eq!((mantissa(&inner["open"], price), mantissa(&inner["volume"], qty)), (stats.open, stats.volume));
            assert_eq!(id(&inner["count"]), stats.count);
        }
        Body::Instrument { tick_size, lot_size, .. } => {
            assert_eq!((mantissa(&inner["tick_size"], price), mantissa(&inner["lot_size"], qty)), (tick_size, lot_size));
        }
        Body::Skipped { reason, from, to, count } => {
            assert_eq!((inner["reason"].as_str(), id(&inner["from"])), (Some(reason.name()), from));
            assert_eq!((id(&inner["to"]), id(&inner["count"])), (to, count));
        }
        Body::Bar(timeframe, bar) => {
            assert_eq!((mantissa(&inner["open"], price), mantissa(&inner["high"], price)), (bar.open, bar.high));
            assert_eq!((mantissa(&inner["low"], price), mantissa(&inner["close"], price)), (bar.low, bar.close));
            assert_eq!((mantissa(&inner["volume"], qty), id(&inner["start"])), (bar.volume, bar.start));
            assert_eq!((id(&inner["count"]), inner["timeframe"].as_str()), (bar.count, Some(timeframe.name())));
            assert_eq!((inner["late"].as_u64(), inner["closed"].as_bool()), (Some(bar.late.into()), Some(bar.closed)));
        }
        Body::MarkPrice(of) | Body::IndexPrice(of) => {
            assert_eq!(
                (mantissa(&inner["price"], of.exponent), inner["exponent"].as_i64()),
                (of.price, Some(of.exponent.into()))
            );
        }
        Body::Funding(of) => {
            assert_eq!((mantissa(&inner["rate"], of.exponent), id(&inner["next_ts"])), (of.rate, of.next_ts));
            assert_eq!(inner["interval_s"].as_u64(), Some(of.interval_s.into()));
        }
        Body::OpenInterest(of) => {
            let (qty, value) = (mantissa(&inner["qty"], of.qty_exponent), mantissa(&inner["value"], of.value_exponent));
            assert_eq!((qty, value), (of.qty, of.value));
        }
        Body::Liquidation(of) => {
            let (price, qty) = (mantissa(&inner["price"], of.price_exponent), mantissa(&inner["qty"], of.qty_exponent));
            assert_eq!((price, qty, id(&inner["id"]), inner["side"].as_str()), (of.price, of.qty, of.id, Some(of.side.name())));
        }
        Body::TradingStatus(state) => assert_eq!(inner["state"].as_str(), Some(state.name())),
        Body::Kline(of) => {
            let prices = ["open", "high", "low", "close"].map(|name| mantissa(&inner[name], of.price_exponent));
            assert_eq!(prices, [of.open, of.high, of.low, of.close]);
            let (volume, turnover) =
                (mantissa(&inner["volume"], of.qty_exponent), mantissa(&inner["turnover"], of.turnover_exponent));
            assert_eq!((volume, turnover, id(&inner["count"])), (of.volume, of.turnover, of.count));
            assert_eq!((id(&inner["start_ts"]), id(&inner["interval_ns"])), (of.start_ts, of.interval_ns));
            assert_eq!(inner["closed"].as_bool(), Some(of.closed));
        }
    }
}

fn check_flat(message: &fbs::Message<'_>, head: &Head<'_>, body: &Body<'_>) {
    let origin = &head.origin;
    assert_eq!((message.topic(), message.venue(), message.symbol()), (Some(head.topic), Some(head.venue), Some(head.symbol)));
    assert_eq!((message.seq(), message.sequence(), message.ts_out()), (head.seq, origin.sequence, origin.ts_out));
    assert_eq!((message.price_exponent(), message.qty_exponent()), (head.price_exponent, head.qty_exponent));
    assert_eq!(message.flags(), u32::from(origin.flags & FLAGS_SHOWN));
    let read = |levels: Option<flatbuffers::Vector<'_, fbs::Level>>| -> Vec<Level> {
        levels.expect("a side").iter().map(|level| Level { price: level.price(), qty: level.qty() }).collect()
    };
    match *body {
        Body::BookSnapshot { last_update_id, sides, valid_depth, .. } => {
            let book = message.body_as_book_snapshot().expect("a snapshot");
            assert_eq!(book.last_update_id(), last_update_id);
            assert_eq!(book.valid_depth().map(|of| ValidDepth { bids: of.bids(), asks: of.asks() }), valid_depth);
            assert_eq!((read(book.bids()), read(book.asks())), (sides.bids.to_vec(), sides.asks.to_vec()));
        }
        Body::BookDelta { prev_update_id, sides, .. } => {
            let book = message.body_as_book_delta().expect("a delta");
            assert_eq!(book.prev_update_id(), prev_update_id);
            assert_eq!((read(book.bids()), read(book.asks())), (sides.bids.to_vec(), sides.asks.to_vec()));
        }
        Body::Trade(trade) => {
            let read = message.body_as_trade().expect("a trade");
            assert_eq!((read.price(), read.qty(), read.trade_id()), (trade.price, trade.qty, trade.trade_id));
        }
        Body::Quote(quote) => {
            let read = message.body_as_quote().expect("a quote");
            let sides = (read.bid_price(), read.bid_qty(), read.ask_price(), read.ask_qty());
            assert_eq!(sides, (quote.bid_price, quote.bid_qty, quote.ask_price, quote.ask_qty));
        }
        Body::Status(status) => {
            let read = message.body_as_status().expect("a status");
            assert_eq!((read.state().0, read.detail()), (status.state as u8, status.detail));
            assert_eq!(read.code(), status.code.map(Code::name));
        }
        Body::Gap(gap) => {
            let read = message.body_as_gap().expect("a gap");
            assert_eq!((read.first(), read.last()), (gap.first, gap.last));
        }
        Body::Stats24h(stats) => {
            let read = message.body_as_stats_24h().expect("figures");
            assert_eq!((read.open(), read.volume(), read.count()), (stats.open, stats.volume, stats.count));
        }
        Body::Instrument { tick_size, lot_size, change_count, .. } => {
            let read = message.body_as_instrument().expect("a definition");
            assert_eq!((read.tick_size(), read.lot_size(), read.change_count()), (tick_size, lot_size, change_count));
        }
        Body::Skipped { from, to, count, .. } => {
            let read = message.body_as_skipped().expect("what was skipped");
            assert_eq!((read.from(), read.to(), read.count()), (from, to, count));
        }
        Body::Bar(timeframe, bar) => {
            let read = message.body_as_bar().expect("a candle");
            assert_eq!((read.seconds(), read.start(), read.count()), (timeframe.seconds(), bar.start, bar.count));
            assert_eq!((read.open(), read.high(), read.low(), read.close()), (bar.open, bar.high, bar.low, bar.close));
            assert_eq!((read.volume(), read.late(), read.closed()), (bar.volume, bar.late, bar.closed));
        }
        Body::MarkPrice(of) => {
            let read = message.body_as_mark_price().expect("a mark price");
            assert_eq!((read.price(), read.exponent()), (of.price, of.exponent));
        }
        Body::IndexPrice(of) => {
            let read = message.body_as_index_price().expect("an index price");
            assert_eq!((read.price(), read.exponent()), (of.price, of.exponent));
        }
        Body::Funding(of) => {
            let read = message.body_as_funding().expect("funding");
            assert_eq!((read.rate(), read.next_ts(), read.interval_s()), (of.rate, of.next_ts, of.interval_s));
        }
        Body::OpenInterest(of) => {
            let read = message.body_as_open_interest().expect("open interest");
            assert_eq!((read.qty(), read.value(), read.value_exponent()), (of.qty, of.value, of.value_exponent));
        }
        Body::Liquidation(of) => {
            let read = message.body_as_liquidation().expect("a liquidation");
            assert_eq!((read.price(), read.qty(), read.id(), read.side().0), (of.price, of.qty, of.id, of.side as u8));
        }
        Body::TradingStatus(state) => {
            assert_eq!(message.body_as_trading_status().expect("a state").state().0, state as u8);
        }
        Body::Kline(of) => {
            let read = message.body_as_kline().expect("a bar");
            assert_eq!((read.open(), read.close(), read.volume()), (of.open, of.close, of.volume));
            assert_eq!((read.turnover_exponent(), read.closed()), (of.turnover_exponent, of.closed));
        }
    }
}
