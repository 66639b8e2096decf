//! The one error type of this crate.

use std::{fmt, io};

use tickring_core::error::Code;

/// What can go wrong with a journal. A shed input is no error: see [`crate::Append`].
#[derive(Debug)]
#[non_exhaustive]
pub enum JournalError {
    /// The operating system refused.
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        file: String,
        /// Its answer.
        source: io::Error,
    },
    /// Another writer holds the folder.
    Held {
        /// The folder.
        folder: String,
    },
    /// A segment is of another version.
    Version {
        /// The file.
        file: String,
        /// Its version.
        version: u16,
        /// The version of this build.
        known: u16,
    },
    /// Bytes that were durable are damaged or missing.
    Damaged {
        /// The file.
        file: String,
        /// First damaged byte of the segment.
        from: u64,
        /// What is wrong.
        what: String,
    },
    /// The payload is none of its kind.
    Record {
        /// Number of the record.
        sequence: u64,
        /// What is wrong.
        what: String,
    },
    /// A setting or an argument is outside its range.
    Argument {
        /// Which.
        what: &'static str,
        /// Its value.
        value: u64,
        /// What it must be.
        limit: &'static str,
    },
    /// The journal was closed while inputs waited that the disk does not take.
    Unwritten {
        /// First input that is not durable.
        first: u64,
        /// The last one.
        last: u64,
    },
}

impl JournalError {
    pub(crate) fn io(action: &'static str, file: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { action, file, source }
    }

    /// The code of the product's table.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => Code::JournalNoSpace,
            Self::Io { .. } | Self::Unwritten { .. } => Code::JournalIo,
            Self::Held { .. } => Code::JournalHeld,
            Self::Version { .. } => Code::JournalVersion,
            Self::Damaged { .. } => Code::JournalDamaged,
            Self::Record { .. } => Code::JournalRecord,
            Self::Argument { .. } => Code::ArgumentRange,
        }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, file, source } => write!(f, "could not {action} {file}: {source}"),
            Self::Held { folder } => write!(f, "journal {folder} is held by another process"),
            Self::Version { file, version, known } => write!(f, "{file} is of version {version}, this build knows {known}"),
            Self::Damaged { file, from, what } => write!(f, "{file} is damaged at byte {from}: {what}"),
            Self::Record { sequence, what } => write!(f, "record {sequence} is unusable: {what}"),
            Self::Argument { what, value, limit } => write!(f, "{what} {value} is not {limit}"),
            Self::Unwritten { first, last } => {
                write!(f, "inputs {first} to {last} are not durable: the disk does not take them")
            }
        }
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
