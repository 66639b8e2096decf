#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

const SECOND: u64 = 1_000_000_000;

fn checks() -> Checks {
    Checks::new(Rules::default(), -2)
}

/// Trades around 100.00, a tick apart and never larger than 10; the last one's receive time.
fn learn(checks: &mut Checks, trades: u64) -> u64 {
    for at in 1..=trades {
        let price = 10_000 + (at % 5) as i64;
        assert_eq!(checks.trade(price, 1 + (at % 10) as i64, at * SECOND, at * SECOND), 0, "trade {at}");
    }
    trades * SECOND
}

#[test]
fn a_price_far_from_the_median_is_an_outlier_and_changes_no_bounds() {
    let mut checks = checks();
    let now = learn(&mut checks, 200);
    for (price, verdict) in [(10_101, 0), (10_103, Rule::Outlier.bit()), (9_800, Rule::Outlier.bit()), (9_990, 0), (20_000, 2)]
    {
        assert_eq!(checks.trade(price, 1, now, now), verdict, "{price}");
    }
}

#[test]
fn a_price_that_stays_is_a_new_level() {
    let mut checks = checks();
    let now = learn(&mut checks, 200);
    let verdicts: Vec<_> = (0..10).map(|_| checks.trade(12_000, 1, now, now)).collect();
    let outliers = usize::from(LEVEL_SHIFT) - 1;
    assert_eq!(verdicts, [vec![Rule::Outlier.bit(); outliers], vec![0; 10 - outliers]].concat());
}

#[test]
fn after_a_silence_no_price_is_an_outlier() {
    let mut checks = checks();
    let now = learn(&mut checks, 200) + 61 * SECOND;
    assert_eq!(checks.trade(20_000, 1, now, now), 0);
}

#[test]
fn a_trade_many_times_the_largest_is_a_spike_until_such_trades_are_common() {
    let mut checks = checks();
    let now = learn(&mut checks, 64);
    assert_eq!(checks.trade(10_000, 500, now, now), 0, "50 times the largest of them");
    assert_eq!(checks.trade(10_000, 501, now, now), Rule::Volume.bit());
    for _ in 0..62 {
        checks.trade(10_000, 1_000, now, now);
    }
    assert_eq!(checks.trade(10_000, 1_000, now, now), 0, "a whole block of them");
}

#[test]
fn a_time_that_goes_back_or_leaps_ahead_is_told_until_it_is_the_venues_time() {
    let mut checks = checks();
    let time = Rule::Time.bit();
    for (ts_event, ts_recv, verdict) in
        [(100, 100, 0), (99, 100, 0), (98, 100, time), (107, 101, time), (106, 101, 0), (0, 102, 0)]
    {
        assert_eq!(checks.book(ts_event * SECOND, ts_recv * SECOND), verdict, "{ts_event} at {ts_recv}");
    }
    let verdicts: Vec<_> = (0..10).map(|_| checks.book(5 * SECOND, 103 * SECOND)).collect();
    assert_eq!(verdicts, [[time; 8].as_slice(), &[0, 0]].concat());
    assert_eq!(checks.quote(0, 0, 90 * SECOND, 103 * SECOND), 0, "each channel has a time of its own");
}

#[test]
fn a_stall_and_its_burst_are_no_leap() {
    let mut checks = checks();
    assert_eq!(checks.book(100 * SECOND, 100 * SECOND), 0);
    for late in 0..40 {
        assert_eq!(checks.book((101 + late) * SECOND, 141 * SECOND), 0, "{late} s late");
    }
}

#[test]
fn spreads_and_configured_bounds_are_looked_at_where_there_are_two_sides() {
    let bound = |mantissa, exponent| Some(Bound { mantissa, exponent });
    let rules = Rules { price_min: bound(5, 0), price_max: bound(1_000_005, -3), ..Rules::default() };
    let mut checks = Checks::new(rules, -2);
    let (range, spread) = (Rule::PriceRange.bit(), Rule::Spread.bit());
    for (bid, ask, verdict) in [
        (10_000, 10_500, 0),
        (10_000, 10_501, spread),
        (499, 500, range),
        (500, 501, 0),
        (100_000, 100_001, range),
        (0, 10, 0),
        (10_000, 9_000, 0),
    ] {
        assert_eq!(checks.quote(bid, ask, SECOND, SECOND), verdict, "{bid} {ask}");
    }
    assert_eq!(checks.touch(10_000, 10_501), spread);
    assert_eq!(checks.book(SECOND, SECOND), spread, "deltas say what the last tick saw");
    checks.rescale(-4, 100, 1);
    assert_eq!(checks.trade(49_999, 1, SECOND, SECOND), range);
    assert_eq!(checks.trade(50_000, 1, SECOND, SECOND), 0);
}

#[test]
fn ids_missing_are_a_share_of_the_minutes_ids() {
    let mut ids = Ids::default();
    assert_eq!(ids.end(Some(1_000)), (0, 0), "the first minute is not whole");
    ids.miss(1_001, 1_020);
    ids.miss(0, 0);
    assert_eq!(ids.end(Some(3_000)), (2_000, 20));
    assert_eq!(ids.end(Some(5)), (0, 0), "a numbering that restarted");
    let checks = checks();
    assert!(!checks.is_thin(2_000, 20) && checks.is_thin(2_000, 21) && !checks.is_thin(0, 0));
}

#[test]
fn a_rule_is_told_once_a_second_and_each_for_itself() {
    let mut checks = checks();
    let (time, spread) = (Rule::Time.bit(), Rule::Spread.bit());
    assert_eq!(checks.to_tell(time, SECOND), Some(Rule::Time));
    assert_eq!(checks.to_tell(time, 2 * SECOND - 1), None);
    assert_eq!(checks.to_tell(time | spread, 2 * SECOND - 1), Some(Rule::Spread));
    assert_eq!(checks.to_tell(time, 2 * SECOND), Some(Rule::Time));
}

#[test]
fn rules_that_are_off_doubt_nothing() {
    let mut checks = Checks::new(Rules::OFF, -2);
    let mut now = 0;
    for at in 0..300_u64 {
        now = at * SECOND;
        assert_eq!(checks.trade(10_000, 1, now, now), 0);
    }
    assert_eq!(checks.trade(1, i64::MAX, 1, now), 0);
    assert_eq!(checks.trade(i64::MAX, 1, u64::MAX / 4, now), 0);
    assert_eq!(checks.quote(1, i64::MAX, 1, now), 0);
}

#[test]
fn exponents_that_overflow_what_was_learned_begin_anew() {
    let mut checks = checks();
    let now = learn(&mut checks, 200);
    checks.rescale(-18, 10_i64.pow(16), 1);
    assert_eq!(checks.trade(i64::MAX, 1, now, now), 0);
    assert!(checks.is_whole());
}
