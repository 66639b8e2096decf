//! Pings, pongs and closes: RFC 6455 §5.5, §7.

mod support;

use support::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, Seen, TEXT, frame, seen, text};
use tickring_websocket::{Opcode, REPLIES_MAX, Replies, encode};

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(CLOSE, &[&code.to_be_bytes()[..], reason].concat())
}

/// A client's frame without its mask.
fn unmasked(bytes: &[u8]) -> (u8, Vec<u8>) {
    assert_eq!(bytes[1] & 0x80, 0x80, "a client masks");
    let head = match bytes[1] & 0x7f {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    let (mask, payload) = bytes[head..].split_at(4);
    (bytes[0], payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect())
}

fn taken(replies: &mut Replies) -> Vec<(u8, Vec<u8>)> {
    let mut all = Vec::new();
    for mask in 1_u32.. {
        let mut bytes = Vec::new();
        if !replies.take(mask.wrapping_mul(0x9e37_79b9).to_le_bytes(), &mut bytes) {
            break;
        }
        all.push(unmasked(&bytes));
    }
    all
}

#[test]
fn pings_of_every_size_arrive_with_their_payload() {
    for length in [0, 1, 5, 124, 125] {
        let payload: Vec<u8> = (0..length).map(|index| index as u8 ^ 0xa5).collect();
        assert_eq!(seen(&[frame(PING, &payload)]), [Seen::Ping(payload.clone())]);
        assert_eq!(seen(&[frame(PONG, &payload)]), [Seen::Pong(payload.clone())]);
    }
}

#[test]
fn ten_pings_in_a_row_and_unasked_pongs_are_all_seen() {
    let pings: Vec<_> = (0..10_u8).map(|index| frame(PING, &[index])).collect();
    assert_eq!(seen(&pings), (0..10).map(|index| Seen::Ping(vec![index])).collect::<Vec<_>>());
    let bytes = [frame(PONG, b"unasked"), frame(PING, b"asked"), frame(FIN | TEXT, b"data")];
    assert_eq!(seen(&bytes), [Seen::Pong(b"unasked".to_vec()), Seen::Ping(b"asked".to_vec()), text("data")]);
}

#[test]
fn control_frames_that_are_long_or_fragmented_fail_the_connection() {
    for first in [PING, PONG, CLOSE] {
        for length in [126, 127, 65_536] {
            assert_eq!(seen(&[frame(first, &vec![b'x'; length])]), [Seen::Failed(1002)]);
        }
        for payload in [&b""[..], b"x"] {
            assert_eq!(seen(&[frame(first & !FIN, payload), frame(FIN | CONTINUATION, payload)]), [Seen::Failed(1002)]);
        }
    }
}

#[test]
fn a_ping_is_answered_with_its_own_payload_in_order() {
    let mut replies = Replies::default();
    assert!(replies.is_empty());
    for payload in [&b""[..], b"a", &[0xff; 125]] {
        replies.pong(payload);
    }
    assert!(!replies.is_empty());
    assert_eq!(taken(&mut replies), [(PONG, vec![]), (PONG, b"a".to_vec()), (PONG, vec![0xff; 125])]);
    assert!(replies.is_empty());
}

#[test]
fn of_too_many_pings_the_latest_are_answered() {
    let mut replies = Replies::default();
    for index in 0..100_u8 {
        replies.pong(&[index]);
    }
    let expected: Vec<_> = (100 - REPLIES_MAX as u8..100).map(|index| (PONG, vec![index])).collect();
    assert_eq!(taken(&mut replies), expected);
}

#[test]
fn nothing_is_sent_behind_a_close() {
    let mut replies = Replies::default();
    replies.pong(b"before");
    replies.close(Some(1002));
    replies.close(Some(1000));
    replies.pong(b"behind");
    assert_eq!(taken(&mut replies), [(PONG, b"before".to_vec()), (CLOSE, 1002_u16.to_be_bytes().to_vec())]);
    let mut plain = Replies::default();
    plain.close(None);
    assert_eq!(taken(&mut plain), [(CLOSE, vec![])]);
}

#[test]
fn frames_of_ours_are_whole_and_masked_in_each_length_form() {
    for length in [0, 1, 125, 126, 65_535, 65_536] {
        let payload = vec![b'q'; length];
        let mut bytes = Vec::new();
        encode(Opcode::Text, &payload, [1, 2, 3, 4], &mut bytes);
        assert_eq!(unmasked(&bytes), (FIN | TEXT, payload));
    }
}

#[test]
fn a_close_with_and_without_code_and_reason_is_seen() {
    assert_eq!(seen(&[frame(CLOSE, b"")]), [Seen::Close(None, String::new())]);
    assert_eq!(seen(&[close(1000, b"")]), [Seen::Close(Some(1000), String::new())]);
    assert_eq!(seen(&[close(1001, "see you — later".as_bytes())]), [Seen::Close(Some(1001), "see you — later".to_owned())]);
    let longest = [b'r'; 123];
    assert_eq!(seen(&[close(1000, &longest)]), [Seen::Close(Some(1000), "r".repeat(123))]);
    assert_eq!(seen(&[close(1000, &[b'r'; 124])]), [Seen::Failed(1002)]);
}

#[test]
fn close_codes_that_may_be_sent_are_taken_and_no_others() {
    let valid = (1000..=1003).chain(1007..=1014).chain([3000, 3999, 4000, 4999]);
    for code in valid.clone() {
        assert_eq!(seen(&[close(code, b"")]), [Seen::Close(Some(code), String::new())], "{code}");
    }
    let invalid = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
    for code in invalid {
        assert_eq!(seen(&[close(code, b"")]), [Seen::Failed(1002)], "{code}");
    }
    let taken = (0..=u16::MAX).filter(|&code| {
        let bytes = close(code, b"");
        matches!(support::read_chunks(Default::default(), [&bytes[..]])[..], [Seen::Close(..)])
    });
    assert_eq!(taken.count(), 4 + 8 + 2_000);
}

#[test]
fn a_close_of_one_byte_or_with_a_broken_reason_fails_the_connection() {
    assert_eq!(seen(&[frame(CLOSE, b"\x03")]), [Seen::Failed(1002)]);
    for reason in [&b"\xff"[..], b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"] {
        assert_eq!(seen(&[close(1000, reason)]), [Seen::Failed(1007)]);
    }
}

#[test]
fn nothing_behind_a_close_counts() {
    for behind in [frame(FIN | TEXT, b"late"), frame(PING, b""), close(1000, b""), vec![0xff; 20]] {
        let bytes = [frame(FIN | BINARY, b"before"), close(1000, b""), behind];
        assert_eq!(seen(&bytes), [Seen::Binary(b"before".to_vec()), Seen::Close(Some(1000), String::new())]);
    }
    // A close in the middle of a message ends it all the same.
    assert_eq!(seen(&[frame(TEXT, b"half"), close(1000, b"")]), [Seen::Close(Some(1000), String::new())]);
}
