//! Cursors of sinks beside the segments of a journal.

use std::fs::File;
use std::path::Path;

use napi::Task;
use napi::bindgen_prelude::{AsyncTask, BigInt, Env};
use napi_derive::napi;
use tickring_core::error::Code;
use tickring_journal::{Cursor, Disk, JournalError, Storage, cursors_folder, hold_sink};

use crate::convert::unsigned;
use crate::failure::{Result, fail, guard};
use crate::journals::failed;

/// How far a sink has come.
#[napi(object)]
pub struct JournalCursor {
    /// Of the writer of that input.
    pub epoch: BigInt,
    /// The last input of which everything was taken.
    pub sequence: BigInt,
    /// The input from which a replay has the state that the shard had there.
    pub from: BigInt,
    /// When it was received, ns since the UNIX epoch.
    pub ts_recv: BigInt,
    /// What the sink itself needs to go on, one line.
    pub output: String,
}

impl From<Cursor> for JournalCursor {
    fn from(cursor: Cursor) -> Self {
        let Cursor { epoch, sequence, from, ts_recv, output } = cursor;
        Self { epoch: epoch.into(), sequence: sequence.into(), from: from.into(), ts_recv: ts_recv.into(), output }
    }
}

impl JournalCursor {
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`.
    pub fn take(self) -> Result<Cursor> {
        Ok(Cursor {
            epoch: unsigned("cursor.epoch", &self.epoch)?,
            sequence: unsigned("cursor.sequence", &self.sequence)?,
            from: unsigned("cursor.from", &self.from)?,
            ts_recv: unsigned("cursor.tsRecv", &self.ts_recv)?,
            output: self.output,
        })
    }
}

/// A cursor with the name of its sink.
#[napi(object)]
pub struct NamedCursor {
    pub name: String,
    /// Absent where it cannot be read.
    pub cursor: Option<JournalCursor>,
    /// Why not.
    pub problem: Option<String>,
}

/// The folder of cursors; `None` where no sink has ever been.
fn cursors(folder: &str) -> Result<Option<Disk>> {
    match Disk::open(&cursors_folder(Path::new(folder)), false) {
        Ok(disk) => Ok(Some(disk)),
        Err(JournalError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// The cursor of a sink in a shard's journal; null where there is none.
///
/// # Errors
///
/// `JOURNAL_DAMAGED`, `JOURNAL_IO`, `ARGUMENT_RANGE`.
#[napi]
pub fn journal_cursor(folder: String, name: String) -> Result<Option<JournalCursor>> {
    guard(|| {
        let Some(disk) = cursors(&folder)? else { return Ok(None) };
        Ok(Cursor::read(&disk, &name).map_err(|error| failed(&error))?.map(Into::into))
    })
}

/// All cursors in a shard's journal, by name.
///
/// # Errors
///
/// `JOURNAL_IO`.
#[napi]
pub fn journal_cursors(folder: String) -> Result<Vec<NamedCursor>> {
    guard(|| {
        let Some(disk) = cursors(&folder)? else { return Ok(Vec::new()) };
        let files = disk.list().map_err(|error| fail(Code::JournalIo, format!("could not list {folder}/cursors: {error}")))?;
        let mut names: Vec<_> = files.into_iter().map(|(name, _)| name).filter(|name| !name.contains('.')).collect();
        names.sort_unstable();
        Ok(names
            .into_iter()
            .map(|name| match Cursor::read(&disk, &name) {
                Ok(cursor) => NamedCursor { name, cursor: cursor.map(Into::into), problem: None },
                Err(error) => NamedCursor { name, cursor: None, problem: Some(error.to_string()) },
            })
            .collect())
    })
}

/// What became of a task: an error that leaves it would lose its code.
#[napi(object)]
pub struct TaskFailure {
    pub code: String,
    pub message: String,
}

impl From<napi::Error<crate::failure::Status>> for TaskFailure {
    fn from(error: napi::Error<crate::failure::Status>) -> Self {
        Self { code: error.status.as_ref().to_owned(), message: error.reason.clone() }
    }
}

/// Writes on a thread of the pool: it waits for the disk three times.
pub struct KeepTask {
    folder: String,
    name: String,
    cursor: Cursor,
}

impl Task for KeepTask {
    type Output = Option<TaskFailure>;
    type JsValue = Option<TaskFailure>;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let kept = guard(|| {
            let journal = Path::new(&self.folder);
            // A journal that was moved away is not begun here: it could not come back to its place.
            let there = Disk::open(journal, false).and_then(|_| Disk::open(&cursors_folder(journal), true));
            there.and_then(|disk| self.cursor.write(&disk, &self.name)).map_err(|error| failed(&error))
        });
        Ok(kept.err().map(Into::into))
    }

    fn resolve(&mut self, _: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(output)
    }
}

/// Replaces the cursor of a sink; durable once the promise resolves with null, else the one before stands.
///
/// # Errors
///
/// `ARGUMENT_RANGE`.
#[napi(ts_return_type = "Promise<TaskFailure | null>")]
pub fn keep_cursor(folder: String, name: String, cursor: JournalCursor) -> Result<AsyncTask<KeepTask>> {
    Ok(AsyncTask::new(KeepTask { folder, name, cursor: cursor.take()? }))
}

/// Makes this process the one that is a sink of a shard's journal, until it is closed or ends.
#[napi]
pub struct SinkHold {
    inner: Option<File>,
}

#[napi]
impl SinkHold {
    /// # Errors
    ///
    /// `JOURNAL_HELD` while another process is this sink; `JOURNAL_IO`, `ARGUMENT_RANGE`.
    #[napi(constructor)]
    pub fn new(folder: String, name: String) -> Result<Self> {
        guard(|| {
            let inner = hold_sink(Path::new(&folder), &name).map_err(|error| failed(&error))?;
            Ok(Self { inner: Some(inner) })
        })
    }

    /// Lets another process be the sink.
    #[napi]
    pub fn close(&mut self) {
        self.inner = None;
    }
}
