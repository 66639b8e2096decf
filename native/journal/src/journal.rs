//! A journal that is written: its threads, and what may be asked of it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rtrb::RingBuffer;

use crate::cursor::Sinks;
use crate::error::JournalError;
use crate::flush::{Flusher, Turn};
use crate::gap::{Gap, GapCause};
use crate::keeper::{Helper, Job, Keeper};
use crate::recover::{Found, Recovered, recover, remove_temporary};
use crate::settings::{Durability, Settings};
use crate::status::{Durable, Shared, Status};
use crate::storage::{Disk, Storage};
use crate::writer::Writer;

/// A group is committed before its time when this much waits.
const GROUP_TRIGGER: usize = 256 << 10;

/// How long closing tries to bring what waits to a disk that refuses it.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// A journal in use: asks for it may come from any thread.
pub struct Journal {
    shared: Arc<Shared>,
    flush: JoinHandle<Result<(), JournalError>>,
    keeper: JoinHandle<()>,
}

/// What a new writer is made of.
pub(crate) struct Parts {
    pub writer: Writer,
    pub flusher: Flusher,
    pub shared: Arc<Shared>,
    pub recovered: Recovered,
}

/// Recovers and begins the first segment; `helper` is told who does the keeper's work.
pub(crate) fn begin(
    storage: &Arc<dyn Storage>,
    settings: &Settings,
    helper: impl FnOnce(Keeper) -> Helper,
) -> Result<Parts, JournalError> {
    settings.check()?;
    match remove_temporary(&**storage) {
        // They are in nobody's way: names are taken anew.
        Err(_) if settings.begins_degraded => {}
        done => done?,
    }
    let Found { recovered, mut from, floor, gap, ended, empty } = recover(&**storage, settings.mode, settings.stream)?;
    from.epoch = settings.epoch.max(from.epoch + 1);
    let shared = Arc::new(Shared::new(from.last_sequence, floor.max(settings.floor)));
    let (mut producer, mut consumer) = RingBuffer::new(settings.buffer_bytes);
    // Touched once, so that no append meets a page that is not there yet.
    let filled = producer.push_entire_slice(&vec![0; settings.buffer_bytes]);
    if let (Ok(()), Ok(chunk)) = (filled, consumer.read_chunk(settings.buffer_bytes)) {
        chunk.commit_all();
    }
    let keeper = Keeper { storage: Arc::clone(storage), settings: *settings, shared: Arc::clone(&shared), sinks: None };
    let next = settings.first_sequence.max(recovered.last_sequence + 1);
    let times = (from.ts_last, crate::keeper::wall_ns());
    let gap = not_durable(gap, recovered.last_sequence + 1, next, times);
    let place = (settings.stream, from.epoch, next);
    let mut writer = Writer::new(producer, Arc::clone(&shared), place, settings.payload_bytes_max(), gap);
    writer.settle();
    let mut flusher = Flusher::new(Arc::clone(storage), *settings, Arc::clone(&shared), consumer, helper(keeper), &from);
    // What was found is touched only once the new segment is durable.
    if flusher.start(Instant::now())? {
        if let Some(name) = empty {
            let _ = storage.remove(&name.file());
        }
        if let Some(ended) = ended {
            flusher.ask(Job::Seal(Box::new(ended)));
        }
        flusher.ask(Job::Pack(from.next_index));
    }
    Ok(Parts { writer, flusher, shared, recovered })
}

/// The gap that is told first, widened by inputs that were seen and are not here: they came between the last time that is
/// known and now.
fn not_durable(gap: Option<Gap>, first: u64, next: u64, (ts_first, ts_last): (u64, u64)) -> Option<Gap> {
    if first == next {
        return gap;
    }
    let seen = Gap { cause: GapCause::NotDurable, first, last: next - 1, bytes: 0, ts_first, ts_last };
    Some(gap.map_or(seen, |gap| Gap { last: seen.last, ts_last, ..gap }))
}

impl Journal {
    /// Opens the journal in a folder, which is made if need be, and recovers what is there.
    ///
    /// # Errors
    ///
    /// `JOURNAL_HELD`, `JOURNAL_DAMAGED`, `JOURNAL_VERSION`, `JOURNAL_IO`, `JOURNAL_NO_SPACE`, `ARGUMENT_RANGE`.
    pub fn open(folder: &Path, settings: &Settings) -> Result<(Self, Writer, Recovered), JournalError> {
        Self::open_for(folder, settings, Vec::new())
    }

    /// As [`Journal::open`], for sinks of these names: what their cursors still need is not deleted.
    ///
    /// # Errors
    ///
    /// As [`Journal::open`].
    pub fn open_for(folder: &Path, settings: &Settings, sinks: Vec<String>) -> Result<(Self, Writer, Recovered), JournalError> {
        let disk = Disk::open(folder, true)?;
        let lock = disk.lock()?;
        let sinks = (!sinks.is_empty()).then(|| Sinks::new(folder, sinks));
        Self::start(Arc::new(disk), settings, Some(lock), sinks)
    }

