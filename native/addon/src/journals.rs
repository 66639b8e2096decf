//! Journals as files: what is in them, whether it is whole, and what goes.

use std::path::Path;
use std::sync::Arc;

use napi::bindgen_prelude::{BigInt, Function};
use napi_derive::napi;
use tickring_core::error::Code;
use tickring_journal::{
    Check, Damage, Disk, Gap, GapCause, JournalError, Kind, Mode, Prune, Reader, ReplayOptions, SegmentName, Storage, check,
    prunable, prune,
};

use crate::convert::{to_u64, unsigned};
use crate::failure::{Result, Status, fail, guard};
use crate::journal_records::kind_name;
use crate::shard_options::code_path;

/// The same error, as the boundary spells it.
pub fn failed(error: &JournalError) -> napi::Error<Status> {
    fail(error.code(), error.to_string())
}

/// The folder of one shard.
pub fn storage(folder: &str) -> Result<Arc<dyn Storage>> {
    Ok(Arc::new(Disk::open(Path::new(folder), false).map_err(|error| failed(&error))?))
}

/// Damage is told and passed, or ends everything.
pub const fn mode(salvage: bool) -> Mode {
    if salvage { Mode::Salvage } else { Mode::Strict }
}

/// Replays as the environment and the caller want it.
pub fn options(salvage: bool, digests: bool) -> Result<ReplayOptions> {
    Ok(ReplayOptions { mode: mode(salvage), code_path: code_path()?, digests, ..ReplayOptions::default() })
}

/// One segment of a journal, as its header and its index tell it.
#[napi(object)]
pub struct JournalSegment {
    pub file: String,
    pub index: f64,
    pub epoch: BigInt,
    pub first_sequence: BigInt,
    /// Absent while it is not sealed.
    pub last_sequence: Option<BigInt>,
    /// ns since the UNIX epoch.
    pub created: BigInt,
    pub ts_first: Option<BigInt>,
    pub ts_last: Option<BigInt>,
    pub records: Option<f64>,
    pub checkpoints: f64,
    /// Bytes of the file.
    pub bytes: f64,
    pub packed: bool,
    pub from_reserve: bool,
    /// What is wrong with it, if it cannot be read.
    pub damage: Option<String>,
}

/// Segments of a shard's journal, oldest first.
///
/// # Errors
///
/// `JOURNAL_IO`.
#[napi]
pub fn journal_segments(folder: String) -> Result<Vec<JournalSegment>> {
    guard(|| {
        let storage = storage(&folder)?;
        let reader = Reader::new(Arc::clone(&storage), Mode::Strict).map_err(|error| failed(&error))?;
        let sizes = storage.list().map_err(|error| fail(Code::JournalIo, format!("could not list {folder}: {error}")))?;
        let size = |file: &str| sizes.iter().find(|(name, _)| name == file).map_or(0, |(_, bytes)| *bytes);
        Ok(reader.segments().iter().map(|name| segment(&reader, *name, size(&name.file()))).collect())
    })
}

fn segment(reader: &Reader, name: SegmentName, bytes: u64) -> JournalSegment {
    let read = reader.header(name).and_then(|header| Ok((header, reader.index(name)?)));
    let (header, index) = match &read {
        Ok((header, index)) => (Some(header), index.as_ref().filter(|index| index.records > 0)),
        Err(_) => (None, None),
    };
    JournalSegment {
        file: name.file(),
        index: name.index as f64,
        epoch: header.map_or(0, |header| header.epoch).into(),
        first_sequence: name.first_sequence.into(),
        last_sequence: index.map(|index| index.last_sequence.into()),
        created: header.map_or(0, |header| header.created).into(),
        ts_first: index.map(|index| index.ts_first.into()),
        ts_last: index.map(|index| index.ts_last.into()),
        records: index.map(|index| index.records as f64),
        checkpoints: index.map_or(0, |index| index.checkpoints.len()) as f64,
        bytes: bytes as f64,
        packed: name.packed,
        from_reserve: header.is_some_and(|header| header.flags & 1 != 0),
        damage: match &read {
            Ok((_, None)) if name.packed => Some("its seal cannot be read".to_owned()),
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        },
    }
}

/// A file that was given up.
#[napi(object)]
pub struct PrunedSegment {
    pub file: String,
    pub bytes: f64,
}

