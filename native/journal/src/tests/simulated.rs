//! A disk in memory: what is written is volatile until synced, calls fail when told to, power can be cut.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::storage::{Hold, Storage, StorageFile};

/// Calls that may fail, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Create,
    Open,
    Read,
    Write,
    Sync,
    Cut,
    Rename,
    Remove,
    SyncFolder,
    List,
}

/// What happens to calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    /// The call with this number fails, counted from 1; 0 for none.
    pub fail_at: u64,
    /// So do all after it.
    pub sticky: bool,
    /// The error, EIO unless set.
    pub error: Option<i32>,
    /// Only calls of this kind are counted.
    pub only: Option<Call>,
    /// A sync that fails leaves its pages in memory as if they were written; the next sync says that all is well.
    pub lie: bool,
    /// Writes and reads end after at most this many bytes; 0 for no limit.
    pub short: usize,
    /// Every third call is interrupted or would block.
    pub interrupt: bool,
    /// Bytes that fit; 0 for no limit.
    pub room: u64,
}

#[derive(Clone, Default)]
struct Content {
    memory: Vec<u8>,
    disk: Vec<u8>,
    /// Ranges in memory that are not on the disk.
    dirty: Vec<(usize, usize)>,
}

#[derive(Default)]
struct Inner {
    files: BTreeMap<u64, Content>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    next: u64,
    plan: Plan,
    calls: u64,
    all_calls: u64,
    opened: Arc<()>,
    most_open: usize,
    /// Who shares or owns a file: its id, the number of the handle.
    held: Vec<(u64, u64, Hold)>,
    handles: u64,
}

#[derive(Clone, Default)]
pub struct Simulated(Arc<Mutex<Inner>>);

struct SimulatedFile {
    disk: Simulated,
    id: u64,
    handle: u64,
    _open: Arc<()>,
}

impl Drop for SimulatedFile {
    fn drop(&mut self) {
        self.release();
    }
}

impl Inner {
    fn call(&mut self, call: Call) -> io::Result<()> {
        self.all_calls += 1;
        if self.plan.interrupt && matches!(call, Call::Write | Call::Read) && self.all_calls.is_multiple_of(3) {
            let kind = if self.all_calls.is_multiple_of(2) { io::ErrorKind::Interrupted } else { io::ErrorKind::WouldBlock };
            return Err(kind.into());
        }
        if self.plan.only.is_some_and(|only| only != call) {
            return Ok(());
        }
        self.calls += 1;
        let at = self.plan.fail_at;
        if at != 0 && (self.calls == at || self.plan.sticky && self.calls > at) {
            return Err(io::Error::from_raw_os_error(self.plan.error.unwrap_or(5)));
        }
        Ok(())
    }

    fn used(&self) -> u64 {
        self.names.values().filter_map(|id| self.files.get(id)).map(|file| file.memory.len() as u64).sum()
    }

    fn full(&self, more: u64) -> bool {
        self.plan.room != 0 && self.used() + more > self.plan.room
    }
}

fn no_space() -> io::Error {
    io::Error::from_raw_os_error(28)
}

impl Simulated {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Changes what happens to calls from now on; they are counted from here.
    pub fn plan(&self, plan: Plan) {
        let mut inner = self.inner();
        inner.plan = plan;
        inner.calls = 0;
    }

    /// Calls counted since the last plan.
    pub fn calls(&self) -> u64 {
        self.inner().calls
    }

    /// Most files that were open at once.
    pub fn most_open(&self) -> usize {
        self.inner().most_open
    }

    /// The process ended, the machine did not: memory stays. Nothing fails any more.
    pub fn restart(&self) -> Self {
        let inner = self.inner();
        let next = Inner {
            files: inner.files.clone(),
            names: inner.names.clone(),
            durable_names: inner.durable_names.clone(),
            next: inner.next,
            ..Inner::default()
        };
        Self(Arc::new(Mutex::new(next)))
    }

    /// The machine lost its power: of what was not synced, `keep` says which sectors (by number) reached the disk. Renames,
    /// creations and removals since the last sync of the folder did, or did not, all of them, as `keep_names` says.
    pub fn power_cut(&self, mut keep: impl FnMut(usize) -> bool, keep_names: bool) -> Self {
        const SECTOR: usize = 512;
        let inner = self.inner();
        let names = if keep_names { inner.names.clone() } else { inner.durable_names.clone() };
        let mut files = inner.files.clone();
        for content in files.values_mut() {
            let mut disk = content.disk.clone();
            for &(from, to) in &content.dirty {
                for sector in from / SECTOR..to.div_ceil(SECTOR) {
                    if keep(sector) {
                        let (from, to) = (from.max(sector * SECTOR), to.min((sector + 1) * SECTOR).min(content.memory.len()));
                        if disk.len() < to {
                            disk.resize(to, 0);
                        }
                        if from < to {
                            disk[from..to].copy_from_slice(&content.memory[from..to]);
                        }
                    }
                }
            }
            *content = Content { memory: disk.clone(), disk, dirty: Vec::new() };
        }
        let next = Inner { files, durable_names: names.clone(), names, next: inner.next, ..Inner::default() };
        Self(Arc::new(Mutex::new(next)))
    }

