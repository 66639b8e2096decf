use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000_000;
/// A whole day, so that all timeframes begin with it.
const START: u64 = 19_900 * 86_400 * SECOND;

type Trade = (u64, i64, i64);

/// Open, high, low, close, volume and count of the trades of an interval, by looking at all of them.
fn figures(trades: &[Trade], start: u64, ns: u64) -> Option<(i64, i64, i64, i64, i64, u64)> {
    let mut inside: Vec<_> = trades.iter().filter(|(ts, ..)| (start..start + ns).contains(ts)).collect();
    inside.sort_by_key(|(ts, ..)| *ts); // stable: equal times keep their order of arrival
    let (first, last) = (inside.first()?, inside.last()?);
    let prices = || inside.iter().map(|trade| trade.1);
    let volume = inside.iter().map(|trade| trade.2).sum();
    Some((first.1, prices().max()?, prices().min()?, last.1, volume, inside.len() as u64))
}

fn figures_of(bar: &Bar) -> (i64, i64, i64, i64, i64, u64) {
    (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.count)
}

fn bars_of(trades: &[Trade]) -> Bars {
    let mut bars = Bars::default();
    for &(ts, price, qty) in trades {
        bars.add(ts, price, qty, false);
    }
    bars
}

fn taken(bars: &mut Bars, timeframe: Timeframe) -> Vec<Bar> {
    let mut taken = Vec::new();
    bars.take_changed(timeframe, |bar| taken.push(bar));
    taken
}

#[test]
fn there_are_no_candles_before_the_first_trade() {
    let mut bars = Bars::default();
    bars.advance(START);
    assert_eq!((bars.candles(Timeframe::M1, 100), bars.newest(Timeframe::D1)), (Vec::new(), None));
    assert!(!bars.has_changed());
    assert_eq!(bars.holes().collect::<Vec<_>>(), [Hole { from: 0, to: u64::MAX }]);
}

