//! What a shard is made of, as JavaScript says it.

use std::path::PathBuf;

use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use tickring_core::error::Code;
use tickring_core::simd::CodePath;
use tickring_shm::SegmentOptions;
use tickring_shm::layout::CHUNK_SIZE;

use crate::convert::{narrow, to_u64, unsigned};
use crate::failure::{self, Result, fail};
use crate::journalling::JournalOptions;

/// How to make a shard.
#[napi(object)]
pub struct ShardOptions {
    /// Root of shared memory; absent for replay, which publishes nowhere.
    pub root: Option<String>,
    pub name: String,
    pub shard: u32,
    pub epoch: BigInt,
    pub prev_epoch: BigInt,
    /// A power of two of 64 KiB to 16 GiB; 0 too where there is no `root`.
    pub ring_bytes: f64,
    /// Room for images of whole books, rounded down to whole chunks of 4 KiB; absent: a quarter of `ringBytes`.
    pub books_bytes: Option<f64>,
    /// A thread looks this often whether blocked readers are to be woken, µs; absent or 0: none, they sleep.
    pub wake_interval_us: Option<u32>,
    /// Publish in sealed memory that is handed out over a socket, instead of in a file.
    pub hardened: Option<bool>,
    pub instruments_max: u32,
    pub depth: u32,
    pub snapshot_interval_ms: f64,
    /// Absent: inputs are not kept.
    pub journal: Option<JournalOptions>,
}

/// Bytes of the smallest ring, for the check of options that ask for none.
const RING_BYTES_MIN: u64 = 64 * 1024;

/// Names the code path that shards take, for tests and measurements; see [`CodePath`].
const CODE_PATH: &str = "TICKRING_CODE_PATH";

/// The code path that the environment names, or the best of this host.
pub(crate) fn code_path() -> Result<CodePath> {
    let Some(name) = std::env::var_os(CODE_PATH) else { return Ok(CodePath::detect()) };
    let named = name.to_str().and_then(CodePath::from_name).filter(|path| path.is_available());
    named.ok_or_else(|| {
        let here: Vec<_> = CodePath::ALL.iter().filter(|path| path.is_available()).map(|path| path.name()).collect();
        fail(Code::ArgumentRange, format!("{CODE_PATH} {} is none of {}", name.display(), here.join(", ")))
    })
}

impl ShardOptions {
    pub(crate) fn snapshot_interval_ns(&self) -> Result<u64> {
        let ms = to_u64("snapshotIntervalMs", self.snapshot_interval_ms)?;
        let limit = u64::MAX / 1_000_000;
        ms.checked_mul(1_000_000).ok_or_else(|| fail(Code::ArgumentRange, format!("snapshotIntervalMs {ms} exceeds {limit}")))
    }

    /// The segment, checked whether it will be made or not; its root is empty where it will not.
    pub(crate) fn into_segment(self) -> Result<SegmentOptions> {
        let ring_bytes = to_u64("ringBytes", self.ring_bytes)?;
        let books_bytes = self.books_bytes.map_or(Ok(ring_bytes / 4), |bytes| to_u64("booksBytes", bytes))?;
        let nowhere = self.root.is_none();
        if self.root.as_ref().is_some_and(String::is_empty) {
            return Err(fail(Code::ShmName, "root is empty: leave it out to publish nowhere"));
        }
        let segment = SegmentOptions {
            root: PathBuf::from(self.root.unwrap_or_default()),
            name: self.name,
            shard: narrow("shard", self.shard)?,
            epoch: unsigned("epoch", &self.epoch)?,
            prev_epoch: unsigned("prevEpoch", &self.prev_epoch)?,
            ring_bytes: if nowhere && ring_bytes == 0 { RING_BYTES_MIN } else { ring_bytes },
            books_bytes: books_bytes - books_bytes % CHUNK_SIZE as u64,
            instruments_max: self.instruments_max,
            depth: narrow("depth", self.depth)?,
            hardened: self.hardened.unwrap_or(false),
        };
        segment.check().map_err(|error| failure::shm(&error))?;
        Ok(segment)
    }
}
