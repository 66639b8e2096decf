//! The WebSocket reader against a naive one that has all bytes at once: any bytes, cut anywhere.

use arbitrary::{Arbitrary, Result, Unstructured};
use tickring_websocket::{CloseFrame, Item, Kind, Limits, Reader, Utf8};

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Message(Kind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    /// The close code of a violation.
    Failed(u16),
}

/// Bytes that a buffer keeps between messages, whatever the limit.
const KEPT_MAX: usize = 256 << 10;

/// Any bytes: first the cuts, then the stream.
pub fn raw(bytes: &[u8]) {
    let Some((limits, rest)) = bytes.split_first().map(|(byte, rest)| (limits(*byte), rest)) else { return };
    let (cuts, stream) = rest.split_at(rest.len().min(8));
    check(limits, cuts, stream);
}

/// Frames as a server may write them, with a wrong one now and then.
pub fn frames(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok(first) = u8::arbitrary(&mut u) else { return };
    let Ok(cuts) = <[u8; 8]>::arbitrary(&mut u) else { return };
    let mut stream = Vec::new();
    while !u.is_empty() {
        if frame(&mut u, &mut stream).is_err() {
            break;
        }
    }
    check(limits(first), &cuts, &stream);
}

fn limits(byte: u8) -> Limits {
    Limits {
        message_bytes_max: [16, 200, 70_000, 8 << 20][usize::from(byte & 3)],
        fragments_max: [2, 1_000][usize::from(byte >> 2 & 1)],
        utf8: if byte & 8 == 0 { Utf8::Check } else { Utf8::Receiver },
    }
}

fn frame(u: &mut Unstructured<'_>, stream: &mut Vec<u8>) -> Result<()> {
    let opcode = *u.choose(&[0, 1, 1, 2, 8, 9, 10, 0, 0, 1, 9, 3])?;
    let rsv = if u.ratio(1, 64)? { 0x40 } else { 0 };
    let fin = if opcode >= 8 || u.ratio(2, 3)? { 0x80 } else { 0 };
    stream.push(fin | rsv | opcode);
    let length = match u.int_in_range(0..=9_u8)? {
        0 => 125 + u.int_in_range(0..=3_usize)?,
        1 if opcode < 8 => 65_533 + u.int_in_range(0..=5_usize)?,
        _ => u.int_in_range(0..=30)?,
    };
    let mask = if u.ratio(1, 64)? { 0x80 } else { 0 };
    match length {
        0..=125 if !u.ratio(1, 64)? => stream.push(mask | length as u8),
        0..=65_535 if !u.ratio(1, 64)? => {
            stream.push(mask | 126);
            stream.extend((length as u16).to_be_bytes());
        }
        _ => {
            stream.push(mask | 127);
            stream.extend((length as u64).to_be_bytes());
        }
    }
    // Mostly text; a close frame begins with its code.
    let bytes = u.bytes(length.min(u.len()).min(24))?;
    let text = bytes.iter().map(|byte| if byte % 16 == 0 { *byte } else { byte & 0x7f });
    let code = u.int_in_range(990..=5_005_u16)?.to_be_bytes();
    let head = if opcode == 8 { &code[..length.min(2)] } else { &[] };
    let padding = std::iter::repeat_n(b'x', length);
    stream.extend(head.iter().copied().chain(text).chain(padding).take(length));
    Ok(())
}

fn check(limits: Limits, cuts: &[u8], stream: &[u8]) {
    let expected = naive(limits, stream);
    assert_eq!(read(limits, [stream]), expected, "whole");
    if stream.len() <= 2_048 {
        assert_eq!(read(limits, stream.chunks(1)), expected, "byte by byte");
    }
    let mut places: Vec<usize> = cuts.iter().map(|cut| usize::from(*cut) * stream.len() / 255).collect();
    // Close to the beginning, where heads are.
    places.extend(cuts.iter().take(4).map(|cut| usize::from(*cut).min(stream.len())));
    places.extend([0, stream.len()]);
    places.sort_unstable();
    let chunks = places.windows(2).map(|pair| &stream[pair[0]..pair[1]]);
    assert_eq!(read(limits, chunks), expected, "cut at {places:?}");
}

fn read<'a>(limits: Limits, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
    let mut reader = Reader::new(limits);
    let mut seen = Vec::new();
    for chunk in chunks {
        let mut at = 0;
        loop {
            match reader.next(chunk, &mut at) {
                Ok(None) => break,
                Ok(Some(item)) => seen.push(owned(item)),
                Err(violation) => {
                    assert!(reader.is_over() && !violation.to_string().is_empty());
                    seen.push(Seen::Failed(violation.close_code()));
                }
            }
        }
        assert_eq!(at, chunk.len(), "a chunk is used up before the next one is asked for");
        assert!(reader.buffer_bytes() <= limits.message_bytes_max.max(KEPT_MAX), "{} bytes", reader.buffer_bytes());
    }
    seen
}

