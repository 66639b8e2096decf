//! Checkpoints of a journal that is being written, by a thread of its own behind the writer: the worker pays nothing for them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tickring_core::sink::Discard;

use super::{Replay, ReplayOptions, Spacing, Step};
use crate::error::JournalError;
use crate::settings::Mode;
use crate::status::Durable;
use crate::storage::Storage;

/// How long the thread sleeps when it has read all that is durable. A checkpoint that comes so much later costs nobody anything.
const PAUSE: Duration = Duration::from_millis(500);
/// After errors of the journal, one behind the other.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Records between two looks at whether it is to end.
const RECORDS: u32 = 4_096;
/// Steps aside for everything that is not idle.
const NICENESS: i32 = 19;

/// Where the replay begins.
#[derive(Clone, Copy)]
enum Begin {
    /// The input with which the writer began.
    Writer(u64),
    /// The newest checkpoint, after an error: what was replayed before it need not be replayed again.
    Checkpoint,
}

/// A thread that replays what becomes durable and leaves checkpoints beside the segments.
pub struct Checkpointer {
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts at the input with this number, with which a writer began. An error of the journal is told on standard error, and it
    /// begins anew after a pause: without checkpoints all is slower, and nothing else.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO` if the system has no thread left.
    pub fn start(storage: Arc<dyn Storage>, durable: Durable, began: u64, spacing: Spacing) -> Result<Self, JournalError> {
        let ending = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ending);
        let spawned = thread::Builder::new().name("journal-checkpoints".to_owned()).spawn(move || {
            // Refused where the system has no such thing: then it competes like any other.
            let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
            let mut begin = Begin::Writer(began);
            let mut pause = PAUSE;
            while let Err(error) = follow(Arc::clone(&storage), &durable, begin, spacing, &stop) {
                eprintln!("tickring: journal: no checkpoints for {} s: {error}", pause.as_secs_f64());
                thread::park_timeout(pause);
                pause = (pause * 2).min(PAUSE_MAX);
                begin = Begin::Checkpoint;
            }
        });
        let thread = spawned.map_err(|error: io::Error| JournalError::io("start", "a thread of the journal")(error))?;
        Ok(Self { ending, thread: Some(thread) })
    }

    /// Ends the thread and waits for it.
    pub fn stop(mut self) {
        self.end();
        if let Some(thread) = self.thread.take() {
            // A panic has been told by the thread itself.
            let _ = thread.join();
        }
    }

    fn end(&self) {
        // Release: pairs with Acquire in `follow`; nothing but the flag itself is told by it.
        self.ending.store(true, Ordering::Release);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Checkpointer {
    /// Ends the thread without waiting for it.
    fn drop(&mut self) {
        self.end();
    }
}

fn follow(
    storage: Arc<dyn Storage>,
    durable: &Durable,
    begin: Begin,
    mut spacing: Spacing,
    ending: &AtomicBool,
) -> Result<(), JournalError> {
    let mut replay = Replay::new(storage, ReplayOptions { mode: Mode::Salvage, ..ReplayOptions::default() })?;
    let mut found = false;
    while !ending.load(Ordering::Acquire) {
        replay.set_limit(durable.get());
        found = found
            || match begin {
                Begin::Writer(began) => durable.get() >= began && replay.begin_with(began)?,
                Begin::Checkpoint => replay.begin_before(u64::MAX).map(|()| true)?,
            };
        let mut left = if found { RECORDS } else { 0 };
        while left > 0 {
            match replay.step(u64::MAX, &mut Discard)? {
                Step::End => break,
                Step::Damage(damage) => eprintln!("tickring: journal: {}: {}", damage.file, damage.what),
                _ => {}
            }
            // A full disk is told by the writer.
            let _ = replay.save_if_due(&mut spacing);
            left -= 1;
        }
        if left > 0 || !found {
            thread::park_timeout(PAUSE);
        }
    }
    Ok(())
}
