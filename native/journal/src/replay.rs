//! A state machine fed from a journal: what a shard was at any of its inputs, and all that it put out.

use std::sync::Arc;

use tickring_core::digest::{Digested, Digests};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::sink::{Discard, Sink};

use crate::checkpoint::CheckpointParts;
use crate::checkpoint_file::{CheckpointHead, CheckpointName};
use crate::error::JournalError;
use crate::found::{Item, Seek};
use crate::gap::Gap;
use crate::reader::Reader;
use crate::record::{Head, Kind};
use crate::segment::SegmentName;
use crate::state::{restore_as_saved, save};
use crate::storage::Storage;

mod background;
mod behind;
mod checkpoints;
mod options;
mod verify;

pub use background::Checkpointer;
pub use checkpoints::Spacing;
pub use options::{ReplayOptions, Step};
pub use verify::{Difference, Report, Span, verify};

/// The machine with what came out of it so far.
struct Running {
    machine: Machine,
    digests: Digests,
    epoch: u64,
}

/// Replays one journal, forward from wherever it was set to.
pub struct Replay {
    storage: Arc<dyn Storage>,
    options: ReplayOptions,
    reader: Reader,
    parts: CheckpointParts,
    running: Option<Running>,
    exact: bool,
    /// The record that the last step was about.
    head: Option<Head>,
    ts_latest: u64,
    /// The input that was not wanted by the last step.
    next: Option<Head>,
    /// Bytes of payloads since the beginning, or the last checkpoint used or saved.
    bytes: u64,
}

impl Replay {
    /// At the beginning of the journal.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`.
    pub fn new(storage: Arc<dyn Storage>, options: ReplayOptions) -> Result<Self, JournalError> {
        let reader = Reader::new(Arc::clone(&storage), options.mode)?;
        let parts = CheckpointParts::default();
        Ok(Self {
            storage,
            options,
            reader,
            parts,
            running: None,
            exact: false,
            head: None,
            ts_latest: 0,
            next: None,
            bytes: 0,
        })
    }

    /// Takes the next record, unless it is an input received after `until`. A shard is at a time what it was before its first input
    /// that was received later.
    ///
    /// # Errors
    ///
    /// As [`Reader::next`], and `JOURNAL_RECORD`.
    pub fn step<S: Sink>(&mut self, until: u64, sink: &mut S) -> Result<Step, JournalError> {
        self.step_if(|head| head.ts_recv <= until, sink)
    }

    /// Takes the next record, unless it is an input: that one is only looked at, see [`Self::next_input`].
    ///
    /// # Errors
    ///
    /// As [`Self::step`].
    pub fn step_between(&mut self) -> Result<Step, JournalError> {
        self.step_if(|_| false, &mut Discard)
    }

    fn step_if<S: Sink>(&mut self, is_wanted: impl Fn(&Head) -> bool, sink: &mut S) -> Result<Step, JournalError> {
        self.next = None;
        let record = match self.reader.next()? {
            Some(Item::Record(record)) => record,
            Some(Item::Damage(damage)) => {
                self.exact = false;
                self.parts.clear();
                return Ok(Step::Damage(damage));
            }
            None => return Ok(Step::End),
        };
        let head = record.head;
        if head.kind.is_input() && !is_wanted(&head) {
            self.reader.put_back();
            self.next = Some(head);
            return Ok(Step::Reached);
        }
        self.head = Some(head);
        let checkpoint = self.parts.add(&record);
        if head.kind.is_input() {
            self.ts_latest = self.ts_latest.max(head.ts_recv);
            self.bytes += u64::from(head.length);
        }
        // A writer that died and one that follows have nothing in common but numbers.
        self.running.take_if(|running| running.epoch != head.epoch);
        match head.kind {
            Kind::Configuration => {
                let config = self.options.config(record.configuration()?);
                let machine = Machine::numbered_after(config, head.sequence);
                self.running = Some(Running { machine, digests: Digests::default(), epoch: head.epoch });
                self.exact = true;
                Ok(Step::Began)
            }
            Kind::Gap => {
                self.exact = false;
                let gap = Gap::read(record.payload).ok_or(JournalError::Record {
                    sequence: head.sequence,
                    what: format!("{} bytes as a gap", record.payload.len()),
                })?;
                Ok(Step::Gap(gap))
            }
            Kind::Checkpoint => match checkpoint {
                None => Ok(Step::Other),
                Some(bytes) => match &self.running {
                    Some(Running { machine, digests, .. }) if self.exact => {
                        Ok(Step::Checkpoint(!self.options.digests || save(machine, digests) == *bytes))
                    }
                    _ => {
                        let (machine, digests) = restore_as_saved(self.options.config(MachineConfig::default()), bytes)
                            .map_err(|error| JournalError::Record { sequence: head.sequence, what: error.to_string() })?;
                        self.running = Some(Running { machine, digests, epoch: head.epoch });
                        self.exact = true;
                        Ok(Step::Restored)
                    }
                },
            },
            kind if kind.is_input() => {
                let mut room = None;
                let Some(Running { machine, digests, .. }) = &mut self.running else { return Ok(Step::Passed) };
                let Some(stamped) = record.input(&mut room)? else { return Ok(Step::Other) };
                if machine.frame_seq() + 1 != head.sequence {
                    machine.skip_to(head.sequence - 1);
                }
                Ok(Step::Applied(if self.options.digests {
                    machine.apply(&stamped, &mut Digested { sink, digests })
                } else {
                    machine.apply(&stamped, sink)
                }))
            }
            _ => Ok(Step::Other),
        }
    }

