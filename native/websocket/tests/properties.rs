//! Whatever is sent, and however it is cut.

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{CONTINUATION, FIN, PING, PONG, Seen, frame, read_chunks};
use tickring_websocket::{Limits, Utf8};

/// A message with the frames that it comes in, and what should be seen of it.
fn message() -> impl Strategy<Value = (Vec<u8>, Vec<Seen>)> {
    (any::<bool>(), vec(vec(any::<u8>(), 0..300), 1..6), vec(prop::option::of(vec(any::<u8>(), 0..126)), 6)).prop_map(
        |(is_text, parts, pings)| {
            let mut bytes = Vec::new();
            let mut seen = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                let opcode = if index > 0 { CONTINUATION } else { 2 - u8::from(is_text) };
                let fin = if index + 1 == parts.len() { FIN } else { 0 };
                bytes.extend(frame(fin | opcode, part));
                if fin != 0 {
                    let whole = parts.concat();
                    seen.push(if is_text { Seen::Text(whole) } else { Seen::Binary(whole) });
                }
                if let Some(payload) = &pings[index] {
                    bytes.extend(frame(if index % 2 == 0 { PING } else { PONG }, payload));
                    seen.push(if index % 2 == 0 { Seen::Ping(payload.clone()) } else { Seen::Pong(payload.clone()) });
                }
            }
            (bytes, seen)
        },
    )
}

/// Cuts `bytes` at each of these places, taken modulo its length.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

const RAW: Limits = Limits { message_bytes_max: 1 << 20, fragments_max: 1_000, utf8: Utf8::Receiver };

proptest! {
    #[test]
    fn messages_arrive_as_sent_in_any_fragments_and_any_chunks(messages in vec(message(), 1..5), places in vec(any::<usize>(), 0..40)) {
        let bytes: Vec<u8> = messages.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let expected: Vec<Seen> = messages.into_iter().flat_map(|(_, seen)| seen).collect();
        prop_assert_eq!(read_chunks(RAW, cut(&bytes, &places)), expected);
    }

    #[test]
    fn any_bytes_give_the_same_in_any_chunks(bytes in vec(prop_oneof![any::<u8>(), Just(0x81), Just(0x01), Just(0x80), Just(0x89), Just(0), Just(2)], 0..200), places in vec(any::<usize>(), 0..20)) {
        let small = Limits { message_bytes_max: 100, fragments_max: 3, utf8: Utf8::Check };
        let whole = read_chunks(small, [&bytes[..]]);
        prop_assert_eq!(read_chunks(small, cut(&bytes, &places)), whole.clone());
        prop_assert_eq!(read_chunks(small, bytes.chunks(1)), whole.clone());
        let ends = whole.iter().filter(|seen| matches!(seen, Seen::Failed(_) | Seen::Close(..))).count();
        prop_assert!(ends <= 1, "a connection ends once");
    }

    #[test]
    fn one_flipped_bit_never_invents_bytes(message in message(), flip in any::<usize>()) {
        let (mut bytes, _) = message;
        let length = bytes.len();
        bytes[flip / 8 % length] ^= 1 << (flip % 8);
        let total: usize = read_chunks(RAW, [&bytes[..]]).iter().map(|seen| match seen {
            Seen::Text(bytes) | Seen::Binary(bytes) | Seen::Ping(bytes) | Seen::Pong(bytes) => bytes.len(),
            _ => 0,
        }).sum();
        prop_assert!(total <= length);
    }
}
