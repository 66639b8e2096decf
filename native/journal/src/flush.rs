//! Group commit: from the buffer to the disk, and to another segment when the disk fails.

mod close;
mod open;

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use open::Open;
use rtrb::Consumer;

use crate::error::JournalError;
use crate::index::IndexBuilder;
use crate::keeper::{Ended, Helper, Job, RESERVE, SPARE, prepare, wall_ns};
use crate::record::{HEAD_BYTES, record_bytes, stamp, synced_units};
use crate::segment::{Chain, HEADER_BYTES, Header, Link, SegmentName};
use crate::settings::{Durability, Settings};
use crate::status::{Blank, Shared, State, lock};
use crate::storage::{Storage, StorageFile, write_all};

/// Most bytes that are made durable at once, unless a single record is longer: what one sync costs is shared by all of them.
const GROUP_BYTES: usize = 4 << 20;

/// Bytes of one write.
const PIECE_BYTES: usize = 1 << 20;

/// Name of a segment that was not made ahead of time.
const NEXT: &str = "next.tmp";

/// Time between attempts to get a segment.
const RETRY: Duration = Duration::from_millis(200);

/// What a turn did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing waited.
    Idle,
    /// Something became durable, or the next turn may succeed.
    Progress,
    /// The disk takes nothing for now.
    Held,
}

/// Where a new writer goes on.
pub(crate) struct Continue {
    pub link: Link,
    pub next_index: u64,
    pub epoch: u64,
    pub last_sequence: u64,
    pub ts_last: u64,
}

pub(crate) struct Flusher {
    storage: Arc<dyn Storage>,
    settings: Settings,
    shared: Arc<Shared>,
    consumer: Consumer<u8>,
    helper: Helper,
    stage: Vec<u8>,
    open: Option<Open>,
    /// The end of the log while no segment is open.
    link: Link,
    next_index: u64,
    epoch: u64,
    last: u64,
    /// Latest receive time of all that is durable.
    ts_last: u64,
    retry_at: Option<Instant>,
    failed_in_row: u32,
}

impl Flusher {
    pub fn new(
        storage: Arc<dyn Storage>,
        settings: Settings,
        shared: Arc<Shared>,
        consumer: Consumer<u8>,
        helper: Helper,
        from: &Continue,
    ) -> Self {
        Self {
            storage,
            settings,
            shared,
            consumer,
            helper,
            stage: Vec::with_capacity(GROUP_BYTES),
            open: None,
            link: from.link,
            next_index: from.next_index,
            epoch: from.epoch,
            last: from.last_sequence,
            ts_last: from.ts_last,
            retry_at: None,
            failed_in_row: 0,
        }
    }

    /// Begins the first segment, so that a folder that cannot be written is told at the start; whether there is one.
    pub fn start(&mut self, now: Instant) -> Result<bool, JournalError> {
        let begun = self.begin(false, now);
        self.helper.ask(Job::Reserve);
        self.helper.ask(Job::Spare);
        match begun {
            Err(error) if self.settings.begins_degraded => {
                self.degrade(&format!("could not begin a segment: {error}"), now);
                Ok(false)
            }
            begun => begun.map(|()| true).map_err(JournalError::io("begin", "a segment of the journal")),
        }
    }

    /// Gives work to the keeper.
    pub fn ask(&mut self, job: Job) {
        self.helper.ask(job);
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.consumer.slots()
    }

    /// Whether nothing can be appended any more.
    pub fn is_abandoned(&self) -> bool {
        self.consumer.is_abandoned()
    }

    /// Commits one group, if something waits.
    pub fn turn(&mut self, now: Instant) -> Turn {
        let aged = self.open.as_ref().is_some_and(|open| !open.is_empty() && now - open.begun >= self.settings.roll_after);
        if self.consumer.is_empty() && !aged {
            return Turn::Idle;
        }
        let may_try = self.retry_at.is_none_or(|at| now >= at);
        let wants_another = aged || self.open.as_ref().is_none_or(Open::is_reserve);
        if wants_another && may_try {
            self.roll(now);
        }
        let Some(open) = &self.open else { return Turn::Held };
        match self.stage_group(open.end, open.room()) {
            Staged::Group => self.commit(now),
            Staged::Nothing => Turn::Idle,
            Staged::Full if self.retry_at.is_none_or(|at| now >= at) && self.roll(now) => Turn::Progress,
            Staged::Full => Turn::Held,
        }
    }