    /// Takes records up to this time; whether the journal goes on behind it.
    ///
    /// # Errors
    ///
    /// As [`Self::step`].
    pub fn run_to<S: Sink>(&mut self, until: u64, sink: &mut S) -> Result<bool, JournalError> {
        loop {
            match self.step(until, sink)? {
                Step::Reached => return Ok(true),
                Step::End => return Ok(false),
                _ => {}
            }
        }
    }

    /// A replay of what the shard was at this time: from the nearest checkpoint on.
    ///
    /// # Errors
    ///
    /// As [`Self::step`].
    pub fn at(storage: Arc<dyn Storage>, options: ReplayOptions, ts: u64) -> Result<Self, JournalError> {
        let mut replay = Self::new(storage, options)?;
        replay.begin_before(ts)?;
        replay.run_to(ts, &mut Discard)?;
        Ok(replay)
    }

    /// Goes to the last checkpoint of which all was received at this time or earlier, else to the beginning.
    ///
    /// # Errors
    ///
    /// As [`Self::step`].
    pub fn begin_before(&mut self, ts: u64) -> Result<(), JournalError> {
        self.forget();
        for name in CheckpointName::list(&*self.storage)?.iter().rev().filter(|name| name.ts_latest <= ts) {
            if self.begin_at(name)? {
                return Ok(());
            }
        }
        // None beside the segments; there may be some in them.
        let mut before = ts;
        while self.reader.seek_checkpoint(before)? {
            match self.whole_checkpoint()? {
                (_, true) => return Ok(()),
                (Some(first), false) if first > 0 => before = before.min(first - 1),
                _ => break,
            }
        }
        self.forget();
        self.reader.seek_sequence(0)?;
        Ok(())
    }

    /// Goes to the oldest checkpoint beside the segments of which all was received at this time or earlier, and says its number: for a
    /// journal whose first writer began with inputs that retention took. `None`, and where it was, if there is none.
    ///
    /// # Errors
    ///
    /// As [`Self::step`].
    pub fn begin_oldest(&mut self, ts: u64) -> Result<Option<u64>, JournalError> {
        let here = self.reader.last_sequence();
        let names = CheckpointName::list(&*self.storage)?;
        let usable = || names.iter().filter(|name| name.ts_latest <= ts && here.is_none_or(|here| name.sequence >= here));
        for name in usable() {
            if self.begin_at(name)? {
                return Ok(Some(name.sequence));
            }
        }
        if let (Some(here), Some(_)) = (here, usable().next()) {
            self.reader.seek_sequence(here + 1)?;
        }
        Ok(None)
    }

    /// Goes to the input with this number, which is the beginning of a writer; `false` where it is not there.
    ///
    /// # Errors
    ///
    /// As [`Self::step`].
    pub fn begin_with(&mut self, sequence: u64) -> Result<bool, JournalError> {
        self.forget();
        Ok(self.reader.seek_sequence(sequence)? == Seek::Found)
    }

