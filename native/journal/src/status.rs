//! What the threads of a journal tell each other and whoever asks.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::gap::Gap;
use crate::storage::StorageFile;

/// A commit that takes longer is a disk in trouble.
const SLOW: Duration = Duration::from_secs(1);

/// Whether the journal keeps up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// All inputs become durable.
    Normal = 0,
    /// The disk is full, failing or slow; inputs wait, then are shed.
    Degraded = 1,
    /// Closed.
    Closed = 2,
}

/// Figures of a journal at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whether it keeps up.
    pub state: State,
    /// Last input that is durable (written, with `Durability::None`); those inside a gap count.
    pub durable: u64,
    /// Inputs shed since the start.
    pub shed_inputs: u64,
    /// Bytes of their payloads.
    pub shed_bytes: u64,
    /// Groups committed.
    pub groups: u64,
    /// Bytes committed.
    pub bytes: u64,
    /// Segments begun.
    pub segments: u64,
    /// Errors of the disk.
    pub failures: u64,
    /// The last of them.
    pub failure: Option<String>,
}

pub(crate) struct Shared {
    start: Instant,
    pub durable: AtomicU64,
    state: AtomicU8,
    pub shed_inputs: AtomicU64,
    pub shed_bytes: AtomicU64,
    pub groups: AtomicU64,
    pub bytes: AtomicU64,
    pub segments: AtomicU64,
    failures: AtomicU64,
    failure: Mutex<Option<String>>,
    /// ns since `start` at which the running commit began, 0 while there is none.
    commit_since: AtomicU64,
    /// Whether the flush thread sleeps, or is about to.
    pub asleep: AtomicBool,
    pub closing: AtomicBool,
    /// The last input that no sink needs any more.
    pub watermark: AtomicU64,
    /// Index below which the keeper would like to delete.
    pub floor: AtomicU64,
    /// A gap that the writer could not tell before it was closed.
    pub unsettled: Mutex<Option<Gap>>,
    /// Whoever waits for `durable`.
    waiting: Mutex<()>,
    arrived: Condvar,
    /// A segment made ahead of time.
    pub spare: Mutex<Option<Blank>>,
    /// Whether the reserve is there.
    pub reserve: Mutex<Option<Blank>>,
}

/// A file that is to be a segment, and its flags.
pub(crate) struct Blank {
    pub file: Box<dyn StorageFile>,
    pub flags: u16,
}

/// Says how far a journal is durable, to whoever outlives its borrow.
#[derive(Clone)]
pub struct Durable(pub(crate) Arc<Shared>);

impl Durable {
    /// Last input that is durable.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.durable()
    }
}

/// A panicked holder leaves these values whole: they are replaced, never changed in steps.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(durable: u64, floor: u64) -> Self {
        Self {
            start: Instant::now(),
            durable: AtomicU64::new(durable),
            state: AtomicU8::new(State::Normal as u8),
            shed_inputs: AtomicU64::new(0),
            shed_bytes: AtomicU64::new(0),
            groups: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            segments: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            failure: Mutex::new(None),
            commit_since: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            watermark: AtomicU64::new(u64::MAX),
            floor: AtomicU64::new(floor),
            unsettled: Mutex::new(None),
            waiting: Mutex::new(()),
            arrived: Condvar::new(),
            spare: Mutex::new(None),
            reserve: Mutex::new(None),
        }
    }

    pub fn set_state(&self, state: State) {
        // Relaxed: a figure for people and /readyz, nothing is read because of it.
        self.state.store(state as u8, Ordering::Relaxed);
    }

    pub fn fail(&self, what: String) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        *lock(&self.failure) = Some(what);
    }

    pub fn begin_commit(&self) {
        let now = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.commit_since.store(now.max(1), Ordering::Relaxed);
    }

    pub fn end_commit(&self) {
        self.commit_since.store(0, Ordering::Relaxed);
    }

    /// Says that inputs up to `durable` are so.
    pub fn acknowledge(&self, durable: u64) {
        // Release: pairs with Acquire in `durable()`; whoever sees the number may rely on the disk.
        self.durable.store(durable, Ordering::Release);
        drop(lock(&self.waiting));
        self.arrived.notify_all();
    }

    pub fn durable(&self) -> u64 {
        // Acquire: pairs with Release in `acknowledge`.
        self.durable.load(Ordering::Acquire)
    }

    pub fn wait_durable(&self, sequence: u64, most: Duration) -> bool {
        let waiting = lock(&self.waiting);
        let result = self.arrived.wait_timeout_while(waiting, most, |()| self.durable() < sequence);
        drop(result);
        self.durable() >= sequence
    }

    pub fn state(&self) -> State {
        let since = self.commit_since.load(Ordering::Relaxed);
        let slow = since != 0 && self.start.elapsed() > Duration::from_nanos(since) + SLOW;
        match self.state.load(Ordering::Relaxed) {
            2 => State::Closed,
            1 => State::Degraded,
            _ if slow => State::Degraded,
            _ => State::Normal,
        }
    }

    pub fn status(&self) -> Status {
        let read = |value: &AtomicU64| value.load(Ordering::Relaxed);
        Status {
            state: self.state(),
            durable: self.durable(),
            shed_inputs: read(&self.shed_inputs),
            shed_bytes: read(&self.shed_bytes),
            groups: read(&self.groups),
            bytes: read(&self.bytes),
            segments: read(&self.segments),
            failures: read(&self.failures),
            failure: lock(&self.failure).clone(),
        }
    }
}
