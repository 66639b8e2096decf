//! A journal as sinks take it: all events behind a cursor in order, batch by batch, and which inputs are missing.
//!
//! A batch ends between two inputs. So everything that an input put out, and everything that is told of the place before it, is taken with
//! it or not at all, and a feed that begins anew at the cursor goes on with the same events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tickring_core::input::Instrument;
use tickring_core::sink::{Discard, Sink};

use crate::checkpoint_file::CheckpointName;
use crate::cursor::Cursor;
use crate::error::JournalError;
use crate::gap::{Gap, GapCause};
use crate::record::Head;
use crate::replay::{Replay, ReplayOptions, Step};
use crate::settings::Mode;
use crate::storage::Storage;

/// Records that one batch looks at: a call is bounded where nothing comes out, too.
const RECORDS_MAX: u32 = 20_000;
/// How often it is asked from where on the journal is still needed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Inputs between two looks for a checkpoint, where the state is not what it was live.
const SEARCH_EVERY: u32 = 1_024;

/// A sink that says how much it holds.
pub trait FeedSink: Sink {
    /// Nothing yet.
    fn is_empty(&self) -> bool;
    /// As much as one batch should have.
    fn is_full(&self) -> bool;
}

/// Why events of inputs are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The journal says so.
    Gap(GapCause),
    /// They were there, and retention took them, or somebody else.
    Removed,
    /// They are damaged.
    Damaged,
    /// They are there, and nothing is known of what the shard was before them.
    StateUnknown,
}

/// Inputs `first ..= last` of which no event is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Why.
    pub cause: Cause,
    /// First input.
    pub first: u64,
    /// Last one.
    pub last: u64,
}

/// What a call gave besides events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Missing inputs, before all events of the batch.
    pub missing: Vec<Missing>,
    /// Epoch of the writer of its events.
    pub epoch: u64,
    /// Instruments as they were before its events: given once, where a feed begins behind a cursor.
    pub definitions: Option<Vec<Instrument>>,
    /// Where to go on behind all that; its output is empty.
    pub cursor: Cursor,
    /// There is no more now.
    pub is_end: bool,
}

enum Flow {
    On,
    /// The batch ends here.
    Stop,
}

/// Gives the events of one journal, from a cursor on.
pub struct Feed {
    storage: Arc<dyn Storage>,
    options: ReplayOptions,
    /// Behind the last batch.
    cursor: Cursor,
    at: Option<Place>,
}

/// A feed on its way.
struct Place {
    replay: Replay,
    /// Behind what this batch has so far.
    cut: Cursor,
    /// Number of the next input, if none is missing.
    expected: Option<u64>,
    /// What comes was taken already.
    is_behind: bool,
    /// Looks at the next input before it is applied.
    is_unsure: bool,
    /// The sink cannot know what the state is.
    owes_all: bool,
    /// Damage was met since the last input.
    damaged: bool,
    /// Missing inputs of the next batch, and its place behind them where that is known.
    carried: Option<(Missing, Option<Cursor>)>,
    /// Next checkpoint beside the segments, where the state is not what it was live.
    beside: Option<CheckpointName>,
    inexact: u32,
    /// Input at which the state was taken from the journal itself.
    state_from: u64,
    looked: Option<Instant>,
}

impl Feed {
    /// Behind a cursor; without one, at the beginning of what there is.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>, options: ReplayOptions, cursor: Option<Cursor>) -> Self {
        let options = ReplayOptions { mode: Mode::Salvage, digests: false, ..options };
        Self { storage, options, cursor: cursor.unwrap_or_default(), at: None }
    }

    /// Gives the next events to an empty sink, of inputs up to `limit`: what the writer has said to be durable, or all where there is none.
    /// After an error what the sink got is void, and the next call goes on behind the last batch.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`, `JOURNAL_VERSION`, `JOURNAL_RECORD`.
    pub fn batch<S: FeedSink>(&mut self, limit: u64, sink: &mut S) -> Result<Batch, JournalError> {
        let mut place = match self.at.take() {
            Some(place) => place,
            None => Place::open(Arc::clone(&self.storage), self.options, &self.cursor)?,
        };
        let batch = place.batch(limit.max(self.cursor.sequence), sink)?;
        self.cursor.clone_from(&batch.cursor);
        self.at = Some(place);
        Ok(batch)
    }
}

