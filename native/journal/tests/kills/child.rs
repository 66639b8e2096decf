//! The process that is killed: opens the journal, appends, says what is durable.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tickring_core::input::{Input, Stamped};
use tickring_journal::{Disk, Hold, Journal, Retention, Settings, Storage, StorageFile};

use super::witness::payload;

/// Inputs of a life that nobody ends.
const INPUTS: u64 = 400;

/// A disk at whose n-th call the process dies: before it, in the middle of a write, or after it.
struct Deadly {
    disk: Disk,
    steps: Arc<Steps>,
}

struct Steps {
    done: AtomicU64,
    last: u64,
}

struct DeadlyFile {
    file: Box<dyn StorageFile>,
    steps: Arc<Steps>,
}

fn die() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}

impl Steps {
    /// Makes a call; every other time the process dies after it, not before.
    fn call<T>(&self, call: impl FnOnce() -> T) -> T {
        let step = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if step == self.last && step.is_multiple_of(2) {
            die();
        }
        let result = call();
        if step == self.last {
            die();
        }
        result
    }
}

impl Storage for Deadly {
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        self.steps.call(|| self.disk.list())
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Box<dyn StorageFile>> {
        let file = self.steps.call(|| self.disk.create(name, bytes))?;
        Ok(Box::new(DeadlyFile { file, steps: Arc::clone(&self.steps) }))
    }

    fn open(&self, name: &str, write: bool) -> io::Result<Box<dyn StorageFile>> {
        let file = self.steps.call(|| self.disk.open(name, write))?;
        Ok(Box::new(DeadlyFile { file, steps: Arc::clone(&self.steps) }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.steps.call(|| self.disk.rename(from, to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.steps.call(|| self.disk.remove(name))
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.steps.call(|| self.disk.sync_folder())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.disk.free_bytes()
    }
}

impl StorageFile for DeadlyFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let next = self.steps.done.load(Ordering::Relaxed) + 1;
        if next == self.steps.last && next.is_multiple_of(3) {
            let _ = self.file.write_at(&bytes[..bytes.len() / 2], offset);
            die();
        }
        self.steps.call(|| self.file.write_at(bytes, offset))
    }

    fn sync(&self) -> io::Result<()> {
        self.steps.call(|| self.file.sync())
    }

    fn set_bytes(&self, bytes: u64) -> io::Result<()> {
        self.steps.call(|| self.file.set_bytes(bytes))
    }

    fn bytes(&self) -> io::Result<u64> {
        self.file.bytes()
    }

    fn forget(&self) {
        self.file.forget();
    }

    fn begin_sync(&self, offset: u64, bytes: usize) {
        self.file.begin_sync(offset, bytes);
    }

    fn hold(&self, hold: Hold) -> bool {
        self.file.hold(hold)
    }

    fn release(&self) {
        self.file.release();
    }
}

/// Writes until killed, or a while.
pub fn live(folder: &Path, step: u64, compress: bool) {
    let disk = Disk::open(&folder.join("journal"), true).unwrap();
    let lock = disk.lock().unwrap();
    let steps = Arc::new(Steps { done: AtomicU64::new(0), last: step });
    let settings = Settings {
        segment_bytes: 16 << 10,
        buffer_bytes: 64 << 10,
        reserve_bytes: 16 << 10,
        interval: Duration::from_micros(50),
        compress,
        retention: Retention { bytes: Some(200 << 10), ..Retention::default() },
        ..Settings::default()
    };
    let (journal, mut writer, recovered) = Journal::open_in(Arc::new(Deadly { disk, steps }), &settings, Some(lock)).unwrap();
    assert!(recovered.damage.is_empty(), "{recovered:?}");
    let mut out = OpenOptions::new().append(true).create(true).open(folder.join("acknowledged")).unwrap();
    let mut told = 0;
    let mut tell = |durable: u64| {
        if durable > told {
            told = durable;
            out.write_all(&durable.to_le_bytes()).unwrap();
        }
    };
    for index in 0..INPUTS {
        let sequence = writer.next_sequence();
        let bytes = payload(sequence);
        let done =
            writer.append(&Stamped { ts_recv: sequence, input: Input::Frame { connection: 1, bytes: &bytes } }, sequence, 0);
        assert!(done.kept);
        if index % 8 == 7 {
            assert!(journal.wait_durable(sequence, Duration::from_secs(60)), "{:?}", journal.status());
        }
        tell(journal.durable());
    }
    journal.close(writer).unwrap();
}
