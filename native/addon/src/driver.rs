//! What stands behind a `Shard`: the state machine, its ring, and what becomes of a panic. Shared by the class and by the
//! entry points of the hot path, on one thread.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use tickring_core::digest::Digests;
use tickring_core::error::Code;
use tickring_core::event::Event;
use tickring_core::input::{Input, Instrument, Stamped};
use tickring_core::machine::Machine;
use tickring_core::sink::{Latest, Sink};
use tickring_shm::{Clock, Writer};

use crate::chunks::FrameSink;
use crate::failure::{Result, closed, fail, panic_text};
use crate::journalling::Journalling;
use crate::rejected::Rejected;
use crate::shard::{EVENTS_MASK, REJECTED_BIT, REQUESTS_BIT};

/// A driver as its class and its entry points hold it. JavaScript never runs while it is borrowed.
pub type SharedDriver = Rc<RefCell<Driver>>;

/// Where events go.
pub struct Output {
    /// `None`: replay publishes nowhere.
    pub ring: Option<Box<Writer>>,
    /// Kept where inputs are journalled.
    digests: Option<Box<Digests>>,
}

impl Output {
    fn now(&mut self) -> u64 {
        match &mut self.ring {
            Some(writer) => writer.now(),
            None => Clock::system().now(),
        }
    }
}

impl Sink for Output {
    fn event(&mut self, event: &Event<'_>) {
        if let Some(digests) = &mut self.digests {
            digests.add(event);
        }
        if let Some(writer) = &mut self.ring {
            writer.event(event);
        }
    }

    #[inline]
    fn parsed(&mut self) {
        if let Some(writer) = &mut self.ring {
            writer.parsed();
        }
    }

    fn lead(&mut self, ns: u64) {
        if let Some(writer) = &mut self.ring {
            writer.lead(ns);
        }
    }

    fn latest(&mut self, slot: u32, latest: &Latest<'_>) {
        if let Some(writer) = &mut self.ring {
            writer.latest(slot, latest);
        }
    }

    fn instrument(&mut self, slot: u32, instrument: &Instrument) {
        if let Some(writer) = &mut self.ring {
            writer.instrument(slot, instrument);
        }
    }

    #[inline]
    fn wanted(&mut self) -> Option<u32> {
        self.ring.as_mut()?.wanted()
    }

    fn again(&mut self, slot: u32, latest: &Latest<'_>) {
        if let Some(writer) = &mut self.ring {
            writer.again(slot, latest);
        }
    }
}

/// A shard that has neither been closed nor caught a panic.
pub struct Running {
    pub machine: Machine,
    pub output: Output,
    pub journal: Option<Box<Journalling>>,
}

impl Running {
    fn publish_counters(&mut self) {
        let Some(writer) = &mut self.output.ring else { return };
        writer.heartbeat();
        writer.put_counters(self.machine.counters());
        if let Some(journal) = &self.journal {
            writer.put_journal_counters(&journal.counters());
        }
        for slot in 0..self.machine.instruments_len() {
            if let Some(counters) = self.machine.instrument_counters(slot) {
                writer.put_instrument_counters(slot, counters);
            }
        }
    }
}

impl FrameSink for Driver {
    #[inline]
    fn frame(&mut self, connection: u16, bytes: &[u8], ts_recv: u64) -> i32 {
        // Since the chunk is here: what stood before this frame in it counts.
        self.frame_since(ts_recv, ts_recv, Input::Frame { connection, bytes })
    }

    #[inline]
    fn now(&mut self) -> u64 {
        self.running.as_mut().map_or(0, |running| running.output.now())
    }
}

/// Applies inputs one by one.
pub struct Driver {
    running: Option<Running>,
    poisoned: bool,
    rejection: Option<Rejected>,
}

impl Driver {
    pub fn new(machine: Machine, ring: Option<Box<Writer>>, journal: Option<Box<Journalling>>) -> Self {
        let output = Output { ring, digests: journal.as_ref().map(|_| Box::default()) };
        Self { running: Some(Running { machine, output, journal }), poisoned: false, rejection: None }
    }