    /// Copies waiting records into `stage`, with their checks, as many as one group and `room` take.
    fn stage_group(&mut self, offset: u64, room: u64) -> Staged {
        self.stage.clear();
        let Some(open) = &self.open else { return Staged::Full };
        let waiting = self.consumer.slots();
        let Ok(chunk) = self.consumer.read_chunk(waiting) else { return Staged::Nothing };
        let (first, second) = chunk.as_slices();
        let mut at = 0;
        let mut length = [0; 4];
        while at + HEAD_BYTES <= waiting {
            copy(first, second, at + 4, &mut length);
            let bytes = record_bytes(u32::from_le_bytes(length) as usize);
            if at + bytes > waiting || at > 0 && at + bytes > GROUP_BYTES {
                break;
            }
            if (at + bytes) as u64 > room {
                if at == 0 {
                    return Staged::Full;
                }
                break;
            }
            append(first, second, at..at + bytes, &mut self.stage);
            stamp(&mut self.stage[at..], open.header.salt, offset + at as u64, synced_units(open.synced));
            at += bytes;
        }
        if at == 0 { Staged::Nothing } else { Staged::Group }
    }

    fn commit(&mut self, now: Instant) -> Turn {
        let Some(open) = &mut self.open else { return Turn::Held };
        self.shared.begin_commit();
        let written = write_group(&*open.file, &self.stage, open.end);
        let done = written.and_then(|()| if self.settings.durability == Durability::None { Ok(()) } else { open.file.sync() });
        self.shared.end_commit();
        if let Err(error) = done {
            self.give_up(&error, now);
            return Turn::Progress;
        }
        let last = open.note_group(&self.stage, self.last);
        if self.settings.durability != Durability::None {
            open.synced = open.end;
        }
        let is_reserve = open.is_reserve();
        self.last = last;
        self.ts_last = open.index.ts_last();
        if let Ok(chunk) = self.consumer.read_chunk(self.stage.len()) {
            chunk.commit_all();
        }
        // Relaxed: counters.
        self.shared.groups.fetch_add(1, Ordering::Relaxed);
        self.shared.bytes.fetch_add(self.stage.len() as u64, Ordering::Relaxed);
        self.shared.acknowledge(last);
        if !is_reserve && self.failed_in_row > 0 {
            self.failed_in_row = 0;
            self.retry_at = None;
            self.shared.set_state(State::Normal);
            self.helper.ask(Job::Reserve);
        }
        Turn::Progress
    }

    /// The segment is dead: nothing behind its acknowledged end counts, and it is not touched again.
    fn give_up(&mut self, error: &io::Error, now: Instant) {
        let Some(open) = self.open.take() else { return };
        self.link = open.link();
        let name = open.name.file();
        if open.is_empty() {
            // Nothing of it counts. If it cannot be removed, no header will name it.
            drop(open);
            let _ = self.storage.remove(&name);
        }
        self.degrade(&format!("could not write {name}: {error}"), now);
    }

    fn degrade(&mut self, what: &str, now: Instant) {
        self.shared.fail(what.to_owned());
        self.shared.set_state(State::Degraded);
        // The first failure may be the file's own: another is tried at once.
        self.retry_at = Some(if self.failed_in_row == 0 { now } else { now + RETRY });
        self.failed_in_row += 1;
    }

    /// Begins another segment; where none can be had, the reserve. `false` if neither.
    fn roll(&mut self, now: Instant) -> bool {
        if self.settings.durability == Durability::None {
            self.sync_unsynced();
        }
        let Err(error) = self.begin(false, now) else { return true };
        self.degrade(&format!("could not begin a segment: {error}"), now);
        if self.open.as_ref().is_some_and(Open::is_reserve) {
            return false;
        }
        match self.begin(true, now) {
            Ok(()) => true,
            Err(error) => {
                self.shared.fail(format!("could not use the reserve: {error}"));
                false
            }
        }
    }

    /// Without a sync for each group there is one for each segment, of which nobody is told.
    fn sync_unsynced(&mut self) {
        if let Some(Err(error)) = self.open.as_ref().map(|open| open.file.sync()) {
            self.shared.fail(format!("could not sync a segment: {error}"));
        }
    }

