//! The indexed parser against the scanner, on every code path of this host: what it accepts the scanner accepts with the same
//! message and mantissas, and all paths accept the same frames.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared with tests that replay")]
mod machine_recording;

use machine_recording::{Recording, captures};
use proptest::prelude::*;
use tickring_core::event::Level;
use tickring_core::simd::{CodePath, Parser};
use tickring_core::venue::{DeltaIds, Message, VenueId, convert_levels};

type Read = (Vec<u8>, u64, DeltaIds, Vec<Level>, Vec<Level>);

const EXPONENTS: [(i8, i8); 6] = [(-1, -3), (-2, -3), (-2, -5), (-8, -8), (0, 0), (-12, -1)];

struct Paths(Vec<Parser>);

impl Paths {
    fn new() -> Self {
        Self(CodePath::ALL.iter().filter(|path| path.is_available()).map(|path| Parser::new(*path)).collect())
    }

    /// What the paths make of a frame, which they must agree on, and the scanner must if they accept it.
    fn read(&mut self, venue: VenueId, frame: &[u8], exponents: (i8, i8)) -> Option<Read> {
        let mut answers = Vec::new();
        for parser in &mut self.0 {
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            let head = parser
                .index(frame)
                .and_then(|indexed| venue.parse_indexed(&indexed, |_| Some(exponents), &mut bids, &mut asks));
            answers.push((parser.path(), head.map(|head| (head.symbol.to_vec(), head.ts_event, head.ids, bids, asks))));
        }
        let (_, first) = answers.swap_remove(0);
        for (path, other) in answers {
            assert_eq!(first, other, "{path:?}: {}", String::from_utf8_lossy(frame));
        }
        let read = first?;
        assert_eq!(Some(&read), scan(venue, frame, exponents).as_ref(), "{}", String::from_utf8_lossy(frame));
        Some(read)
    }
}

fn scan(venue: VenueId, frame: &[u8], (price, qty): (i8, i8)) -> Option<Read> {
    let Ok(Message::Depth(depth)) = venue.parse_frame(frame) else { return None };
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    convert_levels(depth.bids, price, qty, &mut bids).ok()?;
    convert_levels(depth.asks, price, qty, &mut asks).ok()?;
    Some((depth.head.symbol.to_vec(), depth.head.ts_event, depth.head.ids, bids, asks))
}

#[test]
fn recorded_deltas_take_the_indexed_path_and_read_the_same() {
    let Some(captures) = captures() else { return };
    for (venue, file, exponents) in [
        (VenueId::BinanceUsdm, "usdm/btcusdt_20240808.gz", (-1, -3)),
        (VenueId::BinanceUsdm, "usdm/ethusdt_20240808.gz", (-2, -3)),
        (VenueId::BinanceSpot, "spot/btcusdt_20240808.gz", (-2, -8)),
        (VenueId::BinanceSpot, "spot/ethusdt_20240809.gz", (-2, -8)),
    ] {
        let recording = Recording::load(&captures, &[file]);
        let mut paths = Paths::new();
        let (mut deltas, mut indexed) = (0, 0);
        for (_, line) in recording.lines() {
            let delta = line.contains("\"depthUpdate\"");
            let read = paths.read(venue, line.as_bytes(), exponents);
            assert!(delta || read.is_none());
            deltas += u32::from(delta);
            indexed += u32::from(read.is_some());
        }
        println!("{file}: {indexed} of {deltas} deltas indexed");
        // Shorter frames than a vector go to the scanner.
        assert!(deltas > 1_000 && deltas - indexed < deltas / 1_000, "{file}: {indexed} of {deltas}");
    }
}

#[test]
fn other_exponents_than_the_column_read_the_same() {
    let Some(captures) = captures() else { return };
    let recording = Recording::load(&captures, &["usdm/btcusdt_20240808.gz"]);
    let mut paths = Paths::new();
    for (_, line) in recording.lines().filter(|(_, line)| line.contains("\"depthUpdate\"")).take(300) {
        for exponents in EXPONENTS {
            paths.read(VenueId::BinanceUsdm, line.as_bytes(), exponents);
        }
    }
}

/// A number as venues, and nobody else, might spell it.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0_u64..100_000_000, 0_usize..9).prop_map(|(value, decimals)| match decimals {
            0 => value.to_string(),
            _ => format!("{}.{:0decimals$}", value % 1_000_000, value % 10_u64.pow(u32::try_from(decimals).unwrap())),
        }),
        4 => (0_u64..1_000_000).prop_map(|value| format!("{}.{:02}", value / 100, value % 100)),
        1 => "[0-9.+eE-]{0,18}",
        1 => "0{0,3}[0-9]{0,17}\\.?[0-9]{0,14}",
    ]
}

fn levels() -> impl Strategy<Value = String> {
    let level = (number(), number()).prop_map(|(price, qty)| format!("[\"{price}\",\"{qty}\"]"));
    proptest::collection::vec(level, 0..20).prop_map(|levels| format!("[{}]", levels.join(",")))
}

fn integer() -> impl Strategy<Value = String> {
    prop_oneof![8 => (0_u64..10_000_000_000_000).prop_map(|value| value.to_string()), 1 => "0?[0-9]{1,20}"]
}

/// Depth deltas of both dialects in the venue's spelling.
fn frame() -> impl Strategy<Value = (VenueId, String)> {
    let ids = (integer(), integer(), integer(), integer(), integer());
    (any::<bool>(), any::<bool>(), ids, levels(), levels()).prop_map(|(wrap, spot, (sent, engine, first, last, prev), bids, asks)| {
        let (venue, data) = if spot {
            let data = format!("{{\"e\":\"depthUpdate\",\"E\":{sent},\"s\":\"BTCUSDT\",\"U\":{first},\"u\":{last},\"b\":{bids},\"a\":{asks}}}");
            (VenueId::BinanceSpot, data)
        } else {
            let data = format!(
                "{{\"e\":\"depthUpdate\",\"E\":{sent},\"T\":{engine},\"s\":\"BTCUSDT\",\"U\":{first},\"u\":{last},\"pu\":{prev},\"b\":{bids},\"a\":{asks}}}"
            );
            (VenueId::BinanceUsdm, data)
        };
        let frame = if wrap { format!("{{\"stream\":\"btcusdt@depth@0ms\",\"data\":{data}}}") } else { data };
        (venue, frame)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_deltas_read_the_same(frame in frame(), exponents in proptest::sample::select(&EXPONENTS[..])) {
        Paths::new().read(frame.0, frame.1.as_bytes(), exponents);
    }

    #[test]
    fn damaged_deltas_read_the_same(
        frame in frame(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..4, proptest::sample::select(&b"\"[],.0129:{}a \\\x1f\xc3-"[..])), 1..4),
        exponents in proptest::sample::select(&EXPONENTS[..]),
    ) {
        let mut bytes = frame.1.into_bytes();
        for (place, what, byte) in damage {
            let at = place.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            if bytes.is_empty() {
                break;
            }
            match what {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        Paths::new().read(frame.0, &bytes, exponents);
    }
}
