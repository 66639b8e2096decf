//! Figures of several lines, which have no ids: those of the line that was there first count.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::{Rig, Seen, definition};
use tickring_core::event::{Body, Funding, MarketState};
use tickring_core::input::{DisconnectReason, Input, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

const ALL: u16 = channel::MARK_PRICE | channel::FUNDING | channel::OPEN_INTEREST | channel::LIQUIDATION | channel::STATUS;

const MARK: &str = r#"{"e":"markPriceUpdate","E":1767225601000,"s":"BTCUSDT","p":"65001.15000000","ap":"65001.02000000","i":"64998.62659091","P":"64990.25641265","r":"-0.00010000","T":1767254400000}"#;
const FORCED: &str = r#"{"e":"forceOrder","E":1767225600893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"64910.00","ap":"64910.12","X":"FILLED","l":"0.014","z":"0.014","T":1767225600893}}"#;
const CONTRACT: &str = r#"{"e":"contractInfo","E":1669356423908,"s":"BTCUSDT","ps":"BTCUSDT","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,"cs":"TRADING"}"#;
const TICKER: &str = r#"{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","lastPrice":"65000.20","markPrice":"65001.33","indexPrice":"65027.36","openInterest":"68744.761","openInterestValue":"4468500000.91","nextFundingTime":"1767254400000","fundingRate":"-0.000212","fundingIntervalHour":"8"},"cs":1,"ts":1767225600118}"#;
const INDEX: &str = r#"{"arg":{"channel":"index-tickers","instId":"BTC-USD"},"data":[{"instId":"BTC-USD","idxPx":"83750.1","high24h":"84000","low24h":"81888.8","open24h":"82000","sodUtc0":"82222","sodUtc8":"82111","ts":"1791369351300"}]}"#;

fn delta(members: &str) -> String {
    format!(r#"{{"topic":"tickers.BTCUSDT","type":"delta","data":{{"symbol":"BTCUSDT",{members}}},"cs":2,"ts":1767225600218}}"#)
}

/// A rig with one instrument of this venue on connection 1.
fn rig(venue: VenueId, channels: u16) -> Rig {
    rig_of(venue, "BTCUSDT", channels)
}

fn rig_of(venue: VenueId, symbol: &str, channels: u16) -> Rig {
    let mut rig = Rig::new(MachineConfig::default());
    rig.define(&definition(7, venue, symbol));
    rig.input(Input::Connect { connection: 1, venue: venue as u16 });
    rig.input(Input::Subscribe { connection: 1, instrument: 7, channels });
    rig
}

/// What a frame of this connection made the machine tell.
fn told_by(rig: &mut Rig, connection: u16, frame: &str) -> Vec<Body<'static>> {
    let before = rig.reader.seen.len();
    assert_eq!(rig.input(Input::Frame { connection, bytes: frame.as_bytes() }).rejected, None, "{frame}");
    let figure = |seen: &Seen| if let Seen::Figure(body) = seen { *body } else { panic!("{seen:?}") };
    rig.reader.seen[before..].iter().map(|(_, seen)| figure(seen)).collect()
}

/// A further connection carries these channels, too.
fn joined(rig: &mut Rig, connection: u16, venue: VenueId, channels: u16) {
    rig.input(Input::Connect { connection, venue: venue as u16 });
    rig.input(Input::Subscribe { connection, instrument: 7, channels });
}

fn leave(rig: &mut Rig, connection: u16) {
    rig.input(Input::Disconnect { connection, reason: DisconnectReason::Error });
}

#[test]
fn a_figure_counts_once_of_the_line_that_was_there_first() {
    let mut rig = rig(VenueId::BinanceUsdm, ALL);
    joined(&mut rig, 2, VenueId::BinanceUsdm, ALL);
    joined(&mut rig, 3, VenueId::BinanceUsdm, ALL);
    assert_eq!(rig.machine.handover(2).quiet, 5, "nobody has brought anything");
    // The others are earlier, and are not heard for it.
    for frame in [MARK, FORCED, CONTRACT] {
        let ignored = rig.machine.counters().ignored;
        assert_eq!((told_by(&mut rig, 3, frame), told_by(&mut rig, 2, frame)), (vec![], vec![]));
        assert_eq!(rig.machine.counters().ignored, ignored + 2);
        assert!(!told_by(&mut rig, 1, frame).is_empty());
        assert_eq!((told_by(&mut rig, 2, frame), told_by(&mut rig, 3, frame)), (vec![], vec![]));
    }
    let counters = rig.machine.counters();
    let counted = (counters.mark_prices, counters.fundings, counters.liquidations, counters.trading_statuses);
    assert_eq!((counted, counters.duplicates), ((2, 1, 1, 1), 0), "no id, so no repetition is known");
    assert_eq!(rig.machine.handover(2).behind, 0, "it brought what the first one did");
}

#[test]
fn the_next_line_is_heard_once_the_first_has_left() {
    let mut rig = rig(VenueId::BinanceUsdm, ALL);
    joined(&mut rig, 2, VenueId::BinanceUsdm, ALL);
    assert_eq!(told_by(&mut rig, 1, CONTRACT), [Body::TradingStatus(MarketState::Trading)]);
    // Nothing of the second one was told, so its end changes nothing.
    leave(&mut rig, 2);
    assert_eq!(told_by(&mut rig, 1, MARK).len(), 3);
    joined(&mut rig, 2, VenueId::BinanceUsdm, ALL);
    leave(&mut rig, 1);
    assert_eq!(told_by(&mut rig, 2, MARK).len(), 3);
    assert_eq!(told_by(&mut rig, 2, CONTRACT), [], "the state is known from the first line");
    // The first one is back, and is the second now.
    joined(&mut rig, 1, VenueId::BinanceUsdm, ALL);
    assert_eq!((told_by(&mut rig, 1, FORCED), told_by(&mut rig, 2, FORCED).len()), (vec![], 1));
}

#[test]
fn a_line_is_first_or_not_for_each_channel() {
    let mut rig = rig(VenueId::BinanceUsdm, channel::MARK_PRICE);
    joined(&mut rig, 2, VenueId::BinanceUsdm, channel::LIQUIDATION);
    joined(&mut rig, 3, VenueId::BinanceUsdm, channel::MARK_PRICE | channel::LIQUIDATION);
    for connection in [3, 2, 1] {
        assert_eq!(told_by(&mut rig, connection, FORCED).len(), usize::from(connection == 2));
    }
    assert_eq!(told_by(&mut rig, 3, MARK), []);
    leave(&mut rig, 1);
    assert_eq!((told_by(&mut rig, 3, MARK).len(), told_by(&mut rig, 3, FORCED)), (3, vec![]));
    leave(&mut rig, 2);
    assert_eq!(told_by(&mut rig, 3, FORCED).len(), 1);
}

#[test]
fn what_a_message_leaves_out_is_known_from_the_line_before_until_all_have_left() {
    let mut rig = rig(VenueId::BybitLinear, ALL);
    joined(&mut rig, 2, VenueId::BybitLinear, ALL);
    told_by(&mut rig, 1, TICKER);
    assert_eq!(told_by(&mut rig, 2, TICKER), []);
    leave(&mut rig, 1);
    let rate = delta(r#""fundingRate":"0.0003""#);
    let expected = Funding { rate: 3, exponent: -4, interval_s: 28_800, next_ts: 1_767_254_400_000_000_000 };
    assert_eq!(told_by(&mut rig, 2, &rate), [Body::Funding(expected)]);
    leave(&mut rig, 2);
    joined(&mut rig, 2, VenueId::BybitLinear, ALL);
    let next = delta(r#""nextFundingTime":"1767283200000""#);
    assert_eq!(told_by(&mut rig, 2, &next), [], "the rate is not known any more");
}

#[test]
fn several_lines_of_other_channels_change_nothing_about_a_figure() {
    let mut rig = rig(VenueId::BinanceUsdm, channel::TRADE | channel::MARK_PRICE);
    joined(&mut rig, 2, VenueId::BinanceUsdm, channel::TRADE);
    // As with one line, it is not asked over which connection the venue sends it.
    for connection in [2, 1] {
        assert_eq!(told_by(&mut rig, connection, MARK).len(), 3);
    }
}

#[test]
fn what_a_stream_tells_of_several_instruments_counts_once_of_two_lines() {
    let mut rig = rig_of(VenueId::OkxFutures, "BTC-USD-270326", ALL);
    let order = r#"{"arg":{"channel":"liquidation-orders","instType":"FUTURES"},"data":[{"instId":"BTC-USD-270326","details":[{"side":"buy","bkPx":"1","sz":"1","ts":"1791369351375"}]}]}"#;
    joined(&mut rig, 2, VenueId::OkxFutures, ALL);
    for frame in [INDEX, order] {
        assert_eq!((told_by(&mut rig, 2, frame), told_by(&mut rig, 1, frame).len()), (vec![], 1));
    }
    assert_eq!(rig.machine.handover(2).behind, 0, "it brought what the first one did");
    leave(&mut rig, 1);
    for frame in [INDEX, order] {
        assert_eq!(told_by(&mut rig, 2, frame).len(), 1);
    }
}
