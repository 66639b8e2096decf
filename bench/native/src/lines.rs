//! Cache lines shared by the two processes of a measurement: a file mapped by both.

use std::error::Error;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use memmap2::MmapRaw;

/// Bytes between two lines: no two lines share a prefetched pair.
const LINE_SIZE: usize = 128;

/// What each line is for.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum Line {
    /// Parent → child: what to do.
    Command = 0,
    /// Child → parent: number of the last message seen.
    Ack = 1,
    /// Parent → child: the bare line of the controls (word 0 number, word 1 due time).
    Bare = 2,
    /// Child → parent: ready for commands.
    Ready = 3,
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

    /// Word `index` (0..16) of a line.
    pub fn word(&self, line: Line, index: usize) -> &AtomicU64 {
        let offset = line as usize * LINE_SIZE + index * 8;
        assert!(index < 16 && offset + 8 <= self.map.len(), "invariant: the file holds every line");
        // SAFETY: the offset lies inside the mapping, which lives as long as `self`.
        let word = unsafe { self.map.as_mut_ptr().add(offset) };
        // SAFETY: the pointer is 8-aligned (page + multiple of 8), valid for `self`, and only ever accessed atomically.
        unsafe { AtomicU64::from_ptr(word.cast()) }
    }
}
