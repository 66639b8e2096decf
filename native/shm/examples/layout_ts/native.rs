//! `src/native/layout.ts`: the canonical record, payload words, counters and histograms.

use tickring_core::counters::{InstrumentCounters, JournalCounters, ShardCounters};
use tickring_core::event::{Kind, LEVELS_PER_EVENT_MAX};
use tickring_shm::layout::{HISTOGRAM_BUCKETS, HISTOGRAM_MAX_BITS, HISTOGRAM_SUB_BITS, PAYLOAD_WORDS_MAX, RING_COUNTERS};
use tickring_shm::metrics::Stage;
use tickring_shm::payload::{fields, schema_hash, words};
use tickring_shm::record::{CANONICAL_HEAD_SIZE, CANONICAL_SIZE_MAX};

use crate::emit::{File, camel, quote};

/// Byte of a record that `Record::encode` leaves 0, and the addon sets to the shard.
pub const SHARD_AT: usize = 5;

/// Byte offsets of `Record::encode`.
const OFFSETS: &[(&str, usize)] = &[
    ("size", 0),
    ("kind", 4),
    ("shard", SHARD_AT),
    ("flags", 6),
    ("instrument", 8),
    ("index", 12),
    ("sequence", 16),
    ("frameSeq", 24),
    ("tsEvent", 32),
    ("tsRecv", 40),
    ("tsOut", 48),
    ("payload", CANONICAL_HEAD_SIZE),
];

/// The whole file.
pub fn file() -> String {
    let mut file = File::new("--native", "Records in their canonical form (little-endian), counters and histograms.");
    file.doc("Hash over the names and places below; the addon tells the one that it was built with.")
        .line(&format!("export const SCHEMA_HASH = 0x{:016x}n;", schema_hash()));
    file.object(
        "RECORD_OFFSETS",
        "Byte offsets in a record: `size` and `instrument`, `index` u32, `kind` and `shard` u8, `flags` u16, the others u64.",
        OFFSETS.iter().map(|(name, offset)| ((*name).to_owned(), offset.to_string())),
    );
    file.number("RECORD_SIZE_MAX", "Most bytes of a record.", CANONICAL_SIZE_MAX as u64);
    file.number("PAYLOAD_WORDS_MAX", "Most payload words of a record.", PAYLOAD_WORDS_MAX as u64);
    file.number("LEVELS_MAX", "Most price levels of a record, both sides together.", LEVELS_PER_EVENT_MAX as u64);
    payload(&mut file);
    counters(&mut file);
    histograms(&mut file);
    file.finish()
}

fn payload(file: &mut File) {
    file.object(
        "PAYLOAD_WORDS",
        "Payload words by kind; books add two words a level (price, quantity), bids before asks.",
        Kind::ALL.iter().map(|&kind| (kind.name().to_owned(), words(kind).to_string())),
    );
    file.doc("Where a field lies in the payload: word, lowest bit, number of bits, two's complement or not.")
        .line("export interface PayloadField {")
        .line("  readonly word: number;")
        .line("  readonly shift: number;")
        .line("  readonly bits: number;")
        .line("  readonly signed: boolean;")
        .line("}");
    file.doc("Fields of the payload by kind; the symbol of an instrument is eight words of zero-padded UTF-8.")
        .line("export const PAYLOAD_FIELDS = {");
    for &kind in Kind::ALL {
        file.line(&format!("  {}: {{", kind.name()));
        for field in fields(kind) {
            let (name, word, shift) = (camel(field.name), field.word, field.shift);
            file.line(&format!(
                "    {name}: {{ word: {word}, shift: {shift}, bits: {}, signed: {} }},",
                field.bits, field.signed
            ));
        }
        file.line("  },");
    }
    file.line("} as const satisfies Record<string, Record<string, PayloadField>>;");
}

fn counters(file: &mut File) {
    let row = |(name, help): &(&str, &str)| format!("{{ name: {}, help: {} }}", quote(name), quote(help));
    file.list("RING_COUNTERS", "Counters of the ring writer, in the order of their values.", RING_COUNTERS.iter().map(row));
    file.list("SHARD_COUNTERS", "Counters of a shard, in the order of their values.", ShardCounters::TABLE.iter().map(row));
    let journal = JournalCounters::TABLE.iter().map(row);
    file.list("JOURNAL_COUNTERS", "Figures of a shard's journal, in the order of their values.", journal);
    file.list(
        "INSTRUMENT_COUNTERS",
        "Counters of an instrument, in the order of their values.",
        InstrumentCounters::TABLE.iter().map(row),
    );
}

fn histograms(file: &mut File) {
    let row = |stage: &Stage| format!("{{ name: {}, help: {} }}", quote(stage.name()), quote(stage.help()));
    file.list("STAGES", "Histograms of a shard, in the order of the file.", Stage::ALL.iter().map(row));
    file.number("HISTOGRAM_BUCKETS", "Number of buckets of a histogram.", HISTOGRAM_BUCKETS as u64);
    file.number(
        "HISTOGRAM_SUB_BITS",
        "Buckets of an octave as a power of two: below 2^this each value has its own bucket.",
        u64::from(HISTOGRAM_SUB_BITS),
    );
    file.number("HISTOGRAM_MAX_BITS", "Values from 2^this ns on count in the last bucket.", u64::from(HISTOGRAM_MAX_BITS));
}