    /// All files with their bytes as memory has them.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let inner = self.inner();
        inner.names.iter().map(|(name, id)| (name.clone(), inner.files[id].memory.clone())).collect()
    }

    /// Puts a file there, durable.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut inner = self.inner();
        inner.next += 1;
        let id = inner.next;
        inner.files.insert(id, Content { memory: bytes.to_vec(), disk: bytes.to_vec(), dirty: Vec::new() });
        inner.names.insert(name.to_owned(), id);
        inner.durable_names.insert(name.to_owned(), id);
    }

    /// A file of that name is gone.
    pub fn lose(&self, name: &str) {
        let mut inner = self.inner();
        inner.names.remove(name);
        inner.durable_names.remove(name);
    }

    fn file(&self, inner: &mut Inner, id: u64) -> Box<dyn StorageFile> {
        let open = Arc::clone(&inner.opened);
        inner.most_open = inner.most_open.max(Arc::strong_count(&inner.opened) - 1);
        inner.handles += 1;
        Box::new(SimulatedFile { disk: self.clone(), id, handle: inner.handles, _open: open })
    }
}

impl Storage for Simulated {
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut inner = self.inner();
        inner.call(Call::List)?;
        Ok(inner.names.iter().map(|(name, id)| (name.clone(), inner.files[id].memory.len() as u64)).collect())
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Box<dyn StorageFile>> {
        let mut inner = self.inner();
        inner.call(Call::Create)?;
        if inner.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if inner.full(bytes) {
            return Err(no_space());
        }
        inner.next += 1;
        let id = inner.next;
        inner.files.insert(id, Content { memory: vec![0; bytes as usize], ..Content::default() });
        inner.names.insert(name.to_owned(), id);
        Ok(self.file(&mut inner, id))
    }

    fn open(&self, name: &str, _write: bool) -> io::Result<Box<dyn StorageFile>> {
        let mut inner = self.inner();
        inner.call(Call::Open)?;
        let id = *inner.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.file(&mut inner, id))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.inner();
        inner.call(Call::Rename)?;
        let id = inner.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        inner.names.insert(to.to_owned(), id);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut inner = self.inner();
        inner.call(Call::Remove)?;
        inner.names.remove(name).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut inner = self.inner();
        inner.call(Call::SyncFolder)?;
        inner.durable_names = inner.names.clone();
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let inner = self.inner();
        Ok(if inner.plan.room == 0 { u64::MAX } else { inner.plan.room.saturating_sub(inner.used()) })
    }
}

impl StorageFile for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut inner = self.disk.inner();
        inner.call(Call::Read)?;
        let short = inner.plan.short;
        let memory = &inner.files[&self.id].memory;
        let from = memory.len().min(offset as usize);
        let mut count = buffer.len().min(memory.len() - from);
        if short != 0 {
            count = count.min(short);
        }
        buffer[..count].copy_from_slice(&memory[from..from + count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut inner = self.disk.inner();
        let short = inner.plan.short;
        let called = inner.call(Call::Write);
        let mut count = bytes.len();
        if called.is_err() {
            // A write that fails may have written a part.
            count /= 2;
        } else if short != 0 {
            count = count.min(short);
        }
        let from = offset as usize;
        let grows = (from + count).saturating_sub(inner.files[&self.id].memory.len());
        if grows > 0 && inner.full(grows as u64) {
            return Err(no_space());
        }
        let content = inner.files.get_mut(&self.id).ok_or(io::ErrorKind::NotFound)?;
        if content.memory.len() < from + count {
            content.memory.resize(from + count, 0);
        }
        content.memory[from..from + count].copy_from_slice(&bytes[..count]);
        content.dirty.push((from, from + count));
        called.map(|()| count)
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = self.disk.inner();
        let called = inner.call(Call::Sync);
        let lie = inner.plan.lie;
        let content = inner.files.get_mut(&self.id).ok_or(io::ErrorKind::NotFound)?;
        if called.is_ok() {
            content.disk.resize(content.memory.len(), 0);
            for (from, to) in std::mem::take(&mut content.dirty) {
                let to = to.min(content.memory.len());
                if from < to {
                    content.disk[from..to].copy_from_slice(&content.memory[from..to]);
                }
            }
        } else if lie {
            content.dirty.clear();
        }
        called
    }

    fn set_bytes(&self, bytes: u64) -> io::Result<()> {
        let mut inner = self.disk.inner();
        inner.call(Call::Cut)?;
        let content = inner.files.get_mut(&self.id).ok_or(io::ErrorKind::NotFound)?;
        content.memory.resize(bytes as usize, 0);
        Ok(())
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.disk.inner().files[&self.id].memory.len() as u64)
    }

    fn hold(&self, hold: Hold) -> bool {
        let mut inner = self.disk.inner();
        inner.held.retain(|(_, handle, _)| *handle != self.handle);
        let others = || inner.held.iter().filter(|(id, ..)| *id == self.id);
        let free = if hold == Hold::Owned { others().count() == 0 } else { others().all(|(.., other)| *other == hold) };
        if free {
            inner.held.push((self.id, self.handle, hold));
        }
        free
    }

    fn release(&self) {
        self.disk.inner().held.retain(|(_, handle, _)| *handle != self.handle);
    }

    fn forget(&self) {
        let mut inner = self.disk.inner();
        if let Some(content) = inner.files.get_mut(&self.id) {
            // Pages that are still dirty stay, as in a kernel.
            let mut memory = content.disk.clone();
            memory.resize(content.memory.len(), 0);
            for &(from, to) in &content.dirty {
                let to = to.min(memory.len());
                if from < to {
                    memory[from..to].copy_from_slice(&content.memory[from..to]);
                }
            }
            content.memory = memory;
        }
    }
}
