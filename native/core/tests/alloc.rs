//! No allocation per event after warm-up: counted, over real recordings and over a generated feed with faults.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod machine_recording;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use machine_harness::*;
use machine_recording::{Recording, captures};
use tickring_core::input::{DisconnectReason, Input, Stamped};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::sink::Discard;
use tickring_core::venue::VenueId;

thread_local! {
    /// Allocations of this thread; tests run side by side.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged, which keeps the contract of `GlobalAlloc`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`, handed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`; `pointer` came from `System` in `alloc` or `realloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `realloc`; `pointer` came from `System` in `alloc` or `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(act: impl FnOnce()) -> u64 {
    let before = COUNT.with(Cell::get);
    act();
    COUNT.with(Cell::get) - before
}

#[test]
fn the_counter_sees_allocations() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
}

#[test]
fn a_recording_replayed_a_second_time_allocates_nothing() {
    let Some(captures) = captures() else { return };
    let cases = [
        (VenueId::BinanceUsdm, "BTCUSDT", "usdm/btcusdt_20240808.gz"),
        (VenueId::BinanceSpot, "ETHUSDT", "spot/ethusdt_20240808.gz"),
    ];
    for (venue, symbol, file) in cases {
        let recording = Recording::load(&captures, &[file]);
        let mut machine = Machine::new(MachineConfig::default());
        recording.replay(&mut machine, &mut Discard, venue, symbol);
        let first = *machine.counters();
        assert!(first.book_deltas > 2_000 && first.trades > 5_000, "{first:?}");
        let ts_recv = recording.lines().next().unwrap().0;
        machine.apply(&Stamped { ts_recv, input: Input::Unsubscribe { instrument: 1 } }, &mut Discard);
        let count = allocations(|| recording.replay(&mut machine, &mut Discard, venue, symbol));
        let both = machine.counters();
        assert_eq!((both.book_deltas, both.trades, both.quotes), (2 * first.book_deltas, 2 * first.trades, 2 * first.quotes));
        assert_eq!(count, 0, "{file}");
    }
}

/// A step of the generated feed, its bytes made beforehand.
enum Step {
    Frame(String),
    Snapshot(String),
    Reconnect,
    Tick,
}

/// Deltas, trades and quotes, with a gap, a repetition, a lost connection and a malformed frame now and then.
fn generated(steps: u64) -> Vec<Step> {
    let mut feed = Vec::new();
    let (mut id, mut now) = (1_000, START_NS);
    for step in 0..steps {
        now += 10 * MS;
        let (bid, ask) = (format!("{}.5", 90 + step % 10), format!("{}.25", 110 + step % 7));
        let qty = (step % 5).to_string();
        let levels: [(&str, &str); 1] = [(&bid, &qty)];
        match step % 97 {
            11 => id += 3,
            22 => feed.push(Step::Frame("{\"e\":".to_owned())),
            33 => feed.push(Step::Reconnect),
            44 => feed.push(Step::Tick),
            _ => {}
        }
        feed.push(Step::Frame(spot_depth("BTCUSDT", now, id + 1, id + 2, &levels, &[(&ask, &qty)])));
        id += 2;
        if step % 97 == 55 {
            feed.push(Step::Frame(spot_depth("BTCUSDT", now, id - 1, id, &levels, &[])));
        }
        feed.push(Step::Frame(spot_trade(now, step + 1, &ask, "2")));
        feed.push(Step::Frame(spot_quote(id, &bid, &ask)));
        if step % 97 % 20 == 15 {
            feed.push(Step::Snapshot(depth_body(id - 1, &[("80", "1"), ("79", "2")], &[("120", "1")])));
        }
    }
    feed
}

fn run(machine: &mut Machine, feed: &[Step]) {
    let mut now = START_NS;
    let mut apply = |input| {
        machine.apply(&Stamped { ts_recv: now, input }, &mut Discard);
        while machine.take_request().is_some() {}
        now += 3 * MS;
    };
    for step in feed {
        match step {
            Step::Frame(text) => apply(Input::Frame { connection: 1, bytes: text.as_bytes() }),
            Step::Snapshot(text) => apply(Input::DepthSnapshot { instrument: BTC, bytes: text.as_bytes() }),
            Step::Tick => apply(Input::Tick),
            Step::Reconnect => {
                apply(Input::Disconnect { connection: 1, reason: DisconnectReason::Error });
                apply(Input::Connect { connection: 1, venue: VenueId::BinanceSpot as u16 });
                apply(Input::Subscribe { connection: 1, instrument: BTC, channels: 7 });
            }
        }
    }
}

#[test]
fn a_generated_feed_with_faults_allocates_nothing_once_warm() {
    let feed = generated(2_000);
    let Rig { mut machine, .. } = Rig::started();
    run(&mut machine, &feed);
    let first = *machine.counters();
    assert!(first.resyncs > 20 && first.quarantined > 10 && first.duplicates > 10 && first.book_snapshots > 20, "{first:?}");
    let again = Input::Unsubscribe { instrument: BTC };
    machine.apply(&Stamped { ts_recv: START_NS, input: again }, &mut Discard);
    let subscribe = Input::Subscribe { connection: 1, instrument: BTC, channels: 7 };
    machine.apply(&Stamped { ts_recv: START_NS, input: subscribe }, &mut Discard);
    assert_eq!(allocations(|| run(&mut machine, &feed)), 0);
    assert_eq!(machine.counters().book_deltas, 2 * first.book_deltas);
}
