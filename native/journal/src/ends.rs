//! What is missing at the two ends of a journal: reading from record to record does not show it.

use std::io;

use crate::error::JournalError;
use crate::found::Damage;
use crate::segment::{SegmentName, segments};
use crate::source::{Source, read_header};
use crate::storage::Storage;

/// Segments before the first that can be read and behind the last one, unless a header has given them up. What is missing in between
/// is found by reading.
pub(crate) fn missing_at_ends(storage: &dyn Storage) -> Result<Vec<Damage>, JournalError> {
    let names = listed(storage)?;
    let mut found = Vec::new();
    let Some((oldest, front)) = first_readable(storage, names.iter())? else {
        // Not one that can be read; none at all is for the caller to judge.
        return damaged(storage, &names);
    };
    let header = oldest.header;
    // Listed once more: what retention deleted meanwhile was given up by a header before.
    let floor = floor(storage)?;
    let last = Some(header.first_sequence - 1);
    for damage in damaged(storage, &names[..front])? {
        if names.iter().any(|name| name.file() == damage.file && name.index >= floor) {
            found.push(Damage { last, ..damage });
        }
    }
    let prev = header.prev.index;
    if found.is_empty() && prev > 0 && prev >= floor {
        let what = format!("segment {prev}, which it follows, is missing");
        found.push(Damage { file: oldest.name.file(), from: 0, to: 0, first: 1, last, what });
    }
    let behind = first_readable(storage, names.iter().rev())?.map_or(0, |(_, behind)| behind);
    found.extend(damaged(storage, &names[names.len() - behind..])?);
    Ok(found)
}

fn listed(storage: &dyn Storage) -> Result<Vec<SegmentName>, JournalError> {
    let files = storage.list().map_err(JournalError::io("list", "the journal"))?;
    Ok(segments(files.iter().map(|(name, _)| name.as_str())))
}

/// What is wrong with a segment as a whole; `None` where it can be read, or is gone.
fn fault(storage: &dyn Storage, name: SegmentName) -> Result<Option<Damage>, JournalError> {
    match Source::open(storage, name) {
        Ok(_) => Ok(None),
        Err(JournalError::Damaged { file, from, what }) => {
            Ok(Some(Damage { file, from, to: from, first: name.first_sequence, last: None, what }))
        }
        Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn damaged(storage: &dyn Storage, names: &[SegmentName]) -> Result<Vec<Damage>, JournalError> {
    names.iter().filter_map(|name| fault(storage, *name).transpose()).collect()
}

/// The first one that can be read, and how many stand before it.
fn first_readable<'a>(
    storage: &dyn Storage,
    names: impl Iterator<Item = &'a SegmentName>,
) -> Result<Option<(Source, usize)>, JournalError> {
    for (before, name) in names.enumerate() {
        match Source::open(storage, *name) {
            Ok(source) => return Ok(Some((source, before))),
            Err(JournalError::Damaged { .. }) => {}
            Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The highest index below which segments are given up, as the newest header says.
fn floor(storage: &dyn Storage) -> Result<u64, JournalError> {
    for name in listed(storage)?.iter().rev() {
        match read_header(storage, *name) {
            Ok(header) => return Ok(header.floor),
            Err(JournalError::Damaged { .. }) => {}
            Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(0)
}
