//! File systems that are mounted for a test: full, read-only, gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tickring_core::input::{Input, Stamped};
use tickring_journal::{Journal, Settings, State, Writer};

use crate::kills::witness::{self, Held, payload};

/// Longest wait for what must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file system in memory, unmounted when dropped.
struct Mount(PathBuf);

impl Mount {
    /// `None`, aloud, where this process may not mount.
    fn new(name: &str, options: &str) -> Option<Self> {
        let path = crate::folder(name);
        let mounted = run("mount", &["-t", "tmpfs", "-o", options, "tmpfs"], &path);
        if !mounted {
            println!("SKIPPED: this process may not mount");
            return None;
        }
        Some(Self(path))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run("umount", &["-l"], &self.0);
        let _ = fs::remove_dir(&self.0);
    }
}

fn run(program: &str, arguments: &[&str], path: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).arg(path).stderr(Stdio::null()).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A journal that is written, and how many inputs it got.
struct Writing {
    journal: Journal,
    writer: Writer,
    appended: u64,
}

impl Writing {
    fn open(folder: &Path) -> Self {
        let settings = Settings {
            segment_bytes: 1 << 20,
            buffer_bytes: 256 << 10,
            reserve_bytes: 1 << 20,
            interval: Duration::from_millis(1),
            compress: false,
            ..Settings::default()
        };
        let (journal, writer, _) = Journal::open(&folder.join("journal"), &settings).unwrap();
        Self { journal, writer, appended: 0 }
    }

    /// Appends until `done`, as fast as the disk takes it while it takes anything.
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !done(self) {
            let sequence = self.writer.next_sequence();
            let bytes = payload(sequence);
            let input = Input::Frame { connection: 1, bytes: &bytes };
            self.writer.append(&Stamped { ts_recv: sequence, input }, sequence, 0);
            self.appended = sequence;
            if sequence.is_multiple_of(64) {
                std::thread::sleep(Duration::from_millis(1));
                assert!(Instant::now() < until, "{what} did not happen: {:?}", self.journal.status());
            }
        }
    }

    fn is_degraded(&self) -> bool {
        self.journal.status().state == State::Degraded
    }

    /// A disk that takes no more, then does again: told, shed, told, and gone on with by itself.
    fn through_trouble(&mut self, mend: impl FnOnce()) {
        self.until("degraded", Self::is_degraded);
        let shed = self.journal.status().shed_inputs;
        self.until("shedding", |this| this.journal.status().shed_inputs > shed + 1_000);
        mend();
        self.until("recovery", |this| !this.is_degraded());
        let appended = self.appended;
        self.until("a durable input behind it", |this| this.journal.durable() > appended);
    }

    /// Closes and counts: whatever was appended is there, or in a gap.
    fn close(self, folder: &Path) {
        let shed = self.journal.status().shed_inputs;
        let closed = self.journal.close(self.writer);
        assert!(closed.is_ok(), "{closed:?}");
        assert_eq!(witness::held(folder), Held { last: self.appended, missing: shed });
    }
}

#[test]
fn f52_a_full_disk_degrades_sheds_and_recovers_by_itself_when_there_is_room() {
    let Some(mount) = Mount::new("full", "size=8m") else { return };
    let ballast = mount.0.join("ballast");
    let mut writing = Writing::open(&mount.0);
    // From the beginning there is room for some segments; the rest of the disk fills up under way.
    fs::write(&ballast, vec![1; 2 << 20]).unwrap();
    writing.through_trouble(|| {
        fs::remove_file(&ballast).unwrap();
        // Another program's file is gone; so are the first segments, which an operator moved away.
        assert!(run("mount", &["-o", "remount,size=64m"], &mount.0));
    });
    writing.close(&mount.0);
}

#[test]
fn f52_a_disk_without_inodes_is_a_full_disk() {
    let Some(mount) = Mount::new("inodes", "size=64m,nr_inodes=8") else { return };
    let mut writing = Writing::open(&mount.0);
    writing.through_trouble(|| assert!(run("mount", &["-o", "remount,nr_inodes=1000"], &mount.0)));
    writing.close(&mount.0);
}

/// The folder takes no new file, whoever asks: as after a lost permission, but true for root as well.
#[test]
fn f53_a_folder_that_takes_no_file_any_more_is_gone_on_with_when_it_does_again() {
    let folder = crate::folder("immutable");
    let journal = folder.join("journal");
    fs::create_dir_all(&journal).unwrap();
    let can = run("chattr", &["+i"], &journal) && run("chattr", &["-i"], &journal);
    if !can {
        println!("SKIPPED: {} is on no file system that knows immutable folders, or we are not root", folder.display());
        return;
    }
    let mut writing = Writing::open(&folder);
    assert!(run("chattr", &["+i"], &journal));
    writing.through_trouble(|| assert!(run("chattr", &["-i"], &journal)));
    writing.close(&folder);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn f53_a_folder_that_is_deleted_is_told_and_nobody_waits() {
    let folder = crate::folder("deleted");
    let mut writing = Writing::open(&folder);
    // The keeper may make a file in it meanwhile.
    while fs::remove_dir_all(folder.join("journal")).is_err() {}
    writing.until("degraded", Writing::is_degraded);
    writing.until("shedding", |this| this.journal.status().shed_inputs > 1_000);
    let Writing { journal, writer, .. } = writing;
    let error = journal.close(writer).unwrap_err();
    assert_eq!(error.code().name(), "JOURNAL_IO", "{error}");
    assert!(error.to_string().contains("are not durable"), "{error}");
    fs::remove_dir_all(&folder).unwrap();
}
