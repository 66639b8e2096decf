//! Index of a segment: what its seal record holds, so that seeking reads a few pages and not the segment.

use std::collections::BTreeMap;

use crate::record::{Head, Kind, flag, u32_at, u64_at};
use crate::segment::HEADER_BYTES;

/// A time entry stands for about this many bytes.
const STEP_BYTES: u64 = 64 << 10;

/// Most places of instruments in one segment; beyond it they are not told, and a search reads on.
const INSTRUMENTS_MAX: usize = 64 << 10;

const FIXED_BYTES: usize = 80;
const ENTRY_BYTES: usize = 24;
const PLACE_BYTES: usize = 32;

/// A record by place, number and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Entry {
    /// Offset in the segment.
    pub offset: u64,
    /// Number of the record.
    pub sequence: u64,
    /// Latest receive time up to it, ns since the UNIX epoch.
    pub ts_recv: u64,
}

/// Where records of one kind about one instrument stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The instrument.
    pub instrument: u32,
    /// The kind of record.
    pub kind: Kind,
    /// How many.
    pub count: u32,
    /// Offset of the first.
    pub first: u64,
    /// Offset of the last.
    pub last: u64,
}

/// What is in a segment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Index {
    /// Digest of header block and checks of all records before the seal.
    pub digest: [u8; 32],
    /// Records before the seal.
    pub records: u64,
    /// Number of the last one.
    pub last_sequence: u64,
    /// Earliest receive time in the segment.
    pub ts_first: u64,
    /// Latest receive time in it or before it.
    pub ts_last: u64,
    /// A record each 64 KiB or so.
    pub entries: Vec<Entry>,
    /// First record of each checkpoint.
    pub checkpoints: Vec<Entry>,
    /// By instrument and kind, frames aside: what instrument they are about is not known before they are parsed.
    pub places: Vec<Places>,
    /// Whether `places` is all of them.
    pub places_complete: bool,
}

/// An index as it grows with the segment.
#[derive(Clone)]
pub(crate) struct IndexBuilder {
    index: Index,
    places: BTreeMap<(u32, u8), Places>,
    overflow: bool,
}

impl IndexBuilder {
    /// `ts_before` is the latest receive time before the segment.
    pub fn new(ts_before: u64) -> Self {
        let index = Index { ts_last: ts_before, ..Index::default() };
        Self { index, places: BTreeMap::new(), overflow: false }
    }

    /// Latest receive time so far, those before the segment included.
    pub const fn ts_last(&self) -> u64 {
        self.index.ts_last
    }

    pub fn add(&mut self, head: &Head, offset: u64) {
        let index = &mut self.index;
        index.ts_first = if index.records == 0 { head.ts_recv } else { index.ts_first.min(head.ts_recv) };
        index.ts_last = index.ts_last.max(head.ts_recv);
        index.records += 1;
        index.last_sequence = head.sequence;
        let entry = Entry { offset, sequence: head.sequence, ts_recv: index.ts_last };
        let next = index.entries.last().map_or(HEADER_BYTES as u64, |last| last.offset + STEP_BYTES);
        if offset >= next {
            index.entries.push(entry);
        }
        if head.kind == Kind::Checkpoint && head.flags & flag::FIRST != 0 {
            index.checkpoints.push(entry);
        }
        if head.instrument != 0 {
            self.add_place(head, offset);
        }
    }

    fn add_place(&mut self, head: &Head, offset: u64) {
        let key = (head.instrument, head.kind as u8);
        if let Some(places) = self.places.get_mut(&key) {
            places.count += 1;
            places.last = offset;
        } else if self.places.len() < INSTRUMENTS_MAX {
            let places = Places { instrument: head.instrument, kind: head.kind, count: 1, first: offset, last: offset };
            self.places.insert(key, places);
        } else {
            self.overflow = true;
        }
    }

    pub fn finish(&self, digest: [u8; 32]) -> Index {
        let places = self.places.values().copied().collect();
        Index { digest, places, places_complete: !self.overflow, ..self.index.clone() }
    }
}

impl Index {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(
            FIXED_BYTES + (self.entries.len() + self.checkpoints.len()) * ENTRY_BYTES + self.places.len() * PLACE_BYTES,
        );
        out.extend_from_slice(&self.digest);
        for value in [self.records, self.last_sequence, self.ts_first, self.ts_last] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        let counts = [self.entries.len(), self.checkpoints.len(), self.places.len(), usize::from(self.places_complete)];
        for count in counts {
            out.extend_from_slice(&(count as u32).to_le_bytes());
        }
        for entry in self.entries.iter().chain(&self.checkpoints) {
            for value in [entry.offset, entry.sequence, entry.ts_recv] {
                out.extend_from_slice(&value.to_le_bytes());
            }
        }
        for places in &self.places {
            out.extend_from_slice(&places.instrument.to_le_bytes());
            out.extend_from_slice(&u32::from(places.kind as u8).to_le_bytes());
            out.extend_from_slice(&u64::from(places.count).to_le_bytes());
            out.extend_from_slice(&places.first.to_le_bytes());
            out.extend_from_slice(&places.last.to_le_bytes());
        }
        out
    }

    /// Whether all places are those of records before `end`.
    pub(crate) fn fits(&self, end: u64) -> bool {
        let fits = |offset: u64| (HEADER_BYTES as u64..end).contains(&offset) && offset.is_multiple_of(8);
        self.entries.iter().chain(&self.checkpoints).all(|entry| fits(entry.offset))
            && self.places.iter().all(|places| fits(places.first) && fits(places.last))
    }

    /// Reads a seal's payload; `None` if it is none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let fixed = bytes.get(..FIXED_BYTES)?;
        let [entries, checkpoints, places, complete] = [64, 68, 72, 76].map(|at| u32_at(fixed, at) as usize);
        let entry_bytes = (entries + checkpoints).checked_mul(ENTRY_BYTES)?;
        let rest = &bytes[FIXED_BYTES..];
        if rest.len() != entry_bytes.checked_add(places.checked_mul(PLACE_BYTES)?)? {
            return None;
        }
        let entry = |at: &[u8]| Entry { offset: u64_at(at, 0), sequence: u64_at(at, 8), ts_recv: u64_at(at, 16) };
        let (both, rest) = rest.split_at(entry_bytes);
        let (first, second) = both.split_at(entries * ENTRY_BYTES);
        let place = |at: &[u8]| {
            Some(Places {
                instrument: u32_at(at, 0),
                kind: Kind::from_number(u8::try_from(u32_at(at, 4)).ok()?)?,
                count: u32::try_from(u64_at(at, 8)).ok()?,
                first: u64_at(at, 16),
                last: u64_at(at, 24),
            })
        };
        Some(Self {
            digest: fixed[..32].try_into().ok()?,
            records: u64_at(fixed, 32),
            last_sequence: u64_at(fixed, 40),
            ts_first: u64_at(fixed, 48),
            ts_last: u64_at(fixed, 56),
            entries: first.chunks_exact(ENTRY_BYTES).map(entry).collect(),
            checkpoints: second.chunks_exact(ENTRY_BYTES).map(entry).collect(),
            places: rest.chunks_exact(PLACE_BYTES).map(place).collect::<Option<_>>()?,
            places_complete: complete == 1,
        })
    }
}
