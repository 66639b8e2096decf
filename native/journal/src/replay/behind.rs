//! Replays that go on where somebody ended, and states taken on the way.

use super::{Replay, Running};
use crate::checkpoint_file::CheckpointName;
use crate::cursor::Cursor;
use crate::error::JournalError;
use crate::state::restore_as_saved;
use tickring_core::machine::MachineConfig;

impl Replay {
    /// Goes to the nearest place from which the steps come to this cursor with the state that the shard had there: the last checkpoint
    /// before it, else the input that the cursor names for it.
    ///
    /// # Errors
    ///
    /// As [`Self::step`].
    pub fn begin_behind(&mut self, cursor: &Cursor) -> Result<(), JournalError> {
        self.forget();
        let names = CheckpointName::list(&*self.storage)?;
        let before = names.iter().rev().filter(|name| (cursor.from..=cursor.sequence).contains(&name.sequence));
        for name in before {
            // A later writer may have given its number to another input.
            if self.begin_at(name)? && self.epoch().is_some_and(|epoch| epoch <= cursor.epoch) {
                return Ok(());
            }
        }
        self.forget();
        self.reader.seek_sequence(cursor.from)?;
        Ok(())
    }

    /// Epoch of the last writer whose header can be read; `None` where there is none.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`, `JOURNAL_VERSION`.
    pub(crate) fn newest_epoch(&self) -> Result<Option<u64>, JournalError> {
        for name in self.reader.segments().iter().rev() {
            match self.reader.header(*name) {
                Ok(header) => return Ok(Some(header.epoch)),
                Err(JournalError::Damaged { .. }) => {}
                Err(JournalError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The first checkpoint beside the segments of this input or a later one.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`.
    pub fn checkpoint_from(&self, sequence: u64) -> Result<Option<CheckpointName>, JournalError> {
        Ok(CheckpointName::list(&*self.storage)?.into_iter().find(|name| name.sequence >= sequence))
    }

    /// The last checkpoint beside the segments of this input or an earlier one.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`.
    pub fn checkpoint_until(&self, sequence: u64) -> Result<Option<CheckpointName>, JournalError> {
        Ok(CheckpointName::list(&*self.storage)?.into_iter().rfind(|name| name.sequence <= sequence))
    }

    /// Takes the state from a checkpoint beside the segments whose input the last step was about; `false`, and as before, if it is of
    /// another one.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`.
    pub fn take_beside(&mut self, name: &CheckpointName) -> Result<bool, JournalError> {
        let Some(head) = self.head.filter(|head| head.sequence == name.sequence) else { return Ok(false) };
        let Some((saved, bytes)) = name.read(&*self.storage)? else { return Ok(false) };
        if (saved.epoch, saved.stream) != (head.epoch, head.stream) {
            return Ok(false);
        }
        let Ok((machine, digests)) = restore_as_saved(self.options.config(MachineConfig::default()), &bytes) else {
            return Ok(false);
        };
        self.running = Some(Running { machine, digests, epoch: saved.epoch });
        self.exact = true;
        Ok(true)
    }
}
