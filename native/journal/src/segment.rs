//! Header block and names of segments.

use sha2::{Digest, Sha256};

use crate::error::JournalError;
use crate::record::{SEQUENCE_MAX, masked, u16_at, u32_at, u64_at};

/// Bytes of the header block; the first record stands behind it.
pub const HEADER_BYTES: usize = 4096;

/// Smallest segment that is accepted.
pub const SEGMENT_BYTES_MIN: u64 = 16 << 10;

/// Largest segment that is accepted: an offset in units of 8 fits 32 bits, and recovery reads the last one whole.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 30;

/// A seal with its index may make a segment a little longer than what was reserved.
pub(crate) const PLAIN_BYTES_MAX: u64 = SEGMENT_BYTES_MAX + (64 << 20);

const MAGIC: [u8; 8] = *b"TKRJRNL1";
pub(crate) const VERSION: u16 = 1;
const CHECK_AT: usize = HEADER_BYTES - 4;

/// Flag of a segment that was made of the reserve.
pub(crate) const FROM_RESERVE: u16 = 1;

/// Flag of a segment that was made of an old one: behind its records stand those.
pub(crate) const RECYCLED: u16 = 2;

/// The end of a segment, as its successor says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Link {
    /// Index of the segment, 0 where there was none.
    pub index: u64,
    /// Where it ends.
    pub end: u64,
    /// Digest of what stands before that.
    pub digest: [u8; 32],
}

/// What a header block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// 1: from the reserve; 2: of an old segment.
    pub flags: u16,
    /// Shard.
    pub stream: u32,
    /// Number of the segment, from 1.
    pub index: u64,
    /// Random, in each check of its records.
    pub salt: u64,
    /// Epoch of the writer.
    pub epoch: u64,
    /// Number of the first input that may stand here.
    pub first_sequence: u64,
    /// ns since the UNIX epoch.
    pub created: u64,
    /// Latest receive time of all records before this segment, ns since the UNIX epoch.
    pub ts_before: u64,
    /// Bytes reserved for it.
    pub capacity: u64,
    /// The segment before it.
    pub prev: Link,
    /// Segments with a lower index are given up.
    pub floor: u64,
}

impl Header {
    /// The header block with its check.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let mut out = vec![0; HEADER_BYTES];
        out[..8].copy_from_slice(&MAGIC);
        out[8..10].copy_from_slice(&VERSION.to_le_bytes());
        out[10..12].copy_from_slice(&self.flags.to_le_bytes());
        out[12..16].copy_from_slice(&self.stream.to_le_bytes());
        let words = [
            (16, self.index),
            (24, self.salt),
            (32, self.epoch),
            (40, self.first_sequence),
            (48, self.created),
            (56, self.capacity),
            (64, self.prev.index),
            (72, self.prev.end),
            (112, self.floor),
            (120, self.ts_before),
        ];
        for (place, value) in words {
            out[place..place + 8].copy_from_slice(&value.to_le_bytes());
        }
        out[80..112].copy_from_slice(&self.prev.digest);
        let check = masked(crc32c::crc32c(&out[..CHECK_AT]));
        out[CHECK_AT..].copy_from_slice(&check.to_le_bytes());
        out
    }

    /// Reads a header block.
    ///
    /// # Errors
    ///
    /// `JOURNAL_VERSION` for another version, `JOURNAL_DAMAGED` for anything else that is no header.
    pub fn read(bytes: &[u8], file: &str) -> Result<Self, JournalError> {
        let damaged = |from: usize, what: String| JournalError::Damaged { file: file.to_owned(), from: from as u64, what };
        if bytes.len() < HEADER_BYTES {
            return Err(damaged(bytes.len(), format!("{} bytes where a header of {HEADER_BYTES} should be", bytes.len())));
        }
        if u32_at(bytes, CHECK_AT) != masked(crc32c::crc32c(&bytes[..CHECK_AT])) || bytes[..8] != MAGIC {
            return Err(damaged(0, "its header fails its check".to_owned()));
        }
        let version = u16_at(bytes, 8);
        if version != VERSION {
            return Err(JournalError::Version { file: file.to_owned(), version, known: VERSION });
        }
        let header = Self {
            flags: u16_at(bytes, 10),
            stream: u32_at(bytes, 12),
            index: u64_at(bytes, 16),
            salt: u64_at(bytes, 24),
            epoch: u64_at(bytes, 32),
            first_sequence: u64_at(bytes, 40),
            created: u64_at(bytes, 48),
            capacity: u64_at(bytes, 56),
            prev: Link {
                index: u64_at(bytes, 64),
                end: u64_at(bytes, 72),
                digest: bytes[80..112].try_into().expect("invariant: 32 bytes"),
            },
            floor: u64_at(bytes, 112),
            ts_before: u64_at(bytes, 120),
        };
        let end_fits = header.prev.end.is_multiple_of(8) && header.prev.end <= PLAIN_BYTES_MAX;
        let counts = header.index > header.prev.index && (1..=SEQUENCE_MAX).contains(&header.first_sequence);
        if end_fits && counts { Ok(header) } else { Err(damaged(0, "its header contradicts itself".to_owned())) }
    }
}

/// Digest of a segment as it grows: header block, then the check of each record.
#[derive(Clone)]
pub(crate) struct Chain(Sha256);

impl Chain {
    pub fn new(header_block: &[u8]) -> Self {
        Self(Sha256::new_with_prefix(header_block))
    }

    pub fn add(&mut self, check: u32) {
        self.0.update(check.to_le_bytes());
    }

    pub fn digest(&self) -> [u8; 32] {
        self.0.clone().finalize().into()
    }
}

/// A segment as its file name tells it. Sorted, names are in the order of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentName {
    /// Number of the segment.
    pub index: u64,
    /// Number of the first input that may stand in it.
    pub first_sequence: u64,
    /// Whether this is the compressed form.
    pub packed: bool,
}

impl SegmentName {
    /// Takes a file name apart; `None` for other files.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (stem, packed) = match name.strip_suffix(".seg") {
            Some(stem) => (stem, false),
            None => (name.strip_suffix(".zseg")?, true),
        };
        let (index, first) = stem.split_once('-')?;
        let number = |text: &str, digits: usize| (text.len() == digits).then(|| text.parse::<u64>().ok()).flatten();
        let parsed = Self { index: number(index, 12)?, first_sequence: number(first, 20)?, packed };
        // `parse` takes a plus sign as well.
        (parsed.file() == name).then_some(parsed)
    }

    /// The file name.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{:012}-{:020}.{}", self.index, self.first_sequence, if self.packed { "zseg" } else { "seg" })
    }
}

/// Segments among these file names, by index; of a plain and a compressed one only the compressed.
pub(crate) fn segments<'a>(names: impl Iterator<Item = &'a str>) -> Vec<SegmentName> {
    let mut found: Vec<_> = names.filter_map(SegmentName::parse).collect();
    found.sort_unstable_by_key(|name| (name.index, !name.packed));
    found.dedup_by_key(|name| name.index);
    found
}
