//! N8, F23: a channel that falls silent while its connection speaks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::counters::InstrumentCounters;
use tickring_core::error::Code;
use tickring_core::event::{State, Status, flag};
use tickring_core::input::{DisconnectReason, Input, Request, channel};
use tickring_core::venue::VenueId;

const ETH: u32 = 8;
const SECOND: u64 = 1_000 * MS;

/// BTC with everything and a second instrument with trades on one connection. Both are heard every second until their rhythm is known.
struct Scene {
    rig: Rig,
    next: u64,
    trade: u64,
}

impl Scene {
    fn learned() -> Self {
        let mut rig = Rig::live();
        rig.define(&definition(ETH, VenueId::BinanceSpot, "ETHUSDT"));
        rig.input(Input::Subscribe { connection: 1, instrument: ETH, channels: channel::TRADE });
        let mut scene = Self { rig, next: 101, trade: 1 };
        for _ in 0..700 {
            scene.second(true, true);
        }
        assert_eq!(scene.asked(), []);
        assert!(!scene.rig.reader.states().contains(&State::Stale));
        scene.rig.reader.seen.clear();
        scene
    }

    /// What the machine asks for, but for deeper copies of a book this small.
    fn asked(&mut self) -> Vec<Request> {
        let mut asked = self.rig.take_requests();
        asked.retain(|request| !matches!(request, Request::DepthSnapshot { .. } | Request::Audit { .. }));
        asked
    }

    /// A second in which these channels speak, and ETH's trades.
    fn second(&mut self, book: bool, trade: bool) {
        if book {
            self.rig.delta(self.next, self.next, &[("98", "1")], &[]);
            self.next += 1;
        }
        self.trade += 1;
        if trade {
            let frame = spot_trade(self.rig.now, self.trade, "100", "1");
            self.rig.frame(&frame);
        }
        let other = spot_trade(self.rig.now, self.trade, "100", "1").replace("BTC", "ETH").replace("btc", "eth");
        self.rig.frame(&other);
        for _ in 0..10 {
            self.rig.tick(100 * MS);
        }
    }

    fn counters(&self) -> InstrumentCounters {
        *self.rig.machine.instrument_counters(0).unwrap()
    }

    fn statuses(&self) -> Vec<Status> {
        let status = |seen: &Seen| if let Seen::Status(status) = seen { Some(*status) } else { None };
        self.rig.reader.bodies().iter().filter_map(status).collect()
    }
}

#[test]
fn a_silent_book_is_stale_within_its_limit_and_asked_for_anew() {
    let mut scene = Scene::learned();
    let limit_ms = scene.counters().book_silence_ms_max;
    assert_eq!(limit_ms, 16_000, "16 of its mean gaps");
    for _ in 0..limit_ms / 1_000 {
        scene.second(false, true);
    }
    assert_eq!(scene.statuses(), []);
    scene.second(false, true);
    scene.second(false, true);
    let id = scene.counters().last_update_id;
    assert_eq!(scene.statuses(), [Status { state: State::Stale, connection: 1, code: Some(Code::ChannelSilent), detail: id }]);
    assert_eq!(scene.asked(), [Request::Renew { instrument: BTC, channels: channel::BOOK }]);
    assert_eq!((scene.counters().in_sync, scene.counters().silent, scene.counters().silences), (0, 1, 1));
    assert_ne!(scene.rig.reader.latest[&BTC].flags & flag::STALE, 0);
    assert_eq!(scene.rig.machine.counters().silences, 1);

    scene.rig.reader.seen.clear();
    scene.second(true, true);
    let live = scene.statuses();
    assert_eq!(live, [Status { state: State::Live, connection: 1, code: None, detail: id }]);
    assert!(
        matches!(scene.rig.reader.bodies()[..], [Seen::Status(_), Seen::Delta { .. }, ..]),
        "before the delta that proves it"
    );
    assert_eq!((scene.counters().in_sync, scene.counters().silent), (1, 0));
    assert_eq!(scene.rig.reader.latest[&BTC].flags & flag::STALE, 0);
}

#[test]
fn silent_trades_say_nothing_of_the_book() {
    let mut scene = Scene::learned();
    for _ in 0..18 {
        scene.second(true, false);
    }
    let silent = Status { state: State::Silent, connection: 1, code: Some(Code::ChannelSilent), detail: channel::TRADE.into() };
    assert_eq!(scene.statuses(), [silent]);
    assert_eq!(scene.asked(), [Request::Renew { instrument: BTC, channels: channel::TRADE }]);
    assert_eq!(scene.counters().in_sync, 1);
    scene.rig.reader.seen.clear();
    scene.second(true, true);
    assert_eq!(scene.statuses(), [Status { state: State::Subscribed, ..silent }]);
}

#[test]
fn a_channel_that_stays_silent_is_asked_for_less_and_less() {
    let mut scene = Scene::learned();
    let mut asked = Vec::new();
    for second in 0..600 {
        scene.second(false, true);
        asked.extend(scene.asked().iter().map(|_| second));
    }
    assert_eq!(scene.counters().silences, 1, "told once");
    assert!((5..=6).contains(&asked.len()), "{asked:?}");
    assert!(asked.windows(3).all(|at| at[2] - at[1] > at[1] - at[0]), "{asked:?}");
}

#[test]
fn a_lost_connection_is_no_silence_of_its_channels() {
    let mut scene = Scene::learned();
    for _ in 0..18 {
        scene.second(true, false);
    }
    scene.rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Closed });
    assert_eq!(scene.counters().silent, 0);
    scene.asked();
    scene.rig.reader.seen.clear();
    for _ in 0..1_000 {
        scene.rig.tick(SECOND);
    }
    assert_eq!((scene.statuses(), scene.asked()), (Vec::new(), Vec::new()));
}

#[test]
fn a_market_in_which_nothing_happens_is_silent_for_nobody() {
    let mut scene = Scene::learned();
    for _ in 0..3_600 {
        scene.rig.tick(SECOND);
    }
    assert!(!scene.rig.reader.states().contains(&State::Stale));
    assert_eq!(scene.asked(), []);
}

#[test]
fn an_instrument_that_left_is_silent_by_right() {
    let mut scene = Scene::learned();
    scene.rig.input(Input::Unsubscribe { instrument: BTC });
    scene.rig.reader.seen.clear();
    for _ in 0..100 {
        scene.second(false, false);
    }
    assert_eq!((scene.statuses(), scene.asked()), (Vec::new(), Vec::new()));
}