    /// The machine and its output.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    pub fn healthy(&self) -> Result<&Running> {
        if self.poisoned {
            return Err(fail(Code::ShardPoisoned, "the shard caught a panic and must be rebuilt"));
        }
        self.running.as_ref().ok_or_else(|| closed("shard"))
    }

    /// As [`Self::healthy`], to change.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    pub fn healthy_mut(&mut self) -> Result<&mut Running> {
        self.healthy()?;
        self.running.as_mut().ok_or_else(|| closed("shard"))
    }

    /// Why the last input was set aside.
    pub const fn rejection(&self) -> Option<&Rejected> {
        self.rejection.as_ref()
    }

    /// One WebSocket message; `ts_recv` 0 means now. Also measures receive → ring, and its stages.
    #[inline]
    pub fn frame(&mut self, connection: u16, bytes: &[u8], ts_recv: u64) -> i32 {
        let input = Input::Frame { connection, bytes };
        let Some(Running { output: Output { ring: Some(writer), .. }, .. }) = &mut self.running else {
            return self.input(ts_recv, input);
        };
        let arrived = writer.now();
        self.frame_since(arrived, if ts_recv == 0 { arrived } else { ts_recv }, input)
    }

    #[inline]
    fn frame_since(&mut self, arrived: u64, ts_recv: u64, input: Input<'_>) -> i32 {
        if let Some(Running { output: Output { ring: Some(writer), .. }, .. }) = &mut self.running {
            writer.begin_frame(arrived);
        }
        let result = self.input(ts_recv, input);
        if result >= 0
            && let Some(Running { output: Output { ring: Some(writer), .. }, .. }) = &mut self.running
        {
            writer.end_frame();
        }
        result
    }

    /// Applies an input; `ts_recv` 0 means now. Returns bits, or a negative code number.
    #[inline]
    pub fn input(&mut self, ts_recv: u64, input: Input<'_>) -> i32 {
        if self.poisoned {
            return -i32::from(Code::ShardPoisoned as u16);
        }
        let Some(running) = &mut self.running else { return -i32::from(Code::Closed as u16) };
        let ts_recv = if ts_recv == 0 { running.output.now() } else { ts_recv };
        let stamped = Stamped { ts_recv, input };
        if let Some(journal) = &mut running.journal {
            journal.append(&stamped, running.output.digests.as_ref().map_or(0, |digests| digests.shard()));
        }
        if let Some(writer) = &mut running.output.ring {
            writer.begin_input();
        }
        match catch_unwind(AssertUnwindSafe(|| running.machine.apply(&stamped, &mut running.output))) {
            Ok(outcome) => {
                self.rejection = outcome.rejected.map(|reject| Rejected::new(reject, &input));
                let events = i32::try_from(outcome.events).unwrap_or(EVENTS_MASK).min(EVENTS_MASK);
                let requests = if outcome.requests_pending { REQUESTS_BIT } else { 0 };
                let rejected = if outcome.rejected.is_some() { REJECTED_BIT } else { 0 };
                events | requests | rejected
            }
            Err(payload) => {
                self.poisoned = true;
                // The ring is left open: readers see a generation without heartbeat until the rebuilt shard publishes its own.
                eprintln!("tickring: shard poisoned: {}", panic_text(payload.as_ref()));
                -i32::from(Code::ShardPoisoned as u16)
            }
        }
    }

    /// Time passes: timers, heartbeat, counters.
    pub fn tick(&mut self, ts_recv: u64) -> i32 {
        let result = self.input(ts_recv, Input::Tick);
        if result >= 0
            && let Some(running) = &mut self.running
        {
            if let (Some(journal), Some(digests)) = (&mut running.journal, &running.output.digests) {
                journal.tick(&running.machine, digests);
            }
            running.publish_counters();
        }
        result
    }

    /// Marks the ring closed and lets go of everything. Idempotent.
    pub fn close(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        let last = running.journal.take().map(|journal| journal.close());
        if self.poisoned {
            return;
        }
        if let (Some(last), Some(writer)) = (last, &mut running.output.ring) {
            writer.put_journal_counters(&last);
        }
        running.publish_counters();
        if let Some(writer) = running.output.ring {
            writer.close();
        }
    }
}
