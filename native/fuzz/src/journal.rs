//! The journal's reader, recovery and searches on files that anybody may have written.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use tickring_journal::{
    Gap, HEADER_BYTES, Head, Header, Item, Kind, Link, Mode, Reader, Recovered, SegmentName, Storage, StorageFile,
    append_record,
};

const SALT: u64 = 0x0123_4567_89ab_cdef;

/// Files in memory, to be read alone.
struct Memory(BTreeMap<String, Arc<Vec<u8>>>);

struct MemoryFile(Arc<Vec<u8>>);

fn refused<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

impl Storage for Memory {
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        Ok(self.0.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    fn create(&self, _: &str, _: u64) -> io::Result<Box<dyn StorageFile>> {
        refused()
    }

    fn open(&self, name: &str, _: bool) -> io::Result<Box<dyn StorageFile>> {
        let bytes = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(MemoryFile(Arc::clone(bytes))))
    }

    fn rename(&self, _: &str, _: &str) -> io::Result<()> {
        refused()
    }

    fn remove(&self, _: &str) -> io::Result<()> {
        refused()
    }

    fn sync_folder(&self) -> io::Result<()> {
        refused()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(0)
    }
}

impl StorageFile for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let count = buffer.len().min(self.0.len() - from);
        buffer[..count].copy_from_slice(&self.0[from..from + count]);
        Ok(count)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
        refused()
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn set_bytes(&self, _: u64) -> io::Result<()> {
        refused()
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

/// Bytes to choose with; zeros when they are used up.
struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Records with valid checks and any content, bytes that are none between them.
fn records(choices: &mut Choices<'_>, out: &mut Vec<u8>, mut sequence: u64, count: usize) {
    for _ in 0..count {
        let how = choices.byte();
        if how % 8 == 7 {
            let length = usize::from(choices.byte());
            out.extend_from_slice(choices.bytes(length));
            out.resize(out.len().next_multiple_of(8), 0);
            continue;
        }
        let kind = Kind::ALL[usize::from(choices.byte()) % Kind::ALL.len()];
        sequence = match how % 8 {
            6 => u64::from(choices.byte()) << 56,
            5 => sequence,
            _ => sequence.wrapping_add(u64::from(kind.is_input())),
        };
        let length = usize::from(choices.byte());
        let payload = choices.bytes(length);
        let head = Head {
            length: payload.len() as u32,
            kind,
            flags: choices.byte(),
            connection: 1,
            stream: 0,
            epoch: 1,
            sequence,
            ts_recv: u64::from(choices.byte()),
            ts_mono: 0,
            synced: u32::from(choices.byte()) * 64,
            instrument: u32::from(choices.byte()),
            outputs: u64::from(choices.byte()),
        };
        let offset = out.len() as u64;
        append_record(out, &head, payload, SALT, offset);
    }
}

/// A few segments with valid headers, plain or said to be compressed.
fn files(choices: &mut Choices<'_>) -> (Memory, usize) {
    let mut files = BTreeMap::new();
    let (mut end, mut total) = (0, 0);
    for index in 1..=1 + u64::from(choices.byte() % 3) {
        let first_sequence = 1 + u64::from(choices.byte() % 32);
        let header = Header {
            flags: 0,
            stream: 0,
            index,
            salt: SALT,
            epoch: 1,
            first_sequence,
            created: 1,
            ts_before: u64::from(choices.byte()),
            capacity: 1 << 20,
            prev: Link {
                index: index - 1,
                end: if choices.byte() % 4 == 0 { u64::from(choices.byte()) * 64 } else { end },
                digest: [0; 32],
            },
            floor: 0,
        };
        let mut bytes = header.to_bytes();
        let count = usize::from(choices.byte() % 16);
        records(choices, &mut bytes, first_sequence - 1, count);
        end = bytes.len() as u64;
        total += bytes.len() - HEADER_BYTES;
        let packed = choices.byte() % 8 == 7;
        files.insert(SegmentName { index, first_sequence, packed }.file(), Arc::new(bytes));
    }
    (Memory(files), total)
}

/// Whatever stands there: no panic, an end, and what is read strictly is contiguous.
pub fn reader(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let mode = [Mode::Strict, Mode::PointInTime, Mode::Salvage][usize::from(choices.byte() % 3)];
    let target = u64::from(choices.byte());
    let (memory, total) = files(&mut choices);
    let _ = Recovered::inspect(&memory, mode, 0);
    let Ok(mut reader) = Reader::new(Arc::new(memory), mode) else { return };
    let most = total / 8 + 16;
    let (mut last, mut count) = (None, 0);
    while let Ok(Some(item)) = reader.next() {
        count += 1;
        assert!(count <= most, "{count} items of {total} bytes");
        let Item::Record(record) = item else { continue };
        let _ = record.input(&mut None);
        let head = record.head;
        let first = match head.kind {
            Kind::Gap => Gap::read(record.payload).map_or(0, |gap| gap.first),
            kind if kind.is_input() => head.sequence,
            _ => continue,
        };
        assert!(mode != Mode::Strict || last.is_none_or(|last: u64| first == last.wrapping_add(1)), "{first} after {last:?}");
        last = Some(head.sequence);
    }
    let _ = reader.seek_sequence(target);
    let _ = reader.seek_time(target);
    let _ = reader.seek_checkpoint(target);
    let _ = reader.next();
}