/// Epochs only grow: a cursor that is ahead of them is of another journal, and would pass everything by.
fn is_of(replay: &Replay, cursor: &Cursor) -> Result<(), JournalError> {
    match replay.newest_epoch()? {
        Some(newest) if newest < cursor.epoch => Err(JournalError::Damaged {
            file: "the cursor".to_owned(),
            from: 0,
            what: format!("it is of epoch {}, and the journal ends with epoch {newest}", cursor.epoch),
        }),
        _ => Ok(()),
    }
}

impl Place {
    fn open(storage: Arc<dyn Storage>, options: ReplayOptions, cursor: &Cursor) -> Result<Self, JournalError> {
        let mut replay = Replay::new(storage, options)?;
        let is_behind = cursor.place() > (0, 0);
        if is_behind {
            is_of(&replay, cursor)?;
            replay.begin_behind(cursor)?;
        }
        Ok(Self {
            replay,
            cut: Cursor { output: String::new(), ..cursor.clone() },
            expected: is_behind.then_some(cursor.sequence + 1),
            is_behind,
            is_unsure: true,
            owes_all: false,
            damaged: false,
            carried: None,
            beside: None,
            inexact: 0,
            state_from: cursor.from,
            looked: None,
        })
    }

    fn batch<S: FeedSink>(&mut self, limit: u64, sink: &mut S) -> Result<Batch, JournalError> {
        self.replay.set_limit(limit);
        let mut batch = Batch::default();
        let start = self.cut.place();
        if let Some((missing, cut)) = self.carried.take() {
            batch.missing.push(missing);
            self.cut = cut.unwrap_or_else(|| self.cut.clone());
        }
        for _ in 0..RECORDS_MAX {
            let step = if self.is_unsure { self.look(&mut batch, sink)? } else { self.replay.step(u64::MAX, sink)? };
            batch.is_end = step == Step::End;
            if batch.is_end || matches!(self.took(step, &mut batch, sink)?, Flow::Stop) {
                break;
            }
        }
        if self.cut.place() == start {
            // Told with the input that follows, so that it is told once.
            self.carried = batch.missing.pop().map(|missing| (missing, None)).or(self.carried.take());
        }
        // Its events end with the last input that it passed; a writer that began since has put out none of them.
        batch.epoch = self.cut.epoch;
        self.look_back()?;
        batch.cursor.clone_from(&self.cut);
        Ok(batch)
    }

    /// Takes a record with a look at it first: whether it was taken already, whether inputs are missing before it.
    fn look<S: FeedSink>(&mut self, batch: &mut Batch, sink: &mut S) -> Result<Step, JournalError> {
        let step = self.replay.step_between()?;
        let Some(head) = self.replay.next_input().filter(|_| step == Step::Reached) else { return Ok(step) };
        if (head.epoch, head.sequence) <= self.cut.place() {
            self.owes_all = false;
            return self.replay.step(u64::MAX, &mut Discard);
        }
        let (sequence, ts_recv) = (head.sequence, head.ts_recv);
        self.arrive(batch);
        if let Some(first) = self.expected.filter(|expected| *expected < sequence) {
            let cause = if self.damaged { Cause::Damaged } else { Cause::Removed };
            self.expected = Some(sequence);
            if let Flow::Stop = self.note(Missing { cause, first, last: sequence - 1 }, None, batch, sink) {
                return Ok(Step::Reached);
            }
        }
        self.damaged = false;
        if std::mem::take(&mut self.owes_all)
            && let Some(machine) = self.replay.machine_mut()
        {
            machine.tell_all(ts_recv, sink);
        }
        self.is_unsure = false;
        self.replay.step(u64::MAX, sink)
    }

    /// All that was taken before is behind.
    fn arrive(&mut self, batch: &mut Batch) {
        if std::mem::take(&mut self.is_behind)
            && let Some(machine) = self.replay.machine()
        {
            let all = (0..machine.instruments_len()).filter_map(|slot| machine.instrument(slot).copied());
            batch.definitions = Some(all.collect());
        }
    }

