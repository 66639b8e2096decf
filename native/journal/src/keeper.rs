//! What may take its time: segments made ahead, sealing, compression, retention. Nothing here is needed for durability; what
//! fails is told and left as it was.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cursor::Sinks;
use crate::index::IndexBuilder;
use crate::pack::pack;
use crate::record::{Head, Kind, append_record, synced_units};
use crate::segment::{Chain, FROM_RESERVE, Header, RECYCLED, SegmentName, segments};
use crate::settings::{Retention, Settings};
use crate::source::{SEALED, Source, read_header};
use crate::status::{Blank, Shared, lock};
use crate::storage::{Hold, Storage, StorageFile, read_full, write_all};

/// Name of the segment made ahead of time.
pub(crate) const SPARE: &str = "spare.tmp";

/// Name of an old segment on its way to be that.
const RECYCLED_NAME: &str = "recycled.tmp";

/// Name of what is kept for a full disk.
pub(crate) const RESERVE: &str = "reserve";

/// Zeros are written in pieces of this.
const ZERO_BYTES: usize = 1 << 20;

/// A segment that gets no more records.
pub(crate) struct Ended {
    pub name: SegmentName,
    pub header: Header,
    pub end: u64,
    pub last_sequence: u64,
    pub chain: Chain,
    pub index: IndexBuilder,
}

/// Work for the keeper.
pub(crate) enum Job {
    /// Make a segment ahead of time.
    Spare,
    /// Make what is kept for a full disk.
    Reserve,
    /// Seal a segment, compress it where that is wanted.
    Seal(Box<Ended>),
    /// Compress what was sealed and not compressed, below this index.
    Pack(u64),
    /// Delete segments below this index, which a durable header has given up.
    Delete(u64),
    /// End.
    Stop,
}

/// Who does the work: a thread, or in tests whoever asks.
pub(crate) enum Helper {
    #[cfg(test)]
    Inline(Keeper),
    Thread(Sender<Job>),
}

impl Helper {
    pub fn ask(&mut self, job: Job) {
        match self {
            #[cfg(test)]
            Self::Inline(keeper) => keeper.run(job),
            // Without its thread segments stay as they are, which is allowed.
            Self::Thread(sender) => drop(sender.send(job)),
        }
    }
}

pub(crate) struct Keeper {
    pub storage: Arc<dyn Storage>,
    pub settings: Settings,
    pub shared: Arc<Shared>,
    /// Whose cursors say what is needed; none: whoever sets the watermark does.
    pub sinks: Option<Sinks>,
}

/// Now, ns since the UNIX epoch.
pub(crate) fn wall_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A new file of zeros, durable: records written into it later change no metadata of the file system.
pub(crate) fn prepare(storage: &dyn Storage, name: &str, bytes: u64) -> io::Result<Box<dyn StorageFile>> {
    let file = match storage.create(name, bytes) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            storage.remove(name)?;
            storage.create(name, bytes)?
        }
        other => other?,
    };
    match write_zeros(&*file, 0..bytes).and_then(|()| file.sync()) {
        Ok(()) => Ok(file),
        Err(error) => {
            let _ = storage.remove(name);
            Err(error)
        }
    }
}

fn is_sealed(file: &dyn StorageFile, bytes: u64) -> io::Result<bool> {
    let mut end = [0; SEALED.len()];
    let read = read_full(file, &mut end, bytes.saturating_sub(SEALED.len() as u64))?;
    Ok(read == SEALED.len() && end == SEALED)
}

fn write_zeros(file: &dyn StorageFile, range: Range<u64>) -> io::Result<()> {
    let zeros = vec![0; ZERO_BYTES.min((range.end - range.start) as usize)];
    range.clone().step_by(ZERO_BYTES).try_for_each(|at| {
        let count = zeros.len().min((range.end - at) as usize);
        write_all(file, &zeros[..count], at)
    })
}

