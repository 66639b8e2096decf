//! The compressed form of a sealed segment: header block, pieces as zstd frames, a table of where they begin.
//!
//! ```text
//! header block as it was (4,096) | frame of bytes 0 .. 256 KiB | frame … | table: u64 beginning of each, and the end
//! | u64 bytes of the plain form | u32 pieces | u32 check over table and this line | "TKRZSTD1"
//! ```

use std::io;

use crate::record::{masked, u32_at, u64_at};
use crate::segment::{HEADER_BYTES, PLAIN_BYTES_MAX};
use crate::storage::{Storage, StorageFile, read_full, write_all};

/// Bytes of a piece before compression: what a reader decompresses to see one record.
pub(crate) const PIECE_BYTES: usize = 256 << 10;

/// Frames of recordings in pieces of this size: 7.9 to 1 at level 1, 7.2 at zstd's default of 3, which packs and unpacks slower as well;
/// 8.3 at 6, which costs the keeper four times as much.
const LEVEL: i32 = 1;

/// What stands for a byte that cannot be read.
pub(crate) const BLOT: u8 = 0xff;

const MAGIC: [u8; 8] = *b"TKRZSTD1";
const FOOTER_BYTES: usize = 24;

/// Writes the compressed form of `plain` under `name`; the caller renames it into place.
pub(crate) fn pack(storage: &dyn Storage, plain: &dyn StorageFile, name: &str) -> io::Result<()> {
    let bytes = plain.bytes()?;
    let out = storage.create(name, 0)?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut table = Vec::new();
    let (mut from, mut to) = (0, HEADER_BYTES as u64);
    while from < bytes {
        let count = read_full(plain, &mut piece, from)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if from == 0 {
            write_all(&*out, &piece[..HEADER_BYTES.min(count)], 0)?;
        }
        let frame = zstd::bulk::compress(&piece[..count], LEVEL)?;
        write_all(&*out, &frame, to)?;
        table.extend_from_slice(&to.to_le_bytes());
        to += frame.len() as u64;
        from += count as u64;
    }
    let pieces = (table.len() / 8) as u32;
    table.extend_from_slice(&to.to_le_bytes());
    table.extend_from_slice(&bytes.to_le_bytes());
    table.extend_from_slice(&pieces.to_le_bytes());
    let check = masked(crc32c::crc32c(&table));
    table.extend_from_slice(&check.to_le_bytes());
    table.extend_from_slice(&MAGIC);
    write_all(&*out, &table, to)?;
    out.set_bytes(to + table.len() as u64)?;
    out.sync()
}

/// Table of a compressed segment, and the piece read last.
pub(crate) struct Packed {
    starts: Vec<u64>,
    pub plain_bytes: u64,
    current: Option<usize>,
    piece: Vec<u8>,
    /// The piece as it stands in the file.
    frame: Vec<u8>,
    unpacker: zstd::bulk::Decompressor<'static>,
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Packed {
    /// Reads the table and checks it.
    pub fn open(file: &dyn StorageFile) -> io::Result<Self> {
        let bytes = file.bytes()?;
        let mut footer = [0; FOOTER_BYTES];
        let footer_at = bytes.checked_sub(FOOTER_BYTES as u64).ok_or_else(|| invalid("too short"))?;
        if read_full(file, &mut footer, footer_at)? != FOOTER_BYTES || footer[16..] != MAGIC {
            return Err(invalid("no footer"));
        }
        let plain_bytes = u64_at(&footer, 0);
        let pieces = u64::from(u32_at(&footer, 8));
        if plain_bytes > PLAIN_BYTES_MAX || pieces != plain_bytes.div_ceil(PIECE_BYTES as u64) {
            return Err(invalid("its footer contradicts itself"));
        }
        let table_bytes = (pieces as usize + 1) * 8;
        let table_at = footer_at.checked_sub(table_bytes as u64).ok_or_else(|| invalid("too short for its table"))?;
        let mut table = vec![0; table_bytes + 16];
        if read_full(file, &mut table, table_at)? != table.len() {
            return Err(invalid("shorter than it says"));
        }
        if masked(crc32c::crc32c(&table[..table_bytes + 12])) != u32_at(&table, table_bytes + 12) {
            return Err(invalid("its table fails its check"));
        }
        let starts: Vec<u64> = table[..table_bytes].chunks_exact(8).map(|word| u64_at(word, 0)).collect();
        let ordered = starts.windows(2).all(|pair| pair[0] < pair[1]);
        if !ordered || starts[0] != HEADER_BYTES as u64 || starts.last() != Some(&table_at) {
            return Err(invalid("its table contradicts the file"));
        }
        let unpacker = zstd::bulk::Decompressor::new()?;
        Ok(Self { starts, plain_bytes, current: None, piece: Vec::new(), frame: Vec::new(), unpacker })
    }

    /// Bytes of the plain form of a piece.
    pub fn piece_bytes(&self, number: usize) -> usize {
        self.plain_bytes.saturating_sub((number * PIECE_BYTES) as u64).min(PIECE_BYTES as u64) as usize
    }

    /// Stands in for bytes that cannot be read, up to the end of their piece: neither a record nor zeros, which would be a clean end.
    pub fn blot(&self, buffer: &mut [u8], offset: u64) -> usize {
        let piece_end = (offset / PIECE_BYTES as u64 + 1) * PIECE_BYTES as u64;
        let left = piece_end.min(self.plain_bytes).saturating_sub(offset);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        buffer[..count].fill(BLOT);
        count
    }

    /// Appends the plain form of a piece; appends nothing where that fails.
    pub fn unpack(&mut self, file: &dyn StorageFile, number: usize, into: &mut Vec<u8>) -> io::Result<()> {
        let (from, to) = (self.starts[number], self.starts[number + 1]);
        // A frame that zstd could not shrink is a little longer than its piece.
        let length = usize::try_from(to - from).unwrap_or(usize::MAX);
        if length > 2 * PIECE_BYTES {
            return Err(invalid("a piece is too long"));
        }
        self.frame.resize(length, 0);
        if read_full(file, &mut self.frame, from)? != length {
            return Err(invalid("shorter than its table says"));
        }
        let (before, plain) = (into.len(), self.piece_bytes(number));
        into.reserve(plain);
        let mut end = io::Cursor::new(&mut *into);
        end.set_position(before as u64);
        let unpacked = self.unpacker.decompress_to_buffer(&self.frame, &mut end);
        if !matches!(unpacked, Ok(count) if count == plain) {
            into.truncate(before);
            unpacked?;
            return Err(invalid("a piece is not as long as it should be"));
        }
        Ok(())
    }

    /// Reads bytes of the plain form; fewer at a piece's end, 0 at the end.
    pub fn read_at(&mut self, file: &dyn StorageFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.plain_bytes {
            return Ok(0);
        }
        let number = (offset / PIECE_BYTES as u64) as usize;
        if self.current != Some(number) {
            self.current = None;
            let mut piece = std::mem::take(&mut self.piece);
            piece.clear();
            let unpacked = self.unpack(file, number, &mut piece);
            self.piece = piece;
            unpacked?;
            self.current = Some(number);
        }
        let at = (offset % PIECE_BYTES as u64) as usize;
        let count = buffer.len().min(self.piece.len() - at);
        buffer[..count].copy_from_slice(&self.piece[at..at + count]);
        Ok(count)
    }
}
