//! The indexed parser on every code path of this host. It may decline a frame; what it accepts is what the oracle says, at any
//! exponents, and all paths accept the same. Where it gives places in the frame, they are the scanner's.

use std::cell::RefCell;

use tickring_core::event::Level;
use tickring_core::simd::{CodePath, Parser};
use tickring_core::venue::{DeltaIds, KnownHead, Read, Sides, VenueId};

use crate::frame::is_same;
use crate::oracle::{Numbers, Refused, Said};
use crate::parse_support::{Plain, plain};

/// Exponents that instruments have, and the ends of the range.
const EXPONENTS: [(i8, i8); 6] = [(-1, -3), (-2, -8), (-8, -8), (0, 0), (-12, -1), (-18, -18)];

thread_local! {
    static PARSERS: RefCell<Vec<Parser>> = RefCell::new(available().map(Parser::new).collect());
}

/// The code paths of this host.
pub fn available() -> impl Iterator<Item = CodePath> {
    CodePath::ALL.iter().copied().filter(|path| path.is_available())
}

/// What a path read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Delta {
        symbol: Vec<u8>,
        ts_event: u64,
        ids: DeltaIds,
        bids: Vec<Level>,
        asks: Vec<Level>,
    },
    /// The message with its numbers, and its places.
    Other(Plain, String),
}

/// Checks every path at the exponents that the message needs, and at others.
pub fn check(venue: VenueId, frame: &[u8], expected: &Result<Said, Refused>) {
    // One of them an input: the fuzzer finds its way to the others, in a sixth of the time.
    let sum = frame.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let mut exponents = vec![EXPONENTS[sum % EXPONENTS.len()]];
    if let Ok(Said::Depth { bids: Ok((of_bids, _)), asks: Ok((of_asks, _)), .. }) = expected {
        exponents.push((of_bids.0.min(of_asks.0), of_bids.1.min(of_asks.1)));
    }
    PARSERS.with_borrow_mut(|parsers| {
        for at in exponents {
            let mut first: Option<Option<Answer>> = None;
            for parser in parsers.iter_mut() {
                let mut known = KnownHead::default();
                let answer = read(parser, &mut known, venue, frame, at);
                // As a frame whose head is known: the first time a symbol is seen its head is not kept.
                for _ in 0..2 {
                    let again = read(parser, &mut known, venue, frame, at);
                    assert_eq!(answer, again, "{:?} at {at:?}: {}", parser.path(), String::from_utf8_lossy(frame));
                }
                let first = first.get_or_insert_with(|| answer.clone());
                assert_eq!(first, &answer, "{:?} at {at:?}: {}", parser.path(), String::from_utf8_lossy(frame));
            }
            if let Some(Some(answer)) = first {
                assert!(holds(&answer, venue, frame, expected, at), "{answer:?} at {at:?}: {}", String::from_utf8_lossy(frame));
            }
        }
    });
}

fn read(parser: &mut Parser, known: &mut KnownHead, venue: VenueId, frame: &[u8], at: (i8, i8)) -> Option<Answer> {
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    let indexed = parser.index(frame)?;
    let mut sides = Sides { bids: &mut bids, asks: &mut asks };
    Some(match venue.parse_indexed(&indexed, known, |_| Some(at), &mut sides)? {
        Read::Delta(head) => Answer::Delta { symbol: head.symbol.to_vec(), ts_event: head.ts_event, ids: head.ids, bids, asks },
        Read::Snapshot(_) => unreachable!("no such message at these venues"),
        Read::Other(message) => Answer::Other(plain(&message), format!("{message:?}")),
    })
}

/// Whether an answer is what the oracle says, its mantissas brought to these exponents.
fn holds(answer: &Answer, venue: VenueId, frame: &[u8], expected: &Result<Said, Refused>, at: (i8, i8)) -> bool {
    match (answer, expected) {
        (
            Answer::Delta { symbol, ts_event, ids, bids, asks },
            Ok(Said::Depth { symbol: name, ts_event: time, ids: said_ids, bids: said_bids, asks: said_asks }),
        ) => {
            let sides = (Some(bids), Some(asks)) == (scaled(said_bids, at).as_ref(), scaled(said_asks, at).as_ref());
            sides && symbol == name.as_bytes() && (ts_event, ids) == (time, said_ids)
        }
        (Answer::Other(plain, places), Ok(said)) => {
            let scanned = venue.parse_frame(frame).map(|message| format!("{message:?}"));
            is_same(plain, said) && scanned.as_ref() == Ok(places)
        }
        _ => false,
    }
}

/// The levels at other exponents; `None` if they do not fit there.
fn scaled(numbers: &Numbers, at: (i8, i8)) -> Option<Vec<Level>> {
    let ((price, qty), levels) = numbers.as_ref().ok()?;
    let scale = |mantissa: i64, from: i8, to: i8| -> Option<i64> {
        let by = u32::try_from(i16::from(from) - i16::from(to)).ok()?;
        i64::try_from(i128::from(mantissa) * 10_i128.pow(by)).ok()
    };
    levels
        .iter()
        .map(|level| Some(Level { price: scale(level.price, *price, at.0)?, qty: scale(level.qty, *qty, at.1)? }))
        .collect()
}
