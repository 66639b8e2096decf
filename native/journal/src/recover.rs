//! What stands after a crash, and where a new writer goes on. Nothing that is found is changed.

use crate::error::JournalError;
use crate::flush::Continue;
use crate::found::Damage;
use crate::gap::{Gap, GapCause};
use crate::keeper::Ended;
use crate::record::{Record, stored_check};
use crate::scan::{Prefix, Tail, next_record, prefix};
use crate::seek::while_files_go;
use crate::segment::{Link, SegmentName, segments};
use crate::settings::Mode;
use crate::source::Source;
use crate::storage::Storage;

/// What recovery found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Last input of the journal.
    pub last_sequence: u64,
    /// Last epoch.
    pub epoch: u64,
    /// Segments found.
    pub segments: usize,
    /// Bytes behind the prefix of the last segment that were never acknowledged: file, beginning and end.
    pub torn: Option<(String, u64, u64)>,
    /// Damage to what was durable, of which the mode allowed to go on.
    pub damage: Vec<Damage>,
}

/// What the writer needs of it.
pub(crate) struct Found {
    pub recovered: Recovered,
    pub from: Continue,
    pub floor: u64,
    /// Told first by the new writer.
    pub gap: Option<Gap>,
    /// The last segment, to be sealed once another has begun.
    pub ended: Option<Ended>,
    /// The last segment if it holds no record, to be removed then.
    pub empty: Option<SegmentName>,
}

impl Recovered {
    /// What a writer would find, without being one: nothing is changed.
    ///
    /// # Errors
    ///
    /// `JOURNAL_DAMAGED` where the mode does not allow to go on, `JOURNAL_VERSION`, `JOURNAL_IO`.
    pub fn inspect(storage: &dyn Storage, mode: Mode, stream: u32) -> Result<Self, JournalError> {
        while_files_go(|| recover(storage, mode, stream).map(|found| found.recovered))
    }
}

/// Removes what a writer that was killed had not finished.
pub(crate) fn remove_temporary(storage: &dyn Storage) -> Result<(), JournalError> {
    let files = storage.list().map_err(JournalError::io("list", "the journal"))?;
    for (name, _) in files.iter().filter(|(name, _)| name.ends_with(".tmp")) {
        storage.remove(name).map_err(JournalError::io("remove", name.as_str()))?;
    }
    Ok(())
}

/// Looks at the last segment; earlier ones are checked by whoever reads them.
pub(crate) fn recover(storage: &dyn Storage, mode: Mode, stream: u32) -> Result<Found, JournalError> {
    let files = storage.list().map_err(JournalError::io("list", "the journal"))?;
    let names = segments(files.iter().map(|(name, _)| name.as_str()));
    let mut recovered = Recovered { segments: names.len(), ..Recovered::default() };
    let mut unreadable = 0;
    let mut source = None;
    for name in names.iter().rev() {
        match open_from_disk(storage, *name) {
            Ok(found) => {
                source = Some(found);
                break;
            }
            Err(JournalError::Damaged { file, from, what }) if mode != Mode::Strict => {
                let first = name.first_sequence;
                recovered.damage.push(Damage { file, from, to: from, first, last: None, what });
                unreadable += 1;
            }
            Err(error) => return Err(error),
        }
    }
    let next_index = names.last().map_or(1, |name| name.index + 1);
    let Some(mut source) = source else {
        let from = Continue { link: Link::default(), next_index, epoch: unreadable, last_sequence: 0, ts_last: 0 };
        return Ok(Found { recovered, from, floor: 0, gap: None, ended: None, empty: None });
    };
    check_place(&source, &names, stream, mode, &mut recovered)?;
    let mut found = last_segment(&mut source, mode, recovered)?;
    found.from.next_index = next_index;
    found.from.epoch += unreadable;
    found.recovered.epoch = found.from.epoch;
    if found.from.epoch != source.header.epoch {
        // A segment behind it was unreadable: its successor will not be the next one, so it is left as it is.
        found.ended = None;
    }
    Ok(found)
}

/// Opens a segment so that what is read is what the disk has: an error of the last writer's sync leaves pages in memory that
/// look written and are not.
fn open_from_disk(storage: &dyn Storage, name: SegmentName) -> Result<Source, JournalError> {
    let first = Source::open(storage, name)?;
    // An error here means that something is not on the disk, and then it is not read from memory either.
    let _ = first.sync();
    first.forget();
    Source::open(storage, name)
}

