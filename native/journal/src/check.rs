//! Whether all bytes of a journal are what was written, in order and without a hole: everything but what they mean.

use std::sync::Arc;

use crate::ends::missing_at_ends;
use crate::error::JournalError;
use crate::found::{Damage, Item};
use crate::gap::Gap;
use crate::reader::Reader;
use crate::record::Kind;
use crate::recover::Recovered;
use crate::settings::Mode;
use crate::storage::Storage;

/// Numbers without a hole, of one writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Epoch of the writer.
    pub epoch: u64,
    /// First input.
    pub first: u64,
    /// Last one.
    pub last: u64,
    /// When it was received, ns since the UNIX epoch.
    pub ts_last: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Segments read.
    pub segments: usize,
    /// Records in them.
    pub records: u64,
    /// Bytes of payloads.
    pub bytes: u64,
    /// Records of each kind, in the order of [`Kind::ALL`].
    pub kinds: [u64; Kind::ALL.len()],
    /// What is there.
    pub ranges: Vec<Range>,
    /// What the journal itself says is not there.
    pub gaps: Vec<Gap>,
    /// What is damaged or missing.
    pub damage: Vec<Damage>,
    /// Bytes at the end that were never acknowledged: file, beginning and end.
    pub torn: Option<(String, u64, u64)>,
}

/// Reads all of a journal, against its checks, numbers and digests. `progress` is told the bytes so far, now and then, and may end it.
///
/// # Errors
///
/// `JOURNAL_IO`, `JOURNAL_VERSION`. Damage is no error, but found.
pub fn check(storage: Arc<dyn Storage>, mut progress: impl FnMut(&Check) -> bool) -> Result<Check, JournalError> {
    let mut reader = Reader::new(Arc::clone(&storage), Mode::Salvage)?;
    let mut found = Check { segments: reader.segments().len(), ..Check::default() };
    loop {
        match reader.next()? {
            None => break,
            Some(Item::Damage(damage)) => found.damage.push(damage),
            Some(Item::Record(record)) => {
                let head = record.head;
                found.records += 1;
                found.bytes += record.payload.len() as u64;
                if let Some(place) = Kind::ALL.iter().position(|kind| *kind == head.kind) {
                    found.kinds[place] += 1;
                }
                if head.kind == Kind::Gap {
                    found.gaps.extend(Gap::read(record.payload));
                }
                if head.kind.is_input() {
                    found.count(head.epoch, head.sequence, head.ts_recv);
                }
            }
        }
        if found.records.is_multiple_of(1 << 14) && !progress(&found) {
            return Ok(found);
        }
    }
    found.damage.extend(missing_at_ends(&*storage)?);
    // What a new writer would find.
    let headers = reader.segments().iter().rev().filter_map(|name| reader.header(*name).ok());
    let stream = headers.map(|header| header.stream).next().unwrap_or_default();
    match Recovered::inspect(&*storage, Mode::Salvage, stream) {
        Ok(recovered) => {
            found.torn = recovered.torn;
            // The reader has told of what it met on its way to the end.
            let told: Vec<String> = found.damage.iter().map(|damage| damage.file.clone()).collect();
            found.damage.extend(recovered.damage.into_iter().filter(|damage| !told.contains(&damage.file)));
        }
        Err(JournalError::Damaged { file, from, what }) => {
            found.damage.push(Damage { file, from, to: from, first: 0, last: None, what });
        }
        Err(error) => return Err(error),
    }
    Ok(found)
}

impl Check {
    fn count(&mut self, epoch: u64, sequence: u64, ts_recv: u64) {
        match self.ranges.last_mut() {
            Some(range) if range.epoch == epoch && range.last + 1 == sequence => {
                (range.last, range.ts_last) = (sequence, ts_recv);
            }
            _ => self.ranges.push(Range { epoch, first: sequence, last: sequence, ts_last: ts_recv }),
        }
    }
}
