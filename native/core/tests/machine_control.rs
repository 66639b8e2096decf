//! F16, F17: definitions, subscriptions, rejected inputs, widening, timers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::error::Code;
use tickring_core::event::{State, flag};
use tickring_core::input::{DisconnectReason, Input, Instrument, Request, channel};
use tickring_core::machine::{MachineConfig, REFUSED_PER_MINUTE_MAX};
use tickring_core::venue::{Reject, VenueId};

fn code(outcome: tickring_core::machine::Outcome) -> Option<Code> {
    outcome.rejected.map(|Reject { code, .. }| code)
}

fn spot(id: u32, symbol: &str) -> Instrument {
    definition(id, VenueId::BinanceSpot, symbol)
}

#[test]
fn unusable_definitions_are_rejected() {
    let mut rig = Rig::new(MachineConfig { instruments_max: 2, ..MachineConfig::default() });
    let good = spot(1, "AAA");
    for bad in [
        Instrument { id: 0, ..good },
        Instrument { venue: 999, ..good },
        Instrument { price_exponent: 1, ..good },
        Instrument { qty_exponent: -19, ..good },
        Instrument { tick_size: -1, ..good },
    ] {
        assert_eq!(code(rig.define(&bad)), Some(Code::InstrumentInvalid));
    }
    assert_eq!(code(rig.define(&good)), None);
    assert_eq!(code(rig.define(&spot(2, "AAA"))), Some(Code::InstrumentInvalid), "one symbol, two ids");
    assert_eq!(code(rig.define(&spot(1, "BBB"))), Some(Code::InstrumentInvalid), "ids are never reused");
    assert_eq!(code(rig.define(&spot(2, "BBB"))), None);
    assert_eq!(code(rig.define(&spot(3, "CCC"))), Some(Code::InstrumentTableFull));
    assert_eq!(rig.machine.instruments_len(), 2);
    assert_eq!((rig.machine.slot(2), rig.machine.slot(3)), (Some(1), None));
}

#[test]
fn a_definition_that_changes_nothing_is_no_event() {
    let mut rig = Rig::live();
    let held = *rig.machine.instrument(0).unwrap();
    assert_eq!(rig.define(&held).events, 0);
    let coarser = Instrument { price_exponent: -1, qty_exponent: 0, tick_size: 0, lot_size: 0, ..held };
    rig.define(&Instrument { tick_size: 1, ..coarser });
    let now = *rig.machine.instrument(0).unwrap();
    assert_eq!((now.price_exponent, now.qty_exponent, now.tick_size), (-2, -3, 10), "never coarser than in force");
    assert_eq!(now.change_count, 1);
}

#[test]
fn finer_exponents_of_a_definition_rescale_the_book() {
    let mut rig = Rig::live();
    let held = *rig.machine.instrument(0).unwrap();
    rig.define(&Instrument { price_exponent: -4, ..held });
    assert_eq!(rig.text(), "B 99 1\nA 101 1\n");
    rig.reader.assert_holds(&rig.machine, 0);
    assert_eq!(rig.machine.instrument(0).unwrap().tick_size, 1, "the tick of the definition counts, in its own exponent");
}

