//! F39, F40, F55, F56: whoever dies, wherever, what was acknowledged is there.

use super::rig::{Rig, check, settings};
use super::simulated::{Plan, Simulated};

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// F56: of what was not synced, any sectors reach the disk, and names as well or not.
#[test]
fn f56_any_part_of_what_was_not_synced_may_be_lost() {
    let seed = std::env::var("TICKRING_JOURNAL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x5eed);
    let mut dice = Dice(seed);
    for round in 0..400 {
        let compress = dice.below(2) == 0;
        let retention = crate::Retention { bytes: (dice.below(2) == 0).then_some(50 << 10), ..crate::Retention::default() };
        let settings = crate::Settings { compress, retention, ..settings() };
        let disk = Simulated::default();
        disk.plan(Plan { fail_at: 30 + dice.below(400), sticky: true, ..Plan::default() });
        let (mut acknowledged, mut appended, mut shed) = (0, 0, Vec::new());
        if let Ok(mut rig) = Rig::open(&disk, &settings) {
            for _ in 0..dice.below(60) {
                rig.work(1 + dice.below(4));
            }
            (acknowledged, appended, shed) = (rig.durable(), rig.appended, rig.shed.clone());
        }
        let (mut sectors, keep_names) = (Dice(dice.0), dice.below(2) == 0);
        let after = disk.power_cut(|_| sectors.below(2) == 0, keep_names);
        eprintln!("seed {seed} round {round}");
        check(&after, acknowledged, appended, &shed);
    }
}

/// F40: killed at every call of the recovery, five times in a row; with the power, and without.
#[test]
fn f40_recovery_that_is_killed_at_every_call_is_idempotent() {
    for cut_power in [false, true] {
        let mut at = 1;
        loop {
            let disk = Simulated::default();
            let mut rig = Rig::open(&disk, &settings()).unwrap();
            rig.work(60);
            let (acknowledged, appended) = (rig.durable(), rig.appended);
            drop(rig);
            let mut disk = disk.restart();
            let mut untouched = false;
            for nested in 0..5 {
                disk.plan(Plan { fail_at: at, sticky: true, ..Plan::default() });
                let opened = Rig::open(&disk, &settings());
                assert!(opened.as_ref().err().is_none_or(|error| error.code().name() == "JOURNAL_IO"), "{:?}", opened.err());
                untouched = disk.calls() < at;
                drop(opened);
                disk = if cut_power { disk.power_cut(|sector| sector % 3 == nested, nested % 2 == 0) } else { disk.restart() };
            }
            check(&disk, acknowledged, appended, &[]);
            if untouched {
                break;
            }
            at += 1;
        }
        assert!(at > 20, "recovery made only {at} calls");
    }
}
