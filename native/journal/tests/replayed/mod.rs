//! A machine as it runs live, with its journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tickring_core::digest::{Digested, Digests};
use tickring_core::input::Stamped;
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::sink::Discard;
use tickring_journal::{Disk, Journal, Settings, Stamp, Storage, Writer, configuration, save};

/// A folder that goes with its test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tickring-replay-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn storage(&self) -> Arc<dyn Storage> {
        Arc::new(Disk::open(&self.0, false).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn settings() -> Settings {
    Settings { segment_bytes: 4 << 20, reserve_bytes: 0, ..Settings::default() }
}

/// Journal first, then the machine, as the engine does.
pub struct Live {
    pub machine: Machine,
    pub digests: Digests,
    pub writer: Writer,
    pub journal: Journal,
    waiting: usize,
}

impl Live {
    pub fn open(folder: &Folder, settings: &Settings) -> Self {
        let (journal, mut writer, _) = Journal::open(folder.path(), settings).unwrap();
        let config = MachineConfig::default();
        let begun = writer.append_configuration(&configuration(&config), Stamp::default());
        let machine = Machine::numbered_after(config, begun.sequence);
        Self { machine, digests: Digests::default(), writer, journal, waiting: 0 }
    }

    /// Applies an input; gives what the journal says. A test does not shed by accident: it waits for the disk.
    pub fn input(&mut self, stamped: &Stamped<'_>) -> tickring_journal::Append {
        self.input_other(stamped, stamped)
    }

    /// As if the machine had taken the input for another one.
    pub fn input_other(&mut self, stamped: &Stamped<'_>, taken_for: &Stamped<'_>) -> tickring_journal::Append {
        let outputs = self.digests.shard();
        let done = self.writer.append(stamped, stamped.ts_recv, outputs);
        self.machine.apply(taken_for, &mut Digested { sink: &mut Discard, digests: &mut self.digests });
        self.waiting += 1;
        if self.waiting == 256 {
            self.settle();
        }
        done
    }

    pub fn settle(&mut self) {
        assert!(self.journal.wait_durable(self.writer.next_sequence() - 1, Duration::from_secs(60)));
        self.waiting = 0;
    }

    pub fn checkpoint(&mut self, ts_recv: u64) {
        let state = save(&self.machine, &self.digests);
        assert!(self.writer.whole_checkpoint(&state, Stamp { ts_recv, ..Stamp::default() }));
    }

    pub fn close(self) -> (Machine, Digests) {
        self.journal.close(self.writer).unwrap();
        (self.machine, self.digests)
    }
}
