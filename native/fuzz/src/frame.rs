//! Frames and bodies: every parser, on every code path, against the oracle and against what the message was made to say.

use arbitrary::{Arbitrary, Unstructured};
use serde_json::Value;
use tickring_core::json::unescape;
use tickring_core::venue::VenueId;

use crate::message::{self, Made};
use crate::oracle::{self, Numbers, Refused, Said, Snapshot};
use crate::parse_support::{Plain, numbers, read};
use crate::paths;
use crate::sbe;
use crate::spell::spell;

/// The venues that the oracle knows; `streams` has the others.
const BINANCE: [VenueId; 2] = [VenueId::BinanceSpot, VenueId::BinanceUsdm];

/// Any bytes: nothing panics, what is refused is refused inside the input, and the oracle agrees in everything.
pub fn raw(bytes: &[u8]) {
    for venue in BINANCE {
        if venue == VenueId::BinanceSpot && sbe::is_binary(bytes) {
            sbe::check(bytes);
        } else {
            check_frame(venue, bytes, &oracle::frame(venue, bytes));
        }
    }
    check_snapshot(bytes, &oracle::snapshot(bytes));
    listings(bytes);
}

/// The instrument listing alone: the control plane's parser allocates, so it is kept apart.
fn listings(bytes: &[u8]) {
    for venue in VenueId::ALL {
        if let Err(reject) = venue.parse_listings(bytes) {
            assert!(reject.offset <= bytes.len(), "{reject:?} lies outside {} bytes", bytes.len());
        }
    }
}

/// A message made from the bytes: its plain and its odd spelling are both read as what it says, by the oracle too.
pub fn respelled(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok(made) = Made::arbitrary(&mut u) else { return };
    let wrapped = u.ratio(1, 3).unwrap_or(false);
    let members = if wrapped { wrap(&made) } else { made.members.clone() };
    let plain = Value::Object(members.clone()).to_string();
    let Ok(odd) = spell(&mut u, &members) else { return };
    for text in [&plain, &odd] {
        let said = oracle::frame(made.venue, text.as_bytes());
        assert_eq!(said, Ok(made.said.clone()), "oracle: {text}");
        check_frame(made.venue, text.as_bytes(), &said);
    }
}

fn wrap(made: &Made) -> serde_json::Map<String, Value> {
    let stream = Value::String("btcusdt@depth@100ms".to_owned());
    [("stream".to_owned(), stream), ("data".to_owned(), Value::Object(made.members.clone()))].into_iter().collect()
}

/// A depth delta as the venue itself spells it, perhaps with a few bytes changed: what the vectorized paths read.
pub fn venue_spelling(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok(made) = Made::arbitrary(&mut u) else { return };
    let wrapped = u.ratio(1, 2).unwrap_or(false);
    let members = if wrapped { wrap(&made) } else { made.members };
    let mut frame = Value::Object(members).to_string().into_bytes();
    let Ok(damage) = <[(u16, u8); 3]>::arbitrary(&mut u) else { return };
    let count = u.int_in_range(0..=damage.len()).unwrap_or(0);
    for (at, byte) in &damage[..count] {
        change(&mut frame, *at, b"\"[],.0129:{}a \\\x1f\xc3-"[usize::from(byte >> 2) % 18], byte % 3);
    }
    raw(&frame);
}

/// Replaces, removes or inserts a byte: half the time the first one within some quotes, where numbers and names begin.
pub fn change(frame: &mut Vec<u8>, at: u16, byte: u8, how: u8) {
    if frame.is_empty() {
        return;
    }
    let mut at = usize::from(at) % frame.len();
    if at % 2 == 1 {
        at = frame[at..].iter().position(|byte| *byte == b'"').map_or(at, |next| (at + next + 1).min(frame.len() - 1));
    }
    match how {
        0 => frame[at] = byte,
        1 => drop(frame.remove(at)),
        _ => frame.insert(at, byte),
    }
}

/// The same for bodies of depth snapshots.
pub fn snapshot_respelled(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok((members, made)) = message::snapshot(&mut u) else { return };
    let plain = Value::Object(members.clone()).to_string();
    let Ok(odd) = spell(&mut u, &members) else { return };
    for text in [&plain, &odd] {
        let said = oracle::snapshot(text.as_bytes());
        assert_eq!(said, Ok(made.clone()), "oracle: {text}");
        check_snapshot(text.as_bytes(), &said);
    }
}

/// A message in an odd spelling with some bytes changed: near to what is legal, where the cases are that nobody thought of.
pub fn damaged(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let Ok(made) = Made::arbitrary(&mut u) else { return };
    let members = if u.ratio(1, 3).unwrap_or(false) { wrap(&made) } else { made.members.clone() };
    // The damage is drawn first: the speller may use up what is left.
    let Ok(damage) = <[(u16, u8); 3]>::arbitrary(&mut u) else { return };
    let count = u.int_in_range(1..=damage.len()).unwrap_or(1);
    let Ok(text) = spell(&mut u, &members) else { return };
    let mut frame = text.into_bytes();
    for (at, byte) in &damage[..count] {
        change(&mut frame, *at, *byte, byte % 3);
    }
    raw(&frame);
}