fn owned(item: Item<'_>) -> Seen {
    match item {
        Item::Message { kind, bytes } => Seen::Message(kind, bytes.to_vec()),
        Item::Ping(bytes) => Seen::Ping(bytes.to_vec()),
        Item::Pong(bytes) => Seen::Pong(bytes.to_vec()),
        Item::Close(CloseFrame { code, reason }) => Seen::Close(code, reason.to_owned()),
    }
}

/// Everything that a stream says, read in one go.
fn naive(limits: Limits, mut stream: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut message: Option<(Kind, Vec<u8>, u32)> = None;
    loop {
        match naive_frame(limits, &mut stream, &mut message) {
            Ok(None) => return seen,
            Ok(Some(found)) => {
                let Some(found) = found else { continue };
                let ends = matches!(found, Seen::Close(..));
                seen.push(found);
                if ends {
                    return seen;
                }
            }
            Err(code) => {
                seen.push(Seen::Failed(code));
                return seen;
            }
        }
    }
}

type Message = Option<(Kind, Vec<u8>, u32)>;

/// One frame: `Ok(None)` if it is not there in full, `Ok(Some(None))` if it ends nothing.
#[allow(clippy::option_option, reason = "the two levels are told apart above")]
fn naive_frame(limits: Limits, stream: &mut &[u8], message: &mut Message) -> std::result::Result<Option<Option<Seen>>, u16> {
    let [first, rest @ ..] = *stream else { return Ok(None) };
    let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
    let is_control = opcode >= 8;
    if first & 0x70 != 0 || matches!(opcode, 3..=7 | 11..=15) || (is_control && !fin) {
        return Err(1002);
    }
    let [second, rest @ ..] = rest else { return Ok(None) };
    if second & 0x80 != 0 || (is_control && *second > 125) {
        return Err(1002);
    }
    let (size, least) = match second {
        126 => (2, 126),
        127 => (8, 65_536),
        _ => (0, 0),
    };
    let Some((number, rest)) = rest.split_at_checked(size) else { return Ok(None) };
    let number = number.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let length = if size == 0 { u64::from(*second) } else { number };
    if (size > 0 && length < least) || length >> 63 != 0 {
        return Err(1002);
    }
    let had = message.as_ref().map_or(0, |(_, bytes, _)| bytes.len() as u64);
    match (opcode, message.as_mut()) {
        (0, None) | (1 | 2, Some(_)) => return Err(1002),
        (0, Some((_, _, fragments))) => {
            *fragments += 1;
            if *fragments > limits.fragments_max {
                return Err(1008);
            }
        }
        _ => {}
    }
    if !is_control && length.saturating_add(had) > limits.message_bytes_max as u64 {
        return Err(1009);
    }
    let Some((payload, rest)) = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length)) else {
        return Ok(None);
    };
    *stream = rest;
    finish(limits, opcode, fin, payload, message).map(Some)
}

fn finish(
    limits: Limits,
    opcode: u8,
    fin: bool,
    payload: &[u8],
    message: &mut Message,
) -> std::result::Result<Option<Seen>, u16> {
    match opcode {
        8 => return close(payload).map(Some),
        9 => return Ok(Some(Seen::Ping(payload.to_vec()))),
        10 => return Ok(Some(Seen::Pong(payload.to_vec()))),
        1 => *message = Some((Kind::Text, payload.to_vec(), 1)),
        2 => *message = Some((Kind::Binary, payload.to_vec(), 1)),
        _ => message.as_mut().expect("looked at before").1.extend(payload),
    }
    let Some((kind, bytes, _)) = message.take_if(|_| fin) else { return Ok(None) };
    if kind == Kind::Text && limits.utf8 == Utf8::Check && std::str::from_utf8(&bytes).is_err() {
        return Err(1007);
    }
    Ok(Some(Seen::Message(kind, bytes)))
}

fn close(payload: &[u8]) -> std::result::Result<Seen, u16> {
    if payload.is_empty() {
        return Ok(Seen::Close(None, String::new()));
    }
    let Some((code, reason)) = payload.split_first_chunk() else { return Err(1002) };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(1002);
    }
    let reason = std::str::from_utf8(reason).map_err(|_| 1007_u16)?;
    Ok(Seen::Close(Some(code), reason.to_owned()))
}
