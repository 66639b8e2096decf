//! One changed line in a sequence rule is found out, and the exact frame is named. Only a build with the feature `broken` can change
//! rules: `npm test` makes one for this test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "other tests use the rest")]
#[allow(dead_code, reason = "other tests use the rest")]
mod replayed;

use replayed::{Folder, Live, settings};
use tickring_core::broken::break_rule;
use tickring_core::input::{Input, Instrument, Stamped, Symbol, TradingState};
use tickring_core::venue::VenueId;
use tickring_journal::{ReplayOptions, verify};

/// Update ids of the deltas, of which each changes one level; the last two are not contiguous.
const IDS: [u64; 6] = [99, 100, 101, 102, 105, 106];

/// A journal of one book in sync that loses two deltas; number and time of the frame behind the hole.
fn journal(folder: &Folder, venue: VenueId) -> (u64, u64) {
    let mut live = Live::open(folder, &settings());
    let definition = Instrument {
        id: 1,
        venue: venue as u16,
        symbol: Symbol::new("BTCUSDT").unwrap(),
        price_exponent: -2,
        qty_exponent: -2,
        tick_size: 1,
        lot_size: 1,
        state: TradingState::Trading,
        change_count: 0,
    };
    let mut now = 1_000;
    let mut input = |input: Input<'_>| {
        now += 1_000;
        (live.input(&Stamped { ts_recv: now, input }).sequence, now)
    };
    input(Input::Instrument(&definition));
    input(Input::Connect { connection: 1, venue: venue as u16 });
    input(Input::Subscribe { connection: 1, instrument: 1, channels: 1 });
    let mut behind_the_hole = (0, 0);
    for (place, id) in IDS.into_iter().enumerate() {
        let frame = format!(
            r#"{{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":{id},"u":{id},"pu":{},"b":[["9.{place:02}","1.00"]],"a":[]}}"#,
            id - 1
        );
        let place = input(Input::Frame { connection: 1, bytes: frame.as_bytes() });
        match id {
            99 => {
                let body = r#"{"lastUpdateId":99,"bids":[["9.00","1.00"]],"asks":[["11.00","1.00"]]}"#;
                input(Input::DepthSnapshot { instrument: 1, bytes: body.as_bytes() });
            }
            105 => behind_the_hole = place,
            _ => {}
        }
    }
    input(Input::Tick);
    let counters = *live.machine.counters();
    assert_eq!((counters.quarantined, counters.gaps), (0, 1), "{counters:?}");
    live.close();
    behind_the_hole
}

#[test]
fn one_changed_line_in_a_sequence_rule_is_found_and_the_exact_frame_is_named() {
    for (rule, venue) in [("spot: a hole", VenueId::BinanceSpot), ("usdm: a hole", VenueId::BinanceUsdm)] {
        let folder = Folder::new();
        let expected = journal(&folder, venue);
        let compare = || verify(folder.storage(), ReplayOptions::default(), |_| true).unwrap().difference;
        assert_eq!(compare(), None, "{rule}, unchanged");
        break_rule(Some(rule));
        let found = compare().unwrap();
        break_rule(None);
        assert_eq!((found.head.sequence, found.head.ts_recv, found.head.connection), (expected.0, expected.1, 1), "{rule}");
        assert!(found.events.iter().any(|event| event.contains("BookDelta")), "{:?}", found.events);
    }
}