/// F07, DECISIONS 32.
#[test]
fn a_finer_value_widens_the_instrument_before_it_is_applied() {
    let mut rig = Rig::live();
    let frame = spot_trade(rig.now, 1, "100", "1");
    rig.frame(&frame);
    rig.reader.seen.clear();
    rig.delta(101, 101, &[("98.12345", "1")], &[("101", "0.00001")]);
    let [Seen::Instrument(widened), Seen::Delta { .. }] = rig.reader.bodies()[..] else { panic!() };
    assert_eq!((widened.price_exponent, widened.qty_exponent, widened.change_count), (-5, -5, 1));
    assert_eq!((widened.tick_size, widened.lot_size), (1_000, 100));
    assert_eq!(rig.text(), "B 99 1\nB 98.12345 1\nA 101 0.00001\n");
    assert_eq!(rig.reader.latest[&BTC].trade.price, 10_000_000);
    assert_eq!(rig.reader.latest[&BTC].stats.high, 10_000_000);
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn a_value_that_would_push_held_levels_out_of_range_changes_nothing() {
    let mut rig = Rig::live();
    rig.delta(101, 101, &[("90000000000000000", "1")], &[]);
    let text = rig.text();
    let outcome = rig.delta(102, 102, &[("1.001", "1")], &[]);
    assert_eq!(code(outcome), Some(Code::NumberRange));
    assert_eq!(rig.text(), text);
    assert_eq!(rig.machine.instrument(0).unwrap().price_exponent, -2);
}

#[test]
fn deltas_that_wait_are_widened_too() {
    let mut rig = Rig::started();
    rig.delta(10, 10, &[("1.5", "2")], &[]);
    rig.delta(11, 11, &[("1.2345", "2")], &[]);
    rig.snapshot(&depth_body(9, &[("1.25", "1.00001")], &[]));
    assert_eq!(rig.text(), "B 1.5 2\nB 1.25 1.00001\nB 1.2345 2\n");
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn inputs_about_unknown_things_are_rejected_with_their_code() {
    let mut rig = Rig::started();
    assert_eq!(code(rig.input(Input::Frame { connection: 9, bytes: b"{}" })), Some(Code::UnknownConnection));
    let other = spot_depth("ETHUSDT", rig.now, 1, 1, &[], &[]);
    assert_eq!(code(rig.frame(&other)), Some(Code::UnknownSymbol));
    assert_eq!(code(rig.input(Input::DepthSnapshot { instrument: 99, bytes: b"{}" })), Some(Code::InstrumentUnknown));
    assert_eq!(code(rig.input(Input::PublishSnapshot { instrument: 99 })), Some(Code::InstrumentUnknown));
    assert_eq!(code(rig.input(Input::Unsubscribe { instrument: 99 })), Some(Code::InstrumentUnknown));
    assert_eq!(code(rig.input(Input::Connect { connection: 2, venue: 77 })), Some(Code::VenueUnknown));
    assert_eq!(code(rig.input(Input::Connect { connection: 0, venue: 1 })), Some(Code::ArgumentRange));
    let unknown = Input::Subscribe { connection: 5, instrument: BTC, channels: 1 };
    assert_eq!(code(rig.input(unknown)), Some(Code::UnknownConnection));
    let none = Input::Subscribe { connection: 1, instrument: BTC, channels: 0 };
    assert_eq!(code(rig.input(none)), Some(Code::ArgumentRange));
    let reason = DisconnectReason::Closed;
    assert_eq!(code(rig.input(Input::Disconnect { connection: 5, reason })), Some(Code::UnknownConnection));
}

#[test]
fn a_rejected_frame_tells_its_connection_and_offset() {
    let mut rig = Rig::live();
    let outcome = rig.delta(101, 101, &[("99", "-1")], &[]);
    let reject = outcome.rejected.unwrap();
    let (header, Seen::Status(status)) = rig.reader.seen[0] else { panic!() };
    assert_eq!((status.state, status.code, status.connection), (State::Quarantined, Some(reject.code), 1));
    assert_eq!((status.detail, header.instrument), (reject.offset as u64, BTC));
    assert_eq!(rig.machine.instrument_counters(0).unwrap().quarantined, 1);
    let large = MachineConfig { frame_bytes_max: 10, ..MachineConfig::default() };
    let mut rig = Rig::new(large);
    rig.input(Input::Connect { connection: 1, venue: 1 });
    assert_eq!(code(rig.frame("[1,2,3,4,5]")), Some(Code::FrameTooLarge));
}

/// F09: a connection is kept for some refused frames a minute, then replaced.
#[test]
fn a_connection_that_sends_garbage_is_to_be_replaced() {
    let mut rig = Rig::started();
    for _ in 0..REFUSED_PER_MINUTE_MAX {
        rig.frame("{");
    }
    assert_eq!(rig.take_requests(), []);
    for _ in 0..REFUSED_PER_MINUTE_MAX {
        rig.frame("{");
    }
    assert_eq!(rig.take_requests(), [Request::Reconnect { connection: 1, code: Some(Code::FrameNotJson) }]);
}

#[test]
fn the_wish_to_replace_a_connection_ends_with_it() {
    let mut rig = Rig::started();
    for _ in 0..=REFUSED_PER_MINUTE_MAX {
        rig.frame("{");
    }
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Closed });
    rig.connect();
    assert_eq!(rig.take_requests(), []);
}

