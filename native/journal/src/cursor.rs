//! How far a sink has come, in a file of its own beside the segments: `cursors/NAME`.
//!
//! ```text
//! tickring cursor 1
//! epoch 1790000000000        of the writer of that input
//! sequence 4711              last input of which everything was taken
//! from 4096                  input from which a replay has the state that the shard had there
//! ts_recv 1790000000123456789
//! output 3 1048576           what the sink itself needs to go on, up to the end of the line
//! check 9f1c2a33             CRC32C of all before
//! ```

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::JournalError;
use crate::storage::{Disk, Storage, read_full, write_all};

const MAGIC: &str = "tickring cursor 1";
/// Longest text that a sink may keep in its cursor.
const OUTPUT_BYTES_MAX: usize = 1_024;
const FILE_BYTES_MAX: usize = 2_048;
const NAME_BYTES_MAX: usize = 32;

/// A place between two inputs of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Epoch of the writer of that input.
    pub epoch: u64,
    /// The last input that was taken, with all events of it; 0 before the first.
    pub sequence: u64,
    /// The input from which a replay has the state that the shard had behind [`Self::sequence`]: the journal is needed from there on.
    pub from: u64,
    /// When that input was received, ns since the UNIX epoch.
    pub ts_recv: u64,
    /// What the sink itself needs to go on.
    pub output: String,
}

impl Cursor {
    /// Epoch and number: later inputs have a greater pair, also where a writer that died had given numbers which no disk held.
    #[must_use]
    pub const fn place(&self) -> (u64, u64) {
        (self.epoch, self.sequence)
    }

    fn text(&self) -> String {
        let Self { epoch, sequence, from, ts_recv, output } = self;
        format!("{MAGIC}\nepoch {epoch}\nsequence {sequence}\nfrom {from}\nts_recv {ts_recv}\noutput {output}\n")
    }

    /// `Err` says what is wrong.
    fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is no text")?;
        let at = text.rfind("check ").ok_or("it has no check")?;
        let (body, check) = text.split_at(at);
        if check != check_line(body) {
            return Err("its check is wrong");
        }
        let mut lines = body.strip_suffix('\n').ok_or("its last line is cut")?.split('\n');
        if lines.next() != Some(MAGIC) {
            return Err("it is none of this version");
        }
        let mut next = |name| lines.next().and_then(|line: &str| line.strip_prefix(name)).ok_or("a line is missing");
        let number = |text: &str| text.parse::<u64>().map_err(|_| "a number cannot be read");
        let cursor = Self {
            epoch: number(next("epoch ")?)?,
            sequence: number(next("sequence ")?)?,
            from: number(next("from ")?)?,
            ts_recv: number(next("ts_recv ")?)?,
            output: next("output ")?.to_owned(),
        };
        if cursor.from > cursor.sequence {
            return Err("it needs inputs behind the one that it names");
        }
        if lines.next().is_some() { Err("it has a line too many") } else { Ok(cursor) }
    }

    /// The cursor of a sink in the folder of cursors; `None` where there is none yet.
    ///
    /// # Errors
    ///
    /// `JOURNAL_DAMAGED` for a file that is not what was written; `JOURNAL_IO`, `ARGUMENT_RANGE` for a name that is none.
    pub fn read(cursors: &dyn Storage, name: &str) -> Result<Option<Self>, JournalError> {
        check_name(name)?;
        let mut bytes = [0; FILE_BYTES_MAX];
        let read = cursors.open(name, false).and_then(|file| read_full(&*file, &mut bytes, 0));
        match read {
            Ok(count) => Self::parse(&bytes[..count]).map(Some).map_err(|what| JournalError::Damaged {
                file: format!("cursors/{name}"),
                from: 0,
                what: what.to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(JournalError::io("read", format!("cursors/{name}"))(error)),
        }
    }

    /// Replaces the cursor of a sink; durable when it returns, and whole at any time.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`, `JOURNAL_NO_SPACE`: the one before stands. `ARGUMENT_RANGE` for a name or an output that cannot be kept.
    pub fn write(&self, cursors: &dyn Storage, name: &str) -> Result<(), JournalError> {
        check_name(name)?;
        let bytes = self.output.len() as u64;
        if self.output.len() > OUTPUT_BYTES_MAX || self.output.contains(char::is_control) {
            let limit = "one line of at most 1024 bytes";
            return Err(JournalError::Argument { what: "length of a cursor's output", value: bytes, limit });
        }
        let mut text = self.text();
        text.push_str(&check_line(&text));
        let temporary = format!("{name}.tmp");
        let _ = cursors.remove(&temporary);
        let written = cursors.create(&temporary, text.len() as u64).and_then(|file| {
            write_all(&*file, text.as_bytes(), 0)?;
            file.set_bytes(text.len() as u64)?;
            file.sync()
        });
        written.and_then(|()| cursors.rename(&temporary, name)).and_then(|()| cursors.sync_folder()).map_err(|error| {
            let _ = cursors.remove(&temporary);
            JournalError::io("write", format!("cursors/{name}"))(error)
        })
    }
}

fn check_line(body: &str) -> String {
    format!("check {:08x}\n", crc32c::crc32c(body.as_bytes()))
}

fn check_name(name: &str) -> Result<(), JournalError> {
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.bytes().all(is_known) {
        return Ok(());
    }
    let limit = "1 to 32 lower-case letters, digits and hyphens";
    Err(JournalError::Argument { what: "length of a sink's name", value: name.len() as u64, limit })
}

/// Makes this process the one that is this sink, as long as the file lives: two would write the same output.
///
/// # Errors
///
/// `JOURNAL_HELD` if another process is; `JOURNAL_IO`; `ARGUMENT_RANGE` for a name that is none.
pub fn hold_sink(journal: &Path, name: &str) -> Result<File, JournalError> {
    check_name(name)?;
    // A journal that was moved away is not begun here.
    Disk::open(journal, false)?;
    Disk::open(&cursors_folder(journal), true)?.lock_by(&format!("{name}.lock"))
}

/// Where the cursors of a journal lie.
#[must_use]
pub fn cursors_folder(journal: &Path) -> PathBuf {
    journal.join("cursors")
}

/// The sinks for which a journal is kept.
#[derive(Clone, Debug)]
pub struct Sinks {
    folder: PathBuf,
    names: Vec<String>,
}

impl Sinks {
    /// Sinks of the journal in this folder.
    #[must_use]
    pub fn new(journal: &Path, names: Vec<String>) -> Self {
        Self { folder: cursors_folder(journal), names }
    }

    /// The last input that none of them needs any more; `u64::MAX` without sinks.
    ///
    /// # Errors
    ///
    /// As [`Cursor::read`]: then nobody knows what is needed.
    pub fn watermark(&self) -> Result<u64, JournalError> {
        let mut least = u64::MAX;
        for name in &self.names {
            let cursor = match Disk::open(&self.folder, false) {
                Ok(disk) => Cursor::read(&disk, name)?,
                Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            // One that has taken nothing yet needs all there is.
            least = least.min(cursor.map_or(0, |cursor| cursor.from.saturating_sub(1)));
        }
        Ok(least)
    }
}
