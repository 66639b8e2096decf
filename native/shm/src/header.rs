//! The header page: what a writer says about its file, and what a reader checks before it believes any of it.

use std::path::Path;

use crate::crc32c;
use crate::error::ShmError;
use crate::layout::{
    ABI_MAJOR, ABI_MINOR, BOOK_WORDS, BOOKS_SIZE_MAX, CHUNK_SIZE, COUNTER_WORDS, DEPTH_MAX, ENDIAN_TAG, HEADER_LINE_SIZE,
    HEADER_SIZE, HISTOGRAM_WORDS, INSTRUMENT_COUNTER_WORDS, INSTRUMENT_WORDS, INSTRUMENTS_MAX, MAGIC, MUST_UNDERSTAND,
    RING_SIZE_MAX, RING_SIZE_MIN, SLOT_SIZE, WORD_SIZE, area, header as at, latest_words,
};
use crate::metrics::Stage;
use crate::payload::schema_hash;
use crate::process::Identity;

/// Words of the header that the checksum covers, and the checksum.
pub(crate) const HEADER_WORDS: usize = at::CRC + 1;

/// A row of the area table, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) stride: u64,
    pub(crate) count: u64,
}

/// Everything in the header page that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) epoch: u64,
    pub(crate) prev_epoch: u64,
    pub(crate) generation: u64,
    pub(crate) shard: u16,
    pub(crate) depth: u16,
    pub(crate) writer: Identity,
    pub(crate) created_wall: u64,
    pub(crate) created_mono: u64,
    pub(crate) first_sequence: u64,
    pub(crate) lineage: u64,
    pub(crate) file_size: u64,
    pub(crate) areas: [Row; area::COUNT],
}

/// What sizes a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) ring_bytes: u64,
    /// Bytes of the chunks of books.
    pub(crate) books_bytes: u64,
    pub(crate) instruments: u32,
    /// Levels a side in the latest table.
    pub(crate) depth: u16,
}

/// Places the areas one behind the other; returns them and the size of the file.
pub(crate) fn plan(shape: &Shape) -> ([Row; area::COUNT], u64) {
    let words = |words: usize| (words * WORD_SIZE) as u64;
    let instruments = u64::from(shape.instruments);
    let shape = [
        (SLOT_SIZE as u64, shape.ring_bytes / SLOT_SIZE as u64),
        (words(latest_words(shape.depth)), instruments),
        (words(INSTRUMENT_WORDS), instruments),
        (words(COUNTER_WORDS), 1),
        (words(INSTRUMENT_COUNTER_WORDS), instruments),
        (words(HISTOGRAM_WORDS), Stage::ALL.len() as u64),
        (words(BOOK_WORDS), instruments),
        (CHUNK_SIZE as u64, shape.books_bytes / CHUNK_SIZE as u64),
    ];
    let mut offset = HEADER_SIZE as u64;
    let rows = shape.map(|(stride, count)| {
        let row = Row { offset, size: stride * count, stride, count };
        offset = (offset + row.size).next_multiple_of(HEADER_LINE_SIZE as u64);
        row
    });
    (rows, offset.next_multiple_of(HEADER_SIZE as u64))
}

/// Checks what an engine was configured with.
///
/// # Errors
///
/// [`ShmError::Argument`] for the first value out of range.
pub(crate) fn check_shape(shape: &Shape) -> Result<(), ShmError> {
    let &Shape { ring_bytes, books_bytes, instruments, depth } = shape;
    let argument = |what, value, limit| Err(ShmError::Argument { what, value, limit });
    if !ring_bytes.is_power_of_two() || !(RING_SIZE_MIN..=RING_SIZE_MAX).contains(&ring_bytes) {
        return argument("ring size", ring_bytes, "a power of two of 64 KiB to 16 GiB");
    }
    if !books_bytes.is_multiple_of(CHUNK_SIZE as u64) || books_bytes > BOOKS_SIZE_MAX {
        return argument("size of the books area", books_bytes, "a multiple of 4096, at most 16 GiB");
    }
    if instruments == 0 || instruments > INSTRUMENTS_MAX {
        return argument("number of instruments", u64::from(instruments), "1 to 65536");
    }
    if depth == 0 || depth > DEPTH_MAX {
        return argument("depth of the latest table", u64::from(depth), "1 to 1000");
    }
    Ok(())
}

