//! A mapped generation file, cut into its areas: what a writer makes and a reader opens.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FallocateFlags, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::decode::{self, Near};
use crate::error::ShmError;
use crate::files::{CURRENT, Directory, FILE_MODE, Trust, generation_name, io};
use crate::handout::{self, SOCKET};
use crate::header::{HEADER_WORDS, Header, Row};
use crate::images::Images;
use crate::layout::{COPY_WORDS, HEADER_SIZE, MAGIC, SLOT_WORDS, SPAN_MAX, STATE_CLOSED, STATE_OPEN, WORD_SIZE, area, header};
use crate::mapping::{Area, Mapping};
use crate::ring::{Found, Geometry, RingReader};
use crate::sync::Words;

/// How often a reader follows `current` when the generation vanishes between reading the name and opening the file.
const OPEN_TRIES_MAX: usize = 8;

/// The areas of a file and what its header says.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) header: Header,
    inode: u64,
    pub(crate) control: Area,
    pub(crate) ring: Area,
    pub(crate) latest: Area,
    pub(crate) instruments: Area,
    pub(crate) counters: Area,
    pub(crate) instrument_counters: Area,
    pub(crate) histograms: Area,
    pub(crate) books: Area,
    pub(crate) book_chunks: Area,
}

impl Segment {
    fn cut(mapping: &Arc<Mapping>, header: Header, inode: u64, path: &Path) -> Result<Self, ShmError> {
        let outside = || ShmError::Corrupt { path: path.into(), what: "an area lies outside the file".into() };
        let whole = |offset: u64, size: u64| {
            let (offset, size) = (usize::try_from(offset).ok()?, usize::try_from(size).ok()?);
            Area::new(mapping, offset, size)
        };
        let cut = |row: Row| whole(row.offset, row.size).ok_or_else(outside);
        let rows = header.areas;
        Ok(Self {
            header,
            inode,
            control: whole(0, HEADER_SIZE as u64).ok_or_else(outside)?,
            ring: cut(rows[area::RING])?,
            latest: cut(rows[area::LATEST])?,
            instruments: cut(rows[area::INSTRUMENTS])?,
            counters: cut(rows[area::COUNTERS])?,
            instrument_counters: cut(rows[area::INSTRUMENT_COUNTERS])?,
            histograms: cut(rows[area::HISTOGRAMS])?,
            books: cut(rows[area::BOOKS])?,
            book_chunks: cut(rows[area::BOOK_CHUNKS])?,
        })
    }

    /// Line of the header page that holds the head.
    pub(crate) fn head(&self) -> Area {
        self.control.part(header::HEAD, header::HEAD_FRAME_SEQ + 1)
    }

    pub(crate) fn geometry(&self) -> Geometry {
        Geometry::new(self.header.areas[area::RING].count, self.header.epoch)
    }

    pub(crate) fn ring_reader(&self) -> RingReader<Area, SLOT_WORDS> {
        RingReader::new(self.ring.clone(), self.head(), self.geometry())
    }

    /// The images of this file's books, for its writer.
    pub(crate) fn images(&self) -> Images {
        let slots = self.header.areas[area::RING].count;
        Images::new(self.books.clone(), self.book_chunks.clone(), self.chunk_count(), self.instruments_max(), slots)
    }

    /// Number of chunks of levels.
    pub(crate) fn chunk_count(&self) -> u32 {
        // At most 16 GiB of 4 KiB each, checked when the header was read.
        self.header.areas[area::BOOK_CHUNKS].count as u32
    }

    /// Number of instrument slots.
    pub(crate) fn instruments_max(&self) -> u32 {
        // Checked against INSTRUMENTS_MAX when the header was read.
        self.header.areas[area::LATEST].count as u32
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.control.get_acquire(header::STATE) == STATE_CLOSED
    }

    /// Sequence of the last record that was committed, also where the writer died before it moved the head.
    pub(crate) fn last(&self) -> Near {
        let ring = self.ring_reader();
        let head = ring.head();
        let near = Near { sequence: head.sequence, frame_seq: head.frame_seq };
        let mut last = near;
        last.sequence = last.sequence.max(self.header.first_sequence.saturating_sub(1));
        let mut copy = [0; COPY_WORDS];
        let mut position = ring.find_record_before(head.position, SPAN_MAX as u64).unwrap_or(head.position);
        while let Found::Record(span) = ring.read(position, &mut copy) {
            last.sequence = last.sequence.max(decode::sequence(&copy, near));
            last.frame_seq = last.frame_seq.max(decode::frame_seq(&copy, near));
            position += span;
        }
        last
    }

    /// Opens a shard's newest generation for reading: a file, or memory that its writer hands out.
    pub(crate) fn open_current(directory: &Directory, trust: Trust) -> Result<Self, ShmError> {
        for _ in 0..OPEN_TRIES_MAX {
            let generation = match directory.current(trust) {
                Ok(generation) => generation,
                Err(ShmError::NotFound { path }) => {
                    return Self::fetch(directory, trust).map_err(|error| match error {
                        // Most segments are files: the one that is missing is the file.
                        ShmError::NotFound { .. } => ShmError::NotFound { path },
                        error => error,
                    });
                }
                Err(error) => return Err(error),
            };
            match Self::open(directory, generation, trust) {
                // A newer writer removed it meanwhile: follow the name again.
                Err(ShmError::NotFound { .. }) => {}
                result => return result,
            }
        }
        Err(ShmError::NotFound { path: directory.path_of(CURRENT) })
    }

