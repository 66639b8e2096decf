//! Cache lines shared by the two processes of a measurement: a file mapped by both.

use std::error::Error;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use memmap2::MmapRaw;

/// Bytes between two lines: no two lines share a prefetched pair. The bare message may take two of them whole.
const LINE_SIZE: usize = 128;

/// Words of a line, and of the bare message.
pub const WORDS: usize = 32;

/// What each line is for.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum Line {
    /// Parent → child: number of the command (word 0), command and its arguments.
    Command = 0,
    /// Child → parent: messages seen.
    Ack = 1,
    /// Child → parent: number of the last command done (word 0), and of the last one begun (word 1).
    Ready = 2,
    /// Parent → child: follow until this is the number of the command.
    Until = 3,
    /// Parent → child: the bare message of the controls: number (word 0), due time (word 1), up to 256 bytes.
    Bare = 8,
}

/// The mapped lines.
#[derive(Debug)]
pub struct Lines {
    map: MmapRaw,
}

impl Lines {
    /// Maps the file, creating it where `create` is set.
    pub fn open(path: &Path, create: bool) -> Result<Self, Box<dyn Error>> {
        let file = OpenOptions::new().read(true).write(true).create_new(create).open(path)?;
        if create {
            file.set_len(4096)?;
        }
        Ok(Self { map: MmapRaw::map_raw(&file)? })
    }

    /// Word `index` of a line.
    #[inline]
    pub fn word(&self, line: Line, index: usize) -> &AtomicU64 {
        let offset = line as usize * LINE_SIZE + index * 8;
        assert!(index < WORDS && offset + 8 <= self.map.len(), "invariant: the file holds every line");
        // SAFETY: the offset lies inside the mapping, which lives as long as `self`.
        let word = unsafe { self.map.as_mut_ptr().add(offset) };
        // SAFETY: the pointer is 8-aligned (page + multiple of 8), valid for `self`, and only ever accessed atomically.
        unsafe { AtomicU64::from_ptr(word.cast()) }
    }
}