fn check_frame(venue: VenueId, bytes: &[u8], expected: &Result<Said, Refused>) {
    // Of exactly its length: a read behind it is seen by the sanitizer.
    let exact: Box<[u8]> = bytes.into();
    let bytes = &exact[..];
    paths::check(venue, bytes, expected);
    match (read(venue, bytes), expected) {
        (Ok(plain), Ok(said)) => {
            let shown = String::from_utf8_lossy(bytes);
            assert!(is_same(&plain, said), "{venue:?} {shown}\n  read as {plain:?}\n  but is  {said:?}");
        }
        (Err(reject), Err(Refused)) => assert!(reject.offset <= bytes.len(), "{reject:?} lies outside {} bytes", bytes.len()),
        (read, said) => panic!("{venue:?} {}\n  read as {read:?}\n  but is  {said:?}", String::from_utf8_lossy(bytes)),
    }
}

fn check_snapshot(bytes: &[u8], expected: &Result<Snapshot, Refused>) {
    for venue in BINANCE {
        match (venue.parse_snapshot(bytes), expected) {
            (Ok(body), Ok(said)) => {
                let converted = [body.bids, body.asks].map(|side| numbers(side, (0, 0)));
                for reject in converted.iter().filter_map(|side| side.as_ref().err()) {
                    assert!(reject.offset <= bytes.len(), "{reject:?} lies outside {} bytes", bytes.len());
                }
                let [bids, asks] = converted.map(|side| side.map(|read| (read.exponents, read.levels)).map_err(|_| Refused));
                let read = Snapshot { last_update_id: body.last_update_id, ts_event: body.ts_event, bids, asks };
                assert_eq!(&read, said, "{}", String::from_utf8_lossy(bytes));
            }
            (Err(reject), Err(Refused)) => assert!(reject.offset <= bytes.len(), "{reject:?} lies outside {}", bytes.len()),
            (read, said) => panic!("{}\n  read as {read:?}\n  but is  {said:?}", String::from_utf8_lossy(bytes)),
        }
    }
}

/// Symbols longer than any buffer are no symbols.
const SYMBOL_MAX: usize = 512;

/// Whether a message read by the product is the one that the oracle read.
pub fn is_same(plain: &Plain, said: &Said) -> bool {
    let numbers = |read: &Result<crate::parse_support::Numbers, _>, said: &Numbers| match (read, said) {
        (Ok(read), Ok((exponents, levels))) => read.exponents == *exponents && read.levels == *levels,
        (Err(_), Err(Refused)) => true,
        _ => false,
    };
    let symbols = |read: &str, said: &str| read == said || (read.is_empty() && said.len() > SYMBOL_MAX);
    match (plain, said) {
        (
            Plain::Depth { symbol, ts_event, ids, bids, asks },
            Said::Depth { symbol: s, ts_event: t, ids: i, bids: b, asks: a },
        ) => symbols(symbol, s) && ts_event == t && ids == i && numbers(bids, b) && numbers(asks, a),
        (
            Plain::Trade { symbol, ts_event, trade_id, numbers: pair, aggressor_sell, aggregated, off_market },
            Said::Trade { symbol: s, ts_event: t, id, numbers: p, sell, aggregated: g, off_market: o },
        ) => {
            let flags = (aggressor_sell, aggregated, off_market) == (sell, g, o);
            symbols(symbol, s) && (ts_event, trade_id) == (t, id) && numbers(pair, p) && flags
        }
        (
            Plain::Quote { symbol, ts_event, update_id, numbers: pair },
            Said::Quote { symbol: s, ts_event: t, update_id: id, numbers: p },
        ) => symbols(symbol, s) && (ts_event, update_id) == (t, id) && numbers(pair, p),
        (Plain::Figures(lines), Said::Figures(said)) => {
            let is_long = said.iter().any(|line| line.len() > SYMBOL_MAX);
            lines == said || is_long && lines.len() == said.len()
        }
        (Plain::Reply { id, venue_code }, Said::Reply { id: i, venue_code: code }) => (id, venue_code) == (i, code),
        (Plain::Shutdown, Said::Shutdown) | (Plain::Ignored, Said::Ignored) => true,
        _ => false,
    }
}

/// Strings: what our resolver makes of escapes is what `serde_json` makes of them.
pub fn escapes(bytes: &[u8]) {
    let Ok(inside) = std::str::from_utf8(bytes) else { return };
    let quoted = format!("\"{inside}\"");
    let Ok(text) = serde_json::from_str::<&serde_json::value::RawValue>(&quoted) else { return };
    if text.get().len() != quoted.len() {
        return;
    }
    let mut buffer = vec![0; bytes.len()];
    let ours = unescape(bytes, &mut buffer).map(<[u8]>::to_vec);
    let theirs = serde_json::from_str::<String>(&quoted).ok().map(String::into_bytes);
    assert_eq!(ours, theirs, "{inside}");
}