    /// Takes the checkpoint that the reader stands at: when its first part was written, and whether it is a whole one.
    fn whole_checkpoint(&mut self) -> Result<(Option<u64>, bool), JournalError> {
        let mut first = None;
        loop {
            match self.step(u64::MAX, &mut Discard) {
                Ok(Step::Restored) => {
                    self.ts_latest = first.unwrap_or(0);
                    return Ok((first, true));
                }
                Ok(Step::Other) if self.head.is_some_and(|head| head.kind == Kind::Checkpoint) => {
                    first = first.or(self.head.map(|head| head.ts_recv));
                }
                Ok(_) | Err(JournalError::Record { .. }) => {
                    self.forget();
                    return Ok((first, false));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes a checkpoint beside the segments; `false` where it is none of this journal's.
    fn begin_at(&mut self, name: &CheckpointName) -> Result<bool, JournalError> {
        let Some((saved, bytes)) = name.read(&*self.storage)? else { return Ok(false) };
        if !self.is_ours(&saved)? {
            return Ok(false);
        }
        let Ok((machine, digests)) = restore_as_saved(self.options.config(MachineConfig::default()), &bytes) else {
            return Ok(false);
        };
        self.running = Some(Running { machine, digests, epoch: saved.epoch });
        (self.exact, self.ts_latest) = (true, name.ts_latest);
        Ok(true)
    }

    /// Whether the last input of a checkpoint is one of this journal, behind which the reader then stands. A writer that died may have
    /// told others of inputs that no disk holds, and a later one given their numbers to others.
    fn is_ours(&mut self, saved: &CheckpointHead) -> Result<bool, JournalError> {
        let of_epoch = |reader: &mut Reader| -> Result<bool, JournalError> {
            let Some(Item::Record(record)) = reader.next()? else { return Ok(false) };
            Ok((record.head.epoch, record.head.stream) == (saved.epoch, saved.stream))
        };
        let sequence = saved.name.sequence;
        if self.reader.seek_sequence(sequence)? == Seek::Found {
            return of_epoch(&mut self.reader);
        }
        // Perhaps it was the last input of a segment that was given up.
        if self.reader.seek_sequence(sequence.saturating_add(1))? != Seek::Found || !of_epoch(&mut self.reader)? {
            return Ok(false);
        }
        self.reader.put_back();
        Ok(true)
    }

    fn forget(&mut self) {
        self.parts.clear();
        self.running = None;
        self.exact = false;
        self.head = None;
        (self.ts_latest, self.bytes) = (0, 0);
    }

    /// The machine, where anything is known of it.
    #[must_use]
    pub fn machine(&self) -> Option<&Machine> {
        self.running.as_ref().map(|running| &running.machine)
    }

    /// The same, to show all of it to a sink.
    pub fn machine_mut(&mut self) -> Option<&mut Machine> {
        self.running.as_mut().map(|running| &mut running.machine)
    }

    /// Digests of what was put out, since the writer began.
    #[must_use]
    pub fn digests(&self) -> Option<&Digests> {
        self.running.as_ref().map(|running| &running.digests)
    }

    /// Epoch of the writer whose machine this is.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.epoch)
    }

    /// Whether the machine is what it was live, to the byte. Not so between a gap and the next checkpoint or beginning.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.exact && self.running.is_some()
    }

    /// The record that the last step was about, `None` before the first.
    #[must_use]
    pub const fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// File and offset of that record.
    #[must_use]
    pub fn place(&self) -> Option<(SegmentName, u64)> {
        self.reader.place()
    }

    /// Latest receive time so far, ns since the UNIX epoch.
    #[must_use]
    pub const fn ts_latest(&self) -> u64 {
        self.ts_latest
    }

    /// Where the last step was [`Step::Reached`]: when the input that is next was received.
    #[must_use]
    pub fn next_ts(&self) -> Option<u64> {
        self.next.map(|head| head.ts_recv)
    }

    /// Where the last step was [`Step::Reached`]: the input that is next.
    #[must_use]
    pub const fn next_input(&self) -> Option<&Head> {
        self.next.as_ref()
    }

    /// Where the journal lies.
    pub(crate) fn storage(&self) -> Arc<dyn Storage> {
        Arc::clone(&self.storage)
    }

    /// See [`Reader::set_limit`].
    pub const fn set_limit(&mut self, sequence: u64) {
        self.reader.set_limit(sequence);
    }
}

impl ReplayOptions {
    fn config(&self, live: MachineConfig) -> MachineConfig {
        MachineConfig { depth: self.depth.unwrap_or(live.depth), code_path: self.code_path, ..live }
    }
}
