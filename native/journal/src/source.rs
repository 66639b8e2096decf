//! A segment to read from, plain or compressed: offsets are those of the plain form.

use std::io;
use std::thread;
use std::time::Duration;

use crate::error::JournalError;
use crate::index::Index;
use crate::pack::{BLOT, PIECE_BYTES, Packed};
use crate::record::{HEAD_BYTES, Head, Kind, Record, stored_check, u64_at};
use crate::segment::{HEADER_BYTES, Header, SegmentName};
use crate::storage::{Hold, Storage, StorageFile, read_full};

/// What stands in the last 16 bytes of a sealed segment: where the seal is, and this.
pub(crate) const SEALED: [u8; 8] = *b"TKRSEAL1";

/// Bytes that are read ahead.
const WINDOW_BYTES: usize = 256 << 10;

/// How often, and with which pauses, a reader asks for a file that somebody else owns.
const SHARE_TRIES: u32 = 1_000;
const SHARE_PAUSE: Duration = Duration::from_millis(1);

/// An open segment.
pub(crate) struct Source {
    pub name: SegmentName,
    pub header: Header,
    pub block: Vec<u8>,
    file: Box<dyn StorageFile>,
    packed: Option<Packed>,
    window: Vec<u8>,
    window_at: u64,
    /// Offset of the record whose check was found right last.
    checked: Option<u64>,
}

/// Reads the header block of a segment without the rest.
pub(crate) fn read_header(storage: &dyn Storage, name: SegmentName) -> Result<Header, JournalError> {
    open_shared(storage, name).map(|opened| opened.header)
}

struct Opened {
    file: Box<dyn StorageFile>,
    block: Vec<u8>,
    header: Header,
}

/// Opens a segment that nobody makes another one of, and reads its header block. The error of a file that is not there means as well
/// that another segment was made of it.
fn open_shared(storage: &dyn Storage, name: SegmentName) -> Result<Opened, JournalError> {
    let file_name = name.file();
    let file = storage.open(&file_name, false).map_err(JournalError::io("open", &file_name))?;
    let gone = || JournalError::io("open", &file_name)(io::ErrorKind::NotFound.into());
    if !name.packed && !share(storage, &*file, &file_name)? {
        return Err(gone());
    }
    match header_of(&*file, name) {
        Ok((block, header)) => Ok(Opened { file, block, header }),
        // It was opened just before another was made of it.
        Err(_) if is_gone(storage.open(&file_name, false)) => Err(gone()),
        Err(error) => Err(error),
    }
}

/// Takes hold of a file to read; `false` where another segment is being made of it. The keeper owns it for a moment under this name.
fn share(storage: &dyn Storage, file: &dyn StorageFile, file_name: &str) -> Result<bool, JournalError> {
    for _ in 0..SHARE_TRIES {
        if file.hold(Hold::Shared) {
            return Ok(true);
        }
        if is_gone(storage.open(file_name, false)) {
            return Ok(false);
        }
        thread::sleep(SHARE_PAUSE);
    }
    Err(JournalError::io("open", file_name)(io::Error::new(io::ErrorKind::ResourceBusy, "somebody else has locked it")))
}

