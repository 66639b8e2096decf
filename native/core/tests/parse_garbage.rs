//! F09, F10, F13: whatever arrives, the parsers give a message or a reason inside the frame, and never panic.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod parse_support;

use parse_support::*;
use proptest::prelude::*;
use tickring_core::error::Code;

/// Feeds bytes to every parser, and what parses to every conversion.
fn feed(bytes: &[u8]) {
    for venue in [SPOT, USDM] {
        if let Err(reject) = read(venue, bytes) {
            assert!(reject.offset <= bytes.len(), "{reject:?} lies outside {} bytes", bytes.len());
        }
        match venue.parse_snapshot(bytes) {
            Ok(snapshot) => {
                for side in [snapshot.bids, snapshot.asks] {
                    if let Err(reject) = numbers(side, (-8, -8)) {
                        assert!(reject.offset <= bytes.len(), "{reject:?} lies outside {} bytes", bytes.len());
                    }
                }
            }
            Err(reject) => assert!(reject.offset <= bytes.len()),
        }
        let _ = venue.parse_listings(bytes);
    }
}

fn bodies() -> impl Iterator<Item = String> {
    let raw = frames().map(|(_, frame)| frame.to_owned());
    let wrapped = frames().filter(|(_, frame)| !frame.contains("\"stream\"")).map(|(_, frame)| wrap(frame));
    raw.chain(wrapped).chain(SNAPSHOTS.iter().map(|body| (*body).to_owned())).chain([LISTING.to_owned()])
}

#[test]
fn f09_a_frame_cut_at_any_byte_is_refused_as_no_json() {
    for body in bodies() {
        for end in 0..body.len() {
            let cut = &body.as_bytes()[..end];
            feed(cut);
            for venue in [SPOT, USDM] {
                let reject = venue.parse_frame(cut).unwrap_err();
                assert_eq!((reject.code, reject.offset), (Code::FrameNotJson, end), "{body}");
            }
        }
    }
}

#[test]
fn f10_any_flipped_bit_is_refused_or_read() {
    for body in bodies() {
        let mut bytes = body.into_bytes();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            feed(&bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn any_byte_left_out_or_doubled_is_refused_or_read() {
    for body in bodies() {
        for index in 0..body.len() {
            let mut bytes = body.clone().into_bytes();
            let byte = bytes.remove(index);
            feed(&bytes);
            bytes.splice(index..index, [byte, byte]);
            feed(&bytes);
        }
    }
}

#[test]
fn f11_f13_large_and_deep_frames_are_refused_by_their_limits() {
    let deep = |inside: &str| SPOT_FRAMES[0].replacen('{', &format!("{{\"x\":{inside},"), 1);
    assert_eq!(code(SPOT, &deep(&format!("{}{}", "[".repeat(32), "]".repeat(32)))), Code::FrameTooDeep);
    assert!(SPOT.parse_frame(deep(&format!("{}{}", "[".repeat(31), "]".repeat(31))).as_bytes()).is_ok());
    assert_eq!(code(SPOT, &deep(&"{\"__proto__\":".repeat(500_000))), Code::FrameTooDeep);
    assert_eq!(code(USDM, &"[".repeat(8 << 20)), Code::FrameTooDeep);
    assert_eq!(code(USDM, &" ".repeat((8 << 20) + 1)), Code::FrameTooLarge);
    let long = deep(&format!("\"{}\"", "x".repeat(1 << 20)));
    assert_eq!(read(SPOT, long.as_bytes()), read(SPOT, SPOT_FRAMES[0].as_bytes()));
    let digits = SPOT_FRAMES[0].replace("65000.12000000", &"9".repeat(1 << 20));
    assert!(matches!(read(SPOT, digits.as_bytes()), Ok(Plain::Trade { numbers: Err(Code::NumberRange), .. })));
}

#[test]
fn f10_bytes_that_are_not_utf8_are_refused_before_their_meaning() {
    for venue in [SPOT, USDM] {
        let mut frame = SPOT_FRAMES[0].as_bytes().to_vec();
        frame[40] = 0xff;
        let reject = venue.parse_frame(&frame).unwrap_err();
        assert_eq!((reject.code, reject.offset), (Code::FrameNotUtf8, 40));
    }
}

/// Pieces of real frames in any order.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"e\"",
        "\"depthUpdate\"",
        "\"trade\"",
        "\"bookTicker\"",
        "\"s\"",
        "\"BTCUSDT\"",
        "\"U\"",
        "\"u\"",
        "\"pu\"",
        "\"b\"",
        "\"a\"",
        "\"p\"",
        "\"q\"",
        "\"m\"",
        "true",
        "null",
        "1",
        "-1",
        "1767225600125",
        "\"1.5\"",
        "[\"1\",\"2\"]",
        "\"stream\"",
        "\"data\"",
        "\"\\u0065\"",
        "\"lastUpdateId\"",
        "\"bids\"",
        "\"asks\"",
        "\"error\"",
        "\"code\"",
        "\"msg\"",
        "\"id\"",
        "\"result\"",
        "\"symbols\"",
        "\"filters\"",
        " ",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

/// Objects of known members with values of any kind.
fn objects() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "e",
        "E",
        "T",
        "s",
        "U",
        "u",
        "pu",
        "b",
        "a",
        "B",
        "A",
        "p",
        "q",
        "t",
        "m",
        "X",
        "id",
        "result",
        "code",
        "msg",
        "error",
        "stream",
        "data",
        "lastUpdateId",
        "bids",
        "asks",
        "symbols",
        "symbol",
        "filters",
    ]);
    let scalar = prop::sample::select(vec![
        "1",
        "-1",
        "1e9",
        "true",
        "null",
        "\"\"",
        "\"trade\"",
        "\"aggTrade\"",
        "\"depthUpdate\"",
        "\"bookTicker\"",
        "\"kline\"",
        "\"1.5\"",
        "[]",
        "{}",
        "[[\"1\",\"2\"]]",
        "[[\"1e5\",\"2\"]]",
        "{\"e\":\"kline\"}",
        "{\"e\":\"trade\",\"m\":true}",
        "\"\\ud800\"",
        "18446744073709551615",
    ]);
    prop::collection::vec((name, scalar), 0..12).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        feed(&bytes);
    }

    #[test]
    fn random_pieces_of_frames_are_refused_or_read(text in pieces()) {
        feed(text.as_bytes());
    }

    #[test]
    fn random_members_are_refused_or_read(text in objects()) {
        feed(text.as_bytes());
        feed(wrap(&text).as_bytes());
        feed(format!("[{text}]").as_bytes());
    }
}
