//! The indexed parser against the scanner, on every code path of this host: what it accepts the scanner accepts with the same
//! message and mantissas, and all paths accept the same frames. Each frame of the recordings takes it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared with tests that replay")]
mod machine_recording;

use machine_recording::{Recording, captures};
use proptest::prelude::*;
use tickring_core::event::Level;
use tickring_core::input::SYMBOL_BYTES_MAX;
use tickring_core::simd::{CodePath, Parser};
use tickring_core::venue::{DeltaIds, DepthHead, KnownHead, Message, Read, Sides, VenueId, convert_levels};

/// What was read: a delta with its levels, or another message as text.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Delta { symbol: Vec<u8>, ts_event: u64, ids: DeltaIds, bids: Vec<Level>, asks: Vec<Level> },
    Other(String),
}

const EXPONENTS: [(i8, i8); 8] = [(-1, -3), (-2, -3), (-2, -5), (-8, -8), (0, 0), (-12, -1), (-16, -3), (-2, -18)];

/// Each path with the head it read last.
struct Paths(Vec<(Parser, KnownHead)>);

impl Paths {
    fn new() -> Self {
        let paths = CodePath::ALL.iter().filter(|path| path.is_available());
        Self(paths.map(|path| (Parser::new(*path), KnownHead::default())).collect())
    }

    /// Reads a frame as the first one, and as one whose head is known: the first time a symbol is seen its head is not kept.
    fn read_thrice(&mut self, venue: VenueId, frame: &[u8], exponents: (i8, i8)) -> Option<Said> {
        self.0.iter_mut().for_each(|(_, known)| *known = KnownHead::default());
        let first = self.read(venue, frame, exponents);
        for _ in 0..2 {
            assert_eq!(first, self.read(venue, frame, exponents), "{}", String::from_utf8_lossy(frame));
        }
        first
    }

