//! The indexed parser on every code path of this host. It may decline a frame; what it accepts is what the oracle says, at any
//! exponents, and all paths accept the same.

use std::cell::RefCell;

use tickring_core::event::Level;
use tickring_core::simd::{CodePath, Parser};
use tickring_core::venue::{DeltaIds, VenueId};

use crate::oracle::{Numbers, Refused, Said};

/// Exponents that instruments have, and the ends of the range.
const EXPONENTS: [(i8, i8); 6] = [(-1, -3), (-2, -8), (-8, -8), (0, 0), (-12, -1), (-18, -18)];

thread_local! {
    static PARSERS: RefCell<Vec<Parser>> = RefCell::new(available().map(Parser::new).collect());
}

/// The code paths of this host.
pub fn available() -> impl Iterator<Item = CodePath> {
    CodePath::ALL.iter().copied().filter(|path| path.is_available())
}

/// Symbol, time, ids, bids, asks.
type Read = (Vec<u8>, u64, DeltaIds, Vec<Level>, Vec<Level>);

/// Checks every path at the exponents that the message needs, and at some others.
pub fn check(venue: VenueId, frame: &[u8], expected: &Result<Said, Refused>) {
    let mut exponents = EXPONENTS.to_vec();
    if let Ok(Said::Depth { bids: Ok((of_bids, _)), asks: Ok((of_asks, _)), .. }) = expected {
        exponents.push((of_bids.0.min(of_asks.0), of_bids.1.min(of_asks.1)));
    }
    PARSERS.with_borrow_mut(|parsers| {
        for at in exponents {
            let mut first: Option<Option<Read>> = None;
            for parser in parsers.iter_mut() {
                let read = read(parser, venue, frame, at);
                let first = first.get_or_insert_with(|| read.clone());
                assert_eq!(first, &read, "{:?} at {at:?}: {}", parser.path(), String::from_utf8_lossy(frame));
            }
            if let Some(Some(read)) = first {
                let said = said(expected, at);
                assert_eq!(Some(read), said, "at {at:?}: {}", String::from_utf8_lossy(frame));
            }
        }
    });
}

fn read(parser: &mut Parser, venue: VenueId, frame: &[u8], at: (i8, i8)) -> Option<Read> {
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    let indexed = parser.index(frame)?;
    let head = venue.parse_indexed(&indexed, |_| Some(at), &mut bids, &mut asks)?;
    Some((head.symbol.to_vec(), head.ts_event, head.ids, bids, asks))
}

/// What the oracle says, with its mantissas brought to other exponents; `None` if they do not fit.
fn said(expected: &Result<Said, Refused>, at: (i8, i8)) -> Option<Read> {
    let Ok(Said::Depth { symbol, ts_event, ids, bids, asks }) = expected else { return None };
    Some((symbol.as_bytes().to_vec(), *ts_event, *ids, scaled(bids, at)?, scaled(asks, at)?))
}

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