#[test]
fn an_interval_without_trades_has_the_close_before_it() {
    let mut bars = bars_of(&[(START, 50, 1), (START + 1, 40, 2)]);
    bars.advance(START + 150 * SECOND);
    let candles = bars.candles(Timeframe::M1, 100);
    let prices: Vec<_> = candles.iter().map(figures_of).collect();
    assert_eq!(prices, [(50, 50, 40, 40, 3, 2), (40, 40, 40, 40, 0, 0), (40, 40, 40, 40, 0, 0)]);
    assert_eq!(candles.iter().map(|bar| bar.closed).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(bars.candles(Timeframe::M1, 2), candles[1..]);
    assert_eq!(bars.candles(Timeframe::D1, 100).len(), 1);
}

#[test]
fn the_first_candle_is_partial_and_so_are_those_over_a_hole() {
    let minute = 60 * SECOND;
    let mut bars = bars_of(&[(START + 1, 1, 1), (START + minute, 1, 1), (START + 2 * minute, 1, 1)]);
    let partial = |bars: &Bars| -> Vec<bool> { bars.candles(Timeframe::M1, 100).iter().map(|bar| bar.partial).collect() };
    assert_eq!(partial(&bars), [true, false, false]);
    bars.miss();
    assert_eq!(partial(&bars), [true, false, true], "a trade of this minute may be missing now");
    bars.add(START + 4 * minute, 1, 1, false);
    bars.add(START + 5 * minute, 1, 1, false);
    assert_eq!(partial(&bars), [true, false, true, true, true, false]);
}

#[test]
fn holes_are_bounded_and_taken_together_without_losing_any_span() {
    let mut bars = Bars::default();
    for second in 0..200 {
        bars.add(START + second * SECOND, 1, 1, false);
        bars.miss();
    }
    let holes: Vec<_> = bars.holes().collect();
    assert_eq!(holes.len(), HOLES_MAX + 1);
    assert_eq!(holes[0].from, 0);
    assert!(holes.windows(2).all(|pair| pair[0].to == pair[1].from));
    assert_eq!(bars.candles(Timeframe::S1, 100).iter().filter(|bar| bar.partial).count(), 100);
}

#[test]
fn a_late_trade_is_counted_where_it_belongs_and_said_to_be_late() {
    let mut bars = bars_of(&[(START, 10, 1), (START + SECOND, 20, 1)]);
    for timeframe in Timeframe::ALL {
        taken(&mut bars, timeframe);
    }
    assert!(!bars.add(START + 5, 30, 2, false));
    let second = taken(&mut bars, Timeframe::S1);
    assert_eq!(second.iter().map(figures_of).collect::<Vec<_>>(), [(10, 30, 10, 30, 3, 2)]);
    assert_eq!((second[0].late, second[0].closed), (1, true));
    let minute = taken(&mut bars, Timeframe::M1);
    assert_eq!((minute.len(), minute[0].late, minute[0].close), (1, 0, 20), "the minute is still open");
    assert_eq!((bars.late(), bars.left_out()), (1, 0));
    // A candle that time closed is closed too.
    bars.advance(START + 2 * SECOND + GRACE_NS);
    bars.add(START + SECOND, 21, 1, false);
    assert_eq!(bars.newest(Timeframe::S1).map(|bar| (bar.late, bar.close)), Some((1, 21)));
}

#[test]
fn a_trade_older_than_what_is_kept_is_counted_and_changes_nothing() {
    let mut bars = Bars::default();
    for second in 1..=CANDLES_MAX as u64 {
        bars.add(START + second * SECOND, 10, 1, false);
    }
    let before = bars.candles(Timeframe::S1, 100);
    bars.add(START, 99, 1, false);
    assert_eq!(bars.candles(Timeframe::S1, 100), before);
    assert_eq!((bars.late(), bars.left_out()), (1, 1));
    assert_eq!(bars.newest(Timeframe::D1).map(|bar| bar.high), Some(99));
}

#[test]
fn a_candle_is_taken_when_it_changes_and_once_more_when_it_closes() {
    let mut bars = Bars::default();
    assert!(bars.add(START, 10, 1, false));
    assert!(bars.has_changed());
    assert_eq!(taken(&mut bars, Timeframe::S1).len(), 1);
    assert_eq!(taken(&mut bars, Timeframe::S1), []);
    for timeframe in Timeframe::ALL {
        taken(&mut bars, timeframe);
    }
    assert!(!bars.has_changed());
    bars.advance(START + SECOND + GRACE_NS);
    assert!(bars.has_changed());
    let closed = taken(&mut bars, Timeframe::S1);
    assert_eq!(closed.iter().map(|bar| bar.closed).collect::<Vec<_>>(), [true]);
    assert!(!bars.has_changed());
    assert!(bars.add(START + 10 * SECOND, 11, 1, false));
    let next = taken(&mut bars, Timeframe::S1);
    assert_eq!(next.iter().map(|bar| (bar.start, bar.closed)).collect::<Vec<_>>(), [(START + 10 * SECOND, false)]);
    assert!(bars.add(START + 11 * SECOND, 12, 1, false));
    let both: Vec<_> = taken(&mut bars, Timeframe::S1).iter().map(|bar| (bar.open, bar.closed)).collect();
    assert_eq!(both, [(11, true), (12, false)]);
}

#[test]
fn prints_that_come_single_and_aggregated_are_counted_once() {
    let mut bars = Bars::default();
    bars.add(START, 10, 5, true);
    bars.add(START, 10, 3, false);
    assert_eq!(bars.newest(Timeframe::M1).map(|bar| (bar.volume, bar.count)), Some((5, 1)));
}

#[test]
fn finer_exponents_multiply_everything_or_nothing() {
    let mut bars = bars_of(&[(START, 10, 3), (START + SECOND, i64::MAX / 100, 1)]);
    let before = bars.candles(Timeframe::S1, 100);
    assert!(!bars.rescale(1_000, 10));
    assert_eq!(bars.candles(Timeframe::S1, 100), before);
    assert!(bars.rescale(100, 10));
    assert_eq!(bars.candles(Timeframe::S1, 100)[0].open, 1_000);
    assert_eq!(bars.candles(Timeframe::S1, 100)[0].volume, 30);
}

#[test]
fn times_at_the_end_of_what_numbers_hold_do_no_harm() {
    let mut bars = bars_of(&[(u64::MAX, 1, 1), (0, 2, 2), (u64::MAX - 1, i64::MIN, i64::MAX)]);
    bars.advance(u64::MAX);
    for timeframe in Timeframe::ALL {
        assert!(!taken(&mut bars, timeframe).is_empty());
    }
    bars.miss();
    bars.add(5, 1, 1, true);
    assert_eq!(bars.late(), 2, "the third came in a second that is over as soon as it begins");
    assert!(!bars.candles(Timeframe::S1, 100).is_empty());
}

fn trades() -> impl Strategy<Value = Vec<Trade>> {
    // Around the edges of minutes and hours, with some that come late by up to two minutes.
    let step = prop_oneof![4 => 0..3 * SECOND, 1 => 0..120 * SECOND, 1 => Just(3_600 * SECOND)];
    let late = prop_oneof![5 => Just(0), 1 => 0..120 * SECOND];
    prop::collection::vec((step, late, -1_000..1_000_i64, 0..1_000_i64), 1..400).prop_map(|steps| {
        let mut now = START;
        let at = |(step, late, price, qty): (u64, u64, i64, i64)| {
            now += step;
            (now - late, price, qty)
        };
        steps.into_iter().map(at).collect()
    })
}

/// The minutes of these trades as their venue would count them, from `from` up to `to`.
fn minutes_of(trades: &[Trade], from: u64, to: u64) -> Vec<Minute> {
    let mut before = 0;
    let minute = |start| {
        let none = (before, before, before, before, 0, 0);
        let (open, high, low, close, volume, count) = figures(trades, start, 60 * SECOND).unwrap_or(none);
        before = close;
        Minute { start, open, high, low, close, volume, count }
    };
    (from..to).step_by(60_000_000_000).map(minute).collect()
}

#[test]
fn minutes_that_are_not_whole_or_contradict_themselves_change_nothing() {
    let minute = 60 * SECOND;
    let mut bars = bars_of(&[(START + 90 * SECOND, 5, 1)]);
    bars.advance(START + 10 * minute);
    let before: Vec<_> = Timeframe::ALL.map(|timeframe| bars.candles(timeframe, 100)).into();
    let good = Minute { start: START, open: 5, high: 6, low: 4, close: 5, volume: 3, count: 2 };
    let bad = [
        Minute { start: START + 1, ..good },
        Minute { start: START + 10 * minute, ..good },
        Minute { start: u64::MAX - u64::MAX % minute, ..good },
        Minute { open: 7, ..good },
        Minute { close: 3, ..good },
        Minute { low: 7, ..good },
        Minute { volume: -1, ..good },
        Minute { volume: 0, ..good },
        Minute { count: 0, ..good },
    ];
    for bad in bad {
        assert!(!bars.settle(&[bad]), "{bad:?}");
    }
    assert!(!bars.settle(&[]));
    assert!(!bars.settle(&[good, good]));
    assert!(!bars.settle(&[good, Minute { start: START + 2 * minute, ..good }]));
    assert_eq!(Timeframe::ALL.map(|timeframe| bars.candles(timeframe, 100)).to_vec(), before);
    assert!(bars.settle(&[good, Minute { start: START + minute, ..good }]));
}

#[test]
fn a_minute_of_which_our_part_is_no_longer_kept_is_not_taken_over() {
    let minute = 60 * SECOND;
    let mut bars = Bars::default();
    for index in 0..=CANDLES_MAX as u64 {
        bars.add(START + index * minute, 5, 1, false);
    }
    let venue = |index: u64| Minute { start: START + index * minute, open: 5, high: 5, low: 5, close: 5, volume: 2, count: 2 };
    assert!(!bars.settle(&[venue(0)]), "its trade is in the hour, and nothing says how much it was");
    assert!(bars.settle(&[venue(1)]));
    assert!(bars.settle(&[Minute { start: START - minute, ..venue(0) }]), "before our first trade there was none of ours");
}

#[test]
fn a_trade_that_comes_for_a_settled_minute_is_in_it_already() {
    let mut bars = bars_of(&[(START + 50 * SECOND, 5, 1), (START + 70 * SECOND, 5, 1)]);
    assert!(bars.settle(&[Minute { start: START, open: 3, high: 9, low: 3, close: 5, volume: 10, count: 4 }]));
    bars.add(START + 55 * SECOND, 7, 2, false);
    assert_eq!(figures_of(&bars.candles(Timeframe::M1, 100)[0]), (3, 9, 3, 5, 10, 4));
    assert_eq!(bars.newest(Timeframe::D1).map(|bar| (figures_of(&bar), bar.partial)), Some(((3, 9, 3, 5, 11, 5), false)));
    let seconds = bars.candles(Timeframe::S1, 100);
    assert_eq!(seconds.iter().map(|bar| bar.volume).sum::<i64>(), 4, "seconds are made of our own trades alone");
    assert!(seconds[0].partial);
    assert_eq!(bars.missing(Timeframe::M1), [Hole { from: 0, to: START - 1 }]);
    assert_eq!(bars.missing(Timeframe::S1), bars.holes().collect::<Vec<_>>());
}

proptest! {
    /// Trades of which some were never seen, before the first and in between: with the venue's minutes all candles are those of all trades.
    #[test]
    fn settled_candles_equal_those_of_all_trades(
        trades in trades(),
        lost in prop::collection::vec((0..400_usize, 1..30_usize), 0..4),
        begin in 0..20_usize,
        cuts in 1..5_u64,
    ) {
        // Minutes of which our part is no longer known are judged above.
        let trades: Vec<Trade> = trades.into_iter().filter(|trade| trade.0 < START + 95 * 60 * SECOND).collect();
        prop_assume!(!trades.is_empty());
        let is_lost = |at: usize| at < begin || lost.iter().any(|(from, count)| (*from..from + count).contains(&at));
        let mut bars = Bars::default();
        for (at, &(ts, price, qty)) in trades.iter().enumerate() {
            if is_lost(at) { bars.miss() } else { bars.add(ts, price, qty.max(1), false); }
        }
        let trades: Vec<Trade> = trades.into_iter().map(|(ts, price, qty)| (ts, price, qty.max(1))).collect();
        let now = trades.iter().map(|trade| trade.0).max().unwrap_or(START) + 120 * SECOND;
        bars.advance(now);
        let end = now - now % (60 * SECOND);
        let first = START - 120 * SECOND;
        let minutes = minutes_of(&trades, first, end);
        for part in minutes.chunks(minutes.len().div_ceil(cuts as usize)) { prop_assert!(bars.settle(part)); }
        // Again: nothing counts twice.
        prop_assert!(bars.settle(&minutes));
        prop_assert_eq!(bars.missing(Timeframe::H1).len(), 1 + usize::from(is_lost(trades.len() - 1)));
        for timeframe in [Timeframe::M1, Timeframe::M5, Timeframe::M15, Timeframe::H1, Timeframe::H4, Timeframe::D1] {
            for bar in bars.candles(timeframe, CANDLES_MAX).iter().filter(|bar| bar.count > 0) {
                prop_assert_eq!(Some(figures_of(bar)), figures(&trades, bar.start, timeframe.ns()));
                if bar.start >= first && !is_lost(trades.len() - 1) { prop_assert!(!bar.partial); }
            }
        }
    }

    #[test]
    fn candles_equal_those_of_a_look_at_all_trades(trades in trades()) {
        let bars = bars_of(&trades);
        let now = trades.iter().map(|trade| trade.0).max().unwrap_or(START);
        for timeframe in Timeframe::ALL {
            let ns = timeframe.ns();
            let mut starts: Vec<_> = trades.iter().map(|(ts, ..)| ts - ts % ns).collect();
            starts.sort_unstable();
            starts.dedup();
            // A trade that came when a hundred later candles were kept is left out: such spans are judged by the next test.
            if starts.len() > CANDLES_MAX { continue; }
            let candles = bars.candles(timeframe, CANDLES_MAX);
            let end = now - now % ns;
            prop_assert_eq!(candles.last().map(|bar| bar.start), Some(end));
            let mut close = None;
            for bar in &candles {
                let expected = figures(&trades, bar.start, ns);
                match (expected, close) {
                    (Some(expected), _) => prop_assert_eq!(figures_of(bar), expected),
                    (None, Some(close)) => prop_assert_eq!(figures_of(bar), (close, close, close, close, 0, 0)),
                    (None, None) => prop_assert_eq!((bar.volume, bar.count), (0, 0)),
                }
                close = Some(bar.close);
            }
            prop_assert!(candles.windows(2).all(|pair| pair[1].start == pair[0].start + ns));
        }
    }

    /// Whoever follows what is taken holds the candles that are kept.
    #[test]
    fn what_is_taken_adds_up_to_what_is_kept(trades in trades(), every in 1..10_usize) {
        let mut bars = Bars::default();
        let mut followed = std::collections::BTreeMap::new();
        for (index, &(ts, price, qty)) in trades.iter().enumerate() {
            if bars.add(ts, price, qty, false) || index % every == 0 {
                for timeframe in Timeframe::ALL {
                    for bar in taken(&mut bars, timeframe) { followed.insert((timeframe, bar.start), bar); }
                }
                prop_assert!(!bars.has_changed());
            }
        }
        for timeframe in Timeframe::ALL {
            for bar in taken(&mut bars, timeframe) { followed.insert((timeframe, bar.start), bar); }
            for bar in bars.candles(timeframe, CANDLES_MAX).iter().filter(|bar| bar.count > 0) {
                let told = |bar: &Bar| (figures_of(bar), bar.late, bar.closed);
                prop_assert_eq!(followed.get(&(timeframe, bar.start)).map(told), Some(told(bar)));
            }
        }
    }
}
