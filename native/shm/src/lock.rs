//! One engine per name: a kernel lock, which ends with the process however it ends (RING R27, R30).

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;

use crate::error::ShmError;
use crate::files::{Directory, FILE_MODE, Trust, check_name, io};
use crate::process::{Identity, wall_seconds};

const LOCK: &str = "engine.lock";
/// A holder writes less than this.
const CONTENT_SIZE_MAX: u64 = 256;

/// Holds an engine's name until dropped. Take it before the first [`crate::Writer`], drop it after the last.
#[derive(Debug)]
pub struct EngineLock {
    _file: File,
}

impl EngineLock {
    /// Takes the name, or says who has it. Never waits.
    ///
    /// # Errors
    ///
    /// [`ShmError::Held`] with the holder; [`ShmError::Name`], [`ShmError::Permission`] or [`ShmError::Io`] where the lock
    /// file cannot be used.
    pub fn acquire(root: &Path, name: &str) -> Result<Self, ShmError> {
        check_name(name)?;
        let trust = Trust::in_self();
        let directory = Directory::root(root, trust, true)?.child(name, trust, true)?;
        let path = directory.path_of(LOCK);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(FILE_MODE);
        let fd = rustix::fs::openat(directory.fd(), LOCK, flags, mode).map_err(io("open", &path))?;
        directory.check_file(fd.as_fd(), LOCK, trust)?;
        let mut file = File::from(fd);
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let (pid, started) = read_holder(&mut file);
                return Err(ShmError::Held { name: name.into(), pid, started });
            }
            Err(errno) => return Err(io("lock", &path)(errno)),
        }
        write_holder(&mut file).map_err(|source| ShmError::Io { action: "write", path, source })?;
        Ok(Self { _file: file })
    }
}

/// Pid and time of the holder, zeros where it has not written them yet.
fn read_holder(file: &mut File) -> (u32, u64) {
    let mut text = String::new();
    let _ = file.take(CONTENT_SIZE_MAX).read_to_string(&mut text);
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or(0_u64)
    };
    (u32::try_from(field("pid")).unwrap_or_default(), field("started"))
}

fn write_holder(file: &mut File) -> std::io::Result<()> {
    let own = Identity::of_this_process();
    let [high, low] = own.boot_id;
    file.set_len(0)?;
    file.rewind()?;
    let text = format!(
        "pid {}\nstarted {}\nstart_ticks {}\nboot_id {high:016x}{low:016x}\n",
        own.pid,
        wall_seconds(),
        own.start_ticks
    );
    file.write_all(text.as_bytes())
}
