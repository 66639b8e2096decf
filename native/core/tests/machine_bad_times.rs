//! One message with a time that cannot be (F19): it is flagged, and decides nothing about those that follow it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::event::flag;
use tickring_core::input::{Input, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

const HOUR_NS: u64 = 3_600_000 * MS;

fn trades(rig: &Rig) -> Vec<u64> {
    let id = |seen: &Seen| if let Seen::Trade(trade) = seen { Some(trade.trade_id) } else { None };
    rig.reader.bodies().iter().filter_map(id).collect()
}

/// A rig with one instrument of this venue on connection 1.
fn rig(venue: VenueId, symbol: &str, channels: u16) -> Rig {
    let mut rig = Rig::new(MachineConfig::default());
    rig.define(&definition(BTC, venue, symbol));
    rig.input(Input::Connect { connection: 1, venue: venue as u16 });
    rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels });
    rig
}

#[test]
fn a_repetition_of_another_line_with_the_time_of_tomorrow_is_a_repetition() {
    let mut rig = Rig::live();
    rig.input(Input::Connect { connection: 2, venue: VenueId::BinanceSpot as u16 });
    rig.input(Input::Subscribe { connection: 2, instrument: BTC, channels: 7 });
    let send = |rig: &mut Rig, connection, id: u64, late: u64| {
        let depth = spot_depth("BTCUSDT", rig.now + late, id, id, &[("98", &format!("{id}"))], &[]);
        rig.input(Input::Frame { connection, bytes: depth.as_bytes() });
        let trade = spot_trade(rig.now + late, id, "100", "1");
        rig.input(Input::Frame { connection, bytes: trade.as_bytes() });
    };
    for id in 101..104 {
        send(&mut rig, 1, id, 0);
    }
    send(&mut rig, 2, 101, HOUR_NS);
    for id in 104..110 {
        rig.now += 100 * MS;
        send(&mut rig, 1, id, 0);
        send(&mut rig, 2, id, 0);
    }
    assert_eq!((rig.reader.gaps(), rig.is_live()), (vec![], true));
    assert_eq!(trades(&rig), (101..110).collect::<Vec<_>>());
    assert_eq!(rig.machine.instrument_counters(0).unwrap().last_update_id, 109);
}

#[test]
fn a_quote_of_tomorrow_does_not_make_those_of_today_old() {
    let mut rig = rig(VenueId::KrakenFutures, "PF_XBTUSD", channel::QUOTE);
    let quote = |rig: &mut Rig, late: u64| {
        let ms = (rig.now + late) / MS;
        rig.frame(&format!(
            r#"{{"time":{ms},"product_id":"PF_XBTUSD","feed":"ticker","bid":100.5,"bid_size":1,"ask":101,"ask_size":2,"tag":"month"}}"#
        ));
    };
    let counted = |rig: &Rig| {
        let counters = rig.machine.instrument_counters(0).unwrap();
        (counters.quotes, counters.duplicates)
    };
    quote(&mut rig, 0);
    quote(&mut rig, HOUR_NS);
    assert_eq!(rig.reader.seen.last().unwrap().0.flags & flag::BAD_TS, flag::BAD_TS);
    rig.now += 1_000 * MS;
    quote(&mut rig, 0);
    assert_eq!(counted(&rig), (3, 0));
    rig.now -= 500 * MS;
    quote(&mut rig, 0);
    assert_eq!(counted(&rig), (3, 1), "of plausible times an older one is old");
}

#[test]
fn a_clock_that_is_always_off_still_tells_old_quotes_from_new_ones() {
    let mut rig = rig(VenueId::KrakenFutures, "PF_XBTUSD", channel::QUOTE);
    for (at, quotes) in [(HOUR_NS, 1), (HOUR_NS + 1_000 * MS, 2), (HOUR_NS + 500 * MS, 2), (HOUR_NS + 2_000 * MS, 3)] {
        let ms = (START_NS + at) / MS;
        rig.frame(&format!(
            r#"{{"time":{ms},"product_id":"PF_XBTUSD","feed":"ticker","bid":100.5,"bid_size":1,"ask":101,"ask_size":2,"tag":"month"}}"#
        ));
        assert_eq!(rig.machine.instrument_counters(0).unwrap().quotes, quotes);
    }
}

#[test]
fn a_bar_of_tomorrow_ends_none_of_today() {
    let mut rig = rig(VenueId::Deribit, "BTC_USDC", channel::KLINE);
    let mut bar = |ms: u64| {
        let before = rig.reader.seen.len();
        rig.frame(&format!(
            r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"chart.trades.BTC_USDC.1","data":{{"tick":{ms},"open":1.0,"high":2.0,"low":1.0,"close":2.0,"volume":1.5,"cost":2.0}}}}}}"#
        ));
        let told = |(header, seen): &(tickring_core::event::Header, Seen)| {
            let Seen::Bar(bar) = seen else { panic!("{seen:?}") };
            (bar.start_ts / MS, bar.closed, header.flags & flag::BAD_TS != 0)
        };
        rig.reader.seen[before..].iter().map(told).collect::<Vec<_>>()
    };
    let minute = START_NS / MS / 60_000 * 60_000;
    let tomorrow = minute + 86_400_000;
    assert_eq!(bar(minute), [(minute, false, false)]);
    assert_eq!(bar(tomorrow), [(tomorrow, false, true)]);
    assert_eq!(bar(minute), [(minute, false, false)], "it goes on");
    assert_eq!(bar(minute + 60_000), [(minute, true, false), (minute + 60_000, false, false)]);
    assert_eq!(bar(minute), [(minute, true, false)]);
}