    fn begin(&mut self, from_reserve: bool, now: Instant) -> io::Result<()> {
        // Held until the file has its final name: the keeper makes another under the same temporary one.
        let shared = Arc::clone(&self.shared);
        let mut ready = lock(if from_reserve { &shared.reserve } else { &shared.spare });
        let (Blank { file, flags }, temporary, capacity) = self.blank(from_reserve, ready.take())?;
        let header = Header {
            flags,
            stream: self.settings.stream,
            index: self.next_index,
            salt: random(),
            epoch: self.epoch,
            first_sequence: self.last + 1,
            created: wall_ns(),
            ts_before: self.ts_last,
            capacity,
            prev: self.open.as_ref().map_or(self.link, Open::link),
            floor: self.shared.floor.load(Ordering::Relaxed),
        };
        // Taken even if what follows fails: a file of that name may be left.
        self.next_index += 1;
        let name = SegmentName { index: header.index, first_sequence: header.first_sequence, packed: false };
        let block = header.to_bytes();
        let begun = write_all(&*file, &block, 0)
            .and_then(|()| file.sync())
            // Under its new name anybody may read it, at once: the disk may take long over the folder.
            .map(|()| file.release())
            .and_then(|()| self.storage.rename(temporary, &name.file()))
            .and_then(|()| self.storage.sync_folder());
        if let Err(error) = begun {
            let _ = self.storage.remove(temporary);
            let _ = self.storage.remove(&name.file());
            return Err(error);
        }
        drop(ready);
        let begun = Open {
            file,
            name,
            header,
            end: HEADER_BYTES as u64,
            synced: HEADER_BYTES as u64,
            chain: Chain::new(&block),
            index: IndexBuilder::new(header.ts_before),
            begun: now,
        };
        self.shared.segments.fetch_add(1, Ordering::Relaxed);
        let old = self.open.replace(begun);
        if let Some(old) = old {
            self.end(old);
        }
        if header.floor > 0 {
            self.helper.ask(Job::Delete(header.floor));
        }
        if !from_reserve {
            self.helper.ask(Job::Spare);
        }
        Ok(())
    }

    /// A file to write a segment into, under a temporary name.
    fn blank(&self, from_reserve: bool, ready: Option<Blank>) -> io::Result<(Blank, &'static str, u64)> {
        let bytes = if from_reserve { self.settings.reserve_bytes } else { self.settings.segment_bytes };
        match ready {
            Some(blank) => Ok((blank, if from_reserve { RESERVE } else { SPARE }, bytes)),
            None if from_reserve => Err(io::Error::other("no reserve is left")),
            None => Ok((Blank { file: prepare(&*self.storage, NEXT, bytes)?, flags: 0 }, NEXT, bytes)),
        }
    }

    fn end(&mut self, old: Open) {
        if old.is_empty() {
            let _ = self.storage.remove(&old.name.file());
            return;
        }
        let below = old.header.index + 1;
        self.helper.ask(Job::Seal(Box::new(self.ended(old))));
        self.helper.ask(Job::Pack(below));
    }

    fn ended(&self, old: Open) -> Ended {
        Ended { name: old.name, header: old.header, end: old.end, last_sequence: self.last, chain: old.chain, index: old.index }
    }
}

enum Staged {
    Group,
    Nothing,
    Full,
}

/// Copies from two halves of a ring as if they were one.
fn copy(first: &[u8], second: &[u8], at: usize, out: &mut [u8]) {
    let split = first.len().saturating_sub(at).min(out.len());
    let (head, tail) = out.split_at_mut(split);
    if split > 0 {
        head.copy_from_slice(&first[at..at + split]);
    }
    if !tail.is_empty() {
        let from = at + split - first.len();
        tail.copy_from_slice(&second[from..from + tail.len()]);
    }
}

/// Writes a group. The disk begins with the first pieces of a large one while the others are copied.
fn write_group(file: &dyn StorageFile, group: &[u8], offset: u64) -> io::Result<()> {
    for (piece, at) in group.chunks(PIECE_BYTES).zip((offset..).step_by(PIECE_BYTES)) {
        write_all(file, piece, at)?;
        if group.len() > PIECE_BYTES {
            file.begin_sync(at, piece.len());
        }
    }
    Ok(())
}

/// Appends a range of two halves of a ring as if they were one.
fn append(first: &[u8], second: &[u8], range: Range<usize>, out: &mut Vec<u8>) {
    let split = first.len().clamp(range.start, range.end);
    if range.start < split {
        out.extend_from_slice(&first[range.start..split]);
    }
    if split < range.end {
        out.extend_from_slice(&second[split - first.len()..range.end - first.len()]);
    }
}

/// A random word: the standard library keys its hash maps with them.
fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
