//! Names, directories and files, opened so that nobody else's file is ever taken for ours (RING R38–R41).

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::error::ShmError;
use crate::handout::SOCKET;

/// Where engines publish unless told otherwise.
pub const DEFAULT_ROOT: &str = "/dev/shm/tickring";

/// Longest name of an engine in bytes.
pub const NAME_SIZE_MAX: usize = 64;

const DIR_MODE: u32 = 0o750;
pub(crate) const FILE_MODE: u32 = 0o640;
pub(crate) const CURRENT: &str = "current";
const GENERATION_PREFIX: &str = "ring.";
const GENERATION_DIGITS: usize = 16;

/// Whose files are trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trust {
    owner: u32,
}

impl Trust {
    /// Files of this user, and of root.
    pub(crate) const fn in_user(owner: u32) -> Self {
        Self { owner }
    }

    /// Files of the user that this process acts as, and of root.
    pub(crate) fn in_self() -> Self {
        Self { owner: rustix::process::geteuid().as_raw() }
    }

    /// The user whose files are trusted.
    pub(crate) const fn owner(self) -> u32 {
        self.owner
    }

    /// Whether this user is trusted.
    pub(crate) const fn trusts(self, uid: u32) -> bool {
        uid == self.owner || uid == 0
    }

    fn check(self, stat: &Stat, wanted: FileType, path: &Path) -> Result<(), ShmError> {
        let refuse = |what: String| Err(ShmError::Permission { path: path.into(), what });
        let found = FileType::from_raw_mode(stat.st_mode);
        if found != wanted {
            return refuse(format!("it is a {found:?}, not a {wanted:?}"));
        }
        if !self.trusts(stat.st_uid) {
            return refuse(format!("it belongs to uid {}, not to {}", stat.st_uid, self.owner));
        }
        if stat.st_mode & 0o022 != 0 {
            return refuse(format!("its mode {:03o} lets others write", stat.st_mode & 0o777));
        }
        Ok(())
    }
}

/// Turns an error of the system into ours.
pub(crate) fn io(action: &'static str, path: &Path) -> impl Fn(Errno) -> ShmError {
    move |errno| match errno {
        Errno::NOENT => ShmError::NotFound { path: path.into() },
        // What O_NOFOLLOW and O_DIRECTORY say of a symbolic link or of something else in the place of a directory.
        Errno::LOOP | Errno::NOTDIR => {
            ShmError::Permission { path: path.into(), what: "it is a symbolic link, or no directory".into() }
        }
        _ => ShmError::Io { action, path: path.into(), source: errno.into() },
    }
}

/// Refuses names that could leave the directory, or be taken for something else there.
pub(crate) fn check_name(name: &str) -> Result<(), ShmError> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric();
    let good = name.len() <= NAME_SIZE_MAX
        && name.bytes().next().is_some_and(letter)
        && name.bytes().all(|byte| letter(byte) || b"._-".contains(&byte));
    if good { Ok(()) } else { Err(ShmError::Name { name: name.into() }) }
}

fn shard_name(shard: u16) -> String {
    format!("shard-{shard}")
}

/// Names of the directories of engines, in order; others than ours are left out.
pub(crate) fn engines(root: &Path, trust: Trust) -> Result<Vec<String>, ShmError> {
    let root = Directory::root(root, trust, false)?;
    let is_engine = |name: &String| check_name(name).is_ok() && root.child(name, trust, false).is_ok();
    let mut names: Vec<_> = root.names()?.into_iter().filter(is_engine).collect();
    names.sort();
    Ok(names)
}

/// Numbers of an engine's shards that have published, in order.
pub(crate) fn shards(root: &Path, name: &str, trust: Trust) -> Result<Vec<u16>, ShmError> {
    check_name(name)?;
    let engine = Directory::root(root, trust, false)?.child(name, trust, false)?;
    let number = |name: &String| name.strip_prefix("shard-")?.parse().ok().filter(|number| *name == shard_name(*number));
    let mut shards: Vec<u16> = engine.names()?.iter().filter_map(number).collect();
    shards.sort_unstable();
    Ok(shards)
}

/// A directory that has been checked.
#[derive(Debug)]
pub(crate) struct Directory {
    fd: OwnedFd,
    path: PathBuf,
}