fn is_gone(opened: io::Result<Box<dyn StorageFile>>) -> bool {
    opened.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn header_of(file: &dyn StorageFile, name: SegmentName) -> Result<(Vec<u8>, Header), JournalError> {
    let file_name = name.file();
    let mut block = vec![0; HEADER_BYTES];
    let count = read_full(file, &mut block, 0).map_err(JournalError::io("read", &file_name))?;
    let header = Header::read(&block[..count], &file_name)?;
    if (header.index, header.first_sequence) != (name.index, name.first_sequence) {
        let what = format!("its header is that of segment {} from input {}", header.index, header.first_sequence);
        return Err(JournalError::Damaged { file: file_name, from: 0, what });
    }
    Ok((block, header))
}

impl Source {
    pub fn open(storage: &dyn Storage, name: SegmentName) -> Result<Self, JournalError> {
        let file_name = name.file();
        let Opened { file, block, header } = open_shared(storage, name)?;
        let packed = if name.packed {
            let table = Packed::open(&*file).map_err(|error| damaged_pack(&file_name, 0, error))?;
            Some(table)
        } else {
            None
        };
        Ok(Self { name, header, block, file, packed, window: Vec::new(), window_at: 0, checked: None })
    }

    pub fn bytes(&self) -> Result<u64, JournalError> {
        match &self.packed {
            Some(packed) => Ok(packed.plain_bytes),
            None => self.file.bytes().map_err(JournalError::io("measure", self.name.file())),
        }
    }

    /// Reads until the buffer is full or the segment ends.
    pub fn read(&mut self, buffer: &mut [u8], offset: u64) -> Result<usize, JournalError> {
        let Some(packed) = &mut self.packed else {
            return read_full(&*self.file, buffer, offset).map_err(JournalError::io("read", self.name.file()));
        };
        let mut done = 0;
        while done < buffer.len() {
            let (rest, at) = (&mut buffer[done..], offset + done as u64);
            match packed.read_at(&*self.file, rest, at) {
                Ok(0) => break,
                Ok(count) => done += count,
                // No record stands in it, so that whoever gets there finds damage, and can go on behind it.
                Err(error) if is_damage(&error) => done += packed.blot(rest, at),
                Err(error) => return Err(JournalError::io("read", self.name.file())(error)),
            }
        }
        Ok(done)
    }

    /// All bytes up to `end`, or to the end of the file.
    pub fn read_all(&mut self, end: Option<u64>) -> Result<Vec<u8>, JournalError> {
        let bytes = self.bytes()?;
        let mut all = vec![0; end.map_or(bytes, |end| end.min(bytes)) as usize];
        let count = self.read(&mut all, 0)?;
        all.truncate(count);
        Ok(all)
    }

    /// Forgets what was read ahead: the writer may have written since.
    pub fn refresh(&mut self) {
        self.window.clear();
        self.checked = None;
    }

    /// The record at `offset` if a valid one stands there that ends at or before `end`.
    pub fn record(&mut self, offset: u64, end: u64) -> Result<Option<Record<'_>>, JournalError> {
        if offset.saturating_add(HEAD_BYTES as u64) > end || !self.load(offset, HEAD_BYTES)? {
            return Ok(None);
        }
        let Some(head) = Head::peek(self.loaded(offset)) else { return Ok(None) };
        let bytes = head.record_bytes();
        if offset + bytes as u64 > end || !self.load(offset, bytes)? {
            return Ok(None);
        }
        self.checked = None;
        if Record::read(self.loaded(offset), self.header.salt, offset).is_some() {
            self.checked = Some(offset);
        }
        Ok(self.again(offset))
    }

    /// Whether [`Self::record`] found its last record there.
    pub fn has(&self, offset: u64) -> bool {
        self.checked == Some(offset)
    }

    /// That record once more, at the cost of reading its head.
    pub fn again(&self, offset: u64) -> Option<Record<'_>> {
        if self.has(offset) { Record::trusted(self.loaded(offset)) } else { None }
    }

    fn loaded(&self, offset: u64) -> &[u8] {
        &self.window[(offset - self.window_at) as usize..]
    }

    /// Sees to it that `count` bytes from `offset` are in the window; `false` where the file is shorter.
    fn load(&mut self, offset: u64, count: usize) -> Result<bool, JournalError> {
        let window_end = self.window_at + self.window.len() as u64;
        if offset >= self.window_at && offset + count as u64 <= window_end {
            return Ok(true);
        }
        self.checked = None;
        if self.packed.is_some() {
            self.load_pieces(offset, offset + count as u64)?;
            return Ok(self.window_at + self.window.len() as u64 >= offset + count as u64);
        }
        let mut window = std::mem::take(&mut self.window);
        window.resize(WINDOW_BYTES.max(count), 0);
        let read = self.read(&mut window, offset)?;
        window.truncate(read);
        self.window = window;
        self.window_at = offset;
        Ok(self.window.len() >= count)
    }

    /// The same of a compressed segment: whole pieces, unpacked where they are read from, so that nothing is copied but the record that goes
    /// over a piece's end.
    fn load_pieces(&mut self, offset: u64, end: u64) -> Result<(), JournalError> {
        let Some(packed) = &mut self.packed else { return Ok(()) };
        let goes_on = offset >= self.window_at && offset < self.window_at + self.window.len() as u64;
        if goes_on {
            self.window.drain(..(offset - self.window_at) as usize);
            self.window_at = offset;
        } else {
            self.window.clear();
            self.window_at = offset - offset % PIECE_BYTES as u64;
        }
        loop {
            let window_end = self.window_at + self.window.len() as u64;
            if window_end >= end.min(packed.plain_bytes) {
                return Ok(());
            }
            let number = (window_end / PIECE_BYTES as u64) as usize;
            match packed.unpack(&*self.file, number, &mut self.window) {
                Ok(()) => {}
                Err(error) if is_damage(&error) => {
                    self.window.resize(self.window.len() + packed.piece_bytes(number), BLOT);
                }
                Err(error) => return Err(JournalError::io("read", self.name.file())(error)),
            }
        }
    }

    /// The index, and where the seal stands, if the segment is sealed.
    pub fn index(&mut self) -> Result<Option<(Index, u64)>, JournalError> {
        let bytes = self.bytes()?;
        let mut tail = [0; 16];
        let Some(tail_at) = bytes.checked_sub(16) else { return Ok(None) };
        if self.read(&mut tail, tail_at)? != 16 || tail[8..] != SEALED {
            return Ok(None);
        }
        let offset = u64_at(&tail, 0);
        if offset < HEADER_BYTES as u64 || !offset.is_multiple_of(8) {
            return Ok(None);
        }
        let seal = self.record(offset, tail_at)?.filter(|record| record.head.kind == Kind::Seal);
        let index = seal.and_then(|record| Index::read(record.payload)).filter(|index| index.fits(offset));
        Ok(index.map(|index| (index, offset)))
    }

    /// Drops what memory holds of the file.
    pub fn forget(&self) {
        self.file.forget();
    }

    /// Brings what the last writer left in memory to the disk; what it could not is not there afterwards.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }
}

impl<'a> Record<'a> {
    /// The record at the beginning of bytes whose check is known to be right.
    fn trusted(bytes: &'a [u8]) -> Option<Self> {
        let head = Head::peek(bytes)?;
        let payload = bytes.get(HEAD_BYTES..HEAD_BYTES + head.length as usize)?;
        Some(Self { head, payload, check: stored_check(bytes) })
    }
}

/// What unpacking says of bytes that are not what was packed; a disk says something else.
fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Other)
}

fn damaged_pack(file: &str, from: u64, source: io::Error) -> JournalError {
    if is_damage(&source) {
        JournalError::Damaged { file: file.to_owned(), from, what: source.to_string() }
    } else {
        JournalError::io("read", file)(source)
    }
}
