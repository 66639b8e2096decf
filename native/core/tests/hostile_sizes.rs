//! F11, F12, F13, S28: inputs of hostile size are handled within their caps or refused with a reason, and memory stays flat:
//! every allocation of the thread is counted, and the most that was held at once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use machine_harness::*;
use tickring_core::book::Side;
use tickring_core::error::Code;
use tickring_core::input::{Input, Stamped};
use tickring_core::json::FRAME_BYTES_MAX;
use tickring_core::machine::{Machine, MachineConfig, Outcome};
use tickring_core::simd::CodePath;
use tickring_core::sink::Discard;
use tickring_core::venue::VenueId;

thread_local! {
    /// Bytes held by this thread's allocations, and the most since the mark.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

struct Counting;

fn note(bytes: isize) {
    HELD.with(|held| {
        let (now, peak) = held.get();
        held.set((now + bytes, peak.max(now + bytes)));
    });
}

fn size(layout: Layout) -> isize {
    isize::try_from(layout.size()).unwrap_or(isize::MAX)
}

// SAFETY: every call goes to the system's allocator unchanged, which keeps the contract of `GlobalAlloc`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(size(layout));
        // SAFETY: the caller keeps the contract of `alloc`, handed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(size(layout));
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, handed on unchanged.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(-size(layout));
        // SAFETY: the caller keeps the contract of `dealloc`; `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // Both are held for a moment.
        note(isize::try_from(new_size).unwrap_or(isize::MAX));
        note(-size(layout));
        // SAFETY: the caller keeps the contract of `realloc`; `pointer` came from `System`.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most bytes held at once above what was held before, and what is held more afterwards.
fn growth<T>(act: impl FnOnce() -> T) -> (isize, isize, T) {
    let (before, _) = HELD.with(Cell::get);
    HELD.with(|held| held.set((before, before)));
    let value = act();
    let (after, peak) = HELD.with(Cell::get);
    (peak - before, after - before, value)
}

const MIB: isize = 1 << 20;

/// A machine of one live spot book on each code path of the host.
fn machines() -> impl Iterator<Item = Machine> {
    let paths = CodePath::ALL.iter().copied().filter(|path| path.is_available());
    paths.map(|code_path| live(MachineConfig { code_path, ..MachineConfig::default() }))
}

fn live(config: MachineConfig) -> Machine {
    let mut machine = Machine::new(config);
    let book = depth_body(99, &[("99", "1")], &[("101", "1")]);
    let delta = spot_depth("BTCUSDT", START_NS, 100, 100, &[], &[]);
    for input in [
        Input::Instrument(&definition(BTC, VenueId::BinanceSpot, "BTCUSDT")),
        Input::Connect { connection: 1, venue: VenueId::BinanceSpot as u16 },
        Input::Subscribe { connection: 1, instrument: BTC, channels: 7 },
        Input::Frame { connection: 1, bytes: delta.as_bytes() },
        Input::DepthSnapshot { instrument: BTC, bytes: book.as_bytes() },
    ] {
        assert_eq!(machine.apply(&Stamped { ts_recv: START_NS, input }, &mut Discard).rejected, None);
    }
    assert_eq!(machine.instrument_counters(0).unwrap().in_sync, 1);
    machine
}

fn frame(machine: &mut Machine, bytes: &[u8]) -> Outcome {
    machine.apply(&Stamped { ts_recv: START_NS, input: Input::Frame { connection: 1, bytes } }, &mut Discard)
}

/// Refused on every path with this code, without holding a byte more at any moment, and the book lives on.
fn assert_refused(bytes: &[u8], code: Code) {
    for mut machine in machines() {
        let (peak, kept, outcome) = growth(|| frame(&mut machine, bytes));
        assert_eq!(outcome.rejected.map(|reject| reject.code), Some(code));
        assert!(outcome.rejected.unwrap().offset <= bytes.len());
        assert_eq!((peak, kept), (0, 0), "{code:?} costs no memory");
        let next = spot_depth("BTCUSDT", START_NS, 101, 101, &[("98", "1")], &[]);
        assert_eq!(frame(&mut machine, next.as_bytes()).rejected, None);
        assert_eq!((machine.book(0).unwrap().levels(Side::Bid), machine.instrument_counters(0).unwrap().in_sync), (2, 1));
    }
}

/// A delta with these texts in the place of its levels' array and of its first id.
fn delta(bids: &str, first: &str) -> String {
    format!(r#"{{"e":"depthUpdate","E":1723161253000,"s":"BTCUSDT","U":{first},"u":101,"b":{bids},"a":[]}}"#)
}

#[test]
fn the_counter_sees_the_most_held_at_once() {
    let (peak, kept, held) = growth(|| {
        drop(std::hint::black_box(vec![0_u8; 1_000]));
        std::hint::black_box(vec![0_u8; 10])
    });
    assert_eq!((peak, kept, held.len()), (1_000, 10, 10));
}

#[test]
fn f11_a_frame_beyond_8_mib_is_refused_unread() {
    let padded = |length: usize| {
        let frame = delta("[]", "101");
        frame.replacen('{', &format!("{{{}", " ".repeat(length - frame.len())), 1)
    };
    assert_refused(padded(FRAME_BYTES_MAX + 1).as_bytes(), Code::FrameTooLarge);
    for mut machine in machines() {
        let largest = padded(FRAME_BYTES_MAX);
        let (peak, kept, outcome) = growth(|| frame(&mut machine, largest.as_bytes()));
        assert_eq!((outcome.rejected, peak, kept), (None, 0, 0), "the largest frame is read where it lies");
    }
}

#[test]
fn f11_eight_mib_of_levels_take_bounded_memory_once() {
    let count = (FRAME_BYTES_MAX - 200) / r#"["1000000.5","1"],"#.len();
    let rows: Vec<String> = (0..count).map(|index| format!(r#"["{}.5","1"]"#, 1_000_000 + index)).collect();
    let text = delta(&format!("[{}]", rows.join(",")), "101");
    assert!(text.len() <= FRAME_BYTES_MAX && text.len() > FRAME_BYTES_MAX - 1_000, "{}", text.len());
    for mut machine in machines() {
        let (peak, _, outcome) = growth(|| frame(&mut machine, text.as_bytes()));
        // A level is 16 bytes: here, and in the book where it is taken. The vectors double as they grow.
        let bytes = isize::try_from(count * 16).unwrap();
        assert!(peak < 8 * bytes, "{peak} bytes for {count} levels");
        let second = outcome.rejected.is_none().then(|| text.replace("\"U\":101,\"u\":101", "\"U\":102,\"u\":102"));
        let (peak, kept, again) = growth(|| frame(&mut machine, second.as_deref().unwrap_or(&text).as_bytes()));
        assert_eq!(again.rejected.map(|reject| reject.code), outcome.rejected.map(|reject| reject.code));
        assert!(peak < MIB && kept < MIB, "the same once more takes {peak} bytes, keeps {kept}");
    }
}

#[test]
fn f12_a_hundred_thousand_symbols_in_one_frame_cost_nothing() {
    let ticker = |index: usize| format!(r#"{{"e":"24hrMiniTicker","E":1,"s":"S{index}USDT","c":"1"}}"#);
    let known: Vec<String> = (0..100_000).map(ticker).collect();
    let text = format!(r#"{{"stream":"!miniTicker@arr","data":[{}]}}"#, known.join(","));
    assert!(text.len() < FRAME_BYTES_MAX);
    for mut machine in machines() {
        let (peak, kept, outcome) = growth(|| frame(&mut machine, text.as_bytes()));
        assert_eq!((outcome.rejected, peak, kept), (None, 0, 0));
        assert_eq!(machine.counters().ignored, 1);
    }
    // Deltas come one a frame: an array of them is no message.
    let deltas = vec![delta("[]", "101"); 50_000];
    assert_refused(format!("[{}]", deltas.join(",")).as_bytes(), Code::UnknownEvent);
}

#[test]
fn f12_a_hundred_thousand_definitions_fill_the_table_and_no_more() {
    let config = MachineConfig { instruments_max: 64, ..MachineConfig::default() };
    let mut machine = Machine::new(config);
    let define = |machine: &mut Machine, id: u32| {
        let instrument = definition(id, VenueId::BinanceSpot, &format!("S{id}USDT"));
        machine.apply(&Stamped { ts_recv: START_NS, input: Input::Instrument(&instrument) }, &mut Discard).rejected
    };
    assert!((1..=64).all(|id| define(&mut machine, id).is_none()));
    let (_, kept, ()) = growth(|| {
        for id in 65..=100_000 {
            assert_eq!(define(&mut machine, id).map(|reject| reject.code), Some(Code::InstrumentTableFull));
        }
    });
    assert_eq!((kept, machine.instruments_len()), (0, 64));
}

#[test]
fn f12_a_listing_of_a_hundred_thousand_symbols_takes_memory_in_proportion() {
    let row = |index: usize| {
        format!(
            r#"{{"symbol":"S{index}USDT","status":"TRADING","filters":[{{"filterType":"PRICE_FILTER","tickSize":"0.01"}}]}}"#
        )
    };
    let rows: Vec<String> = (0..100_000).map(row).collect();
    let body = format!(r#"{{"symbols":[{}]}}"#, rows.join(","));
    let (peak, _, listings) = growth(|| VenueId::BinanceSpot.parse_listings(body.as_bytes()).unwrap());
    assert_eq!(listings.len(), 100_000);
    assert!(peak < isize::try_from(3 * body.len()).unwrap(), "{peak} bytes for a body of {}", body.len());
}

#[test]
fn f12_a_snapshot_of_a_million_levels_is_applied_once_its_body_is_allowed() {
    let side = |from: usize| {
        let rows: Vec<String> = (0..1_000_000).map(|index| format!(r#"["{}","1"]"#, from + index)).collect();
        format!("[{}]", rows.join(","))
    };
    let body = format!(r#"{{"lastUpdateId":200,"bids":{},"asks":{}}}"#, side(1_000_000), side(3_000_000));
    let resync = spot_depth("BTCUSDT", START_NS, 150, 150, &[], &[]);
    let snapshot = |machine: &mut Machine| {
        frame(machine, resync.as_bytes());
        let input = Input::DepthSnapshot { instrument: BTC, bytes: body.as_bytes() };
        machine.apply(&Stamped { ts_recv: START_NS, input }, &mut Discard)
    };
    let mut machine = live(MachineConfig::default());
    let (peak, _, outcome) = growth(|| snapshot(&mut machine));
    assert_eq!(outcome.rejected.map(|reject| reject.code), Some(Code::FrameTooLarge));
    assert!(peak < MIB, "a refused body of {} bytes takes {peak}", body.len());

    let mut machine = live(MachineConfig { frame_bytes_max: 64 << 20, ..MachineConfig::default() });
    let (peak, kept, outcome) = growth(|| snapshot(&mut machine));
    assert_eq!(outcome.rejected, None);
    println!("a snapshot of 2,000,000 levels, {} bytes: {peak} bytes at most, {kept} kept", body.len());
    // Two million levels of 16 bytes: converted, and in the book; vectors double as they grow.
    assert!(peak < 256 * MIB && kept < 192 * MIB, "{peak} bytes at most, {kept} kept");
    let join = spot_depth("BTCUSDT", START_NS, 201, 201, &[], &[]);
    assert_eq!(frame(&mut machine, join.as_bytes()).rejected, None);
    let book = machine.book(0).unwrap();
    assert_eq!((book.levels(Side::Bid), book.levels(Side::Ask)), (1_000_000, 1_000_000));
    assert_eq!((book.best_bid().unwrap().price, book.best_ask().unwrap().price), (199_999_900, 300_000_000));
}

#[test]
fn f13_nesting_of_a_million_is_refused_wherever_it_stands() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(1_000_000), close.repeat(1_000_000));
    let (arrays, objects) = (deep("[", "]"), deep(r#"{"a":"#, "}"));
    assert_refused(arrays.as_bytes(), Code::FrameTooDeep);
    assert_refused(objects.as_bytes(), Code::FrameTooDeep);
    assert_refused(&vec![b'['; FRAME_BYTES_MAX], Code::FrameTooDeep);
    assert_refused(delta(&arrays, "101").as_bytes(), Code::FrameTooDeep);
    assert_refused(delta(&format!(r#"[["1","1",{objects}]]"#), "101").as_bytes(), Code::FrameTooDeep);
    assert_refused(format!(r#"{{"stream":"a@depth","data":{arrays}}}"#).as_bytes(), Code::FrameTooDeep);
}

#[test]
fn f13_numbers_of_a_million_digits_are_refused_wherever_they_stand() {
    let nines = "9".repeat(1_000_000);
    let level = |price: &str, qty: &str| delta(&format!(r#"[["{price}","{qty}"]]"#), "101");
    assert_refused(level(&nines, "1").as_bytes(), Code::NumberRange);
    assert_refused(level("1", &nines).as_bytes(), Code::NumberRange);
    assert_refused(level(&format!("1.{nines}"), "1").as_bytes(), Code::NumberPrecision);
    assert_refused(level(&format!("-{nines}"), "1").as_bytes(), Code::NumberNegative);
    assert_refused(level(&format!("{nines}x"), "1").as_bytes(), Code::NumberSyntax);
    assert_refused(level(&r"\u0039".repeat(1_000_000), "1").as_bytes(), Code::NumberSyntax);
    assert_refused(delta("[]", &nines).as_bytes(), Code::NumberRange);
    assert_refused(delta("[]", &format!("1e{nines}")).as_bytes(), Code::NumberSyntax);
    assert_refused(delta("[]", &format!("1.{nines}")).as_bytes(), Code::NumberSyntax);
    // Zeros that do not count do no harm, however many.
    for mut machine in machines() {
        let zeros = level(&format!("99.{}", "0".repeat(1_000_000)), "1");
        let (peak, kept, outcome) = growth(|| frame(&mut machine, zeros.as_bytes()));
        assert_eq!((outcome.rejected, peak, kept), (None, 0, 0));
    }
}

#[test]
fn f13_a_million_members_and_names_of_a_million_bytes_cost_nothing() {
    let members = r#""x":1,"#.repeat(1_000_000);
    let many = delta("[]", "101").replacen('{', &format!("{{{members}"), 1);
    let long = delta("[]", "101").replacen('{', &format!(r#"{{"{}":1,"#, "n".repeat(1_000_000)), 1);
    for text in [many, long] {
        for mut machine in machines() {
            let (peak, kept, outcome) = growth(|| frame(&mut machine, text.as_bytes()));
            assert_eq!((outcome.rejected, peak, kept), (None, 0, 0));
        }
    }
    let twice = delta("[]", "101").replacen('{', &format!("{{{}", r#""U":101,"#.repeat(800_000)), 1);
    assert_refused(twice.as_bytes(), Code::FieldType);
    let symbol = delta("[]", "101").replace("BTCUSDT", &"S".repeat(1_000_000));
    assert_refused(symbol.as_bytes(), Code::UnknownSymbol);
}