impl Directory {
    /// Opens the root; `create` makes it and its parents first.
    pub(crate) fn root(path: &Path, trust: Trust, create: bool) -> Result<Self, ShmError> {
        if create && let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|source| ShmError::Io {
                action: "create the directory",
                path: parent.into(),
                source,
            })?;
        }
        Self::open(rustix::fs::CWD, path, path.into(), trust, create)
    }

    /// Opens a directory in this one.
    pub(crate) fn child(&self, name: &str, trust: Trust, create: bool) -> Result<Self, ShmError> {
        Self::open(self.fd.as_fd(), Path::new(name), self.path.join(name), trust, create)
    }

    /// Opens a shard's directory.
    pub(crate) fn shard(root: &Path, name: &str, shard: u16, trust: Trust, create: bool) -> Result<Self, ShmError> {
        check_name(name)?;
        Self::root(root, trust, create)?.child(name, trust, create)?.child(&shard_name(shard), trust, create)
    }

    fn open(at: BorrowedFd<'_>, name: &Path, path: PathBuf, trust: Trust, create: bool) -> Result<Self, ShmError> {
        let made = create
            && match rustix::fs::mkdirat(at, name, Mode::from_raw_mode(DIR_MODE)) {
                Ok(()) => true,
                Err(Errno::EXIST) => false,
                Err(errno) => return Err(io("create the directory", &path)(errno)),
            };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(at, name, flags, Mode::empty()).map_err(io("open", &path))?;
        if made {
            // The process's umask may have taken the group's bits away.
            rustix::fs::fchmod(&fd, Mode::from_raw_mode(DIR_MODE)).map_err(io("set the mode of", &path))?;
        }
        let stat = rustix::fs::fstat(&fd).map_err(io("inspect", &path))?;
        trust.check(&stat, FileType::Directory, &path)?;
        Ok(Self { fd, path })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a regular file of this directory for reading, and checks it before anything is read. Never blocks on a FIFO.
    pub(crate) fn open_file(&self, name: &str, trust: Trust) -> Result<(File, Stat), ShmError> {
        let path = self.path_of(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty()).map_err(io("open", &path))?;
        let stat = self.check_file(fd.as_fd(), name, trust)?;
        Ok((File::from(fd), stat))
    }

    /// Checks an open file of this directory: regular, trusted owner and mode, no second name.
    pub(crate) fn check_file(&self, fd: BorrowedFd<'_>, name: &str, trust: Trust) -> Result<Stat, ShmError> {
        let path = self.path_of(name);
        let stat = rustix::fs::fstat(fd).map_err(io("inspect", &path))?;
        trust.check(&stat, FileType::RegularFile, &path)?;
        if stat.st_nlink > 1 {
            return Err(ShmError::Permission { path, what: format!("it has {} names", stat.st_nlink) });
        }
        Ok(stat)
    }

    /// Number of the generation that `current` names.
    pub(crate) fn current(&self, trust: Trust) -> Result<u64, ShmError> {
        let (file, _) = self.open_file(CURRENT, trust)?;
        let path = self.path_of(CURRENT);
        let mut text = String::new();
        let corrupt = || ShmError::Corrupt { path: path.clone(), what: "it names no generation".into() };
        // One byte more than allowed shows that there is more.
        let limit = GENERATION_PREFIX.len() + GENERATION_DIGITS + 2;
        file.take(limit as u64).read_to_string(&mut text).map_err(|_| corrupt())?;
        text.strip_suffix('\n').and_then(parse_generation).ok_or_else(corrupt)
    }

    /// Makes `current` name this generation: readers see the old name or the new one, never anything else.
    pub(crate) fn set_current(&self, generation: u64) -> Result<(), ShmError> {
        let name = format!("{CURRENT}.{generation}");
        let path = self.path_of(&name);
        let _ = rustix::fs::unlinkat(&self.fd, &name, AtFlags::empty());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(FILE_MODE);
        let fd = rustix::fs::openat(&self.fd, &name, flags, mode).map_err(io("create", &path))?;
        rustix::fs::fchmod(&fd, mode).map_err(io("set the mode of", &path))?;
        let mut file = File::from(fd);
        std::io::Write::write_all(&mut file, format!("{}\n", generation_name(generation)).as_bytes())
            .map_err(|source| ShmError::Io { action: "write", path: path.clone(), source })?;
        rustix::fs::renameat(&self.fd, &name, &self.fd, CURRENT).map_err(io("rename", &path))
    }

    /// Numbers of the generations that have a file here.
    pub(crate) fn generations(&self) -> Result<Vec<u64>, ShmError> {
        Ok(self.names()?.iter().filter_map(|name| parse_generation(name)).collect())
    }

    /// Removes the generations before this one, what interrupted writers left, and these other files. Readers keep what they have
    /// mapped.
    pub(crate) fn remove_before(&self, generation: u64, also: &[&str]) -> Result<(), ShmError> {
        for name in self.names()? {
            let old = parse_generation(&name).is_some_and(|number| number < generation);
            let temporary = |of: &str| name.strip_prefix(of).is_some_and(|rest| rest.starts_with('.'));
            if old || also.contains(&name.as_str()) || temporary(CURRENT) || temporary(SOCKET) {
                match rustix::fs::unlinkat(&self.fd, &name, AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(errno) => return Err(io("remove", &self.path_of(&name))(errno)),
                }
            }
        }
        Ok(())
    }

    /// Gives a file that has none its name; fails if that is taken.
    pub(crate) fn link(&self, fd: &OwnedFd, name: &str) -> Result<(), ShmError> {
        use std::os::fd::AsRawFd;
        let own = format!("/proc/self/fd/{}", fd.as_raw_fd());
        rustix::fs::linkat(rustix::fs::CWD, own, &self.fd, name, AtFlags::SYMLINK_FOLLOW)
            .map_err(io("link", &self.path_of(name)))
    }

    pub(crate) fn names(&self) -> Result<Vec<String>, ShmError> {
        let failed = io("list", &self.path);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.fd).map_err(&failed)? {
            names.extend(entry.map_err(&failed)?.file_name().to_str().map(str::to_owned));
        }
        Ok(names)
    }
}

/// `ring.0000000000000007`.
pub(crate) fn generation_name(generation: u64) -> String {
    format!("{GENERATION_PREFIX}{generation:0GENERATION_DIGITS$}")
}

fn parse_generation(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(GENERATION_PREFIX)?;
    let good = digits.len() == GENERATION_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if good { digits.parse().ok() } else { None }
}
