//! Writers and readers as processes that are killed, restarted, stopped, started late and lapped. The test runs itself again
//! with a role in its environment.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::{NAME, Root, number_of, options, publish};
use tickring_shm::{EngineLock, Liveness, Poll, Reader, Record, SegmentOptions, ShmError, Writer};

const ROLE: &str = "TICKRING_TEST_ROLE";
const ROOT: &str = "TICKRING_TEST_ROOT";
const NUMBER: &str = "TICKRING_TEST_NUMBER";
/// The command line of an emulator, where this machine cannot run the test's file by itself.
const RUNNER: &str = "TICKRING_TEST_RUNNER";
/// Only a hang takes this long.
const WATCHDOG: Duration = Duration::from_secs(120);
/// Records of a writer that ends in order.
const LAST_RECORDS: u64 = 300_000;

/// This program once more.
fn this_program() -> Command {
    let file = std::env::current_exe().unwrap();
    let runner = std::env::var(RUNNER).unwrap_or_default();
    let mut words = runner.split_whitespace();
    let Some(emulator) = words.next() else { return Command::new(file) };
    let mut command = Command::new(emulator);
    command.args(words).arg(file);
    command
}

/// A child that does not outlive its test.
struct Process(Child);

impl Process {
    fn start(role: &str, root: &Root, number: u64) -> Self {
        let child = this_program()
            .args(["--exact", "role_of_a_child", "--nocapture"])
            .env(ROLE, role)
            .env(ROOT, root.path())
            .env(NUMBER, number.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < WATCHDOG, "a child hangs");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a test of its own: what a child does.
#[test]
fn role_of_a_child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let root = PathBuf::from(std::env::var_os(ROOT).unwrap());
    let number = std::env::var(NUMBER).unwrap().parse().unwrap();
    match role.as_str() {
        "writer" => write(&segment(root, number), u64::MAX),
        "last writer" => write(&segment(root, number), LAST_RECORDS),
        "reader" => follow(&root, number),
        "holder" => {
            let _lock = EngineLock::acquire(&root, NAME).unwrap();
            std::fs::write(root.join("held"), "").unwrap();
            std::thread::sleep(WATCHDOG);
        }
        _ => panic!("no such role"),
    }
}

fn segment(root: PathBuf, epoch: u64) -> SegmentOptions {
    SegmentOptions { ring_bytes: 1 << 18, ..options(&root, epoch) }
}

/// Publishes records whose number is their sequence.
fn write(options: &SegmentOptions, records: u64) {
    let _lock = EngineLock::acquire(&options.root, NAME).unwrap();
    let mut writer = Writer::create(options).unwrap();
    for count in 0..records {
        let number = writer.sequence() + 1;
        publish(&mut writer, number);
        if count % 256 == 0 {
            writer.heartbeat();
            std::thread::yield_now();
        }
    }
    writer.close();
}

/// Reads through all generations until a writer ends in order; sleeps `pause_us` after each 1,000 polls, so as to be lapped.
fn follow(root: &std::path::Path, pause_us: u64) {
    let mut reader = Reader::open(root, NAME, 0).unwrap();
    let mut record = Record::default();
    let (mut next, mut polls, mut read, mut lost) = (None, 0_u64, 0_u64, 0_u64);
    loop {
        polls += 1;
        if polls.is_multiple_of(1_000) && pause_us > 0 {
            std::thread::sleep(Duration::from_micros(pause_us));
        }
        match reader.poll(&mut record) {
            Poll::Record => {
                if record.epoch_start().is_none() {
                    assert_eq!(number_of(&record), record.sequence);
                }
                if let Some(next) = next {
                    assert_eq!(record.sequence, next, "a record was lost without a word");
                }
                next = Some(record.sequence + 1);
                read += 1;
            }
            Poll::Lapped { lost: more } => {
                next = next.map(|next| next + more);
                lost += more;
            }
            Poll::Empty | Poll::Stalled => match reader.liveness() {
                Liveness::Superseded { .. } => reader.reopen().unwrap(),
                Liveness::Closed { final_sequence } => {
                    if next.is_some_and(|next| next == final_sequence + 1) {
                        break;
                    }
                }
                _ => std::thread::yield_now(),
            },
        }
    }
    eprintln!("reader with a pause of {pause_us} us: {read} records read, {lost} lost");
}

#[test]
fn readers_follow_killed_and_restarted_writers_with_exact_loss() {
    let root = Root::new();
    let mut writer = Process::start("writer", &root, 1);
    let start = Instant::now();
    while Reader::open(root.path(), NAME, 0).is_err() {
        assert!(start.elapsed() < WATCHDOG, "the first writer never published");
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut readers = vec![Process::start("reader", &root, 0), Process::start("reader", &root, 20_000)];
    for epoch in 2..=6 {
        std::thread::sleep(Duration::from_millis(150));
        // One reader is killed at work, another sleeps through a generation: neither holds the writer up.
        let victim = Process::start("reader", &root, 0);
        readers[1].signal(Signal::STOP);
        writer.kill();
        writer = Process::start("writer", &root, epoch);
        std::thread::sleep(Duration::from_millis(100));
        victim.kill();
        readers[1].signal(Signal::CONT);
        readers.push(Process::start("reader", &root, epoch * 100));
    }
    writer.kill();
    let mut last = Process::start("last writer", &root, 7);
    assert!(last.wait().success());
    for mut reader in readers {
        assert!(reader.wait().success(), "a reader found a torn record or a wrong count; see its message above");
    }
}

#[test]
fn second_engine_is_told_who_holds_the_name_and_the_first_is_untouched() {
    let root = Root::new();
    let first = EngineLock::acquire(root.path(), NAME).unwrap();
    let Err(ShmError::Held { name, pid, started }) = EngineLock::acquire(root.path(), NAME) else {
        panic!("two engines hold one name")
    };
    assert_eq!((name.as_str(), pid), (NAME, std::process::id()));
    assert!(started > 1_700_000_000);
    let _other = EngineLock::acquire(root.path(), "other").unwrap();
    drop(first);
    let _again = EngineLock::acquire(root.path(), NAME).unwrap();
}

#[test]
fn killed_engine_frees_its_name_at_once() {
    let root = Root::new();
    std::fs::create_dir_all(root.path()).unwrap();
    let holder = Process::start("holder", &root, 0);
    let start = Instant::now();
    while !root.path().join("held").exists() {
        assert!(start.elapsed() < WATCHDOG, "the holder never took the name");
        std::thread::sleep(Duration::from_millis(1));
    }
    let pid = holder.0.id();
    assert!(matches!(EngineLock::acquire(root.path(), NAME), Err(ShmError::Held { pid: held_by, .. }) if held_by == pid));
    holder.kill();
    EngineLock::acquire(root.path(), NAME).unwrap();
}