#[test]
fn a_removed_instrument_leaves_an_empty_book_and_may_come_back() {
    let mut rig = Rig::live();
    rig.input(Input::Unsubscribe { instrument: BTC });
    assert_eq!(rig.reader.states(), [State::Removed]);
    assert_eq!(rig.reader.seen[0].0.flags & flag::STALE, flag::STALE, "an empty book, but no live one");
    assert_eq!(rig.text(), "");
    rig.reader.books.get_mut(&BTC).unwrap().last_update_id = 0;
    rig.reader.assert_holds(&rig.machine, 0);
    assert_eq!(code(rig.delta(101, 101, &[("1", "1")], &[])), None, "last frames on the way are no fault");
    assert_eq!(rig.machine.counters().ignored, 1);
    let definition = *rig.machine.instrument(0).unwrap();
    assert_eq!(rig.define(&definition).events, 1);
    rig.connect();
    rig.delta(500, 500, &[("1", "1")], &[]);
    rig.snapshot(&depth_body(499, &[], &[]));
    assert_eq!(rig.text(), "B 1 1\n");
    assert_eq!(rig.reader.gaps(), []);
}

#[test]
fn a_symbol_that_comes_back_under_another_id_is_that_one_s() {
    let mut rig = Rig::live();
    rig.delta(101, 101, &[("98", "1")], &[]);
    rig.input(Input::Unsubscribe { instrument: BTC });
    let heir = BTC + 1;
    assert_eq!(rig.define(&spot(heir, "BTCUSDT")).rejected, None);
    rig.input(Input::Subscribe { connection: 1, instrument: heir, channels: 7 });
    rig.delta(500, 500, &[("1", "1")], &[]);
    let body = depth_body(499, &[], &[]);
    rig.input(Input::DepthSnapshot { instrument: heir, bytes: body.as_bytes() });
    let slot = rig.machine.slot(heir).unwrap();
    assert_eq!(text_of(rig.machine.book(slot).unwrap(), rig.machine.instrument(slot).unwrap()), "B 1 1\n");
    assert_eq!(rig.machine.counters().ignored, 0);

    // Two at once cannot be told apart in frames; one after the other may have it.
    let former = *rig.machine.instrument(0).unwrap();
    assert_eq!(code(rig.define(&former)), Some(Code::InstrumentInvalid));
    let subscribe = Input::Subscribe { connection: 1, instrument: BTC, channels: 7 };
    assert_eq!(code(rig.input(subscribe)), Some(Code::InstrumentInvalid));
    rig.input(Input::Unsubscribe { instrument: heir });
    assert_eq!(rig.define(&former).rejected, None);
    rig.input(subscribe);
    rig.delta(600, 600, &[("2", "1")], &[]);
    rig.snapshot(&depth_body(599, &[], &[]));
    assert_eq!(rig.text(), "B 2 1\n");
    assert_eq!(rig.machine.counters().ignored, 0);
}

