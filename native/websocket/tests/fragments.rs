//! Messages in fragments, and text: RFC 6455 §5.4, §8.1.

mod support;

use support::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, Seen, TEXT, every_cut, frame, read_chunks, seen, text};
use tickring_websocket::{Limits, Utf8};

#[test]
fn fragments_become_one_message() {
    assert_eq!(seen(&[frame(TEXT, b"one "), frame(FIN | CONTINUATION, b"two")]), [text("one two")]);
    let bytes = [frame(BINARY, b""), frame(CONTINUATION, b"middle"), frame(FIN | CONTINUATION, b"")];
    assert_eq!(seen(&bytes), [Seen::Binary(b"middle".to_vec())]);
    let empty = [frame(TEXT, b""), frame(CONTINUATION, b""), frame(FIN | CONTINUATION, b"")];
    assert_eq!(seen(&empty), [text("")]);
    let mixed = [frame(TEXT, b"a"), frame(FIN | CONTINUATION, b"b"), frame(FIN | TEXT, b"c"), frame(BINARY, b"d")];
    assert_eq!(seen(&mixed), [text("ab"), text("c")]);
}

#[test]
fn control_frames_come_between_fragments() {
    let bytes = [
        frame(TEXT, b"one "),
        frame(PING, b"between"),
        frame(CONTINUATION, b"two "),
        frame(PONG, b""),
        frame(PING, b"again"),
        frame(FIN | CONTINUATION, b"three"),
    ];
    let pings = [Seen::Ping(b"between".to_vec()), Seen::Pong(vec![]), Seen::Ping(b"again".to_vec())];
    assert_eq!(seen(&bytes), [&pings[..], &[text("one two three")]].concat());
}

#[test]
fn a_continuation_of_nothing_fails_the_connection() {
    for first in [CONTINUATION, FIN | CONTINUATION] {
        assert_eq!(seen(&[frame(first, b"alone")]), [Seen::Failed(1002)]);
        assert_eq!(seen(&[frame(FIN | TEXT, b"whole"), frame(first, b"alone")]), [text("whole"), Seen::Failed(1002)]);
        let finished = [frame(TEXT, b"a"), frame(FIN | CONTINUATION, b"b"), frame(first, b"c"), frame(FIN | TEXT, b"d")];
        assert_eq!(seen(&finished), [text("ab"), Seen::Failed(1002)]);
    }
}

#[test]
fn a_new_message_within_another_fails_the_connection() {
    for first in [TEXT, FIN | TEXT, BINARY, FIN | BINARY] {
        let bytes = [frame(TEXT, b"one"), frame(first, b"two"), frame(FIN | CONTINUATION, b"three")];
        assert_eq!(seen(&bytes), [Seen::Failed(1002)]);
        let later = [frame(TEXT, b"one"), frame(CONTINUATION, b"two"), frame(PING, b""), frame(first, b"three")];
        assert_eq!(seen(&later), [Seen::Ping(vec![]), Seen::Failed(1002)]);
    }
}

#[test]
fn a_message_in_fragments_of_one_byte_arrives_and_one_in_too_many_is_refused() {
    let limits = Limits::default();
    let fragments = |count: u32| {
        let mut bytes = frame(BINARY, b"x");
        for _ in 2..count {
            bytes.extend(frame(CONTINUATION, b"x"));
        }
        bytes.extend(frame(FIN | CONTINUATION, b"x"));
        bytes
    };
    let most = fragments(limits.fragments_max);
    assert_eq!(read_chunks(limits, most.chunks(7)), [Seen::Binary(vec![b'x'; limits.fragments_max as usize])]);
    let more = fragments(limits.fragments_max + 1);
    assert_eq!(read_chunks(limits, more.chunks(65_536)), [Seen::Failed(1008)]);
    // Empty ones count as well: they would never reach the limit of size.
    let empty = [frame(TEXT, b""), frame(CONTINUATION, b"").repeat(limits.fragments_max as usize)].concat();
    assert_eq!(read_chunks(limits, [&empty[..]]), [Seen::Failed(1008)]);
    let few = Limits { fragments_max: 3, ..limits };
    let three = [frame(TEXT, b"a"), frame(CONTINUATION, b"b"), frame(FIN | CONTINUATION, b"c")].concat();
    assert_eq!(every_cut(few, &three.repeat(2)), [text("abc"), text("abc")]);
}

/// Sequences that are no UTF-8: stray and missing continuation bytes, overlong forms, surrogates, beyond U+10FFFF.
const BROKEN: [&[u8]; 14] = [
    b"\x80",
    b"\xbf",
    b"\xff",
    b"\xfe",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
];

#[test]
fn text_that_is_no_utf8_fails_the_connection_with_1007() {
    for broken in BROKEN {
        for payload in [broken.to_vec(), [b"before ", broken].concat(), [b"before ", broken, b" behind"].concat()] {
            assert_eq!(seen(&[frame(FIN | TEXT, &payload)]), [Seen::Failed(1007)], "{payload:02x?}");
            for cut in 0..=payload.len() {
                let (left, right) = payload.split_at(cut);
                let bytes = [frame(FIN | TEXT, b"good"), frame(TEXT, left), frame(FIN | CONTINUATION, right), frame(PING, b"")];
                assert_eq!(read_chunks(Limits::default(), [&bytes.concat()[..]]), [text("good"), Seen::Failed(1007)]);
            }
        }
        assert_eq!(seen(&[frame(FIN | BINARY, broken)]), [Seen::Binary(broken.to_vec())], "bytes may be anything");
    }
}

#[test]
fn text_may_be_cut_within_a_character() {
    let whole = "κόσμε € 𝄞 \u{10ffff} \u{7ff} \u{800} \u{ffff} 한";
    for cut in 0..=whole.len() {
        let (left, right) = whole.as_bytes().split_at(cut);
        assert_eq!(seen(&[frame(TEXT, left), frame(FIN | CONTINUATION, right)]), [text(whole)]);
    }
    let bytes: Vec<_> = whole.bytes().map(|byte| frame(CONTINUATION, &[byte])).collect();
    let all = [vec![frame(TEXT, b"")], bytes, vec![frame(FIN | CONTINUATION, b"")]].concat();
    assert_eq!(seen(&all), [text(whole)]);
}

#[test]
fn the_receiver_may_check_text_instead() {
    let limits = Limits { utf8: Utf8::Receiver, ..Limits::default() };
    let bytes = [frame(FIN | TEXT, b"\xff"), frame(TEXT, b"\xe2"), frame(FIN | CONTINUATION, b"\x82")].concat();
    assert_eq!(every_cut(limits, &bytes), [Seen::Text(b"\xff".to_vec()), Seen::Text(b"\xe2\x82".to_vec())]);
    let reason = frame(CLOSE, b"\x03\xe8\xff");
    assert_eq!(every_cut(limits, &reason), [Seen::Failed(1007)], "a close reason is the reader's own business");
}
