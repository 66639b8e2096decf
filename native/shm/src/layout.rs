//! Every offset and limit of the shared file, in 64-bit words unless the name says bytes. Drawn in `native/shm/README.md`;
//! printed to TypeScript by `examples/layout_ts.rs`. Changing anything here changes the ABI.

use tickring_core::counters::{InstrumentCounters, JournalCounters, ShardCounters};
use tickring_core::event::LEVELS_PER_EVENT_MAX;

/// Bytes of a word.
pub const WORD_SIZE: usize = 8;
/// `TICKRING` in the order of the bytes in the file.
pub const MAGIC: u64 = u64::from_le_bytes(*b"TICKRING");
/// Another major version is refused.
pub const ABI_MAJOR: u16 = 1;
/// A newer minor version only adds where there is room: header fields, kinds, flags, counters within their lines.
pub const ABI_MINOR: u16 = 0;
/// Reads as this only where bytes have the order in which they were written.
pub const ENDIAN_TAG: u64 = 0x0102_0304_0506_0708;
/// Bytes of the header page.
pub const HEADER_SIZE: usize = 4096;
/// Distance in bytes between lines that different cores write; constant on every CPU.
pub const HEADER_LINE_SIZE: usize = 128;
/// Feature bits that a reader must know to read the file; none exist yet.
pub const MUST_UNDERSTAND: u64 = 0;

/// Word numbers of the header page.
pub mod header {
    /// [`super::MAGIC`], stored last.
    pub const MAGIC: usize = 0;
    /// `abi_major u16 | abi_minor u16 | header_size u32`, from the low end.
    pub const VERSION: usize = 1;
    /// [`super::ENDIAN_TAG`].
    pub const ENDIAN: usize = 2;
    /// `header_line u32 | slot_size u32`.
    pub const LINE_AND_SLOT: usize = 3;
    /// Number of slots, a power of two.
    pub const SLOT_COUNT: usize = 4;
    /// Bytes of the ring.
    pub const CAPACITY: usize = 5;
    /// Bytes of the file.
    pub const FILE_SIZE: usize = 6;
    /// Epoch of the writer.
    pub const EPOCH: usize = 7;
    /// Epoch of the writer before, 0 for none.
    pub const PREV_EPOCH: usize = 8;
    /// Number in the file's name.
    pub const GENERATION: usize = 9;
    /// First of two words of the kernel's boot id.
    pub const BOOT_ID: usize = 10;
    /// `pid u32 | shard u16 | depth u16`.
    pub const PID: usize = 12;
    /// Field 22 of `/proc/<pid>/stat`, clock ticks since boot.
    pub const PID_START: usize = 13;
    /// Wall-clock time of creation, ns since the UNIX epoch.
    pub const CREATED_WALL: usize = 14;
    /// Monotonic time of creation, ns since boot.
    pub const CREATED_MONO: usize = 15;
    /// Hash over the names and places of everything in records and counters.
    pub const SCHEMA_HASH: usize = 16;
    /// First of two words of ASCII, zero padded: version of the writer's build.
    pub const BUILD: usize = 17;
    /// Feature bits that the reader must know.
    pub const MUST_UNDERSTAND: usize = 19;
    /// Sequence of the first record.
    pub const FIRST_SEQUENCE: usize = 20;
    /// Epoch since which sequences run on without a restart.
    pub const LINEAGE: usize = 21;
    /// Number of areas in the table.
    pub const AREA_COUNT: usize = 22;
    /// First word of the area table, see [`super::area`].
    pub const AREAS: usize = 24;
    /// CRC32C over all words before it.
    pub const CRC: usize = 62;

    /// Line `{heartbeat, state, final_sequence}`: counts up at least every 100 ms.
    pub const HEARTBEAT: usize = 64;
    /// [`super::STATE_OPEN`] or [`super::STATE_CLOSED`].
    pub const STATE: usize = 65;
    /// Sequence of the last record, once closed.
    pub const FINAL_SEQUENCE: usize = 66;
    /// Line `{position, sequence, frame_seq}`: number of slots published.
    pub const HEAD: usize = 80;
    /// Word of the head line: next position.
    pub const HEAD_POSITION: usize = 0;
    /// Word of the head line: sequence of the last record.
    pub const HEAD_SEQUENCE: usize = 1;
    /// Word of the head line: input number of the last record.
    pub const HEAD_FRAME_SEQ: usize = 2;
    /// Line of the waker: time between its looks at the head in ns, 0 where none runs.
    pub const WAKER: usize = 96;
    /// Its calls, 32 bits: a futex that blocked readers wait on.
    pub const WAKE: usize = 97;
}

