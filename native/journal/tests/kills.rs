//! F38, F39, F40: a process that writes a journal is killed, at random and at each call to the disk, recovery included. A reader of
//! its own, which shares no code with the crate, then looks at the files alone: an exact prefix, with everything acknowledged.
//!
//! `TICKRING_JOURNAL_KILLS` says how often (10,000 under CI, else 600), `TICKRING_JOURNAL_SEED` with which random numbers.
#![allow(clippy::unwrap_used, reason = "tests")]

mod kills {
    pub mod child;
    pub mod witness;
}

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kills::witness;

/// Lives of one folder before it begins anew: each recovers what the one before left.
const LIVES: u64 = 60;

/// Longest life of a process killed at random, us: about how long the build at hand takes to write all its inputs.
const LIFE_US: u64 = if cfg!(debug_assertions) { 20_000 } else { 6_000 };

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn kills() -> u64 {
    number("TICKRING_JOURNAL_KILLS", if std::env::var_os("CI").is_some() { 10_000 } else { 600 })
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A folder in memory where there is one: a killed process loses nothing that it gave to the kernel.
fn folder(lane: &str) -> PathBuf {
    let shared = Path::new("/dev/shm");
    let root = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    root.join(format!("tickring-journal-{}-{lane}", std::process::id()))
}

fn spawn(folder: &Path, step: u64, compress: bool) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_is_killed", "--ignored", "--nocapture", "--test-threads=1"])
        .env("TICKRING_JOURNAL_CHILD", folder)
        .env("TICKRING_JOURNAL_STEP", step.to_string())
        .env("TICKRING_JOURNAL_COMPRESS", compress.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Highest number that the process said to be durable.
fn acknowledged(folder: &Path) -> u64 {
    let bytes = fs::read(folder.join("acknowledged")).unwrap_or_default();
    bytes.chunks_exact(8).next_back().map_or(0, |word| u64::from_le_bytes(word.try_into().unwrap()))
}

/// Waits for the process; `false` if it was not killed but ended well.
fn was_killed(mut child: Child, patience: Option<Duration>) -> bool {
    use std::os::unix::process::ExitStatusExt;
    let until = patience.map(|patience| Instant::now() + patience);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success() || status.signal() == Some(9), "the process ended by itself: {status}");
            return !status.success();
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// Kills `count` times as `next` says: at which call, or after which time; what it gave is told how the life ended.
fn lane(name: &str, count: u64, mut next: impl FnMut(&mut Dice, bool) -> (u64, Option<Duration>)) {
    let seed = number("TICKRING_JOURNAL_SEED", 0x6b69_6c6c);
    let mut dice = Dice(seed);
    let folder = folder(name);
    let (mut killed, mut lives, mut last, mut died) = (0, 0, 0, true);
    let mut most = 0;
    while killed < count {
        if lives % LIVES == 0 {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            last = 0;
        }
        let (step, patience) = next(&mut dice, died);
        died = was_killed(spawn(&folder, step, (lives / LIVES) % 2 == 1), patience);
        lives += 1;
        killed += u64::from(died);
        let acknowledged = acknowledged(&folder);
        let witness::Held { last: found, missing } = witness::held(&folder);
        assert_eq!(missing, 0, "seed {seed}, life {lives}: inputs are missing");
        assert!(found >= acknowledged, "seed {seed}, life {lives}: {acknowledged} is acknowledged, {found} is there");
        assert!(found >= last, "seed {seed}, life {lives}: {last} was there, {found} is");
        last = found;
        most = most.max(found);
    }
    fs::remove_dir_all(&folder).unwrap();
    println!("{name}: {killed} kills, at most {most} inputs in a folder");
    assert!(most > 100, "only {most} inputs were written: nothing was shown");
}

#[test]
fn f38_a_process_killed_at_random_leaves_an_exact_prefix_with_all_that_was_acknowledged() {
    lane("random", kills() / 2, |dice, _| (0, Some(Duration::from_micros(dice.below(LIFE_US)))));
}

#[test]
fn f39_f40_a_process_killed_at_each_call_to_the_disk_leaves_the_same() {
    let mut step = 0;
    lane("step", kills() / 2, |dice, died| {
        // One call later each time, through recovery and on; from the beginning again when the process got through, and now and
        // then several times within recovery.
        step = if died && step < 250 { step + 1 } else { 1 };
        (if dice.below(4) == 0 { 1 + dice.below(25) } else { step }, None)
    });
}

/// Not a test: what the two above start.
#[test]
#[ignore = "started by the other tests"]
fn the_process_that_is_killed() {
    if let Some(folder) = std::env::var_os("TICKRING_JOURNAL_CHILD") {
        let compress = std::env::var("TICKRING_JOURNAL_COMPRESS").is_ok_and(|text| text == "true");
        kills::child::live(Path::new(&folder), number("TICKRING_JOURNAL_STEP", 0), compress);
    }
}
