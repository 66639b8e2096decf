use proptest::prelude::*;

use super::*;

const START: u64 = 28_000_000 * MINUTE_NS;

/// Keeps every trade, answers by looking at all of them.
#[derive(Default)]
struct Naive {
    newest: u64,
    trades: Vec<(u64, i64, i64)>,
}

impl Naive {
    fn figures(&self) -> Stats24h {
        let first = (self.newest + 1).saturating_sub(WINDOW_MINUTES);
        let mut inside: Vec<_> = self.trades.iter().filter(|(ts, ..)| ts / MINUTE_NS >= first).collect();
        inside.sort_by_key(|(ts, ..)| *ts); // stable: equal times keep their order of arrival
        let (Some(open), Some(close)) = (inside.first(), inside.last()) else { return Stats24h::default() };
        Stats24h {
            open: open.1,
            high: inside.iter().map(|trade| trade.1).max().unwrap_or_default(),
            low: inside.iter().map(|trade| trade.1).min().unwrap_or_default(),
            close: close.1,
            volume: inside.iter().map(|trade| trade.2).sum(),
            count: inside.len() as u64,
        }
    }
}

#[test]
fn no_trades_give_zeros() {
    assert_eq!(RollingStats::default().figures(), Stats24h::default());
}

#[test]
fn a_trade_leaves_when_its_minute_is_a_day_old() {
    let mut stats = RollingStats::default();
    stats.add(START, 50, 1);
    stats.add(START + MINUTE_NS, 40, 2);
    stats.advance(START + WINDOW_MINUTES * MINUTE_NS - 1);
    assert_eq!(stats.figures().count, 2);
    stats.advance(START + WINDOW_MINUTES * MINUTE_NS);
    assert_eq!(stats.figures(), Stats24h { open: 40, high: 40, low: 40, close: 40, volume: 2, count: 1 });
    stats.advance(START + 3 * WINDOW_MINUTES * MINUTE_NS);
    assert_eq!(stats.figures(), Stats24h::default());
}

#[test]
fn the_window_is_partial_until_a_day_was_observed_and_again_after_a_loss() {
    let day = WINDOW_MINUTES * MINUTE_NS;
    let mut stats = RollingStats::default();
    assert!(stats.is_partial());
    stats.cover(START);
    stats.cover(START + 5 * MINUTE_NS);
    stats.advance(START + day - 2 * MINUTE_NS);
    assert!(stats.is_partial());
    stats.advance(START + day - MINUTE_NS);
    assert!(!stats.is_partial(), "1,440 minutes were observed from their beginning");
    stats.uncover(START + day);
    assert!(stats.is_partial());
    stats.advance(START + 2 * day);
    assert!(!stats.is_partial());
}

#[test]
fn a_volume_beyond_64_bits_is_capped_and_comes_back_exact() {
    let mut stats = RollingStats::default();
    stats.add(START, 1, i64::MAX);
    stats.add(START + MINUTE_NS, 1, i64::MAX);
    assert_eq!(stats.figures().volume, i64::MAX);
    stats.add(START + WINDOW_MINUTES * MINUTE_NS, 1, 7);
    stats.advance(START + (WINDOW_MINUTES + 1) * MINUTE_NS);
    assert_eq!(stats.figures().volume, 7);
}

#[test]
fn rescaling_multiplies_every_figure() {
    let mut stats = RollingStats::default();
    stats.add(START, 5, 2);
    stats.add(START + MINUTE_NS, 3, 4);
    assert!(stats.fits(10, 100) && !stats.fits(i64::MAX, 1));
    stats.rescale(10, 100);
    assert_eq!(stats.figures(), Stats24h { open: 50, high: 50, low: 30, close: 30, volume: 600, count: 2 });
}

#[derive(Clone, Debug)]
enum Step {
    Trade { back_ns: u64, ahead_ns: u64, price: i64, qty: i64 },
    Tick { ahead_ns: u64 },
    Reset,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let jump = prop_oneof![
        6 => 0..MINUTE_NS / 2,
        2 => 0..90 * MINUTE_NS,
        1 => 0..1_600 * MINUTE_NS,
    ];
    let back = prop_oneof![3 => Just(0u64), 2 => 0..5 * MINUTE_NS, 1 => 0..1_500 * MINUTE_NS];
    let trade = (back, jump.clone(), 1i64..40, 1i64..100).prop_map(|(back_ns, ahead_ns, price, qty)| Step::Trade {
        back_ns,
        ahead_ns,
        price,
        qty,
    });
    let step = prop_oneof![8 => trade, 2 => jump.prop_map(|ahead_ns| Step::Tick { ahead_ns }), 1 => Just(Step::Reset)];
    prop::collection::vec(step, 1..300)
}

proptest! {
    #[test]
    fn figures_equal_those_of_a_model_that_keeps_every_trade(steps in steps()) {
        let (mut stats, mut naive, mut now) = (RollingStats::default(), Naive::default(), START);
        for step in steps {
            match step {
                Step::Trade { back_ns, ahead_ns, price, qty } => {
                    now += ahead_ns;
                    let ts = now - back_ns;
                    naive.newest = naive.newest.max(ts / MINUTE_NS);
                    // What is older than the window when it arrives is never counted.
                    if ts / MINUTE_NS + WINDOW_MINUTES > naive.newest {
                        naive.trades.push((ts, price, qty));
                    }
                    stats.add(ts, price, qty);
                }
                Step::Tick { ahead_ns } => {
                    now += ahead_ns;
                    naive.newest = naive.newest.max(now / MINUTE_NS);
                    stats.advance(now);
                }
                Step::Reset => { stats.reset(); naive = Naive::default(); }
            }
            prop_assert_eq!(stats.figures(), naive.figures());
        }
    }
}
