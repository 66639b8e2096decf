//! Searches: by number, by time, for a checkpoint. Names and headers say the segment, its index the place.

use std::io;

use crate::error::JournalError;
use crate::found::{Place, Seek};
use crate::gap::Gap;
use crate::index::{Entry, Index};
use crate::reader::Reader;
use crate::record::{Head, Kind, flag};
use crate::segment::SegmentName;
use crate::source::{Source, read_header};

/// How often a search begins anew: each time a file went that it had seen a moment ago.
const SEARCHES: u32 = 100;

/// Searches again where a segment was compressed, or given up, between a look at the folder and one into the file.
pub(crate) fn while_files_go<T>(mut search: impl FnMut() -> Result<T, JournalError>) -> Result<T, JournalError> {
    for _ in 1..SEARCHES {
        match search() {
            Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
    }
    search()
}

impl Reader {
    /// Goes to the input with this number, or to what stands in its place.
    ///
    /// # Errors
    ///
    /// As [`Reader::next`].
    pub fn seek_sequence(&mut self, sequence: u64) -> Result<Seek, JournalError> {
        self.restart()?;
        let behind = self.names.partition_point(|name| name.first_sequence <= sequence);
        let Some(position) = behind.checked_sub(1) else {
            let Some(oldest) = self.names.first() else { return Ok(Seek::End) };
            return Ok(Seek::Lost { first: sequence, last: oldest.first_sequence - 1 });
        };
        self.jump(position, |entry| entry.sequence < sequence)?;
        let found = self.hold_first(|head| head.sequence >= sequence && (head.kind.is_input() || head.kind == Kind::Gap))?;
        let Some((head, gap)) = found else { return Ok(Seek::End) };
        Ok(match gap {
            Some(gap) => Seek::Lost { first: sequence, last: gap.last },
            None if head.sequence > sequence => Seek::Lost { first: sequence, last: head.sequence - 1 },
            None => Seek::Found,
        })
    }

    /// Goes to the first record received at this time or later, ns since the UNIX epoch.
    ///
    /// # Errors
    ///
    /// As [`Reader::next`].
    pub fn seek_time(&mut self, ts_recv: u64) -> Result<Seek, JournalError> {
        while_files_go(|| self.try_seek_time(ts_recv))
    }

    fn try_seek_time(&mut self, ts_recv: u64) -> Result<Seek, JournalError> {
        self.restart()?;
        let position = self.segment_at(|ts_before| ts_before < ts_recv)?;
        self.jump(position, |entry| entry.ts_recv < ts_recv)?;
        Ok(if self.hold_first(|head| head.ts_recv >= ts_recv)?.is_some() { Seek::Found } else { Seek::End })
    }

    /// Goes to the first record of the last checkpoint that was begun at this time or earlier; `false` if there is none.
    ///
    /// # Errors
    ///
    /// As [`Reader::next`].
    pub fn seek_checkpoint(&mut self, ts_recv: u64) -> Result<bool, JournalError> {
        while_files_go(|| self.try_seek_checkpoint(ts_recv))
    }

    fn try_seek_checkpoint(&mut self, ts_recv: u64) -> Result<bool, JournalError> {
        self.restart()?;
        let is_first = |head: &Head| head.kind == Kind::Checkpoint && head.flags & flag::FIRST != 0;
        for position in (0..self.names.len().min(self.segment_at(|ts_before| ts_before <= ts_recv)? + 1)).rev() {
            let checkpoints = match self.index(self.names[position])? {
                Some(index) => index.checkpoints,
                None => self.checkpoints_of(position, is_first)?,
            };
            let before = checkpoints.iter().rev().find(|entry| entry.ts_recv <= ts_recv).copied();
            if let Some(checkpoint) = before {
                self.restart()?;
                self.jump(position, |entry| entry.offset <= checkpoint.offset)?;
                return Ok(self.hold_first(|head| is_first(head) && head.sequence >= checkpoint.sequence)?.is_some());
            }
        }
        Ok(false)
    }

    /// Index of a sealed segment.
    ///
    /// # Errors
    ///
    /// As [`Reader::next`].
    pub fn index(&self, name: SegmentName) -> Result<Option<Index>, JournalError> {
        Ok(Source::open(&*self.storage, name)?.index()?.map(|(index, _)| index))
    }

    fn restart(&mut self) -> Result<(), JournalError> {
        self.source = None;
        self.last = None;
        self.held = None;
        self.ended = false;
        self.position = 0;
        self.list()
    }

    /// Place of the last segment of which `early` holds for the latest time before it; 0 if it holds for none.
    fn segment_at(&self, early: impl Fn(u64) -> bool) -> Result<usize, JournalError> {
        let (mut low, mut high) = (0, self.names.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match read_header(&*self.storage, self.names[middle]) {
                Ok(header) if early(header.ts_before) => low = middle + 1,
                Ok(_) => high = middle,
                // Unreadable: searched from before it, what cannot be read is told on the way.
                Err(JournalError::Damaged { .. }) => high = middle,
                Err(error) => return Err(error),
            }
        }
        Ok(low.saturating_sub(1))
    }

    /// Enters a segment at the last entry of its index for which `before` holds.
    fn jump(&mut self, position: usize, before: impl Fn(&Entry) -> bool) -> Result<(), JournalError> {
        self.position = position;
        if !self.enter()? {
            return Ok(());
        }
        let Some(source) = &mut self.source else { return Ok(()) };
        let Some((index, _)) = source.index()? else { return Ok(()) };
        let count = index.entries.partition_point(before);
        if let Some(entry) = count.checked_sub(1).and_then(|at| index.entries.get(at)) {
            self.offset = entry.offset;
            self.chain = None;
            self.last = None;
        }
        Ok(())
    }

    /// Reads on to the first record that is wanted, and keeps it for `next`. Its gap comes along, if it is one.
    fn hold_first(&mut self, wanted: impl Fn(&Head) -> bool) -> Result<Option<(Head, Option<Gap>)>, JournalError> {
        loop {
            match self.advance()? {
                Place::Record(offset) => {
                    let Some(record) = self.found(offset)? else { return Ok(None) };
                    let found = (record.head, Gap::read(record.payload).filter(|_| record.head.kind == Kind::Gap));
                    if wanted(&found.0) {
                        self.held = Some(offset);
                        return Ok(Some(found));
                    }
                }
                Place::Damage(_) => {}
                Place::End => return Ok(None),
            }
        }
    }

    fn checkpoints_of(&mut self, position: usize, is_first: impl Fn(&Head) -> bool) -> Result<Vec<Entry>, JournalError> {
        self.restart()?;
        self.position = position;
        let mut found = Vec::new();
        let mut latest = 0;
        loop {
            match self.advance()? {
                Place::Record(offset) if self.position == position => {
                    let Some(head) = self.found(offset)?.map(|record| record.head) else { return Ok(found) };
                    // As in the index of a sealed segment: the latest time so far.
                    let before = self.source.as_ref().map_or(0, |source| source.header.ts_before);
                    latest = head.ts_recv.max(latest).max(before);
                    if is_first(&head) {
                        found.push(Entry { offset, sequence: head.sequence, ts_recv: latest });
                    }
                }
                Place::Damage(_) if self.position == position => {}
                _ => return Ok(found),
            }
        }
    }
}