/// Version of this build as two words of ASCII.
fn build_words() -> [u64; 2] {
    let mut bytes = [0; 16];
    for (byte, letter) in bytes.iter_mut().zip(env!("CARGO_PKG_VERSION").bytes()) {
        *byte = letter;
    }
    let (low, high) = bytes.split_at(8);
    [low, high].map(|half| half.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

impl Header {
    /// The words of the page up to and with the checksum.
    pub(crate) fn to_words(self) -> [u64; HEADER_WORDS] {
        let mut words = [0; HEADER_WORDS];
        let ring = self.areas[area::RING];
        words[at::MAGIC] = MAGIC;
        words[at::VERSION] = u64::from(ABI_MAJOR) | u64::from(ABI_MINOR) << 16 | (HEADER_SIZE as u64) << 32;
        words[at::ENDIAN] = ENDIAN_TAG;
        words[at::LINE_AND_SLOT] = HEADER_LINE_SIZE as u64 | (SLOT_SIZE as u64) << 32;
        words[at::SLOT_COUNT] = ring.count;
        words[at::CAPACITY] = ring.size;
        words[at::FILE_SIZE] = self.file_size;
        words[at::EPOCH] = self.epoch;
        words[at::PREV_EPOCH] = self.prev_epoch;
        words[at::GENERATION] = self.generation;
        words[at::BOOT_ID..at::BOOT_ID + 2].copy_from_slice(&self.writer.boot_id);
        words[at::PID] = u64::from(self.writer.pid) | u64::from(self.shard) << 32 | u64::from(self.depth) << 48;
        words[at::PID_START] = self.writer.start_ticks;
        words[at::CREATED_WALL] = self.created_wall;
        words[at::CREATED_MONO] = self.created_mono;
        words[at::SCHEMA_HASH] = schema_hash();
        words[at::BUILD..at::BUILD + 2].copy_from_slice(&build_words());
        words[at::MUST_UNDERSTAND] = MUST_UNDERSTAND;
        words[at::FIRST_SEQUENCE] = self.first_sequence;
        words[at::LINEAGE] = self.lineage;
        words[at::AREA_COUNT] = area::COUNT as u64;
        for (row, words) in self.areas.iter().zip(words[at::AREAS..].chunks_exact_mut(area::ROW_WORDS)) {
            words.copy_from_slice(&[row.offset, row.size, row.stride, row.count]);
        }
        words[at::CRC] = u64::from(crc32c::of_words(&words[..at::CRC]));
        words
    }

    /// Believes a header page only after all of it has been checked against this build and the file's true size.
    ///
    /// # Errors
    ///
    /// [`ShmError::Version`] where a newer or older build could read it, [`ShmError::Corrupt`] where none could.
    pub(crate) fn from_words(words: &[u64; HEADER_WORDS], file_size: u64, path: &Path) -> Result<Self, ShmError> {
        let corrupt = |what: String| ShmError::Corrupt { path: path.into(), what };
        if words[at::MAGIC] != MAGIC {
            return Err(corrupt("it does not begin with the magic number".into()));
        }
        check_version(words, path)?;
        let crc = crc32c::of_words(&words[..at::CRC]);
        if words[at::CRC] != u64::from(crc) {
            return Err(corrupt(format!("header checksum is {:#x}, computed {crc:#x}", words[at::CRC])));
        }
        if words[at::FILE_SIZE] != file_size {
            return Err(corrupt(format!("header says {} bytes, the file has {file_size}", words[at::FILE_SIZE])));
        }
        let mut areas = [Row::default(); area::COUNT];
        for (row, words) in areas.iter_mut().zip(words[at::AREAS..].chunks_exact(area::ROW_WORDS)) {
            *row = Row { offset: words[0], size: words[1], stride: words[2], count: words[3] };
        }
        let [low, high] = [words[at::PID], words[at::PID] >> 32];
        let header = Self {
            epoch: words[at::EPOCH],
            prev_epoch: words[at::PREV_EPOCH],
            generation: words[at::GENERATION],
            shard: high as u16,
            depth: (high >> 16) as u16,
            writer: Identity {
                pid: low as u32,
                start_ticks: words[at::PID_START],
                boot_id: [words[at::BOOT_ID], words[at::BOOT_ID + 1]],
            },
            created_wall: words[at::CREATED_WALL],
            created_mono: words[at::CREATED_MONO],
            first_sequence: words[at::FIRST_SEQUENCE],
            lineage: words[at::LINEAGE],
            file_size,
            areas,
        };
        match header.check_areas() {
            Ok(()) => Ok(header),
            // What a newer minor version could not add in place: other tables.
            Err(what) if minor(words) > ABI_MINOR => Err(ShmError::Version { path: path.into(), what }),
            Err(what) => Err(corrupt(what)),
        }
    }

    /// The area table must be the one that this build would have made: same places, strides and counts.
    fn check_areas(&self) -> Result<(), String> {
        let shape = Shape {
            ring_bytes: self.areas[area::RING].size,
            books_bytes: self.areas[area::BOOK_CHUNKS].size,
            instruments: u32::try_from(self.areas[area::LATEST].count).unwrap_or_default(),
            depth: self.depth,
        };
        check_shape(&shape).map_err(|error| error.to_string())?;
        let (planned, size) = plan(&shape);
        if planned != self.areas || size > self.file_size {
            return Err("its areas are not where this layout puts them".into());
        }
        Ok(())
    }
}

const fn minor(words: &[u64; HEADER_WORDS]) -> u16 {
    (words[at::VERSION] >> 16) as u16
}

/// Refuses what another build could read and this one cannot.
fn check_version(words: &[u64; HEADER_WORDS], path: &Path) -> Result<(), ShmError> {
    let version = |what: String| Err(ShmError::Version { path: path.into(), what });
    if words[at::ENDIAN] != ENDIAN_TAG {
        return version(format!("its byte order tag reads {:#x}, here {ENDIAN_TAG:#x}", words[at::ENDIAN]));
    }
    let (major, minor) = (words[at::VERSION] as u16, minor(words));
    if major != ABI_MAJOR {
        return version(format!("its layout is {major}.{minor}, this build reads {ABI_MAJOR}.{ABI_MINOR}"));
    }
    if words[at::MUST_UNDERSTAND] & !MUST_UNDERSTAND != 0 {
        return version(format!("it needs features {:#x}, this build knows {MUST_UNDERSTAND:#x}", words[at::MUST_UNDERSTAND]));
    }
    // A newer minor version may have appended names; the same one must mean the same.
    if minor == ABI_MINOR && words[at::SCHEMA_HASH] != schema_hash() {
        return version(format!("its schema is {:#x}, this build's {:#x}", words[at::SCHEMA_HASH], schema_hash()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header in which every field has another value.
    fn header() -> Header {
        let shape = Shape { ring_bytes: 1 << 20, books_bytes: 1 << 16, instruments: 3, depth: 20 };
        let (areas, file_size) = plan(&shape);
        let writer = Identity { pid: 0x0102_0304, start_ticks: 5, boot_id: [6, 7] };
        let (epoch, prev_epoch, generation, shard, depth) = (8, 9, 10, 11, 20);
        let (created_wall, created_mono, first_sequence, lineage) = (12, 13, 14, 15);
        Header {
            epoch,
            prev_epoch,
            generation,
            shard,
            depth,
            writer,
            created_wall,
            created_mono,
            first_sequence,
            lineage,
            file_size,
            areas,
        }
    }

    /// The page as it is in the file, little-endian, but without the version of the build.
    fn page() -> Vec<u8> {
        let mut words = header().to_words();
        words[at::BUILD..at::BUILD + 2].fill(0);
        words[at::CRC] = u64::from(crc32c::of_words(&words[..at::CRC]));
        let mut bytes: Vec<_> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.resize(HEADER_SIZE, 0);
        bytes
    }

    #[test]
    fn the_header_page_is_the_one_that_version_1_was_frozen_with() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/header-1.0.bin");
        if std::env::var_os("TICKRING_GOLDEN_UPDATE").is_some() {
            std::fs::write(&path, page()).expect("the golden page can be written");
        }
        let golden = std::fs::read(&path).expect("the golden page is there");
        let page = page();
        let differs: Vec<_> = page.chunks(8).zip(golden.chunks(8)).enumerate().filter(|(_, (new, old))| new != old).collect();
        assert!(differs.is_empty() && golden.len() == HEADER_SIZE, "words that differ: {differs:x?}");
    }

    #[test]
    fn every_damaged_byte_of_the_page_is_refused() {
        let words = header().to_words();
        let path = Path::new("page");
        assert_eq!(Header::from_words(&words, header().file_size, path).expect("it is whole"), header());
        for (word, bit) in (0..HEADER_WORDS).flat_map(|word| (0..64).map(move |bit| (word, bit))) {
            let mut damaged = words;
            damaged[word] ^= 1 << bit;
            assert!(Header::from_words(&damaged, header().file_size, path).is_err(), "word {word}, bit {bit}");
        }
    }
}