/// The writer runs, or died without saying so.
pub const STATE_OPEN: u64 = 1;
/// The writer ended in order; `final_sequence` holds.
pub const STATE_CLOSED: u64 = 2;

/// Rows of the area table; each is `{offset, size, stride, count}`, the first three in bytes.
pub mod area {
    /// Ring slots.
    pub const RING: usize = 0;
    /// Latest table.
    pub const LATEST: usize = 1;
    /// Instrument table.
    pub const INSTRUMENTS: usize = 2;
    /// Counters of the ring writer, then of the shard.
    pub const COUNTERS: usize = 3;
    /// Counters by instrument.
    pub const INSTRUMENT_COUNTERS: usize = 4;
    /// Histograms by stage.
    pub const HISTOGRAMS: usize = 5;
    /// Which image of each instrument's book stands where.
    pub const BOOKS: usize = 6;
    /// Chunks of levels that images are made of.
    pub const BOOK_CHUNKS: usize = 7;
    /// Number of areas.
    pub const COUNT: usize = 8;
    /// Words of a row.
    pub const ROW_WORDS: usize = 4;
}

/// Words of a ring slot: one cache line.
pub const SLOT_WORDS: usize = 8;
/// Bytes of a ring slot.
pub const SLOT_SIZE: usize = SLOT_WORDS * WORD_SIZE;
/// Words of a slot that a record may fill: all but the commit word.
pub const SLOT_BODY_WORDS: usize = SLOT_WORDS - 1;
/// Words of a record before its payload: `kind…`, `ts_recv`, `sequence|frame_seq`, stamp word.
pub const RECORD_HEAD_WORDS: usize = 4;
/// Words between head and payload of a wide record: `ts_event`, `ts_out`, `index|frame_seq high`.
pub const WIDE_WORDS: usize = 3;
/// Most levels of a record, both sides together.
pub const LEVELS_MAX: usize = LEVELS_PER_EVENT_MAX;
/// Words before the levels of a book record.
pub const BOOK_HEAD_WORDS: usize = 3;
/// Most payload words of any record.
pub const PAYLOAD_WORDS_MAX: usize = BOOK_HEAD_WORDS + 2 * LEVELS_MAX;
/// Most words of a record, commit words left out.
pub const RECORD_WORDS_MAX: usize = RECORD_HEAD_WORDS + WIDE_WORDS + PAYLOAD_WORDS_MAX;
/// Most slots of a record.
pub const SPAN_MAX: usize = RECORD_WORDS_MAX.div_ceil(SLOT_BODY_WORDS);
/// Private copy that holds the slots of any record.
pub const COPY_WORDS: usize = SPAN_MAX * SLOT_BODY_WORDS;

/// Least bytes of a ring.
pub const RING_SIZE_MIN: u64 = 64 * 1024;
/// Most bytes of a ring.
pub const RING_SIZE_MAX: u64 = 16 << 30;
/// Positions must stay below this: the commit word has 47 bits for `2n + 2`.
pub const POSITION_MAX: u64 = (1 << 46) - 2;
/// Commit word: this slot continues a record.
pub const COMMIT_TAIL: u64 = 1 << 47;
/// Commit word: where the low 16 bits of the epoch begin.
pub const COMMIT_EPOCH_SHIFT: u32 = 48;

