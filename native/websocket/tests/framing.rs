//! Lengths, opcodes, reserved bits: RFC 6455 §5.2, in the order of the cases that any conformance suite puts to a client.

mod support;

use support::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, Seen, TEXT, every_cut, frame, seen, text};
use tickring_websocket::{Kind, Limits, Reader, Violation};

#[test]
fn text_and_bytes_of_every_length_form_arrive_as_sent() {
    for length in [0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537] {
        let payload = vec![b'*'; length];
        assert_eq!(seen(&[frame(FIN | TEXT, &payload)]), [Seen::Text(payload.clone())]);
        let payload = vec![0xfe; length];
        assert_eq!(seen(&[frame(FIN | BINARY, &payload)]), [Seen::Binary(payload.clone())]);
    }
}

#[test]
fn messages_keep_their_order_however_they_are_coalesced() {
    let frames: Vec<_> = (0..40).map(|index| frame(FIN | TEXT, index.to_string().repeat(index).as_bytes())).collect();
    let expected: Vec<_> = (0..40_usize).map(|index| text(&index.to_string().repeat(index))).collect();
    assert_eq!(seen(&frames), expected);
}

#[test]
fn a_message_within_a_chunk_is_handed_on_where_it_lies() {
    let bytes = [frame(FIN | TEXT, b"first"), frame(FIN | BINARY, &[7; 300])].concat();
    let mut reader = Reader::new(Limits::default());
    let mut at = 0;
    for (kind, from, to) in [(Kind::Text, 2, 7), (Kind::Binary, 11, 311)] {
        let Ok(Some(tickring_websocket::Item::Message { kind: found, bytes: message })) = reader.next(&bytes, &mut at) else {
            panic!("a message");
        };
        assert_eq!((found, message.as_ptr()), (kind, bytes[from..to].as_ptr()));
        assert_eq!(message, &bytes[from..to]);
    }
    assert_eq!(reader.buffer_bytes(), 0, "nothing was copied");
}

#[test]
fn reserved_bits_fail_the_connection_on_every_kind_of_frame() {
    for bits in 1..8_u8 {
        for first in [FIN | TEXT, FIN | BINARY, TEXT, CLOSE, PING, PONG] {
            let bad = frame(first | bits << 4, b"x");
            assert_eq!(seen(std::slice::from_ref(&bad)), [Seen::Failed(1002)]);
            // What came before it is delivered; what comes behind it is not.
            let bytes = [frame(FIN | TEXT, b"before"), bad, frame(FIN | TEXT, b"behind"), frame(PING, b"")];
            assert_eq!(seen(&bytes), [text("before"), Seen::Failed(1002)]);
        }
        let bytes = [frame(TEXT, b"a"), frame(FIN | CONTINUATION | bits << 4, b"b")];
        assert_eq!(seen(&bytes), [Seen::Failed(1002)]);
    }
}

#[test]
fn reserved_opcodes_fail_the_connection() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for payload in [&b""[..], b"x", &[b'x'; 126]] {
            assert_eq!(seen(&[frame(FIN | opcode, payload)]), [Seen::Failed(1002)]);
            assert_eq!(seen(&[frame(opcode, payload)]), [Seen::Failed(1002)]);
        }
        let bytes = [frame(FIN | TEXT, b"before"), frame(FIN | opcode, b"x"), frame(PING, b"")];
        assert_eq!(seen(&bytes), [text("before"), Seen::Failed(1002)]);
    }
}

#[test]
fn a_masked_frame_fails_the_connection() {
    for first in [FIN | TEXT, FIN | BINARY, PING, PONG, CLOSE] {
        for length in [0_u8, 1, 125] {
            let mut bytes = vec![first, 0x80 | length, 1, 2, 3, 4];
            bytes.extend(vec![0; length.into()]);
            assert_eq!(seen(&[bytes]), [Seen::Failed(1002)]);
        }
    }
    for marker in [0xfe_u8, 0xff] {
        assert_eq!(seen(&[vec![FIN | TEXT, marker, 0, 200, 0, 0, 0, 0, 0, 0]]), [Seen::Failed(1002)]);
    }
}