#[test]
fn acknowledgements_and_control_replies_reach_the_engine() {
    let mut rig = Rig::started();
    rig.reader.seen.clear();
    rig.input(Input::Ack { connection: 1, instrument: BTC, accepted: true });
    rig.input(Input::Ack { connection: 1, instrument: BTC, accepted: false });
    assert_eq!(rig.reader.states(), [State::Subscribed, State::SubscribeFailed]);
    rig.frame(r#"{"result":null,"id":3}"#);
    assert_eq!(rig.take_requests(), [Request::ControlReply { connection: 1, id: 3, venue_code: 0 }]);
}

/// F05.
#[test]
fn a_crossed_book_is_told_once_and_rebuilt_when_it_lasts() {
    let mut rig = Rig::live();
    rig.delta(101, 101, &[("102", "1")], &[]);
    rig.delta(102, 102, &[("103", "1")], &[]);
    assert_eq!(rig.reader.states(), [State::Crossed]);
    assert_eq!(rig.reader.seen[0].0.flags & (flag::CROSSED | flag::LOCKED), flag::CROSSED);
    rig.tick(1_000 * MS);
    assert_eq!(rig.reader.states(), [State::Crossed]);
    rig.tick(1);
    assert_eq!(rig.reader.states(), [State::Crossed, State::Resync]);
    let still_crossed = |rig: &mut Rig, id: u64| {
        rig.delta(id, id, &[], &[]);
        rig.snapshot(&depth_body(id, &[("103", "1")], &[("101", "1")]));
        rig.delta(id + 1, id + 1, &[], &[]);
        assert!(rig.is_live());
        rig.reader.seen.clear();
    };
    still_crossed(&mut rig, 103);
    for _ in 0..28 {
        rig.tick(1_000 * MS);
    }
    assert_eq!(rig.reader.states(), [], "at most once in 30 s");
    rig.tick(2_000 * MS);
    assert_eq!(rig.reader.states(), [State::Resync]);
    still_crossed(&mut rig, 105);
    rig.delta(107, 107, &[("103", "0"), ("102", "0")], &[]);
    rig.tick(60_000 * MS);
    assert_eq!(rig.reader.states(), [], "no longer crossed");
}

#[test]
fn a_locked_book_is_flagged_and_nothing_else() {
    let mut rig = Rig::live();
    rig.delta(101, 101, &[("101", "1")], &[]);
    rig.tick(5_000 * MS);
    assert_eq!(rig.reader.states(), []);
    assert_eq!(rig.reader.seen[0].0.flags & (flag::CROSSED | flag::LOCKED), flag::LOCKED);
    assert_eq!(rig.reader.latest[&BTC].flags & flag::LOCKED, flag::LOCKED);
}

#[test]
fn full_books_come_periodically_and_on_request() {
    let mut rig = Rig::live();
    let snapshots = |rig: &Rig| rig.reader.seen.iter().filter(|(_, seen)| matches!(seen, Seen::Snapshot { .. })).count();
    for _ in 0..1_800 {
        rig.tick(100 * MS);
    }
    assert_eq!(snapshots(&rig), 3, "every 60 s");
    rig.reader.seen.clear();
    rig.input(Input::PublishSnapshot { instrument: BTC });
    assert_eq!(rig.reader.bodies(), [Seen::Snapshot { last: 100, parts: 1 }]);
    assert_eq!(rig.reader.seen[0].0.flags & flag::STALE, 0);
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Error });
    rig.reader.seen.clear();
    rig.input(Input::PublishSnapshot { instrument: BTC });
    assert_eq!(rig.reader.seen[0].0.flags & flag::STALE, flag::STALE);
}

#[test]
fn periodic_books_of_many_instruments_are_spread_over_the_interval() {
    let mut rig = Rig::new(MachineConfig { instruments_max: 600, ..MachineConfig::default() });
    rig.input(Input::Connect { connection: 1, venue: 1 });
    for id in 1..=600 {
        let symbol = format!("S{id}");
        rig.define(&spot(id, &symbol));
        rig.input(Input::Subscribe { connection: 1, instrument: id, channels: channel::BOOK });
        let frame = spot_depth(&symbol, rig.now, 1, 1, &[("1", "1")], &[]);
        rig.frame(&frame);
        rig.input(Input::DepthSnapshot { instrument: id, bytes: depth_body(0, &[], &[]).as_bytes() });
    }
    rig.take_requests();
    let mut most = 0;
    let mut all = 0;
    for _ in 0..600 {
        let events = rig.tick(100 * MS).events;
        most = most.max(events);
        all += events;
    }
    assert_eq!(all, 600);
    assert!(most <= 4, "{most} in one tick");
}

#[test]
fn a_large_book_is_cut_into_parts_that_a_reader_joins() {
    let mut rig = Rig::started();
    rig.delta(2, 2, &[], &[]);
    let prices: Vec<String> = (1..=700).map(|price| price.to_string()).collect();
    let bids: Vec<_> = prices[..300].iter().rev().map(|price| (price.as_str(), "1")).collect();
    let asks: Vec<_> = prices[300..].iter().map(|price| (price.as_str(), "2")).collect();
    rig.snapshot(&depth_body(1, &bids, &asks));
    rig.reader.assert_holds(&rig.machine, 0);
    let removed: Vec<_> = asks.iter().map(|(price, _)| (*price, "0")).collect();
    rig.delta(3, 3, &[], &removed);
    assert_eq!(rig.reader.seen.last().unwrap().1, Seen::Delta { prev: 2, last: 3, parts: 4 });
    rig.reader.assert_holds(&rig.machine, 0);
}