/// Most instruments of a shard.
pub const INSTRUMENTS_MAX: u32 = 65_536;
/// Most levels a side in the latest table.
pub const DEPTH_MAX: u16 = 1_000;
/// Words of a latest slot before its levels: version and 18 fields.
pub const LATEST_HEAD_WORDS: usize = 19;
/// Words of a row of the books area: two cache lines.
pub const BOOK_WORDS: usize = 16;
/// Words of a chunk of levels: the number of the next chunk, then levels.
pub const CHUNK_WORDS: usize = 512;
/// Bytes of a chunk.
pub const CHUNK_SIZE: usize = CHUNK_WORDS * WORD_SIZE;
/// Number that ends a chain of chunks.
pub const NO_CHUNK: u32 = u32::MAX;
/// Most bytes of the chunks of a shard.
pub const BOOKS_SIZE_MAX: u64 = 16 << 30;
/// Words of an instrument slot.
pub const INSTRUMENT_WORDS: usize = 32;
/// Counters that the ring writer keeps itself: name and help, in the order of the file.
pub const RING_COUNTERS: &[(&str, &str)] = &[
    ("ring_records", "Records published."),
    ("ring_slots", "Ring slots used by them."),
    ("ring_wide", "Records in the wide form."),
    ("ring_refused", "Records refused: too long, or no position left in this generation."),
    ("ring_latest_refused", "Table writes refused: instrument slot beyond the table."),
    ("ring_images", "Images of whole books written."),
    ("ring_image_levels", "Levels in them."),
    ("ring_images_refused", "Images refused: no room left in the books area."),
];
/// Words before the journal's counters.
pub const JOURNAL_COUNTERS_AT: usize = RING_COUNTERS.len() + ShardCounters::TABLE.len();
/// Words of the counters area: ring counters, shard counters, the journal's, rounded up to a slot.
pub const COUNTER_WORDS: usize = (JOURNAL_COUNTERS_AT + JournalCounters::TABLE.len()).next_multiple_of(SLOT_WORDS);
/// Words of one instrument's counters: whole pairs of cache lines.
pub const INSTRUMENT_COUNTER_WORDS: usize = InstrumentCounters::TABLE.len().next_multiple_of(2 * SLOT_WORDS);

/// Sub-buckets of an octave as a power of two: values are kept to 1/64.
pub const HISTOGRAM_SUB_BITS: u32 = 6;
/// Values from 2^this on count in the last bucket.
pub const HISTOGRAM_MAX_BITS: u32 = 40;
/// Number of buckets: 64 exact ones, then 64 an octave.
pub const HISTOGRAM_BUCKETS: usize = ((HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1) as usize) << HISTOGRAM_SUB_BITS;
/// Words of a histogram before its buckets: count, sum, max, five reserved.
pub const HISTOGRAM_HEAD_WORDS: usize = 8;
/// Words of a histogram.
pub const HISTOGRAM_WORDS: usize = HISTOGRAM_HEAD_WORDS + HISTOGRAM_BUCKETS;

/// Words of a latest slot for this depth: whole cache lines.
#[must_use]
pub const fn latest_words(depth: u16) -> usize {
    (LATEST_HEAD_WORDS + 4 * depth as usize).next_multiple_of(SLOT_WORDS)
}

const _: () = {
    assert!(SLOT_SIZE == 64 && HEADER_LINE_SIZE == 128);
    assert!(header::AREAS + area::COUNT * area::ROW_WORDS <= header::CRC);
    assert!(header::CRC < header::HEARTBEAT);
    assert!(header::HEARTBEAT * WORD_SIZE == 512 && header::HEAD * WORD_SIZE == 640 && header::WAKER * WORD_SIZE == 768);
    assert!((header::HEAD - header::HEARTBEAT) * WORD_SIZE >= HEADER_LINE_SIZE);
    assert!(header::WAKER * WORD_SIZE + HEADER_LINE_SIZE <= HEADER_SIZE);
    assert!(PAYLOAD_WORDS_MAX == 259 && RECORD_WORDS_MAX == 266 && SPAN_MAX == 38);
    assert!(SPAN_MAX <= u8::MAX as usize);
    // A record is at most an eighth of the smallest ring.
    assert!(SPAN_MAX * 8 <= RING_SIZE_MIN as usize / SLOT_SIZE);
    assert!(2 * POSITION_MAX + 2 < COMMIT_TAIL);
    assert!(latest_words(20) == 104 && LATEST_HEAD_WORDS + 4 * 20 == 99);
    assert!(INSTRUMENT_WORDS * WORD_SIZE == 256 && INSTRUMENT_COUNTER_WORDS * WORD_SIZE == 256);
    assert!(HISTOGRAM_BUCKETS == 2240 && HISTOGRAM_WORDS.is_multiple_of(SLOT_WORDS));
};