    fn took<S: FeedSink>(&mut self, step: Step, batch: &mut Batch, sink: &S) -> Result<Flow, JournalError> {
        let Some(head) = self.replay.head().copied() else { return Ok(Flow::On) };
        let is_new = (head.epoch, head.sequence) > self.cut.place();
        match step {
            // Something is told before the input; it is looked at again.
            Step::Reached => return Ok(Flow::Stop),
            Step::Began => {
                (self.state_from, self.beside) = (head.sequence, None);
                if is_new && !sink.is_empty() {
                    // Events of one batch are of one writer.
                    return Ok(Flow::Stop);
                }
                if is_new {
                    self.pass(&head, head.sequence, head.ts_recv);
                }
            }
            Step::Applied(_) => {
                if is_new {
                    self.pass(&head, head.sequence, head.ts_recv);
                }
                self.take_beside(&head)?;
                if sink.is_full() {
                    return Ok(Flow::Stop);
                }
            }
            Step::Passed => {
                let missing = Missing { cause: Cause::StateUnknown, first: head.sequence, last: head.sequence };
                let flow = if is_new { self.lose(missing, &head, batch, sink) } else { Flow::On };
                self.take_beside(&head)?;
                return Ok(flow);
            }
            Step::Gap(Gap { cause, first, last, .. }) if is_new => {
                return Ok(self.lose(Missing { cause: Cause::Gap(cause), first, last }, &head, batch, sink));
            }
            Step::Damage(damage) => {
                // Where there are no bytes, a file is missing.
                (self.damaged, self.is_unsure, self.inexact) = (damage.to > damage.from, true, 0);
            }
            Step::Restored => {
                (self.state_from, self.owes_all, self.is_unsure) = (head.sequence, true, true);
            }
            Step::Checkpoint(_) => self.state_from = head.sequence,
            Step::Gap(_) | Step::Other | Step::End => {}
        }
        Ok(Flow::On)
    }

    /// Everything up to this input is in the batch.
    const fn pass(&mut self, head: &Head, sequence: u64, ts_recv: u64) {
        (self.cut.epoch, self.cut.sequence, self.cut.ts_recv) = (head.epoch, sequence, ts_recv);
        self.expected = Some(sequence + 1);
    }

    /// Inputs that the journal itself tells of, up to the number of this record.
    fn lose<S: FeedSink>(&mut self, missing: Missing, head: &Head, batch: &mut Batch, sink: &S) -> Flow {
        self.arrive(batch);
        let cut = Cursor { epoch: head.epoch, sequence: missing.last, ts_recv: head.ts_recv, ..self.cut.clone() };
        self.expected = Some(missing.last + 1);
        self.note(missing, Some(cut), batch, sink)
    }

    /// Tells of missing inputs before all events of a batch: of this one, or of the next.
    fn note<S: FeedSink>(&mut self, missing: Missing, cut: Option<Cursor>, batch: &mut Batch, sink: &S) -> Flow {
        if !sink.is_empty() {
            self.carried = Some((missing, cut));
            return Flow::Stop;
        }
        match batch.missing.last_mut() {
            Some(before) if before.cause == missing.cause && before.last + 1 == missing.first => before.last = missing.last,
            _ => batch.missing.push(missing),
        }
        self.cut = cut.unwrap_or_else(|| self.cut.clone());
        Flow::On
    }

    /// Where the state is not what it was live, that of a checkpoint of this input is taken.
    fn take_beside(&mut self, head: &Head) -> Result<(), JournalError> {
        if self.replay.is_exact() {
            self.inexact = 0;
            return Ok(());
        }
        if self.inexact.is_multiple_of(SEARCH_EVERY) && self.beside.is_none_or(|name| name.sequence < head.sequence) {
            self.beside = self.replay.checkpoint_from(head.sequence)?;
        }
        self.inexact = self.inexact.wrapping_add(1);
        if let Some(name) = self.beside.filter(|name| name.sequence == head.sequence) {
            self.beside = None;
            if self.replay.take_beside(&name)? {
                (self.state_from, self.owes_all, self.is_unsure) = (head.sequence, true, true);
            }
        }
        Ok(())
    }

    /// From where on the journal is needed to come to the cut again.
    fn look_back(&mut self) -> Result<(), JournalError> {
        // A later writer may have begun with lower numbers, where no disk held those that were told.
        let before = [self.cut.from, self.state_from].into_iter().filter(|from| *from <= self.cut.sequence);
        self.cut.from = before.max().unwrap_or(0);
        if self.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        if let Some(name) = self.replay.checkpoint_until(self.cut.sequence)?.filter(|name| name.sequence > self.cut.from)
            && name.read(&*self.replay.storage())?.is_some_and(|(saved, _)| saved.epoch == self.cut.epoch)
        {
            self.cut.from = name.sequence;
        }
        Ok(())
    }
}