/// Gives up old segments of a shard's journal in which nobody writes: those received wholly before `before`, and the oldest until no
/// more than `bytes` are left. With `only_look` nothing is changed.
///
/// # Errors
///
/// `JOURNAL_HELD`, `JOURNAL_IO`, `JOURNAL_DAMAGED`, `ARGUMENT_RANGE`.
#[napi]
pub fn prune_journal(
    folder: String,
    before: Option<BigInt>,
    bytes: Option<f64>,
    only_look: bool,
) -> Result<Vec<PrunedSegment>> {
    guard(|| {
        let before = before.as_ref().map(|before| unsigned("before", before)).transpose()?;
        let wanted = Prune { before, bytes: bytes.map(|bytes| to_u64("bytes", bytes)).transpose()? };
        let folder = Path::new(&folder);
        let going = if only_look { prunable(folder, &wanted) } else { prune(folder, &wanted) };
        let going = going.map_err(|error| failed(&error))?;
        Ok(going.iter().map(|(name, bytes)| PrunedSegment { file: name.file(), bytes: *bytes as f64 }).collect())
    })
}

/// Inputs that the journal says it does not have.
#[napi(object)]
pub struct JournalGap {
    #[napi(ts_type = "'buffer_full' | 'too_long' | 'closed' | 'damaged' | 'not_durable'")]
    pub cause: String,
    pub first: BigInt,
    pub last: BigInt,
    /// Of their payloads, 0 where unknown.
    pub bytes: BigInt,
}

/// The name of what made a gap.
pub const fn cause_name(cause: GapCause) -> &'static str {
    match cause {
        GapCause::BufferFull => "buffer_full",
        GapCause::TooLong => "too_long",
        GapCause::Closed => "closed",
        GapCause::Damaged => "damaged",
        GapCause::NotDurable => "not_durable",
    }
}

impl From<&Gap> for JournalGap {
    fn from(gap: &Gap) -> Self {
        Self {
            cause: cause_name(gap.cause).to_owned(),
            first: gap.first.into(),
            last: gap.last.into(),
            bytes: gap.bytes.into(),
        }
    }
}

/// Bytes that were durable and cannot be read.
#[napi(object)]
pub struct JournalDamage {
    pub file: String,
    pub from: f64,
    pub to: f64,
    pub first: BigInt,
    pub last: Option<BigInt>,
    pub what: String,
}

impl From<&Damage> for JournalDamage {
    fn from(damage: &Damage) -> Self {
        let Damage { file, from, to, first, last, what } = damage.clone();
        let (from, to, last) = (from as f64, to as f64, last.map(Into::into));
        Self { file, from, to, first: first.into(), last, what }
    }
}

/// Contiguous numbers of one writer.
#[napi(object)]
pub struct JournalRange {
    pub epoch: BigInt,
    pub first: BigInt,
    pub last: BigInt,
}

/// A number of records by kind.
#[napi(object)]
pub struct JournalKindCount {
    pub kind: String,
    pub count: f64,
}

/// What stands in a journal, and what does not.
#[napi(object)]
pub struct JournalCheck {
    pub segments: f64,
    pub records: f64,
    pub bytes: f64,
    pub kinds: Vec<JournalKindCount>,
    pub ranges: Vec<JournalRange>,
    pub gaps: Vec<JournalGap>,
    pub damage: Vec<JournalDamage>,
    /// Bytes at the end that were never acknowledged.
    pub torn: Option<String>,
}

impl From<Check> for JournalCheck {
    fn from(check: Check) -> Self {
        let counted = |(kind, count): (&Kind, &u64)| JournalKindCount { kind: kind_name(*kind), count: *count as f64 };
        Self {
            segments: check.segments as f64,
            records: check.records as f64,
            bytes: check.bytes as f64,
            kinds: Kind::ALL.iter().zip(&check.kinds).filter(|(_, count)| **count > 0).map(counted).collect(),
            ranges: check
                .ranges
                .iter()
                .map(|range| JournalRange { epoch: range.epoch.into(), first: range.first.into(), last: range.last.into() })
                .collect(),
            gaps: check.gaps.iter().map(Into::into).collect(),
            damage: check.damage.iter().map(Into::into).collect(),
            torn: check.torn.map(|(file, from, to)| format!("{file}: bytes {from} to {to}")),
        }
    }
}

/// Reads all of a shard's journal against its checks, numbers and digests; `progress` is told the bytes of payloads so far.
///
/// # Errors
///
/// `JOURNAL_IO`, `JOURNAL_VERSION`.
#[napi(ts_args_type = "folder: string, progress?: (bytes: number) => void")]
pub fn check_journal(folder: String, progress: Option<Function<'_, f64, ()>>) -> Result<JournalCheck> {
    guard(|| {
        let tell = |check: &Check| progress.as_ref().is_none_or(|progress| progress.call(check.bytes as f64).is_ok());
        check(storage(&folder)?, tell).map(Into::into).map_err(|error| failed(&error))
    })
}

/// Sixteen digits.
pub fn hexadecimal(digest: u64) -> String {
    format!("{digest:016x}")
}
