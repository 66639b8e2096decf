//! What the journal asks of a disk, as a trait so that tests can fail it, and the real one.

use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, AtFlags, FallocateFlags, FileType, FlockOperation, Mode, OFlags};

use crate::error::JournalError;

/// One file of the journal. Offsets are explicit, so that threads may share it.
pub trait StorageFile: Send + Sync {
    /// Reads at `offset`; 0 at the end.
    ///
    /// # Errors
    ///
    /// What the disk says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes at `offset`, maybe less than asked.
    ///
    /// # Errors
    ///
    /// What the disk says.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Makes everything written durable. After an error nothing about the file may be believed.
    ///
    /// # Errors
    ///
    /// What the disk says.
    fn sync(&self) -> io::Result<()>;

    /// Cuts or extends the file, durable after the next `sync`.
    ///
    /// # Errors
    ///
    /// What the disk says.
    fn set_bytes(&self, bytes: u64) -> io::Result<()>;

    /// Length of the file.
    ///
    /// # Errors
    ///
    /// What the disk says.
    fn bytes(&self) -> io::Result<u64>;

    /// Drops what memory holds of the file, so that the next read asks the disk. Best effort.
    fn forget(&self) {}

    /// Begins to write a range to the disk, so that less is left for `sync`. Best effort.
    fn begin_sync(&self, _offset: u64, _bytes: usize) {}

    /// Takes hold of the file for as long as it is open; `false` where someone holds it otherwise. A reader shares what it reads;
    /// the keeper owns what it makes a new segment of, so that no bytes change under a reader. Nobody owns a file that has another
    /// name as well: somebody keeps it by that.
    fn hold(&self, hold: Hold) -> bool {
        // Where nobody can own a file, it may be shared.
        hold == Hold::Shared
    }

    /// Lets go of it before that.
    fn release(&self) {}
}

/// How a file is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// With others that do so.
    Shared,
    /// Alone.
    Owned,
}

/// One folder. Names hold no slash.
pub trait Storage: Send + Sync {
    /// All files with their lengths.
    ///
    /// # Errors
    ///
    /// What the disk says; so for all that follow.
    fn list(&self) -> io::Result<Vec<(String, u64)>>;

    /// Creates a file that did not exist and reserves room for it.
    ///
    /// # Errors
    ///
    /// See [`Storage::list`].
    fn create(&self, name: &str, bytes: u64) -> io::Result<Box<dyn StorageFile>>;

    /// Opens a file, to write as well where asked.
    ///
    /// # Errors
    ///
    /// See [`Storage::list`].
    fn open(&self, name: &str, write: bool) -> io::Result<Box<dyn StorageFile>>;

    /// Renames a file within the folder, durable after the next `sync_folder`.
    ///
    /// # Errors
    ///
    /// See [`Storage::list`].
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file, durable after the next `sync_folder`.
    ///
    /// # Errors
    ///
    /// See [`Storage::list`].
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations, renames and removals durable.
    ///
    /// # Errors
    ///
    /// See [`Storage::list`].
    fn sync_folder(&self) -> io::Result<()>;

    /// Bytes that are free.
    ///
    /// # Errors
    ///
    /// See [`Storage::list`].
    fn free_bytes(&self) -> io::Result<u64>;
}

/// Whether a call that failed so may simply be made again.
fn again(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}

/// Writes everything; a short write goes on where it ended.
pub(crate) fn write_all(file: &dyn StorageFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                bytes = &bytes[count..];
                offset += count as u64;
            }
            Err(error) if again(&error) => std::thread::yield_now(),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads until the buffer is full or the file ends; the bytes read.