    /// Opens the journal in a storage of any kind, of which the caller is the only writer.
    ///
    /// # Errors
    ///
    /// As [`Journal::open`].
    pub fn open_in(
        storage: Arc<dyn Storage>,
        settings: &Settings,
        lock: Option<File>,
    ) -> Result<(Self, Writer, Recovered), JournalError> {
        Self::start(storage, settings, lock, None)
    }

    fn start(
        storage: Arc<dyn Storage>,
        settings: &Settings,
        lock: Option<File>,
        sinks: Option<Sinks>,
    ) -> Result<(Self, Writer, Recovered), JournalError> {
        let (sender, receiver) = channel();
        let mut work = None;
        let Parts { mut writer, flusher, shared, recovered } = begin(&storage, settings, |keeper| {
            work = Some(Keeper { sinks, ..keeper });
            Helper::Thread(sender)
        })?;
        let spawn_error = |error| JournalError::io("start", "a thread of the journal")(error);
        // The folder is free when both threads are done with it, also where nobody waited for that.
        let lock = Arc::new(lock);
        let held = Arc::clone(&lock);
        let keeper = thread::Builder::new()
            .name("journal-keeper".to_owned())
            .spawn(move || {
                let _held = held;
                if let Some(keeper) = work {
                    keeper.work(&receiver);
                }
            })
            .map_err(spawn_error)?;
        let (theirs, settings) = (Arc::clone(&shared), *settings);
        let flush = thread::Builder::new()
            .name("journal-flush".to_owned())
            .spawn(move || {
                let _held = lock;
                flush_loop(flusher, &theirs, &settings)
            })
            .map_err(spawn_error)?;
        if settings.durability == Durability::Fsync {
            writer.wake(flush.thread().clone());
        }
        Ok((Self { shared, flush, keeper }, writer, recovered))
    }

    /// Figures of this moment.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Last input that is durable.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.shared.durable()
    }

    /// The same for another thread.
    #[must_use]
    pub fn watch(&self) -> Durable {
        Durable(Arc::clone(&self.shared))
    }

    /// Waits until the input is durable, at most so long; whether it is.
    #[must_use]
    pub fn wait_durable(&self, sequence: u64, most: Duration) -> bool {
        self.shared.wait_durable(sequence, most)
    }

    /// Brings everything to the disk and ends the threads.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO` naming the inputs that the disk did not take; a gap says so, if it took that.
    pub fn close(self, mut writer: Writer) -> Result<(), JournalError> {
        let until = Instant::now() + CLOSE_PATIENCE;
        while !writer.settle() && Instant::now() < until {
            self.flush.thread().unpark();
            thread::sleep(Duration::from_millis(1));
        }
        let missing = writer.missing();
        drop(writer);
        *crate::status::lock(&self.shared.unsettled) = missing;
        // Release: pairs with Acquire in the flush thread, which then finds all that was appended.
        self.shared.closing.store(true, Ordering::Release);
        self.flush.thread().unpark();
        let flushed = self.flush.join();
        let kept = self.keeper.join();
        match (flushed, kept) {
            (Ok(result), Ok(())) => result,
            _ => Err(JournalError::io("close", "the journal")(std::io::Error::other("one of its threads panicked"))),
        }
    }
}

fn flush_loop(mut flusher: Flusher, shared: &Shared, settings: &Settings) -> Result<(), JournalError> {
    let mut closing_since = None;
    loop {
        // A writer that was dropped without `close`: what it appended still goes to the disk.
        // Acquire: pairs with Release in `close`. Read before the turn, so that the last turn sees the last append.
        let closing = flusher.is_abandoned() || shared.closing.load(Ordering::Acquire);
        let now = Instant::now();
        let turn = flusher.turn(now);
        if closing {
            let since = *closing_since.get_or_insert(now);
            if turn == Turn::Idle || turn == Turn::Held && now - since > CLOSE_PATIENCE {
                return flusher.close(*crate::status::lock(&shared.unsettled));
            }
        }
        if turn == Turn::Progress && (closing || flusher.waiting() >= GROUP_TRIGGER) {
            continue;
        }
        if settings.durability == Durability::Fsync {
            shared.asleep.store(true, Ordering::Relaxed);
            // SeqCst fence: pairs with the one in `Writer::put`.
            fence(Ordering::SeqCst);
            if flusher.waiting() == 0 || turn == Turn::Held {
                thread::park_timeout(settings.interval);
            }
            shared.asleep.store(false, Ordering::Relaxed);
        } else {
            thread::park_timeout(settings.interval);
        }
    }
}
