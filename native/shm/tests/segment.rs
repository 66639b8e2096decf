//! Writer and reader of one segment in one process: schedules with laps, tables, counters, generations.
#![allow(clippy::unwrap_used)]

mod support;

use proptest::prelude::*;
use support::{NAME, Root, SLOTS, number_of, options, publish};
use tickring_core::book::Book;
use tickring_core::counters::{InstrumentCounters, ShardCounters};
use tickring_core::event::{Body, BookChange, Event, Header, Kind, Level, Stats24h, Trade, flag};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_core::sink::{Latest, Sink};
use tickring_shm::{EpochReason, LatestCopy, Liveness, Poll, Reader, Record, ShmError, Stage, Writer};

/// Reads until caught up; returns the numbers read and the records lost.
fn drain(reader: &mut Reader, record: &mut Record) -> (Vec<u64>, u64) {
    let (mut numbers, mut lost) = (Vec::new(), 0);
    loop {
        match reader.poll(record) {
            Poll::Record => numbers.push(number_of(record)),
            Poll::Lapped { lost: more } => lost += more,
            Poll::Empty => return (numbers, lost),
            Poll::Stalled => panic!("a slot stayed half written"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn reader_gets_every_record_or_its_exact_loss(steps in prop::collection::vec((0..600_u64, 0..400_usize), 1..40)) {
        let root = Root::new();
        let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
        let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
        let mut record = Record::default();
        let (mut written, mut accounted) = (0, 0);
        for (writes, reads) in steps {
            for _ in 0..writes {
                written += 1;
                publish(&mut writer, written);
            }
            for _ in 0..reads {
                match reader.poll(&mut record) {
                    Poll::Record => {
                        accounted += 1;
                        prop_assert_eq!(number_of(&record), accounted);
                        // EpochStart took sequence 1.
                        prop_assert_eq!(record.sequence, accounted + 1);
                    }
                    Poll::Lapped { lost } => {
                        prop_assert!(lost > 0);
                        accounted += lost;
                    }
                    Poll::Empty => break,
                    Poll::Stalled => prop_assert!(false, "nothing is half written here"),
                }
            }
        }
        let (numbers, lost) = drain(&mut reader, &mut record);
        prop_assert_eq!(accounted + lost + numbers.len() as u64, written);
        prop_assert_eq!(reader.lag(), 0);
    }
}

#[test]
fn first_record_is_the_start_of_the_epoch() {
    let root = Root::new();
    let writer = Writer::create(&options(root.path(), 7)).unwrap();
    let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
    let mut record = Record::default();
    assert_eq!(reader.poll(&mut record), Poll::Empty, "a reader joins behind the newest record");
    reader.seek_oldest();
    assert_eq!(reader.poll(&mut record), Poll::Record);
    let start = record.epoch_start().unwrap();
    assert_eq!((start.prev_epoch, start.reason, record.sequence), (6, EpochReason::First, 1));
    assert_eq!((reader.epoch(), writer.sequence(), writer.position()), (7, 1, 1));
    assert_eq!(reader.writer_pid(), std::process::id());
}

#[test]
fn lapped_reader_restarts_in_the_newer_half() {
    let root = Root::new();
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
    let mut record = Record::default();
    (1..=3 * SLOTS).for_each(|number| publish(&mut writer, number));
    let Poll::Lapped { lost } = reader.poll(&mut record) else { panic!("three laps went unnoticed") };
    assert!(reader.lag() <= SLOTS / 2 && reader.lag() > SLOTS / 2 - 38);
    assert_eq!(reader.poll(&mut record), Poll::Record);
    assert_eq!(number_of(&record), lost + 1);
}

#[test]
fn oversize_record_is_refused_and_shows_as_a_loss_of_one() {
    let root = Root::new();
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
    let levels = [Level { price: 1, qty: 1 }; 129];
    let body =
        Body::BookDelta(BookChange { prev_update_id: 1, last_update_id: 2, part: 0, parts: 1, bids: &levels, asks: &[] });
    let header = Header { instrument: 1, flags: 0, ts_event: 0, ts_recv: 1, frame_seq: 1, index: 0 };
    writer.event(&Event { header, body });
    publish(&mut writer, 1);
    let mut record = Record::default();
    assert_eq!(writer.refused(), 1);
    assert_eq!(reader.poll(&mut record), Poll::Lapped { lost: 1 });
    assert_eq!(reader.poll(&mut record), Poll::Record);
    assert_eq!(number_of(&record), 1);
}

#[test]
fn the_last_of_the_most_parts_there_can_be_is_published() {
    let root = Root::new();
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
    // Instrument 0 is what no instrument's place among those that are due holds.
    let header = Header { instrument: 0, flags: 0, ts_event: 0, ts_recv: 1, frame_seq: 1, index: 0 };
    let mut record = Record::default();
    for (part, parts) in [(u16::MAX, u16::MAX), (u16::MAX, 0), (0, 0)] {
        let change = BookChange { prev_update_id: 1, last_update_id: 2, part, parts, bids: &[], asks: &[] };
        writer.event(&Event { header, body: Body::BookDelta(change) });
        while reader.poll(&mut record) == Poll::Record && record.kind == Kind::EpochStart {}
        assert_eq!((record.book(), record.flags & flag::IMAGE), (Some(change), 0));
    }
}

#[test]
fn restart_makes_a_new_generation_and_loses_nothing_silently() {
    let root = Root::new();
    let mut first = Writer::create(&options(root.path(), 1)).unwrap();
    let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
    let mut record = Record::default();
    (1..=10).for_each(|number| publish(&mut first, number));
    assert_eq!(reader.poll(&mut record), Poll::Record);
    let sequence = first.sequence();
    first.close();
    assert_eq!(reader.liveness(), Liveness::Closed { final_sequence: sequence });

    let mut second = Writer::create(&options(root.path(), 2)).unwrap();
    publish(&mut second, 11);
    std::thread::sleep(tickring_shm::CURRENT_EVERY);
    assert_eq!(reader.liveness(), Liveness::Superseded { epoch: 2 });
    // Nine records of the dead epoch are still unread: reopening at once counts them as lost.
    reader.reopen().unwrap();
    assert_eq!(reader.poll(&mut record), Poll::Lapped { lost: 9 });
    assert_eq!(reader.poll(&mut record), Poll::Record);
    let start = record.epoch_start().unwrap();
    assert_eq!((start.prev_epoch, start.reason, record.sequence), (1, EpochReason::Restart, sequence + 1));
    assert_eq!(reader.poll(&mut record), Poll::Record);
    assert_eq!(number_of(&record), 11);
    let files = std::fs::read_dir(root.shard()).unwrap().count();
    assert_eq!(files, 2, "current and one generation");
}

#[test]
fn reader_that_drains_before_it_reopens_loses_nothing() {
    let root = Root::new();
    let mut first = Writer::create(&options(root.path(), 1)).unwrap();
    let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
    let mut record = Record::default();
    (1..=10).for_each(|number| publish(&mut first, number));
    // Dropped, not closed: as if it had died.
    drop(first);
    let _second = Writer::create(&options(root.path(), 2)).unwrap();
    assert_eq!(drain(&mut reader, &mut record), ((1..=10).collect(), 0));
    reader.reopen().unwrap();
    assert_eq!(reader.poll(&mut record), Poll::Record);
    assert_eq!(record.epoch_start().unwrap().reason, EpochReason::Crash);
}

#[test]
fn epoch_must_change() {
    let root = Root::new();
    drop(Writer::create(&options(root.path(), 3)).unwrap());
    assert!(matches!(Writer::create(&options(root.path(), 3)), Err(ShmError::Argument { what: "epoch", value: 3, .. })));
}

#[test]
fn latest_table_holds_the_newest_state() {
    let root = Root::new();
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    let reader = Reader::open(root.path(), NAME, 0).unwrap();
    let mut copy = LatestCopy::default();
    assert!(!reader.latest(2, &mut copy), "never written");
    let bids: Vec<_> = (1..=3).rev().map(|price| Level { price, qty: 10 * price }).collect();
    let asks: Vec<_> = (4..=12).map(|price| Level { price, qty: 10 * price }).collect();
    let (mut book, mut one) = (Book::new(), Book::new());
    book.load(&bids, &asks);
    one.load(&[], &asks[..1]);
    let mut latest = Latest {
        instrument: 77,
        flags: flag::CROSSED,
        ts_event: 1,
        ts_recv: 2,
        frame_seq: 3,
        last_update_id: 4,
        price_exponent: -8,
        qty_exponent: -3,
        book: &book,
        depth: 100,
        trade: Trade { price: 5, qty: 6, trade_id: 7 },
        trade_ts_event: 8,
        trade_flags: flag::AGGRESSOR_SELL,
        stats: Stats24h { open: 1, high: 2, low: 3, close: 4, volume: 5, count: 6 },
    };
    writer.latest(2, &latest);
    assert!(reader.latest(2, &mut copy));
    assert_eq!((copy.instrument, copy.flags, copy.sequence), (77, flag::CROSSED, 1));
    assert_eq!((copy.ts_event, copy.ts_recv, copy.frame_seq, copy.last_update_id), (1, 2, 3, 4));
    assert_eq!((copy.price_exponent, copy.qty_exponent, copy.bid_levels, copy.ask_levels), (-8, -3, 3, 9));
    assert_eq!((copy.trade, copy.trade_ts_event, copy.trade_flags), (latest.trade, 8, flag::AGGRESSOR_SELL));
    assert_eq!((copy.stats, &copy.bids[..], &copy.asks[..]), (latest.stats, &bids[..], &asks[..5]));
    latest.depth = 2;
    writer.latest(2, &latest);
    assert!(reader.latest(2, &mut copy));
    assert_eq!((&copy.bids[..], &copy.asks[..], copy.ask_levels), (&bids[..2], &asks[..2], 9));
    latest.book = &one;
    writer.latest(2, &latest);
    assert!(reader.latest(2, &mut copy));
    assert_eq!((copy.bids.len(), &copy.asks[..], copy.bid_levels, copy.ask_levels), (0, &asks[..1], 0, 1));
    // Beyond the table: refused and counted, on both sides.
    writer.latest(4, &latest);
    assert!(!reader.latest(4, &mut copy));
    writer.heartbeat();
    assert_eq!(reader.counters().ring[4], 1);
}

#[test]
fn instruments_counters_and_histograms_are_read_from_outside() {
    let root = Root::new();
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    let reader = Reader::open(root.path(), NAME, 0).unwrap();
    let instrument = Instrument {
        id: 5,
        venue: 1,
        symbol: Symbol::new("BTCUSDT").unwrap(),
        price_exponent: -2,
        qty_exponent: -5,
        tick_size: 1,
        lot_size: 1,
        state: TradingState::Trading,
        change_count: 0,
    };
    writer.instrument(1, &instrument);
    let instruments = reader.instruments();
    assert_eq!((instruments.len(), instruments[0].slot, instruments[0].instrument), (1, 1, instrument));

    writer.put_counters(&ShardCounters { inputs: 3, ids_missing: 9, ..ShardCounters::default() });
    writer.put_instrument_counters(1, &InstrumentCounters { trades: 8, ..InstrumentCounters::default() });
    writer.heartbeat();
    let counters = reader.counters();
    assert_eq!((counters.shard[0], counters.shard.last(), counters.ring[0]), (3, Some(&9), 1));
    assert_eq!(counters.instruments[0].0, 1);
    assert_eq!(counters.instruments[0].1[1], 8);

    (1..=100).for_each(|us| writer.record_latency(Stage::ReceiveToRing, us * 1000));
    let histogram = reader.histogram(Stage::ReceiveToRing);
    assert_eq!((histogram.count, histogram.sum, histogram.max), (100, 5_050_000, 100_000));
    let median = histogram.quantile(0.5);
    assert!((50_000..51_000).contains(&median), "median {median}");
    assert_eq!(histogram.quantile(1.0), 100_000);
    assert_eq!(reader.histogram(Stage::VenueToReceive).quantile(0.5), 0);
}

#[test]
fn arguments_out_of_range_are_refused_with_value_and_limit() {
    let root = Root::new();
    let good = options(root.path(), 1);
    let mut odd = good.clone();
    odd.ring_bytes = 65_537;
    let mut nobody = good.clone();
    nobody.instruments_max = 0;
    let mut flat = good.clone();
    flat.depth = 0;
    for bad in [odd, nobody, flat] {
        assert!(matches!(Writer::create(&bad), Err(ShmError::Argument { .. })));
    }
    for name in ["", ".", "..", "a/b", "-x", ".hidden", "a b"] {
        let mut bad = good.clone();
        bad.name = name.into();
        assert!(matches!(Writer::create(&bad), Err(ShmError::Name { .. })), "{name:?}");
        assert!(matches!(Reader::open(root.path(), name, 0), Err(ShmError::Name { .. })), "{name:?}");
    }
}

/// Bids and asks of the state with this number, best first.
fn sides(number: u64) -> [Vec<Level>; 2] {
    let level = |price| Level { price, qty: number as i64 };
    let middle = 10 * number as i64;
    [(0..number as i64 % 6).map(|place| level(middle - place)).collect(), (1..=5).map(|place| level(middle + place)).collect()]
}

#[test]
fn latest_state_is_never_torn_under_a_busy_writer() {
    let root = Root::new();
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    let reader = Reader::open(root.path(), NAME, 0).unwrap();
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stop = std::sync::Arc::clone(&done);
    let checker = std::thread::spawn(move || {
        let mut copy = LatestCopy::default();
        let mut seen = 0;
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            if reader.latest(0, &mut copy) {
                let number = copy.last_update_id;
                assert_eq!((copy.ts_recv, copy.frame_seq, copy.stats.count), (number, number, number), "torn {copy:?}");
                let [bids, asks] = sides(number);
                assert_eq!((&copy.bids, &copy.asks), (&bids, &asks), "torn {copy:?}");
                seen += 1;
            }
        }
        seen
    });
    let mut book = Book::new();
    for number in 1..=100_000_u64 {
        let [bids, asks] = sides(number);
        book.load(&bids, &asks);
        writer.latest(
            0,
            &Latest {
                instrument: 1,
                flags: 0,
                ts_event: number,
                ts_recv: number,
                frame_seq: number,
                last_update_id: number,
                price_exponent: 0,
                qty_exponent: 0,
                book: &book,
                depth: 5,
                trade: Trade::default(),
                trade_ts_event: 0,
                trade_flags: 0,
                stats: Stats24h { count: number, ..Stats24h::default() },
            },
        );
    }
    // The last state stands still: even a checker that never ran before finds it.
    std::thread::sleep(std::time::Duration::from_millis(20));
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    let seen: u64 = checker.join().unwrap();
    eprintln!("{seen} whole states seen");
}
