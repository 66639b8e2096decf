//! The one error type of this crate.

use std::path::PathBuf;
use std::{fmt, io};

use tickring_core::error::Code;

/// What can go wrong with a segment. Loss is no error: see [`crate::Poll::Lapped`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ShmError {
    /// Another engine holds the name.
    Held {
        /// The name.
        name: String,
        /// Process that holds it, 0 if it has not said so yet.
        pid: u32,
        /// When it took the name, seconds since the UNIX epoch.
        started: u64,
    },
    /// A name is unusable as a file name here.
    Name {
        /// The name.
        name: String,
    },
    /// An argument is outside its range.
    Argument {
        /// Which.
        what: &'static str,
        /// Its value.
        value: u64,
        /// What it must be.
        limit: &'static str,
    },
    /// The operating system refused.
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Its answer.
        source: io::Error,
    },
    /// There is not enough room for the segment.
    NoSpace {
        /// Where.
        path: PathBuf,
        /// Bytes needed.
        needed: u64,
        /// Bytes free there.
        free: u64,
    },
    /// Nobody has published here.
    NotFound {
        /// The file that is missing.
        path: PathBuf,
    },
    /// Owner, mode or links of a file or directory are not what a segment's must be.
    Permission {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The file is no segment, or damaged.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The file is a segment that this build cannot read.
    Version {
        /// The file.
        path: PathBuf,
        /// What differs: both sides of it.
        what: String,
    },
}

impl ShmError {
    /// The code of the product's table.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Held { .. } => Code::ShmHeld,
            Self::Name { .. } => Code::ShmName,
            Self::Argument { .. } => Code::ArgumentRange,
            Self::Io { .. } => Code::ShmIo,
            Self::NoSpace { .. } => Code::ShmNoSpace,
            Self::NotFound { .. } => Code::ShmNotFound,
            Self::Permission { .. } => Code::ShmPermission,
            Self::Corrupt { .. } => Code::ShmCorrupt,
            Self::Version { .. } => Code::ShmVersion,
        }
    }
}

impl fmt::Display for ShmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { name, pid, started } => {
                write!(f, "engine name {name} is held by pid {pid}, which took it at unix second {started}")
            }
            Self::Name { name } => {
                write!(f, "name {name:?} is not 1 to 64 of a-z A-Z 0-9 . _ - beginning with a letter or digit")
            }
            Self::Argument { what, value, limit } => write!(f, "{what} {value} is not {limit}"),
            Self::Io { action, path, source } => write!(f, "could not {action} {}: {source}", path.display()),
            Self::NoSpace { path, needed, free } => write!(
                f,
                "segment needs {needed} bytes and {} has {free} left; in a container raise --shm-size (default 64 MB), \
                 or configure a smaller ring",
                path.display()
            ),
            Self::NotFound { path } => write!(f, "nothing is published at {}", path.display()),
            Self::Permission { path, what } => write!(f, "{} is not trusted: {what}", path.display()),
            Self::Corrupt { path, what } => write!(f, "{} is no usable segment: {what}", path.display()),
            Self::Version { path, what } => write!(f, "{} is of another version: {what}", path.display()),
        }
    }
}

impl std::error::Error for ShmError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
