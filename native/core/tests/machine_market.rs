//! F16: an instrument is halted, delisted, and trades again, as its venue's listing says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::counters::SUSPENDED;
use tickring_core::error::Code;
use tickring_core::event::{Body, MarketState, State, Status, flag};
use tickring_core::input::{DisconnectReason, Input, Instrument, TradingState, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

const SECOND: u64 = 1_000 * MS;
const EVERY: u16 = channel::BOOK | channel::TRADE | channel::QUOTE;

/// The definition of BTC with another state.
fn becomes(rig: &mut Rig, state: TradingState) {
    let held = *rig.machine.instrument(0).unwrap();
    rig.reader.seen.clear();
    rig.define(&Instrument { state, ..held });
}

/// The definition's state and version; the book's id and why it is stale; the market's state.
type Told = (TradingState, u32, Option<(u64, Option<Code>)>, Option<MarketState>);

fn told(rig: &Rig) -> Told {
    let (mut definition, mut stale, mut market) = (None, None, None);
    for seen in rig.reader.bodies() {
        match seen {
            Seen::Instrument(Instrument { state, change_count, .. }) => definition = Some((state, change_count)),
            Seen::Status(Status { state: State::Stale, code, detail, .. }) => stale = Some((detail, code)),
            Seen::Figure(Body::TradingStatus(state)) => market = Some(state),
            _ => {}
        }
    }
    let (state, version) = definition.expect("a definition");
    (state, version, stale, market)
}

fn suspended(rig: &Rig) -> bool {
    rig.machine.instrument_counters(0).unwrap().channels & SUSPENDED != 0
}

#[test]
fn a_halted_instrument_has_no_book_until_its_stream_speaks_again() {
    let mut rig = Rig::live();
    becomes(&mut rig, TradingState::Halted);
    assert_eq!(told(&rig), (TradingState::Halted, 1, Some((100, Some(Code::SymbolHalted))), Some(MarketState::Halt)));
    assert_eq!((rig.text().as_str(), rig.is_live(), suspended(&rig)), ("", false, true));
    assert!(rig.reader.books[&BTC].bids.is_empty() && rig.reader.books[&BTC].asks.is_empty(), "readers hold none of it");
    assert!(rig.reader.latest[&BTC].flags & flag::STALE != 0);
    for _ in 0..900 {
        rig.tick(SECOND);
    }
    assert_eq!(rig.take_requests(), [], "nothing is asked for while it does not trade");

    // What was lost meanwhile is told, and the first delta asks for a whole book.
    rig.delta(105, 105, &[], &[]);
    assert_eq!(rig.take_requests().len(), 1);
    rig.snapshot(&depth_body(104, &[("98", "1")], &[("102", "1")]));
    assert_eq!((rig.reader.gaps()[0].first, rig.reader.gaps()[0].last), (101, 104));
    assert_eq!((rig.text().as_str(), rig.is_live(), suspended(&rig)), ("B 98 1\nA 102 1\n", true, false));
    rig.reader.assert_holds(&rig.machine, 0);
    becomes(&mut rig, TradingState::Trading);
    assert_eq!(told(&rig), (TradingState::Trading, 2, None, Some(MarketState::Trading)));
    assert!(rig.is_live(), "what lived already goes on");
}

#[test]
fn a_delisted_instrument_leaves_its_connection_and_comes_back_with_the_next_subscription() {
    let mut rig = Rig::live();
    rig.frame(&spot_trade(rig.now, 7, "100", "1"));
    becomes(&mut rig, TradingState::Delisted);
    assert_eq!(told(&rig), (TradingState::Delisted, 1, Some((100, Some(Code::SymbolUnlisted))), Some(MarketState::Delisted)));
    assert_eq!((rig.text().as_str(), rig.is_live(), suspended(&rig)), ("", false, true));
    assert_eq!(rig.machine.counters().suspended, 1);
    // Its last frames are nobody's fault, nor is a copy that was asked for before.
    rig.delta(101, 101, &[("97", "1")], &[]);
    rig.frame(&spot_trade(rig.now, 8, "100", "1"));
    rig.snapshot(&depth_body(101, &[], &[]));
    assert_eq!((rig.machine.counters().quarantined, rig.text().as_str()), (0, ""));
    // Once is enough.
    becomes(&mut rig, TradingState::Delisted);
    assert_eq!(rig.reader.bodies(), []);

    becomes(&mut rig, TradingState::Trading);
    assert_eq!(told(&rig), (TradingState::Trading, 2, None, Some(MarketState::Trading)));
    rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: EVERY });
    rig.take_requests();
    rig.delta(500, 500, &[], &[]);
    assert_eq!(rig.take_requests().len(), 1);
    rig.snapshot(&depth_body(499, &[("98", "1")], &[("102", "1")]));
    assert_eq!((rig.is_live(), suspended(&rig), rig.reader.gaps().len()), (true, false, 0));
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn a_halted_instrument_survives_the_loss_of_its_connection_and_may_be_delisted_then() {
    let mut rig = Rig::live();
    becomes(&mut rig, TradingState::Halted);
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Closed });
    rig.connect();
    rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: EVERY });
    rig.take_requests();
    for _ in 0..120 {
        rig.tick(SECOND);
    }
    assert_eq!((rig.take_requests(), suspended(&rig)), (vec![], true));
    becomes(&mut rig, TradingState::Delisted);
    let (state, _, stale, market) = told(&rig);
    assert_eq!((state, market), (TradingState::Delisted, Some(MarketState::Delisted)));
    assert_eq!(stale.unwrap().1, Some(Code::SymbolUnlisted));
    assert!(!rig.reader.bodies().iter().any(|seen| matches!(seen, Seen::Snapshot { .. })), "there is nothing left to clear");
}

#[test]
fn an_instrument_that_is_delisted_from_the_start_is_suspended_and_tells_nothing_of_a_book() {
    let mut rig = Rig::started();
    let gone = definition(9, VenueId::BinanceSpot, "GONEUSDT");
    rig.define(&Instrument { state: TradingState::Delisted, ..gone });
    assert_eq!(rig.machine.instrument_counters(1).unwrap().channels, SUSPENDED);
    assert!(!rig.reader.bodies().iter().any(|seen| matches!(seen, Seen::Status(Status { state: State::Stale, .. }))));
}

#[test]
fn another_tick_or_lot_size_is_another_version_and_costs_no_book() {
    let mut rig = Rig::live();
    let held = *rig.machine.instrument(0).unwrap();
    rig.reader.seen.clear();
    rig.define(&Instrument { tick_size: 10, lot_size: 5, ..held });
    let now = *rig.machine.instrument(0).unwrap();
    assert_eq!((now.tick_size, now.lot_size, now.change_count), (10, 5, 1));
    assert_eq!((rig.is_live(), rig.text().as_str()), (true, "B 99 1\nA 101 1\n"));
}

#[test]
fn a_restored_machine_goes_on_as_the_suspended_one() {
    for state in [TradingState::Halted, TradingState::Delisted] {
        let mut rig = Rig::live();
        becomes(&mut rig, state);
        let mut other = restored(MachineConfig::default(), &rig.machine);
        assert_eq!(saved(&other), saved(&rig.machine));
        assert_eq!(other.instrument_counters(0).unwrap(), rig.machine.instrument_counters(0).unwrap());
        std::mem::swap(&mut rig.machine, &mut other);
        becomes(&mut rig, TradingState::Trading);
        assert_eq!(told(&rig).3, Some(MarketState::Trading));
    }
}
