//! Whether a replay gives what was given live, and where it first does not.

use std::sync::Arc;

use tickring_core::event::Event;
use tickring_core::input::Instrument;
use tickring_core::sink::{Discard, Latest, Sink};

use super::{Replay, ReplayOptions, Step};
use crate::ends::missing_at_ends;
use crate::error::JournalError;
use crate::found::Damage;
use crate::gap::Gap;
use crate::record::Head;
use crate::segment::SegmentName;
use crate::settings::Mode;
use crate::storage::Storage;

/// Inputs that gave, one after the other, what they gave live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Epoch of the writer.
    pub epoch: u64,
    /// First input.
    pub first: u64,
    /// Last one.
    pub last: u64,
    /// How many digests were compared.
    pub compared: u64,
    /// Digest of all that was put out up to the last one.
    pub digest: u64,
}

/// The first input that gave something else than live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its head: number, times, connection.
    pub head: Head,
    /// The segment that it stands in.
    pub segment: SegmentName,
    /// Offset in it, of the plain form.
    pub offset: u64,
    /// Digest of all that was put out live up to and with this input; 0 where a checkpoint tells the difference.
    pub recorded: u64,
    /// The same of the replay.
    pub replayed: u64,
    /// What the replay put out for this input. What was put out live is not kept, but for its digest.
    pub events: Vec<String>,
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records read.
    pub records: u64,
    /// Inputs applied.
    pub inputs: u64,
    /// Events that they gave.
    pub events: u64,
    /// Inputs before which nothing was known of the machine.
    pub passed: u64,
    /// Inputs applied behind a gap, before the next checkpoint: nothing is promised of them.
    pub inexact: u64,
    /// Checkpoints met that are equal to the byte.
    pub checkpoints: u64,
    /// Spans that are proven.
    pub spans: Vec<Span>,
    /// Instruments with the digests of their events, at the end of the last span.
    pub instruments: Vec<(u32, u64)>,
    /// Inputs that are not in the journal.
    pub gaps: Vec<Gap>,
    /// Damage, where the mode allows to go on.
    pub damage: Vec<Damage>,
    /// Where live and replay part.
    pub difference: Option<Difference>,
}

/// The events of one input, spelt out.
#[derive(Default)]
struct Spelt(Vec<String>);

impl Sink for Spelt {
    fn event(&mut self, event: &Event<'_>) {
        self.0.push(format!("{event:?}"));
    }

    fn latest(&mut self, _: u32, _: &Latest<'_>) {}

    fn instrument(&mut self, _: u32, _: &Instrument) {}
}

/// Replays a whole journal and compares what each input gives with what it gave live. Ends at the first difference. `progress` is told
/// the records so far, now and then.
///
/// # Errors
///
/// As [`Replay::step`].
pub fn verify(
    storage: Arc<dyn Storage>,
    options: ReplayOptions,
    mut progress: impl FnMut(&Report) -> bool,
) -> Result<Report, JournalError> {
    let mut replay = Replay::new(Arc::clone(&storage), ReplayOptions { digests: true, ..options })?;
    let mut report = Report::default();
    let missing = missing_at_ends(&*storage)?;
    if let (Mode::Strict, Some(Damage { file, from, what, .. })) = (options.mode, missing.first()) {
        return Err(JournalError::Damaged { file: file.clone(), from: *from, what: what.clone() });
    }
    // The input before, and where it stands: the digest that is recorded with an input covers what the one before it gave.
    let mut before: Option<(Head, SegmentName, u64)> = None;
    loop {
        let digest = replay.digests().map_or(0, |digests| digests.shard());
        let exact = replay.is_exact();
        let step = replay.step(u64::MAX, &mut Discard)?;
        if step == Step::End {
            break;
        }
        report.records += 1;
        if report.records.is_multiple_of(1 << 14) && !progress(&report) {
            break;
        }
        if let Step::Damage(damage) = step {
            report.damage.push(damage);
            continue;
        }
        let Some(&head) = replay.head() else { continue };
        let differs = match &step {
            Step::Applied(outcome) => {
                report.inputs += 1;
                report.events += u64::from(outcome.events);
                report.inexact += u64::from(!replay.is_exact());
                exact && head.outputs != 0 && head.outputs != digest
            }
            Step::Checkpoint(equal) => !equal,
            _ => false,
        };
        if differs && let Some(place) = before {
            report.difference = Some(name(storage, options, place, head.outputs, digest)?);
            break;
        }
        report.note(&step, &head, &replay);
        if step == Step::Passed
            && report.passed == 1
            && let Some(sequence) = replay.begin_oldest(u64::MAX)?
        {
            report.passed += sequence - head.sequence;
            before = None;
            continue;
        }
        if head.kind.is_input() {
            before = replay.place().map(|(segment, offset)| (head, segment, offset));
        }
    }
    report.damage.extend(missing);
    if let Some(digests) = replay.digests() {
        report.instruments = digests.instruments().to_vec();
    }
    Ok(report)
}

impl Report {
    fn note(&mut self, step: &Step, head: &Head, replay: &Replay) {
        let digest = replay.digests().map_or(0, |digests| digests.shard());
        let begin = || Span { epoch: head.epoch, first: head.sequence, last: head.sequence, compared: 0, digest };
        match step {
            Step::Applied(_) if replay.is_exact() => match self.spans.last_mut() {
                Some(span) if span.epoch == head.epoch && span.last + 1 == head.sequence => {
                    span.last = head.sequence;
                    span.compared += u64::from(head.outputs != 0);
                    span.digest = digest;
                }
                _ => self.spans.push(begin()),
            },
            Step::Began | Step::Restored => self.spans.push(begin()),
            Step::Passed => self.passed += 1,
            Step::Checkpoint(_) => self.checkpoints += 1,
            Step::Gap(gap) => self.gaps.push(*gap),
            _ => {}
        }
    }
}

/// Replays once more, from near before the input, to have its events.
fn name(
    storage: Arc<dyn Storage>,
    options: ReplayOptions,
    (head, segment, offset): (Head, SegmentName, u64),
    recorded: u64,
    replayed: u64,
) -> Result<Difference, JournalError> {
    let mut replay = Replay::new(storage, options)?;
    let mut sink = Spelt::default();
    loop {
        sink.0.clear();
        let step = replay.step(u64::MAX, &mut sink)?;
        let there = replay.head().is_some_and(|at| at.kind.is_input() && at.sequence >= head.sequence);
        if there || step == Step::End {
            break;
        }
    }
    Ok(Difference { head, segment, offset, recorded, replayed, events: sink.0 })
}
