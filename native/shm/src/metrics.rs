//! Counters and histograms as plain words: one writer, Relaxed, read from outside at any time.

use tickring_core::counters::{InstrumentCounters, JournalCounters, ShardCounters};

use crate::layout::{
    HISTOGRAM_BUCKETS, HISTOGRAM_HEAD_WORDS, HISTOGRAM_MAX_BITS, HISTOGRAM_SUB_BITS, HISTOGRAM_WORDS, RING_COUNTERS,
};
use crate::sync::Words;

const COUNT: usize = 0;
const SUM: usize = 1;
const MAX: usize = 2;

/// What a histogram measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// From the input's arrival in the engine to its last record on the ring, monotonic clock.
    ReceiveToRing = 0,
    /// From the venue's event time to our receive time, wall clocks of two machines; negative counts as 0.
    VenueToReceive = 1,
    /// From arrival until the state machine gets the frame: waiting behind others of its chunk, the journal.
    Receive = 2,
    /// Reading the frame.
    Parse = 3,
    /// What follows, up to the first record: sequence, book.
    Book = 4,
    /// From the first record to the end: records, latest slots, images.
    Ring = 5,
    /// From a message's first arrival over one of several lines to its arrival over another one.
    LineLead = 6,
}

impl Stage {
    /// Every stage, in the order of the file.
    pub const ALL: &[Self] =
        &[Self::ReceiveToRing, Self::VenueToReceive, Self::Receive, Self::Parse, Self::Book, Self::Ring, Self::LineLead];

    /// The name printed to other languages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReceiveToRing => "receive_to_ring",
            Self::VenueToReceive => "venue_to_receive",
            Self::Receive => "receive",
            Self::Parse => "parse",
            Self::Book => "book",
            Self::Ring => "ring",
            Self::LineLead => "line_lead",
        }
    }

    /// One sentence on what it measures.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::ReceiveToRing => "From arrival in the engine to the last record on the ring, ns.",
            Self::VenueToReceive => {
                "From the venue's event time to our receive time, one frame of 61, ns; negative counts as 0."
            }
            Self::Receive => "Of receive_to_ring: until the state machine has the frame, one frame of 61, ns.",
            Self::Parse => "Of receive_to_ring: reading it, one frame of 61, ns.",
            Self::Book => "Of receive_to_ring: sequence and book, up to the first record, one frame of 61, ns.",
            Self::LineLead => "Of several lines that carry a stream: from the first arrival of a message to its next one, ns.",
            Self::Ring => "Of receive_to_ring: records, latest slots and images, one frame of 61, ns.",
        }
    }
}

/// Bucket of a value.
#[must_use]
pub const fn bucket_of(ns: u64) -> usize {
    let limit = (1 << HISTOGRAM_MAX_BITS) - 1;
    let ns = if ns > limit { limit } else { ns };
    let Some(octave) = (ns >> HISTOGRAM_SUB_BITS).checked_ilog2() else { return ns as usize };
    (((octave as u64) << HISTOGRAM_SUB_BITS) + (ns >> octave)) as usize
}

/// Least value of a bucket; the next bucket's least value is its exclusive end.
#[must_use]
pub const fn bucket_start(bucket: usize) -> u64 {
    let sub = 1 << HISTOGRAM_SUB_BITS;
    let bucket = bucket as u64;
    if bucket < 2 * sub {
        return bucket;
    }
    let octave = bucket / sub - 1;
    (bucket % sub + sub) << octave
}

/// Adds one value to a histogram.
#[inline]
pub(crate) fn record<W: Words>(area: &W, stage: Stage, ns: u64) {
    let first = stage as usize * HISTOGRAM_WORDS;
    let bucket = first + HISTOGRAM_HEAD_WORDS + bucket_of(ns);
    area.set(bucket, area.get(bucket) + 1);
    area.set(first + SUM, area.get(first + SUM).wrapping_add(ns));
    area.set(first + MAX, area.get(first + MAX).max(ns));
    area.set(first + COUNT, area.get(first + COUNT) + 1);
}

/// A histogram, copied out. Copied while values are added, its figures may differ by those values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramCopy {
    /// What it measures.
    pub stage: Stage,
    /// Number of values.
    pub count: u64,
    /// Their sum in ns.
    pub sum: u64,
    /// The greatest in ns.
    pub max: u64,
    /// Number of values by bucket, see [`bucket_start`].
    pub buckets: Vec<u64>,
}

impl HistogramCopy {
    /// Copies a histogram.
    pub(crate) fn read<W: Words>(area: &W, stage: Stage) -> Self {
        let first = stage as usize * HISTOGRAM_WORDS;
        let buckets = (0..HISTOGRAM_BUCKETS).map(|bucket| area.get(first + HISTOGRAM_HEAD_WORDS + bucket)).collect();
        Self { stage, count: area.get(first + COUNT), sum: area.get(first + SUM), max: area.get(first + MAX), buckets }
    }

    /// A value in ns that this share of all values does not exceed, to 1/64; 0 where there are none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> u64 {
        let total: u64 = self.buckets.iter().sum();
        let rank = ((total as f64 * share).ceil() as u64).clamp(1, total.max(1));
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return (bucket_start(bucket + 1) - 1).min(self.max);
            }
        }
        0
    }
}

/// All counters of a shard, copied out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountersCopy {
    /// The ring writer's own, in the order of [`RING_COUNTERS`].
    pub ring: [u64; RING_COUNTERS.len()],
    /// The shard's, in the order of [`ShardCounters::TABLE`].
    pub shard: [u64; ShardCounters::TABLE.len()],
    /// Its journal's, in the order of [`JournalCounters::TABLE`].
    pub journal: [u64; JournalCounters::TABLE.len()],
    /// By slot of the instrument table: each in the order of [`InstrumentCounters::TABLE`]. Slots never defined are absent.
    pub instruments: Vec<(u32, [u64; InstrumentCounters::TABLE.len()])>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_are_contiguous_and_cover_the_range() {
        for bucket in 0..HISTOGRAM_BUCKETS {
            assert_eq!(bucket_of(bucket_start(bucket)), bucket);
            assert_eq!(bucket_of(bucket_start(bucket + 1) - 1), bucket);
        }
        assert_eq!(bucket_start(HISTOGRAM_BUCKETS), 1 << HISTOGRAM_MAX_BITS);
        assert_eq!(bucket_of(u64::MAX), HISTOGRAM_BUCKETS - 1);
    }

    proptest! {
        #[test]
        fn bucket_keeps_a_value_to_one_64th(ns in 0u64..1 << HISTOGRAM_MAX_BITS) {
            let start = bucket_start(bucket_of(ns));
            let end = bucket_start(bucket_of(ns) + 1);
            prop_assert!(start <= ns && ns < end);
            prop_assert!((end - start) * 64 <= start.max(64));
        }
    }
}