impl Keeper {
    pub fn work(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            if matches!(job, Job::Stop) {
                return;
            }
            self.run(job);
        }
    }

    fn run(&mut self, job: Job) {
        let (what, result) = match job {
            Job::Spare => ("make a segment ahead of time", self.spare()),
            Job::Reserve => ("make the reserve", self.reserve()),
            Job::Seal(ended) => ("seal a segment", self.seal(&ended)),
            Job::Pack(below) => ("compress segments", self.pack_below(below)),
            Job::Delete(below) => ("delete old segments", self.delete(below)),
            Job::Stop => return,
        };
        if let Err(error) = result {
            self.shared.fail(format!("could not {what}: {error}"));
        }
    }

    fn spare(&self) -> io::Result<()> {
        if lock(&self.shared.spare).is_none() {
            let file = prepare(&*self.storage, SPARE, self.settings.segment_bytes)?;
            *lock(&self.shared.spare) = Some(Blank { file, flags: 0 });
        }
        Ok(())
    }

    /// A segment that is no longer wanted becomes the next one: nothing is written for it, given back to the file system and
    /// taken from it again. Otherwise it goes.
    fn retire(&self, name: SegmentName) -> io::Result<()> {
        let name = name.file();
        if name.ends_with(".zseg") || !self.recycle(&name)? { self.storage.remove(&name) } else { Ok(()) }
    }

    /// `false` where the segment is to be removed instead.
    fn recycle(&self, name: &str) -> io::Result<bool> {
        let Settings { segment_bytes, retention, .. } = &self.settings;
        let wants_room = self.storage.free_bytes()? < retention.disk_floor;
        if wants_room || lock(&self.shared.spare).is_some() {
            return Ok(false);
        }
        let file = self.storage.open(name, true)?;
        let bytes = file.bytes()?;
        // The smaller part of a large segment is not worth its bytes; one that was given up when the disk failed is not sealed.
        if bytes < segment_bytes / 2 || !is_sealed(&*file, bytes)? || !file.hold(Hold::Owned) {
            return Ok(false);
        }
        self.storage.rename(name, RECYCLED_NAME)?;
        let made = self.storage.sync_folder().and_then(|()| {
            // Asked again: from here on nobody gives it another name as that segment.
            if !file.hold(Hold::Owned) {
                return self.storage.remove(RECYCLED_NAME);
            }
            file.set_bytes(*segment_bytes)?;
            write_zeros(&*file, bytes.min(*segment_bytes)..*segment_bytes)?;
            file.sync()?;
            // Held meanwhile: the flush thread renames what it takes.
            let mut spare = lock(&self.shared.spare);
            self.storage.rename(RECYCLED_NAME, SPARE)?;
            *spare = Some(Blank { file, flags: RECYCLED });
            Ok(())
        });
        if let Err(error) = made {
            // On a full disk there is no room for the rest of it: it goes, and so do those that are to go after it.
            self.shared.fail(format!("could not make a segment of an old one: {error}"));
            self.storage.remove(RECYCLED_NAME)?;
        }
        Ok(true)
    }

    fn reserve(&self) -> io::Result<()> {
        let bytes = self.settings.reserve_bytes;
        if bytes == 0 || lock(&self.shared.reserve).is_some() {
            return Ok(());
        }
        // The one of the last writer will do: on a full disk there is no other.
        let left = self.storage.open(RESERVE, true).ok().filter(|file| file.bytes().ok() == Some(bytes));
        let file = match left {
            Some(file) => file,
            None => prepare(&*self.storage, RESERVE, bytes)?,
        };
        *lock(&self.shared.reserve) = Some(Blank { file, flags: FROM_RESERVE });
        Ok(())
    }

    fn seal(&self, ended: &Ended) -> io::Result<()> {
        let file = self.storage.open(&ended.name.file(), true)?;
        let payload = ended.index.finish(ended.chain.digest()).to_bytes();
        let head = Head {
            length: payload.len() as u32,
            kind: Kind::Seal,
            flags: 0,
            connection: 0,
            stream: ended.header.stream,
            epoch: ended.header.epoch,
            sequence: ended.last_sequence,
            ts_recv: wall_ns(),
            ts_mono: 0,
            synced: synced_units(ended.end),
            instrument: 0,
            outputs: 0,
        };
        let mut bytes = Vec::new();
        append_record(&mut bytes, &head, &payload, ended.header.salt, ended.end);
        bytes.extend_from_slice(&ended.end.to_le_bytes());
        bytes.extend_from_slice(&SEALED);
        write_all(&*file, &bytes, ended.end)?;
        file.set_bytes(ended.end + bytes.len() as u64)?;
        file.sync()?;
        self.wish();
        Ok(())
    }

    fn pack_below(&self, below: u64) -> io::Result<()> {
        let files = self.storage.list()?;
        let names: Vec<_> = files.iter().filter_map(|(name, _)| SegmentName::parse(name)).collect();
        for name in names.iter().filter(|name| !name.packed && name.index < below) {
            let twin = SegmentName { packed: true, ..*name };
            if names.contains(&twin) {
                self.storage.remove(&name.file())?;
            } else if self.settings.compress {
                self.pack(*name)?;
            }
        }
        self.wish();
        Ok(())
    }

    fn pack(&self, name: SegmentName) -> io::Result<()> {
        let sealed = Source::open(&*self.storage, name).and_then(|mut source| source.index());
        // Damaged or never sealed: its bytes stay as they are, for whoever looks at them.
        if !matches!(sealed, Ok(Some(_))) {
            return Ok(());
        }
        let plain = self.storage.open(&name.file(), false)?;
        let packed = SegmentName { packed: true, ..name }.file();
        let temporary = format!("{packed}.tmp");
        let _ = self.storage.remove(&temporary);
        let made = pack(&*self.storage, &*plain, &temporary).and_then(|()| self.storage.rename(&temporary, &packed));
        if let Err(error) = made {
            let _ = self.storage.remove(&temporary);
            return Err(error);
        }
        self.storage.sync_folder()?;
        drop(plain);
        self.retire(name)
    }

    /// Segments, oldest first, with the bytes of their files.
    fn stored(&self) -> io::Result<Vec<(SegmentName, u64)>> {
        let files = self.storage.list()?;
        let names = segments(files.iter().map(|(name, _)| name.as_str()));
        let bytes_of = |name: &SegmentName| {
            let file = name.file();
            files.iter().find(|(other, _)| *other == file).map_or(0, |(_, bytes)| *bytes)
        };
        Ok(names.iter().map(|name| (*name, bytes_of(name))).collect())
    }

    /// Says which index the next header may give up.
    fn wish(&self) {
        let Retention { bytes, age, disk_floor } = self.settings.retention;
        if bytes.is_none() && age.is_none() && disk_floor == 0 {
            return;
        }
        let Ok(stored) = self.stored() else { return };
        self.look_at_sinks();
        let mut total: u64 = stored.iter().map(|(_, bytes)| bytes).sum();
        let mut free = self.storage.free_bytes().unwrap_or(u64::MAX);
        let now = wall_ns();
        let too_old = |next: SegmentName| {
            age.is_some_and(|age| {
                let ended = read_header(&*self.storage, next).map_or(u64::MAX, |header| header.created);
                now.saturating_sub(ended) > u64::try_from(age.as_nanos()).unwrap_or(u64::MAX)
            })
        };
        for pair in stored.windows(2) {
            let ((_, size), (next, _)) = (pair[0], pair[1]);
            let low = free < disk_floor;
            let unwanted = bytes.is_some_and(|most| total > most) || too_old(next);
            if !(low || unwanted && !self.is_needed(next)) {
                return;
            }
            total -= size;
            free = free.saturating_add(size);
            self.shared.floor.fetch_max(next.index, Ordering::Relaxed);
        }
    }

    /// What cannot be read is needed: a sink is never left behind for a disk that had a bad moment.
    fn look_at_sinks(&self) {
        let Some(sinks) = &self.sinks else { return };
        let watermark = sinks.watermark().unwrap_or_else(|error| {
            self.shared.fail(format!("old segments are kept: {error}"));
            0
        });
        self.shared.watermark.store(watermark, Ordering::Release);
    }

    /// Whether a sink still needs an input before those of `next`.
    fn is_needed(&self, next: SegmentName) -> bool {
        next.first_sequence.saturating_sub(1) > self.shared.watermark.load(Ordering::Acquire)
    }

    fn delete(&self, below: u64) -> io::Result<()> {
        let stored = self.stored()?;
        self.look_at_sinks();
        for pair in stored.windows(2) {
            let ((name, _), (next, _)) = (pair[0], pair[1]);
            // Asked again: a sink may have gone back since the floor was wished for.
            let low = self.storage.free_bytes().is_ok_and(|free| free < self.settings.retention.disk_floor);
            if name.index >= below || (self.is_needed(next) && !low) {
                break;
            }
            self.retire(name)?;
        }
        self.storage.sync_folder()
    }
}