/// Checks that the segment is of this shard, and that what it names is there.
fn check_place(
    source: &Source,
    names: &[SegmentName],
    stream: u32,
    mode: Mode,
    recovered: &mut Recovered,
) -> Result<(), JournalError> {
    let header = &source.header;
    let file = source.name.file();
    if header.stream != stream {
        let what = format!("it is of shard {}, not {stream}", header.stream);
        return Err(JournalError::Damaged { file, from: 0, what });
    }
    let oldest = names.first().map_or(header.index, |name| name.index);
    let prev = header.prev.index;
    let wanted = prev > 0 && prev >= header.floor;
    let missing = wanted && !names.iter().any(|name| name.index == prev);
    // What was given up may still be there, but nothing younger may be missing.
    let beheaded = oldest > header.floor.max(1) && !missing && oldest == header.index && wanted;
    if !missing && !beheaded {
        return Ok(());
    }
    let what = format!("segment {prev}, which it follows, is missing");
    if mode == Mode::Strict {
        return Err(JournalError::Damaged { file, from: 0, what });
    }
    let last = Some(header.first_sequence - 1);
    recovered.damage.push(Damage { file, from: 0, to: 0, first: 0, last, what });
    Ok(())
}

fn last_segment(source: &mut Source, mode: Mode, mut recovered: Recovered) -> Result<Found, JournalError> {
    let header = source.header;
    let sealed = match source.index()? {
        Some((_, offset)) => Some(offset),
        // Compressed, it was sealed: without a seal that can be read its end is damaged, not torn.
        None if source.name.packed => Some(source.bytes()?),
        None => None,
    };
    let bytes = source.read_all(sealed)?;
    let Prefix { mut end, last_sequence, mut chain, index, tail } = prefix(&bytes, &header, sealed);
    let before = header.first_sequence - 1;
    let mut last = last_sequence.unwrap_or(before);
    let mut gap = None;
    match tail {
        Tail::Clean => {}
        Tail::Torn => recovered.torn = Some((source.name.file(), end, bytes.len() as u64)),
        Tail::Damaged { next } => {
            let what = format!("what was durable is damaged from there to byte {next}");
            let file = source.name.file();
            if mode == Mode::Strict {
                return Err(JournalError::Damaged { file, from: end, what });
            }
            let later = later_records(&bytes, source, next);
            let first = last + 1;
            let highest = later.iter().map(|record| record.1).max().unwrap_or(last);
            if mode == Mode::Salvage {
                for &(at, _, after) in &later {
                    chain.add(stored_check(&bytes[at..]));
                    end = after;
                }
            } else if highest >= first {
                gap = Some(Gap { cause: GapCause::Damaged, first, last: highest, bytes: 0, ts_first: 0, ts_last: 0 });
            }
            let lost = (highest >= first).then_some(highest);
            recovered.damage.push(Damage { file, from: end.min(next), to: next, first, last: lost, what });
            if mode == Mode::Salvage {
                last = highest;
            }
        }
    }
    recovered.last_sequence = gap.map_or(last, |gap| gap.last);
    recovered.epoch = header.epoch;
    let is_empty = end == crate::segment::HEADER_BYTES as u64;
    let link = if is_empty { header.prev } else { Link { index: header.index, end, digest: chain.digest() } };
    let whole = !is_empty && sealed.is_none() && recovered.damage.is_empty() && !source.name.packed;
    let from = Continue { link, next_index: 0, epoch: header.epoch, last_sequence: last, ts_last: index.ts_last() };
    let ended = whole.then_some(Ended { name: source.name, header, end, last_sequence: last, chain, index });
    let empty = is_empty.then_some(source.name).filter(|_| recovered.damage.is_empty());
    Ok(Found { recovered, from, floor: header.floor, gap, ended, empty })
}

/// Valid records behind damage: offset, number, end.
fn later_records(bytes: &[u8], source: &Source, next: u64) -> Vec<(usize, u64, u64)> {
    let mut found = Vec::new();
    let mut at = next as usize;
    while at < bytes.len() {
        let record = Record::read(&bytes[at..], source.header.salt, at as u64);
        if let Some(record) = record.filter(|record| record.head.epoch == source.header.epoch) {
            let after = at + record.head.record_bytes();
            found.push((at, record.head.sequence, after as u64));
            at = after;
        } else {
            match next_record(bytes, &source.header, at) {
                Some(later) => at = later as usize,
                None => break,
            }
        }
    }
    found
}