pub(crate) fn read_full(file: &dyn StorageFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if again(&error) => std::thread::yield_now(),
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// A folder of the file system.
pub struct Disk {
    folder: File,
    path: PathBuf,
}

struct DiskFile(File);

/// How often a folder is listed until two lists in succession name the same segments. A list is not of one moment: of one that is
/// compressed meanwhile it may have neither form, the new one being there too late for it and the old one gone too early.
const LISTINGS: u32 = 1_000;

/// Whether a file of this name is a segment: other files come and go, and nobody is misled.
fn is_lasting(name: &str) -> bool {
    name.ends_with("seg")
}

fn lasting(names: &[String]) -> Vec<String> {
    let mut found: Vec<_> = names.iter().filter(|name| is_lasting(name)).cloned().collect();
    found.sort_unstable();
    found
}

impl Disk {
    /// Opens the folder, which may be made first (0750).
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`.
    pub fn open(path: &Path, create: bool) -> Result<Self, JournalError> {
        if create {
            use std::os::unix::fs::DirBuilderExt;
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o750).create(path);
            made.map_err(JournalError::io("create", path.display().to_string()))?;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty())
            .map_err(io::Error::from)
            .map_err(JournalError::io("open", path.display().to_string()))?;
        Ok(Self { folder: folder.into(), path: path.to_owned() })
    }

    /// Takes the folder for one writer, as long as the file lives.
    ///
    /// # Errors
    ///
    /// `JOURNAL_HELD` if another writer has it.
    pub fn lock(&self) -> Result<File, JournalError> {
        self.lock_by("lock")
    }

    /// The same by another file: for what one process at a time may be besides the writer.
    pub(crate) fn lock_by(&self, name: &str) -> Result<File, JournalError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = self.path.join(name).display().to_string();
        let mode = Mode::from_raw_mode(0o640);
        let opened = match rustix::fs::openat(&self.folder, name, flags, mode) {
            // On a file system that became read-only the file is there, and can be held as well.
            Err(rustix::io::Errno::ROFS) => {
                rustix::fs::openat(&self.folder, name, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW, mode)
            }
            opened => opened,
        };
        let lock: File = opened.map_err(io::Error::from).map_err(JournalError::io("open", file.clone()))?.into();
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(lock),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(JournalError::Held { folder: self.path.display().to_string() }),
            Err(error) => Err(JournalError::io("lock", file)(error.into())),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.path)?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    /// Files with their lengths; `None` where a segment went meanwhile.
    fn measured(&self, names: Vec<String>) -> io::Result<Option<Vec<(String, u64)>>> {
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            match rustix::fs::statat(&self.folder, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(data) if FileType::from_raw_mode(data.st_mode) == FileType::RegularFile => {
                    found.push((name, data.st_size.cast_unsigned()));
                }
                Err(rustix::io::Errno::NOENT) if is_lasting(&name) => return Ok(None),
                Ok(_) | Err(rustix::io::Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(found))
    }

    fn file(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(rustix::fs::openat(&self.folder, name, flags, Mode::from_raw_mode(0o640))?.into())
    }
}

impl Storage for Disk {
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut before = lasting(&self.names()?);
        for _ in 0..LISTINGS {
            let names = self.names()?;
            let now = lasting(&names);
            let found = if now == before { self.measured(names)? } else { None };
            if let Some(found) = found {
                return Ok(found);
            }
            before = now;
        }
        Err(io::Error::other("its segments changed each time they were listed"))
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Box<dyn StorageFile>> {
        let file = self.file(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes.max(1)) {
            // Where the file system knows no reservation, the zeros that follow are one.
            Ok(()) | Err(rustix::io::Errno::OPNOTSUPP) => Ok(Box::new(DiskFile(file))),
            Err(error) => {
                let _ = self.remove(name);
                Err(error.into())
            }
        }
    }

    fn open(&self, name: &str, write: bool) -> io::Result<Box<dyn StorageFile>> {
        // Nonblocking, so that a FIFO of that name is an error and no wait.
        let mode = if write { OFlags::RDWR } else { OFlags::RDONLY };
        let file = self.file(name, mode | OFlags::NONBLOCK)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no plain file"));
        }
        Ok(Box::new(DiskFile(file)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.folder, from, &self.folder, to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.folder, name, AtFlags::empty())?)
    }

    fn sync_folder(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.folder)?)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let system = rustix::fs::fstatvfs(&self.folder)?;
        Ok(system.f_bavail.saturating_mul(system.f_frsize))
    }
}

impl StorageFile for DiskFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(&self.0, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(&self.0, bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn set_bytes(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn forget(&self) {
        let _ = rustix::fs::fadvise(&self.0, 0, None, Advice::DontNeed);
    }

    fn begin_sync(&self, offset: u64, bytes: usize) {
        // Linux begins to write what is dirty in the range before it drops what is not.
        let _ = rustix::fs::fadvise(&self.0, offset, NonZeroU64::new(bytes as u64), Advice::DontNeed);
    }

    fn hold(&self, hold: Hold) -> bool {
        let operation = match hold {
            Hold::Shared => FlockOperation::NonBlockingLockShared,
            Hold::Owned => FlockOperation::NonBlockingLockExclusive,
        };
        match rustix::fs::flock(&self.0, operation) {
            Ok(()) => hold == Hold::Shared || self.0.metadata().is_ok_and(|data| data.nlink() == 1),
            Err(rustix::io::Errno::WOULDBLOCK) => false,
            // A file system without locks: nobody owns a file there, so it may be shared.
            Err(_) => hold == Hold::Shared,
        }
    }

    fn release(&self) {
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}
