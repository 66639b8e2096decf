//! What of a segment's bytes is valid: the prefix, and why it ends where it does.

use crate::index::IndexBuilder;
use crate::record::{ALIGN, HEAD_BYTES, Head, Kind, Record};
use crate::segment::{Chain, HEADER_BYTES, Header, RECYCLED};

/// Bytes that a search for a later record may check, in lengths of the segment: payloads are written by strangers, who could
/// fill them with heads that look right.
const SEARCH_SEGMENTS: u64 = 4;

/// Why the prefix ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing but zeros, or the known end.
    Clean,
    /// Something that was never acknowledged.
    Torn,
    /// What was durable is damaged.
    Damaged {
        /// The next valid record that tells it; the end of the bytes where only the successor tells.
        next: u64,
    },
}

/// A segment's valid prefix.
pub(crate) struct Prefix {
    /// Where it ends.
    pub end: u64,
    /// Number of its last record, `None` where there is no record.
    pub last_sequence: Option<u64>,
    /// Digest of all of it.
    pub chain: Chain,
    /// Index of all of it.
    pub index: IndexBuilder,
    /// Why it ends.
    pub tail: Tail,
}

/// Whether a record may follow the one with number `last`: inputs are contiguous, gaps say what is missing.
pub(crate) fn follows(head: &Head, payload: &[u8], last: u64) -> bool {
    match head.kind {
        Kind::Gap => crate::gap::Gap::read(payload).is_some_and(|gap| gap.first == last + 1 && gap.last == head.sequence),
        kind if kind.is_input() => head.sequence == last + 1,
        _ => head.sequence == last,
    }
}

/// Finds the valid prefix of `bytes`, a whole segment, of which `end` says the successor where there is one.
pub(crate) fn prefix(bytes: &[u8], header: &Header, end: Option<u64>) -> Prefix {
    let limit = end.map_or(bytes.len(), |end| bytes.len().min(usize::try_from(end).unwrap_or(usize::MAX)));
    let mut at = HEADER_BYTES;
    let mut found = Prefix {
        end: at as u64,
        last_sequence: None,
        chain: Chain::new(&bytes[..HEADER_BYTES]),
        index: IndexBuilder::new(header.ts_before),
        tail: Tail::Clean,
    };
    let mut last = header.first_sequence - 1;
    while let Some(record) = read(&bytes[..limit], header, at) {
        if record.head.kind == Kind::Seal || !follows(&record.head, record.payload, last) {
            break;
        }
        found.chain.add(record.check);
        found.index.add(&record.head, at as u64);
        last = record.head.sequence;
        found.last_sequence = Some(last);
        at += record.head.record_bytes();
    }
    found.end = at as u64;
    found.tail = match end {
        Some(end) if at as u64 == end => Tail::Clean,
        Some(end) => Tail::Damaged { next: next_record(&bytes[..limit], header, at).unwrap_or(end) },
        None => tail(bytes, header, at, last),
    };
    found
}

fn read<'a>(bytes: &'a [u8], header: &Header, at: usize) -> Option<Record<'a>> {
    let record = Record::read(bytes.get(at..)?, header.salt, at as u64)?;
    (record.head.stream == header.stream && record.head.epoch == header.epoch).then_some(record)
}

/// Judges what stands behind the prefix of a segment without a successor.
fn tail(bytes: &[u8], header: &Header, at: usize, last: u64) -> Tail {
    // A seal is the end, whatever the file holds behind it.
    if read(bytes, header, at).is_some_and(|record| record.head.kind == Kind::Seal) {
        return Tail::Clean;
    }
    if bytes[at..].iter().all(|&byte| byte == 0) {
        return Tail::Clean;
    }
    match search(bytes, header, at, |head| u64::from(head.synced) * ALIGN as u64 > at as u64) {
        Search::Found(next) => Tail::Damaged { next: next as u64 },
        Search::Nothing if is_of_old_segment(&bytes[at..], header, last) => Tail::Clean,
        Search::Nothing => Tail::Torn,
        Search::TooMuch => Tail::Damaged { next: bytes.len() as u64 },
    }
}

/// Whether all that stands there was left by the segment that this one was made of: no head of a later record is among it.
fn is_of_old_segment(bytes: &[u8], header: &Header, last: u64) -> bool {
    let is_later = |head: Head| head.stream == header.stream && head.epoch == header.epoch && head.sequence > last;
    header.flags & RECYCLED != 0
        && !bytes.chunks_exact(ALIGN).enumerate().any(|(at, _)| Head::peek(&bytes[at * ALIGN..]).is_some_and(is_later))
}

enum Search {
    Found(usize),
    Nothing,
    TooMuch,
}

/// Offset of the first valid record behind `at`, if there is one.
pub(crate) fn next_record(bytes: &[u8], header: &Header, at: usize) -> Option<u64> {
    match search(bytes, header, at, |_| true) {
        Search::Found(next) => Some(next as u64),
        Search::Nothing | Search::TooMuch => None,
    }
}

fn search(bytes: &[u8], header: &Header, at: usize, wanted: impl Fn(&Head) -> bool) -> Search {
    let mut budget = SEARCH_SEGMENTS * bytes.len() as u64;
    let mut place = at + ALIGN;
    while place + HEAD_BYTES <= bytes.len() {
        let candidate = Head::peek(&bytes[place..]).filter(|head| {
            let ours = head.stream == header.stream && head.epoch == header.epoch;
            ours && place + head.record_bytes() <= bytes.len() && wanted(head)
        });
        if let Some(head) = candidate {
            let Some(left) = budget.checked_sub(head.record_bytes() as u64) else { return Search::TooMuch };
            budget = left;
            if read(bytes, header, place).is_some() {
                return Search::Found(place);
            }
        }
        place += ALIGN;
    }
    Search::Nothing
}