    /// Opens a shard's newest generation if it is another than this. Numbers begin anew where somebody removed the directory, so
    /// only the same file is the same generation.
    pub(crate) fn open_other(&self, directory: &Directory, trust: Trust) -> Option<Self> {
        let file = |number| Some(directory.open_file(&generation_name(number), trust).ok()?.1.st_ino);
        if directory.current(trust).is_ok_and(|current| current == self.header.generation && file(current) == Some(self.inode))
        {
            return None;
        }
        Self::open_current(directory, trust).ok().filter(|other| other.header != self.header)
    }

    fn open(directory: &Directory, generation: u64, trust: Trust) -> Result<Self, ShmError> {
        let name = generation_name(generation);
        let path = directory.path_of(&name);
        let (file, stat) = directory.open_file(&name, trust)?;
        let segment = Self::map(file.as_fd(), &stat, &path)?;
        if segment.header.generation != generation {
            let what = format!("its header says generation {}", segment.header.generation);
            return Err(ShmError::Corrupt { path, what });
        }
        Ok(segment)
    }

    fn fetch(directory: &Directory, trust: Trust) -> Result<Self, ShmError> {
        let path = directory.path_of(SOCKET);
        let memory = handout::fetch(directory, trust)?;
        let stat = rustix::fs::fstat(&memory).map_err(io("inspect", &path))?;
        Self::map(memory.as_fd(), &stat, &path)
    }

    /// Maps a segment for reading, and believes it once its header has been checked.
    fn map(file: BorrowedFd<'_>, stat: &Stat, path: &Path) -> Result<Self, ShmError> {
        let size = u64::try_from(stat.st_size).unwrap_or_default();
        let corrupt = |what: String| ShmError::Corrupt { path: path.into(), what };
        if size < HEADER_SIZE as u64 {
            return Err(corrupt(format!("it has {size} bytes, a header has {HEADER_SIZE}")));
        }
        let mapped = usize::try_from(size).map_err(|_| corrupt(format!("it has {size} bytes, too many to map")))?;
        let mapping = Mapping::new(file, mapped, false).map_err(io("map", path))?;
        let page = Area::new(&mapping, 0, HEADER_SIZE).ok_or_else(|| corrupt("its header cannot be mapped".into()))?;
        let mut words = [0; HEADER_WORDS];
        words[header::MAGIC] = page.get_acquire(header::MAGIC);
        for (index, word) in words.iter_mut().enumerate().skip(header::MAGIC + 1) {
            *word = page.get(index);
        }
        let header = Header::from_words(&words, size, path)?;
        Self::cut(&mapping, header, stat.st_ino, path)
    }

    /// Makes a generation's file, or its memory if it is to be handed out, complete but for its records, still without a name.
    pub(crate) fn create(directory: &Directory, header: Header, handed_out: bool) -> Result<(Self, OwnedFd), ShmError> {
        let path = directory.path_of(&if handed_out { SOCKET.to_owned() } else { generation_name(header.generation) });
        let mode = Mode::from_raw_mode(FILE_MODE);
        let fd = if handed_out {
            handout::memory(&path)?
        } else {
            let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
            rustix::fs::openat(directory.fd(), ".", flags, mode).map_err(io("create", &path))?
        };
        reserve(&fd, header.file_size, &path)?;
        let size = usize::try_from(header.file_size).unwrap_or(usize::MAX);
        let mapping = Mapping::new(fd.as_fd(), size, true).map_err(io("map", &path))?;
        let inode = rustix::fs::fstat(&fd).map_err(io("inspect", &path))?.st_ino;
        let segment = Self::cut(&mapping, header, inode, &path)?;
        if let Some(all) = Area::new(&mapping, 0, size) {
            // The first store to a page of shared memory maps it: not on the way of a record.
            (0..all.len()).step_by(HEADER_SIZE / WORD_SIZE).for_each(|word| all.set(word, 0));
        }
        for (index, word) in header.to_words().into_iter().enumerate().skip(header::MAGIC + 1) {
            segment.control.set(index, word);
        }
        segment.control.set(header::STATE, STATE_OPEN);
        segment.control.set_release(header::MAGIC, MAGIC);
        // The process's umask may have taken the group's bit away.
        rustix::fs::fchmod(&fd, mode).map_err(io("set the mode of", &path))?;
        Ok((segment, fd))
    }

    /// Gives the file its name; fails if another writer took that name.
    pub(crate) fn name(directory: &Directory, generation: u64, fd: &OwnedFd) -> Result<(), ShmError> {
        directory.link(fd, &generation_name(generation))
    }
}

/// Takes every page of the file now: a hole would kill the writer (SIGBUS) on the day that memory is short.
pub(crate) fn reserve(fd: &OwnedFd, size: u64, path: &Path) -> Result<(), ShmError> {
    match rustix::fs::fallocate(fd, FallocateFlags::empty(), 0, size) {
        Ok(()) => Ok(()),
        Err(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => {
            let room = rustix::fs::fstatvfs(fd).map_err(io("inspect", path))?;
            let path = path.parent().unwrap_or(path).into();
            Err(ShmError::NoSpace { path, needed: size, free: room.f_bavail * room.f_frsize })
        }
        Err(errno) => Err(io("reserve memory for", path)(errno)),
    }
}
