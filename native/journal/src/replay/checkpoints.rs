//! Checkpoints that a replay leaves beside the segments.

use super::Replay;
use crate::checkpoint_file::{CheckpointHead, CheckpointName};
use crate::error::JournalError;
use crate::record::Kind;
use crate::state::save;

/// A checkpoint may cost this share of the bytes that it stands for.
const SHARE: u64 = 16;

/// How far apart checkpoints are.
#[derive(Clone, Copy, Debug)]
pub struct Spacing {
    /// Bytes of payloads between two, at least; 16 times the length of the last one where that is more.
    pub bytes: u64,
    length: u64,
    /// Index of the segment that the last one stands in; 0 before the first look.
    segment: u64,
}

impl Default for Spacing {
    /// What is replayed within a few hundredths of a second.
    fn default() -> Self {
        Self::new(8 << 20)
    }
}

impl Spacing {
    /// At least so many bytes of payloads apart, and one in each segment that is longer than a checkpoint: whatever retention takes,
    /// what it leaves has a state to begin with.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self { bytes, length: 0, segment: 0 }
    }
}

impl Replay {
    /// Leaves a checkpoint beside the segments when one is due: call it between steps. Also removes those of inputs that the journal no
    /// longer holds.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`, `JOURNAL_NO_SPACE`: the replay itself can go on.
    pub fn save_if_due(&mut self, spacing: &mut Spacing) -> Result<bool, JournalError> {
        let segment = self.place().map_or(0, |(name, _)| name.index);
        if spacing.segment == 0 {
            spacing.segment = segment;
        }
        let begins = segment > spacing.segment && self.bytes >= spacing.length;
        let due = begins || self.bytes >= spacing.bytes.max(spacing.length.saturating_mul(SHARE));
        // The number of a checkpoint is that of an input behind which it stands, so that its epoch can be looked up.
        let Some(head) = self.head.filter(|head| due && head.kind.is_input() && head.kind != Kind::Configuration) else {
            return Ok(false);
        };
        if !self.is_exact() || !self.options.digests {
            return Ok(false);
        }
        let Some(running) = &self.running else { return Ok(false) };
        let state = save(&running.machine, &running.digests);
        self.bytes = 0;
        (spacing.length, spacing.segment) = (state.len() as u64, segment);
        let name = CheckpointName { sequence: head.sequence, ts_latest: self.ts_latest };
        CheckpointHead { name, stream: head.stream, epoch: head.epoch }.write(&*self.storage, &state)?;
        self.remove_useless()?;
        Ok(true)
    }

    fn remove_useless(&self) -> Result<(), JournalError> {
        let Some(oldest) = self.reader.segments().first() else { return Ok(()) };
        for name in CheckpointName::list(&*self.storage)? {
            if name.sequence.saturating_add(1) < oldest.first_sequence {
                name.remove(&*self.storage)?;
            }
        }
        Ok(())
    }
}
