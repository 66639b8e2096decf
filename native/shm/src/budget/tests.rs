#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::sync::Barrier;

use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000_000;
const MINUTE: Duration = Duration::from_mins(1);

/// A directory of its own, removed at the end.
struct Root(PathBuf);

impl Root {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tickring-budget-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn open(&self) -> HostBudget {
        HostBudget::open(&self.0, "venue.example", MINUTE).unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.0.join(DIRECTORY)).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn two_who_open_the_same_key_count_together() {
    let root = Root::new("together");
    let (one, other) = (root.open(), root.open());
    let now = 1_000 * SECOND;
    assert!(matches!(one.take(60, 100, now), Taken::Granted(_)));
    assert!(matches!(other.take(60, 100, now), Taken::Wait(_)));
    assert!(matches!(other.take(40, 100, now), Taken::Granted(_)));
    assert_eq!((one.sum(now), root.files().len()), (100, 1));
}

#[test]
fn a_window_of_another_length_is_another_budget() {
    let root = Root::new("window");
    let now = 1_000 * SECOND;
    assert!(matches!(root.open().take(100, 100, now), Taken::Granted(_)));
    let hour = HostBudget::open(&root.0, "venue.example", Duration::from_hours(1)).unwrap();
    assert_eq!(hour.sum(now), 0);
}

#[test]
fn what_a_dead_process_took_comes_back_when_the_window_has_passed() {
    let root = Root::new("dead");
    let now = 1_000 * SECOND;
    assert!(matches!(root.open().take(100, 100, now), Taken::Granted(_)));
    let other = root.open();
    let Taken::Wait(wait) = other.take(1, 100, now) else { panic!("granted beyond the limit") };
    assert!(wait > 60 * SECOND && wait <= 62 * SECOND, "{wait}");
    assert!(matches!(other.take(1, 100, now + wait - SECOND), Taken::Wait(_)));
    assert!(matches!(other.take(100, 100, now + wait), Taken::Granted(_)));
}

#[test]
fn a_venue_that_closed_itself_is_closed_to_all_and_to_those_who_come_later() {
    let root = Root::new("closed");
    let now = 1_000 * SECOND;
    root.open().close_for(120 * SECOND, now);
    root.open().close_for(SECOND, now);
    assert_eq!(root.open().take(1, 100, now + SECOND), Taken::Wait(119 * SECOND));
    assert!(matches!(root.open().take(1, 100, now + 120 * SECOND), Taken::Granted(_)));
}

#[test]
fn a_request_counts_until_a_window_after_its_answer() {
    let budget = HostBudget::alone(MINUTE).unwrap();
    let now = 1_000 * SECOND;
    let Taken::Granted(granted) = budget.take(100, 100, now) else { panic!("refused") };
    budget.settle(100, granted, now + 10 * SECOND);
    assert!(matches!(budget.take(1, 100, now + 65 * SECOND), Taken::Wait(_)));
    assert!(matches!(budget.take(1, 100, now + 72 * SECOND), Taken::Granted(_)));
}

#[test]
fn the_venues_own_count_adds_what_others_used_and_takes_nothing_away() {
    let budget = HostBudget::alone(MINUTE).unwrap();
    let now = 1_000 * SECOND;
    let Taken::Granted(granted) = budget.take(20, 100, now) else { panic!("refused") };
    budget.used(70, now);
    budget.used(30, now);
    assert_eq!(budget.sum(now), 70);
    budget.give_back(20, granted);
    assert_eq!(budget.sum(now), 50);
}

#[test]
fn threads_that_race_are_never_granted_more_than_the_limit() {
    const LIMIT: u64 = 1_000;
    let root = Root::new("race");
    let now = 1_000 * SECOND;
    let barrier = Barrier::new(4);
    let granted: u64 = std::thread::scope(|scope| {
        let turns = (0..4).map(|thread| {
            let (budget, barrier) = (root.open(), &barrier);
            scope.spawn(move || {
                barrier.wait();
                let take = |turn: u64| matches!(budget.take(3 + turn % 5, LIMIT, now + thread * 40_000_000), Taken::Granted(_));
                (0..2_000).filter(|turn| take(*turn)).map(|turn| 3 + turn % 5).sum::<u64>()
            })
        });
        turns.collect::<Vec<_>>().into_iter().map(|turn| turn.join().unwrap()).sum()
    });
    assert!(granted <= LIMIT && granted > LIMIT - 10, "{granted}");
}

#[test]
fn a_file_of_another_shape_mode_or_boot_is_not_believed() {
    let root = Root::new("shape");
    drop(root.open());
    let [file] = &root.files()[..] else { panic!("one file") };
    std::fs::write(file, vec![0; FILE_SIZE]).unwrap();
    let code = || HostBudget::open(&root.0, "venue.example", MINUTE).map(drop).unwrap_err().code().name();
    assert_eq!(code(), "SHM_CORRUPT");
    std::fs::write(file, b"short").unwrap();
    assert_eq!(code(), "SHM_CORRUPT");
    std::os::unix::fs::symlink("/dev/null", file.with_extension("other")).unwrap();
    std::fs::remove_file(file).unwrap();
    std::os::unix::fs::symlink("/dev/null", file).unwrap();
    assert_eq!(code(), "SHM_PERMISSION");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn files_that_nobody_holds_and_that_tell_nothing_are_removed_by_the_next_who_makes_one() {
    let root = Root::new("idle");
    let key = |key: &str| HostBudget::open(&root.0, key, MINUTE).unwrap();
    let now = budget_clock();
    drop(key("idle"));
    let held = key("held");
    assert!(matches!(key("used").take(1, 100, now), Taken::Granted(_)));
    key("closed").close_for(60 * SECOND, now);
    drop(root.open());
    let mut names: Vec<_> = root.files().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    let stems: Vec<_> = names.iter().map(|name| name.split('.').next().unwrap()).collect();
    assert_eq!(stems, ["closed", "held", "used", "venue"]);
    std::fs::rename(&root.files()[0], root.0.join(DIRECTORY).join("used.60000.0000000000000000")).unwrap();
    drop((held, key("other")));
    assert!(!root.files().iter().any(|path| path.to_str().unwrap().ends_with("0000000000000000")));
}

#[test]
fn words_that_somebody_spoilt_hold_nobody_up_for_longer_than_a_window() {
    let budget = HostBudget::alone(MINUTE).unwrap();
    for index in word::CLOSED_UNTIL..WORDS {
        budget.words.set(index, u64::MAX);
    }
    assert!(matches!(budget.take(100, 100, 1_000 * SECOND), Taken::Granted(_)));
}

#[test]
fn keys_and_windows_out_of_range_are_refused() {
    let root = Root::new("range");
    let code = |key: &str, window| HostBudget::open(&root.0, key, window).map(drop).unwrap_err().code().name();
    assert_eq!(code("../venue", MINUTE), "SHM_NAME");
    assert_eq!(code("venue", Duration::from_millis(999)), "ARGUMENT_RANGE");
    assert_eq!(code("venue", Duration::from_hours(25)), "ARGUMENT_RANGE");
}

proptest! {
    /// Requests take up to ten seconds, and the venue counts each somewhere on its way.
    #[test]
    fn in_no_minute_of_the_venue_is_more_counted_than_the_limit(
        asks in prop::collection::vec((0_u64..3_000, 1_u64..300, 0_u64..10_000, 0_u64..=100), 1..120),
    ) {
        const LIMIT: u64 = 900;
        let millisecond = 1_000_000;
        let budget = HostBudget::alone(MINUTE).unwrap();
        let mut now = 1_000 * SECOND;
        let mut under_way: Vec<(u64, u64, u64)> = Vec::new();
        let mut counted: Vec<(u64, u64)> = Vec::new();
        for (pause, amount, takes, share) in asks {
            now += pause * millisecond;
            under_way.retain(|&(end, amount, granted)| {
                if end <= now {
                    budget.settle(amount, granted, end.max(now));
                }
                end > now
            });
            if let Taken::Granted(granted) = budget.take(amount, LIMIT, now) {
                counted.push((now + takes * millisecond * share / 100, amount));
                under_way.push((now + takes * millisecond, amount, granted));
            }
        }
        for &(from, _) in &counted {
            let minute = counted.iter().filter(|&&(at, _)| at >= from && at < from + 60 * SECOND);
            prop_assert!(minute.map(|&(_, amount)| amount).sum::<u64>() <= LIMIT);
        }
    }
}
