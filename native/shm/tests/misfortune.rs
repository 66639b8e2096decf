//! What may happen to a segment's file and to its writer's process while both are in use (T6, T7).
#![cfg(not(loom))]
#![allow(unsafe_code, clippy::unwrap_used)]

mod ledger;
mod roles;
mod support;

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use ledger::{End, Ledger};
use roles::{Process, role, until, words};
use support::{NAME, Root, number_of, options, publish};
use tickring_shm::{EngineLock, Liveness, Poll, Reader, Record, ShmError, Writer};

/// Not a test of its own: what a child does.
#[test]
fn role_of_a_child() {
    let Some((role, root)) = role() else { return };
    match role.as_str() {
        "writer" => {
            let mut writer = Writer::create(&options(&root, 1)).unwrap();
            loop {
                let next = writer.sequence() + 1;
                publish(&mut writer, next);
                writer.heartbeat();
                // Slow enough for a reader to have every record.
                std::thread::yield_now();
            }
        }
        "reader" => {
            let mut ledger = Ledger::new(Reader::open(&root, NAME, 0).unwrap());
            fs::write(root.join("reads"), "").unwrap();
            loop {
                ledger.drain();
            }
        }
        "forks" => fork_while_writing(root),
        "holder" => {
            let _lock = EngineLock::acquire(&root, NAME).unwrap();
            fs::write(root.join("held"), "").unwrap();
            std::thread::sleep(roles::WATCHDOG);
        }
        "taker" => drop(EngineLock::acquire(&root, NAME).unwrap()),
        _ => panic!("no such role"),
    }
}

/// A writer process that writes, and a reader of it.
fn at_work() -> (Root, Process, Ledger) {
    let root = Root::new();
    let writer = Process::start("writer", root.path());
    let mut reader = None;
    until("a segment", || {
        reader = Reader::open(root.path(), NAME, 0).ok();
        reader.is_some()
    });
    (root, writer, Ledger::new(reader.unwrap()))
}

/// Reads until there are so many records more.
fn read_on(ledger: &mut Ledger) {
    let before = ledger.read;
    until("more records", || {
        ledger.drain();
        ledger.read > before + 1_000
    });
}

#[test]
fn names_and_modes_may_change_under_whoever_has_the_file_mapped() {
    let (root, _writer, mut ledger) = at_work();
    let (shard, file) = (root.shard(), root.shard().join("ring.0000000000000001"));
    read_on(&mut ledger);
    for path in [&file, &shard] {
        fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
        read_on(&mut ledger);
    }
    fs::set_permissions(&shard, Permissions::from_mode(0o750)).unwrap();
    fs::rename(&file, shard.join("elsewhere")).unwrap();
    read_on(&mut ledger);
    assert!(matches!(Reader::open(root.path(), NAME, 0), Err(ShmError::NotFound { .. })));
    fs::remove_file(shard.join("elsewhere")).unwrap();
    read_on(&mut ledger);
    fs::remove_file(shard.join("current")).unwrap();
    read_on(&mut ledger);
    ledger.reader.liveness();
    assert!(ledger.reader.reopen().is_err(), "nothing is there to be opened");
    read_on(&mut ledger);
}

#[test]
fn truncated_file_ends_who_has_it_mapped_and_nobody_else() {
    let (root, mut writer, _) = at_work();
    let mut reader = Process::start("reader", root.path());
    until("a reader at work", || root.path().join("reads").exists());
    let file = root.shard().join("ring.0000000000000001");
    OpenOptions::new().write(true).open(file).unwrap().set_len(0).unwrap();
    assert_eq!((writer.signal(), reader.signal()), (Some(libc::SIGBUS), Some(libc::SIGBUS)));
    assert!(matches!(Reader::open(root.path(), NAME, 0), Err(ShmError::Corrupt { .. })));
    // The next writer cannot know where the one before was: it begins again.
    let mut next = Writer::create(&options(root.path(), 2)).unwrap();
    publish(&mut next, 2);
    let mut ledger = Ledger::oldest(Reader::open(root.path(), NAME, 0).unwrap());
    assert_eq!((ledger.drain(), ledger.read, ledger.next), (End::Empty, 2, Some(3)));
}

/// The writer's process forks; the child writes.
fn fork_while_writing(root: PathBuf) {
    let mut writer = Writer::create(&options(&root, 1)).unwrap();
    let mut ledger = Ledger::new(Reader::open(&root, NAME, 0).unwrap());
    publish(&mut writer, 2);
    // SAFETY: the child calls nothing but the writer, which neither allocates nor takes locks, and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        writer.heartbeat();
        // SAFETY: ends this process at once, which nothing forbids.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: `status` is a valid place for an integer, which is all that the call writes.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert!(waited == child && libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSEGV, "status {status:#x}");
    publish(&mut writer, 3);
    assert_eq!((ledger.drain(), ledger.read, ledger.next), (End::Empty, 2, Some(4)));
}

#[test]
fn forked_child_of_a_writer_is_ended_when_it_writes() {
    let root = Root::new();
    assert!(Process::start("forks", root.path()).wait().success(), "see above");
}

#[test]
fn pid_of_a_killed_engine_given_to_another_process_does_not_hold_its_name() {
    let root = Root::new();
    fs::create_dir_all(root.path()).unwrap();
    // In a pid namespace of its own, so that the pid can be given again at once.
    let script = r#"
        TICKRING_TEST_ROLE=holder "$@" & holder=$!
        while [ ! -e "$TICKRING_TEST_ROOT/held" ]; do sleep 0.01; done
        grep -qx "pid $holder" "$TICKRING_TEST_ROOT"/*/engine.lock || exit 4
        kill -9 $holder; wait $holder 2>/dev/null
        echo $((holder - 1)) > /proc/sys/kernel/ns_last_pid
        sleep 100 & other=$!
        [ $other = $holder ] || exit 5
        TICKRING_TEST_ROLE=taker "$@" & taker=$!
        wait $taker; status=$?
        kill $other
        exit $status
    "#;
    let unshare = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    let possible = Command::new("unshare").args(unshare).arg("true").status().is_ok_and(|status| status.success());
    if !possible || std::env::var_os("TICKRING_TEST_RUNNER").is_some() {
        eprintln!("SKIPPED: no pid namespace can be made here");
        return;
    }
    let mut command = Command::new("unshare");
    command.args(unshare).args(["sh", "-c", script, "sh"]).args(words()).env("TICKRING_TEST_ROOT", root.path());
    let mut process = Process(command.spawn().unwrap());
    assert_eq!(process.wait().code(), Some(0), "4: another pid in the lock file; 5: the pid was not given again");
}

#[test]
fn a_reader_follows_an_engine_whose_directory_was_removed() {
    let root = Root::new();
    let mut first = Writer::create(&options(root.path(), 1)).unwrap();
    let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
    publish(&mut first, 1);
    drop(first);
    fs::remove_dir_all(root.path()).unwrap();
    // Its file has the number, and may have the length, of the one before.
    let mut second = Writer::create(&options(root.path(), 2)).unwrap();
    publish(&mut second, 2);
    std::thread::sleep(Duration::from_millis(260));
    assert_eq!(reader.generation(), 1);
    assert_eq!(reader.liveness(), Liveness::Superseded { epoch: 2 });
    reader.reopen().unwrap();
    assert_eq!((reader.generation(), reader.epoch()), (1, 2));
    let mut record = Record::default();
    while reader.poll(&mut record) != Poll::Empty {}
    assert_eq!(number_of(&record), 2);
}
