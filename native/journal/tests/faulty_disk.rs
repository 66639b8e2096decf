//! F50 to F54 on a real disk and in a real process: every call to the kernel fails in turn (strace makes it fail), a file system
//! runs full, becomes read-only, loses its folder, hangs. The witness of the killed processes, which shares no code with the
//! crate, then looks at the files alone.
//!
//! Needs `strace` (fails without it under CI) and the right to mount; what cannot be done is skipped aloud.
#![allow(clippy::unwrap_used, reason = "tests")]

mod kills {
    pub mod witness;
}
mod disks {
    pub mod mounts;
    pub mod sufferer;
}

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kills::witness::{self, Held};

/// Calls that the journal makes to a disk, and what each may say.
const CALLS: [(&str, &str); 8] = [
    ("pwrite64", "ENOSPC"),
    ("fdatasync", "EIO"),
    ("fsync", "EIO"),
    ("renameat,?renameat2", "EIO"),
    ("openat", "EMFILE"),
    ("fallocate", "ENOSPC"),
    ("ftruncate", "EIO"),
    ("unlinkat", "EIO"),
];

/// All calls that change something: what a file system says that the kernel made read-only.
const READ_ONLY: (&str, &str) = ("pwrite64,fdatasync,fsync,renameat,?renameat2,fallocate,ftruncate,unlinkat", "EROFS");

/// No run of the sufferer makes more calls of one kind.
const CALLS_MAX: u32 = 2_000;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("tickring-journal-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Whether a program is here; without it a test is skipped aloud, under CI it fails.
fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "{program} is missing");
    if !found {
        println!("SKIPPED: {program} is missing");
    }
    found
}

/// Runs the sufferer under strace; whether it met the fault, how it ended, and what it told.
fn suffer(folder: &Path, inject: &str, calls: &str) -> (bool, i32, sufferer::Told) {
    let log = folder.join("calls");
    let journal = folder.join("journal");
    fs::create_dir_all(&journal).unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "--seccomp-bpf", "-o"]).arg(&log);
    strace.arg("-e").arg(format!("trace={calls}")).arg("-e").arg(format!("inject={calls}:{inject}"));
    if calls == "openat" {
        // The loader and the test's own files are not the journal's.
        strace.arg("-P").arg(&journal);
    }
    let status = strace
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_suffers", "--ignored", "--nocapture", "--test-threads=1"])
        .env("TICKRING_JOURNAL_SUFFERER", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let log = fs::read_to_string(&log).unwrap();
    let met = log.contains("(INJECTED)") || log.contains("(DELAYED)");
    (met, status.code().unwrap_or(-1), sufferer::Told::read(folder))
}

use disks::sufferer;

/// Fails the n-th call of each kind, once, until a run makes no such call; what is acknowledged must be there, and all else as
/// well, as the disk recovered.
#[test]
fn f50_any_call_to_the_kernel_may_fail_once_and_nothing_is_lost() {
    if !has("strace") {
        return;
    }
    let mut runs = 0;
    for (calls, error) in CALLS {
        let mut call = 1;
        loop {
            let folder = folder("once");
            let (met, status, told) = suffer(&folder, &format!("error={error}:when={call}"), calls);
            let held = witness::held(&folder);
            let what = format!("{calls} {call} said {error}: {told:?}, {held:?}, status {status}");
            assert!(held.last >= told.acknowledged, "{what}");
            if status == 0 {
                // A machine with other work may not take all of it in time; that is told as well.
                assert_eq!(held, Held { last: told.appended, missing: told.shed }, "{what}");
            } else {
                // A folder that cannot be begun is told at the start.
                assert_eq!((status, told.appended), (sufferer::NOT_OPENED, 0), "{what}");
            }
            fs::remove_dir_all(&folder).unwrap();
            runs += 1;
            if !met {
                break;
            }
            call += 1;
            assert!(call < CALLS_MAX, "{calls} does not end");
        }
        assert!(call > 1, "{calls} is never called");
    }
    println!("{runs} runs");
}

/// The same, from the n-th call on: what the disk does not take is told as a gap, or the process says that it could not tell.
#[test]
fn f50_any_call_to_the_kernel_may_fail_for_ever_and_nothing_acknowledged_is_lost() {
    if !has("strace") {
        return;
    }
    // Most of their time they wait for a disk that never answers: side by side.
    std::thread::scope(|scope| {
        for (calls, error) in CALLS.into_iter().chain([READ_ONLY]) {
            scope.spawn(move || [1, 3, 9].into_iter().for_each(|call| fail_for_ever(calls, error, call)));
        }
    });
}

fn fail_for_ever(calls: &str, error: &str, call: u32) {
    let folder = folder(&format!("ever-{}-{error}", &calls[..5]));
    let (_, status, told) = suffer(&folder, &format!("error={error}:when={call}+"), calls);
    let held = witness::held(&folder);
    let what = format!("{calls} from {call} on said {error}: {told:?}, {held:?}, status {status}");
    assert!(held.last >= told.acknowledged, "{what}");
    match status {
        // Closed in order: all is there, or in a gap.
        0 => assert_eq!(held, Held { last: told.appended, missing: told.shed }, "{what}"),
        sufferer::UNWRITTEN => assert!(held.last <= told.appended, "{what}"),
        status => assert_eq!((status, told.appended), (sufferer::NOT_OPENED, 0), "{what}"),
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// F54: the disk hangs within a sync. Appends go on, what has no room is shed, `degraded` is told, and the gap is exact.
#[test]
fn f54_a_disk_that_hangs_stops_nobody_and_what_is_shed_is_told() {
    if !has("strace") {
        return;
    }
    let folder = folder("hang");
    let (met, status, told) = suffer(&folder, "delay_enter=3000000:when=6", "fdatasync");
    let held = witness::held(&folder);
    let what = format!("{told:?}, {held:?}");
    assert!(met && status == 0, "{what}");
    assert!(told.degraded, "nobody was told: {what}");
    assert!(told.shed > 0 && told.during_hang > 0, "the hang was not felt: {what}");
    assert_eq!(held, Held { last: told.appended, missing: told.shed }, "{what}");
    fs::remove_dir_all(&folder).unwrap();
}

/// Not a test: what the others start.
#[test]
#[ignore = "started by the other tests"]
fn the_process_that_suffers() {
    if let Some(folder) = std::env::var_os("TICKRING_JOURNAL_SUFFERER") {
        std::process::exit(sufferer::live(Path::new(&folder)));
    }
}
