//! Checkpoints beside the segments: whoever replays a journal may leave some, so that the next one need not begin at its beginning. They
//! are no part of it. One that is missing, cut, damaged or of inputs that the journal does not hold costs time and nothing else.
//!
//! ```text
//! SEQUENCE-LATEST.ckpt: number of the last input in it, latest receive time up to that, both decimal with leading zeros
//! magic "TKRCKPT1" | u32 stream | u32 0 | u64 epoch | u64 sequence | u64 latest | u64 bytes | state | u32 CRC32C of all before, masked
//! ```

use std::io;

use crate::error::JournalError;
use crate::record::{masked, u32_at, u64_at};
use crate::storage::{Storage, read_full, write_all};

const MAGIC: [u8; 8] = *b"TKRCKPT1";
const HEADER_BYTES: usize = 48;
const CHECK_BYTES: usize = 4;

/// Longest file that is read.
const BYTES_MAX: u64 = 1 << 30;

/// What a checkpoint beside the segments contains, as its name tells it. Sorted, names are in the order of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckpointName {
    /// Number of the last input in it.
    pub sequence: u64,
    /// Latest receive time up to that input, ns since the UNIX epoch.
    pub ts_latest: u64,
}

/// What a checkpoint says of itself beside its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointHead {
    /// What its name says.
    pub name: CheckpointName,
    /// Shard.
    pub stream: u32,
    /// Epoch of the writer of its last input: with that one's number it says which input that was.
    pub epoch: u64,
}

impl CheckpointName {
    /// Takes a file name apart; `None` for other files.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (sequence, latest) = name.strip_suffix(".ckpt")?.split_once('-')?;
        let parsed = Self { sequence: sequence.parse().ok()?, ts_latest: latest.parse().ok()? };
        // `parse` takes other spellings as well.
        (parsed.file() == name).then_some(parsed)
    }

    /// The file name.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{:020}-{:020}.ckpt", self.sequence, self.ts_latest)
    }

    /// Those that lie in a journal's folder, oldest first.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`.
    pub fn list(storage: &dyn Storage) -> Result<Vec<Self>, JournalError> {
        let files = storage.list().map_err(JournalError::io("list", "the journal"))?;
        let mut names: Vec<_> = files.iter().filter_map(|(name, _)| Self::parse(name)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Removes the file; one that is gone is no error.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`.
    pub fn remove(&self, storage: &dyn Storage) -> Result<(), JournalError> {
        match storage.remove(&self.file()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(JournalError::io("remove", self.file())(error)),
            _ => Ok(()),
        }
    }

    /// Head and state of the file; `None` where it is none of ours, whatever is wrong with it.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`.
    pub fn read(&self, storage: &dyn Storage) -> Result<Option<(CheckpointHead, Vec<u8>)>, JournalError> {
        let read = || -> io::Result<Vec<u8>> {
            let file = storage.open(&self.file(), false)?;
            let mut bytes = vec![0; usize::try_from(file.bytes()?.min(BYTES_MAX)).unwrap_or(0)];
            let count = read_full(&*file, &mut bytes, 0)?;
            bytes.truncate(count);
            Ok(bytes)
        };
        match read() {
            Ok(bytes) => Ok(self.take_apart(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(JournalError::io("read", self.file())(error)),
        }
    }

    fn take_apart(&self, mut bytes: Vec<u8>) -> Option<(CheckpointHead, Vec<u8>)> {
        let end = bytes.len().checked_sub(CHECK_BYTES).filter(|end| *end >= HEADER_BYTES)?;
        let name = Self { sequence: u64_at(&bytes, 24), ts_latest: u64_at(&bytes, 32) };
        let whole = u64_at(&bytes, 40) == (end - HEADER_BYTES) as u64;
        if bytes[..8] != MAGIC || !whole || name != *self || u32_at(&bytes, end) != masked(crc32c::crc32c(&bytes[..end])) {
            return None;
        }
        let head = CheckpointHead { name, stream: u32_at(&bytes, 8), epoch: u64_at(&bytes, 16) };
        bytes.truncate(end);
        bytes.drain(..HEADER_BYTES);
        Some((head, bytes))
    }
}

impl CheckpointHead {
    /// Writes a checkpoint beside the segments; one that is there already stays.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`, `JOURNAL_NO_SPACE`.
    pub fn write(&self, storage: &dyn Storage, state: &[u8]) -> Result<(), JournalError> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + state.len() + CHECK_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.stream.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        for word in [self.epoch, self.name.sequence, self.name.ts_latest, state.len() as u64] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(state);
        let check = masked(crc32c::crc32c(&bytes));
        bytes.extend_from_slice(&check.to_le_bytes());
        let name = self.name.file();
        // Of this process, as several may replay at once; what is left of one that died goes when a writer begins.
        let temporary = format!("{name}.{}.tmp", std::process::id());
        let written = storage.create(&temporary, bytes.len() as u64).and_then(|file| {
            write_all(&*file, &bytes, 0)?;
            file.set_bytes(bytes.len() as u64)?;
            file.sync()
        });
        written.and_then(|()| storage.rename(&temporary, &name)).map_err(|error| {
            let _ = storage.remove(&temporary);
            JournalError::io("write", name)(error)
        })
    }
}