#[test]
fn a_length_in_a_longer_form_than_needed_fails_the_connection() {
    for length in [0_u16, 1, 125] {
        let mut bytes = vec![FIN | TEXT, 126];
        bytes.extend(length.to_be_bytes());
        bytes.extend(vec![b'x'; length.into()]);
        assert_eq!(seen(&[bytes]), [Seen::Failed(1002)]);
    }
    for length in [0_u64, 125, 126, 65_535] {
        let mut bytes = vec![FIN | BINARY, 127];
        bytes.extend(length.to_be_bytes());
        assert_eq!(seen(&[bytes]), [Seen::Failed(1002)]);
    }
    for length in [1_u64 << 63, u64::MAX] {
        let mut bytes = vec![FIN | BINARY, 127];
        bytes.extend(length.to_be_bytes());
        assert_eq!(seen(&[bytes]), [Seen::Failed(1002)]);
    }
}

#[test]
fn a_message_of_the_longest_size_arrives_and_one_byte_more_is_refused_before_its_payload() {
    let limit = Limits::default().message_bytes_max;
    assert_eq!(limit, 8 << 20);
    let payload = vec![b'x'; limit];
    let bytes = frame(FIN | TEXT, &payload);
    for chunks in [vec![&bytes[..]], bytes.chunks(65_536).collect(), bytes.chunks(16_381).collect()] {
        assert_eq!(support::read_chunks(Limits::default(), chunks), [Seen::Text(payload.clone())]);
    }
    let mut head = vec![FIN | TEXT, 127];
    head.extend((limit as u64 + 1).to_be_bytes());
    assert_eq!(seen(&[head]), [Seen::Failed(1009)]);
    let mut endless = vec![FIN | BINARY, 127];
    endless.extend((i64::MAX as u64).to_be_bytes());
    assert_eq!(seen(&[endless]), [Seen::Failed(1009)]);
}

#[test]
fn the_size_limit_counts_all_fragments_of_a_message_and_starts_anew_with_the_next() {
    let limits = Limits { message_bytes_max: 10, ..Limits::default() };
    let whole = [frame(TEXT, b"01234"), frame(FIN | CONTINUATION, b"56789")].concat();
    assert_eq!(every_cut(limits, &[whole.clone(), whole].concat()), [text("0123456789"), text("0123456789")]);
    let long = [frame(TEXT, b"01234"), frame(CONTINUATION, b""), frame(FIN | CONTINUATION, b"567890")].concat();
    assert_eq!(every_cut(limits, &long), [Seen::Failed(1009)]);
}

#[test]
fn the_buffer_grows_with_what_arrived_and_is_given_back() {
    let mut reader = Reader::new(Limits::default());
    let bytes = frame(FIN | TEXT, &vec![b'x'; 8 << 20]);
    for chunk in bytes[..1 << 20].chunks(1 << 16) {
        assert_eq!(reader.next(chunk, &mut 0), Ok(None));
    }
    assert!(reader.buffer_bytes() <= 1 << 20, "announced are 8 MiB, here is one");
    assert!(matches!(reader.next(&bytes[1 << 20..], &mut 0), Ok(Some(_))));
    assert!(reader.buffer_bytes() <= 8 << 20);
    assert_eq!(reader.next(&[], &mut 0), Ok(None));
    assert!(reader.buffer_bytes() <= 256 << 10);
}

#[test]
fn violations_name_value_and_limit() {
    let limits = Limits { message_bytes_max: 1_000, ..Limits::default() };
    let failure = |bytes: &[u8]| Reader::new(limits).next(bytes, &mut 0).expect_err("a violation");
    let too_long = failure(&frame(FIN | TEXT, &[0; 1_001]));
    assert_eq!(too_long, Violation::MessageTooLong { length: 1_001, limit: 1_000 });
    assert_eq!(too_long.to_string(), "message length 1001 exceeds 1000");
    assert_eq!(failure(&[0xf1]).to_string(), "frame begins with 0xf1: reserved bits without an extension");
    assert_eq!(failure(&[0x89, 126]).to_string(), "control frame 0x9 of length 126 exceeds 125");
    assert_eq!(failure(&frame(CLOSE, &1005_u16.to_be_bytes())).to_string(), "close code 1005 must not be sent");
}