    /// What the paths make of a frame, which they must agree on, and the scanner must if they accept it.
    fn read(&mut self, venue: VenueId, frame: &[u8], exponents: (i8, i8)) -> Option<Said> {
        let mut answers = Vec::new();
        for (parser, known) in &mut self.0 {
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            let read = parser.index(frame).and_then(|indexed| {
                let mut sides = Sides { bids: &mut bids, asks: &mut asks };
                venue.parse_indexed(&indexed, known, |_| Some(exponents), &mut sides)
            });
            let said = read.map(|read| match read {
                Read::Delta(DepthHead { symbol, ts_event, ids, .. }) => {
                    Said::Delta { symbol: symbol.to_vec(), ts_event, ids, bids, asks }
                }
                Read::Snapshot(_) => panic!("no such message at this venue"),
                Read::Other(message) => Said::Other(format!("{message:?}")),
            });
            answers.push((parser.path(), said));
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

fn scan(venue: VenueId, frame: &[u8], (price, qty): (i8, i8)) -> Option<Said> {
    let message = venue.parse_frame(frame).ok()?;
    let Message::Depth(depth) = message else { return Some(Said::Other(format!("{message:?}"))) };
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    convert_levels(depth.bids, price, qty, &mut bids).ok()?;
    convert_levels(depth.asks, price, qty, &mut asks).ok()?;
    let DepthHead { symbol, ts_event, ids, .. } = depth.head;
    Some(Said::Delta { symbol: symbol.to_vec(), ts_event, ids, bids, asks })
}

#[test]
fn recorded_frames_take_the_indexed_path_and_read_the_same() {
    let Some(captures) = captures() else { return };
    for (venue, file, exponents) in [
        (VenueId::BinanceUsdm, "usdm/btcusdt_20240808.gz", (-1, -3)),
        (VenueId::BinanceUsdm, "usdm/ethusdt_20240808.gz", (-2, -3)),
        (VenueId::BinanceSpot, "spot/btcusdt_20240808.gz", (-2, -8)),
        (VenueId::BinanceSpot, "spot/btcusdt_20240809.gz", (-2, -8)),
        (VenueId::BinanceSpot, "spot/ethusdt_20240808.gz", (-2, -8)),
        (VenueId::BinanceSpot, "spot/ethusdt_20240809.gz", (-2, -8)),
    ] {
        let recording = Recording::load(&captures, &[file]);
        let mut paths = Paths::new();
        let (mut frames, mut indexed) = (0, 0);
        for (_, line) in recording.lines().filter(|(_, line)| !line.contains("\"lastUpdateId\"")) {
            frames += 1;
            indexed += u32::from(paths.read(venue, line.as_bytes(), exponents).is_some());
        }
        println!("{file}: {indexed} of {frames} frames indexed");
        assert!(frames > 30_000 && indexed == frames, "{file}: {indexed} of {frames}");
    }
}

#[test]
fn integers_at_exponents_beyond_a_lane_keep_their_value() {
    let mut paths = Paths::new();
    let levels = r#"["7","40"],"#.repeat(6);
    let frame = format!(
        r#"{{"e":"depthUpdate","E":1767225600200,"s":"BTCUSDT","U":157,"u":160,"b":[{}],"a":[["8","3"]]}}"#,
        levels.trim_end_matches(',')
    );
    for exponent in -18..=-14_i8 {
        let read = paths.read(VenueId::BinanceSpot, frame.as_bytes(), (exponent, -2));
        assert!(read.is_some(), "7 fits 64 bits at 10^{exponent}");
        paths.read(VenueId::BinanceSpot, frame.as_bytes(), (-2, exponent));
    }
}

#[test]
fn frames_of_another_recorder_read_the_same() {
    let Some(captures) = captures() else { return };
    for (venue, name) in [
        (VenueId::BinanceSpot, "BINANCE"),
        (VenueId::BinanceSpot, "BINANCE_US"),
        (VenueId::BinanceUsdm, "BINANCE_FUTURES"),
        (VenueId::BinanceUsdm, "BINANCE_DELIVERY"),
    ] {
        let packed = std::fs::File::open(captures.join(format!("cryptofeed_v3/{name}.jsonl.zst"))).unwrap();
        let text = String::from_utf8(zstd::decode_all(packed).unwrap()).unwrap();
        let mut paths = Paths::new();
        let mut indexed = 0;
        for line in text.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            let Some(frame) = entry["data"].as_str().filter(|_| entry["t"] == "recv") else { continue };
            for exponents in EXPONENTS {
                indexed += u32::from(paths.read(venue, frame.as_bytes(), exponents).is_some());
            }
        }
        println!("{name}: {indexed} indexed");
        assert!(indexed > 0, "{name}");
    }
}

#[test]
fn every_byte_at_every_place_is_indexed_alike() {
    let mut parsers = Paths::new().0;
    for length in [64_usize, 65, 79, 80, 127, 128, 129, 192] {
        for place in 1..length {
            let mut frame = vec![b'x'; length];
            frame[0] = b'"';
            for byte in 0..=u8::MAX {
                frame[place] = byte;
                let quotes = if byte == b'"' { vec![0, u16::try_from(place).unwrap()] } else { vec![0] };
                let expected = Some(quotes).filter(|_| (0x20..0x80).contains(&byte) && byte != b'\\');
                for (parser, _) in &mut parsers {
                    let found = parser.index(&frame).map(|indexed| indexed.quotes().to_vec());
                    assert_eq!(found, expected, "{:?}: byte {byte} at {place} of {length}", parser.path());
                }
            }
        }
    }
}

#[test]
fn columns_that_end_with_their_point_are_no_numbers_on_any_path() {
    let mut paths = Paths::new();
    for levels in [r#"["7","1."]"#, r#"["7.","1"]"#, r#"["7","1."],["8","2."]"#, r#"["7","1."],["8","2"],["9","3."]"#] {
        let frame = format!(
            r#"{{"e":"depthUpdate","E":1767225600200,"s":"BTCUSDT","U":1400000157,"u":1400000160,"b":[{levels}],"a":[["8","3"]]}}"#
        );
        assert_eq!(paths.read_thrice(VenueId::BinanceSpot, frame.as_bytes(), (-2, -3)), None, "{frame}");
    }
}

#[test]
fn any_byte_in_place_of_another_reads_the_same() {
    // Shortest and longer numbers, in places of blocks of two and of four; found by fuzzing: a colon as first digit was a ten.
    let frames = [
        r#"{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1767225600200,"s":"BTCUSDT","U":123456789,"u":9012345678,"b":[["61690.01","0.340"],["7.00","12.003"],["61689.10","0.000"],["9.09","1.500"],["10.10","90.100"]],"a":[["61700.00","1.000"]]}}"#,
        r#"{"e":"depthUpdate","E":1767225600200,"T":1767225600199,"s":"BTCUSDT","U":1400000157,"u":1400000160,"pu":1400000149,"b":[["7","12"],["8","1"],["61","345"]],"a":[["62.0","1.0"],["163.0","21.0"]]}"#,
    ];
    for (venue, text) in [VenueId::BinanceSpot, VenueId::BinanceUsdm].into_iter().zip(frames) {
        let mut paths = Paths::new();
        let mut frame = text.as_bytes().to_vec();
        assert!(paths.read_thrice(venue, &frame, (-3, -3)).is_some(), "{text}");
        let known: Vec<_> = paths.0.iter().map(|(_, known)| known.clone()).collect();
        for place in 0..frame.len() {
            let was = frame[place];
            for byte in 0..=u8::MAX {
                frame[place] = byte;
                paths.0.iter_mut().zip(&known).for_each(|((_, held), known)| held.clone_from(known));
                paths.read(venue, &frame, (-3, -3));
            }
            frame[place] = was;
        }
    }
}

#[test]
fn heads_whose_symbol_is_empty_or_too_long_to_be_kept_read_the_same() {
    let mut paths = Paths::new();
    for length in [0, 1, SYMBOL_BYTES_MAX, SYMBOL_BYTES_MAX + 1] {
        let symbol = "B".repeat(length);
        let spot = format!(
            r#"{{"e":"depthUpdate","E":1767225600200,"s":"{symbol}","U":1400000157,"u":1400000160,"b":[["7","12"]],"a":[]}}"#
        );
        let usdm = format!(
            r#"{{"e":"depthUpdate","E":1767225600200,"T":1767225600199,"s":"{symbol}","U":1400000157,"u":1400000160,"pu":1400000149,"b":[],"a":[["8","1"]]}}"#
        );
        for (venue, frame) in [(VenueId::BinanceSpot, spot), (VenueId::BinanceUsdm, usdm)] {
            assert!(paths.read_thrice(venue, frame.as_bytes(), (-2, -3)).is_some(), "{frame}");
        }
    }
}

#[test]
#[cfg(target_arch = "aarch64")]
fn hosts_of_arm64_use_neon() {
    assert_eq!(CodePath::detect(), CodePath::Neon);
    assert_eq!(Parser::new(CodePath::Neon).path(), CodePath::Neon);
    assert_eq!(Paths::new().0.len(), 2);
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

/// A member of any message, or of none.
fn member() -> impl Strategy<Value = String> {
    let text =
        prop_oneof![3 => number(), 1 => "[A-Z]{1,12}", 1 => Just("BTCUSDT".to_owned())].prop_map(|text| format!("\"{text}\""));
    let event =
        proptest::sample::select(&["depthUpdate", "trade", "aggTrade", "bookTicker", "kline", "serverShutdown", "x"][..]);
    prop_oneof![
        6 => (proptest::sample::select(&["E", "T", "U", "u", "pu", "t", "a", "f", "l", "st", "id"][..]), integer())
            .prop_map(|(key, value)| format!("\"{key}\":{value}")),
        6 => (proptest::sample::select(&["s", "p", "q", "b", "B", "a", "A", "X", "ps", "nq"][..]), text)
            .prop_map(|(key, value)| format!("\"{key}\":{value}")),
        2 => event.prop_map(|event| format!("\"e\":\"{event}\"")),
        1 => (proptest::sample::select(&["m", "M", "x"][..]), proptest::sample::select(&["true", "false", "null", "-1", "1.5", "{}", "[]"][..]))
            .prop_map(|(key, value)| format!("\"{key}\":{value}")),
        1 => (proptest::sample::select(&["b", "a", "k"][..]), levels()).prop_map(|(key, value)| format!("\"{key}\":{value}")),
    ]
}

/// The members of a message, with strangers among them, in any order.
fn members() -> impl Strategy<Value = String> {
    let ids = (integer(), integer(), integer(), integer(), integer());
    let numbers = (number(), number(), number(), number());
    (0_u8..4, ids, numbers, levels(), levels(), proptest::collection::vec(member(), 0..3))
        .prop_map(|(kind, (sent, engine, first, last, prev), (price, qty, ask, ask_qty), bids, asks, strangers)| {
            let mut members = match kind {
                0 => vec![
                    "\"e\":\"depthUpdate\"".to_owned(),
                    format!("\"E\":{sent}"),
                    format!("\"T\":{engine}"),
                    "\"s\":\"BTCUSDT\"".to_owned(),
                    format!("\"U\":{first}"),
                    format!("\"u\":{last}"),
                    format!("\"pu\":{prev}"),
                    format!("\"b\":{bids}"),
                    format!("\"a\":{asks}"),
                ],
                1 => vec![
                    "\"e\":\"trade\"".to_owned(),
                    format!("\"E\":{sent}"),
                    format!("\"T\":{engine}"),
                    "\"s\":\"BTCUSDT\"".to_owned(),
                    format!("\"t\":{first}"),
                    format!("\"p\":\"{price}\""),
                    format!("\"q\":\"{qty}\""),
                    "\"X\":\"MARKET\"".to_owned(),
                    "\"m\":true".to_owned(),
                ],
                2 => vec![
                    "\"e\":\"bookTicker\"".to_owned(),
                    format!("\"u\":{last}"),
                    "\"s\":\"BTCUSDT\"".to_owned(),
                    format!("\"b\":\"{price}\""),
                    format!("\"B\":\"{qty}\""),
                    format!("\"a\":\"{ask}\""),
                    format!("\"A\":\"{ask_qty}\""),
                    format!("\"T\":{engine}"),
                ],
                _ => Vec::new(),
            };
            members.extend(strangers);
            members
        })
        .prop_flat_map(|members| prop_oneof![Just(members.clone()), Just(members).prop_shuffle()])
        .prop_map(|members| format!("{{{}}}", members.join(",")))
}

/// Messages of both dialects without white space.
fn frame() -> impl Strategy<Value = (VenueId, String)> {
    let venue = proptest::sample::select(&[VenueId::BinanceSpot, VenueId::BinanceUsdm][..]);
    let ids = (integer(), integer(), integer(), integer());
    let spot = (ids, levels(), levels()).prop_map(|((sent, first, last, _), bids, asks)| {
        format!("{{\"e\":\"depthUpdate\",\"E\":{sent},\"s\":\"BTCUSDT\",\"U\":{first},\"u\":{last},\"b\":{bids},\"a\":{asks}}}")
    });
    let wrap = proptest::sample::select(&["", "btcusdt@depth@0ms", "btcusdt@depth5", "btcusdt@trade"][..]);
    (venue, prop_oneof![3 => members(), 1 => spot], wrap).prop_map(|(venue, data, stream)| match stream {
        "" => (venue, data),
        stream => (venue, format!("{{\"stream\":\"{stream}\",\"data\":{data}}}")),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_frames_read_the_same(frame in frame(), exponents in proptest::sample::select(&EXPONENTS[..])) {
        Paths::new().read_thrice(frame.0, frame.1.as_bytes(), exponents);
    }

    #[test]
    fn damaged_frames_read_the_same(
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
