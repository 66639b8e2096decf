use proptest::prelude::*;
use tickring_core::input::{DisconnectReason, Input, Instrument, Stamped, Symbol, TradingState, channel};
use tickring_core::validate::{Bound, Rules};

use super::rig::{Rig, check, payload, read, settings};
use super::simulated::Simulated;
use crate::record::{HEAD_BYTES, Head, Kind, Record, append_record, record_bytes};
use crate::{Reader, Settings, Stamp};

fn head() -> impl Strategy<Value = Head> {
    let kind = (0..Kind::ALL.len()).prop_map(|at| Kind::ALL[at]);
    (kind, any::<(u8, u16, u32, u64)>(), any::<(u64, u64, u64, u32, u32, u64)>()).prop_map(|(kind, first, second)| Head {
        length: 0,
        kind,
        flags: first.0,
        connection: first.1,
        stream: first.2,
        epoch: first.3,
        sequence: second.0 >> 2,
        ts_recv: second.1,
        ts_mono: second.2,
        synced: second.3,
        instrument: second.4,
        outputs: second.5,
    })
}

proptest! {
    #[test]
    fn record_reads_as_it_was_written_and_only_at_its_own_place(
        head in head(),
        payload in proptest::collection::vec(any::<u8>(), 0..300),
        (salt, place, other) in any::<(u64, u32, u32)>(),
    ) {
        let head = Head { length: payload.len() as u32, ..head };
        let (place, other) = (u64::from(place) * 8, u64::from(other) * 8);
        let mut bytes = Vec::new();
        append_record(&mut bytes, &head, &payload, salt, place);
        prop_assert_eq!(bytes.len(), record_bytes(payload.len()));
        let record = Record::read(&bytes, salt, place).unwrap();
        prop_assert_eq!((record.head, record.payload), (head, &payload[..]));
        prop_assert!(Record::read(&bytes, salt ^ 1, place).is_none());
        prop_assert!(other == place || Record::read(&bytes, salt, other).is_none());
        prop_assert!((0..bytes.len()).all(|length| Record::read(&bytes[..length], salt, place).is_none()));
    }

    #[test]
    fn record_with_any_bit_flipped_is_none(
        payload in proptest::collection::vec(any::<u8>(), 0..60),
        head in head(),
    ) {
        let head = Head { length: payload.len() as u32, ..head };
        let mut bytes = Vec::new();
        append_record(&mut bytes, &head, &payload, 7, 4096);
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(Record::read(&bytes, 7, 4096).is_none(), "bit {}", bit);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn reading_any_bytes_as_a_record_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Record::read(&bytes, 1, 0).is_none());
    }
}

#[test]
fn every_input_of_core_comes_back_as_it_went_in() {
    let definition = Instrument {
        id: 9,
        venue: 1,
        symbol: Symbol::new("BTC-Ünicode").unwrap(),
        price_exponent: -8,
        qty_exponent: -18,
        tick_size: i64::MAX,
        lot_size: -1,
        state: TradingState::Halted,
        change_count: u32::MAX,
    };
    let bytes = payload(1);
    let rules = Rules {
        price_min: Some(Bound { mantissa: i64::MAX, exponent: -18 }),
        price_max: Some(Bound { mantissa: 1, exponent: 0 }),
        completeness_ppm: u32::MAX,
        ..Rules::default()
    };
    let inputs = [
        Input::Frame { connection: 65_535, bytes: &bytes },
        Input::Frame { connection: 1, bytes: &[] },
        Input::DepthSnapshot { instrument: 9, bytes: &bytes },
        Input::Connect { connection: 2, venue: 3 },
        Input::Disconnect { connection: 2, reason: DisconnectReason::Silence },
        Input::Subscribe { connection: 2, instrument: 9, channels: 5 },
        Input::Subscribe { connection: 2, instrument: 9, channels: channel::EVERY },
        Input::Unsubscribe { instrument: 9 },
        Input::Ack { connection: 2, instrument: 9, accepted: true },
        Input::Ack { connection: 2, instrument: 9, accepted: false },
        Input::Instrument(&definition),
        Input::Instrument(&Instrument { state: TradingState::Delisted, ..definition }),
        Input::Rules { instrument: 9, rules: &rules },
        Input::Rules { instrument: 9, rules: &Rules::OFF },
        Input::PublishSnapshot { instrument: 9 },
        Input::Tick,
    ];
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    for (index, input) in inputs.iter().enumerate() {
        assert!(rig.parts.writer.append(&Stamped { ts_recv: index as u64, input: *input }, 5, 0).kept);
    }
    assert!(rig.parts.writer.append_configuration(b"depth: 20", Stamp::default()).kept);
    rig.close().unwrap();
    let mut reader = Reader::new(std::sync::Arc::new(disk), crate::Mode::Strict).unwrap();
    for (index, input) in inputs.iter().enumerate() {
        let Some(crate::Item::Record(record)) = reader.next().unwrap() else { panic!("no record {index}") };
        assert_eq!(record.head.sequence, index as u64 + 1);
        let mut room = None;
        let stamped = record.input(&mut room).unwrap().unwrap();
        assert_eq!(format!("{stamped:?}"), format!("{:?}", Stamped { ts_recv: index as u64, input: *input }));
    }
    let Some(crate::Item::Record(record)) = reader.next().unwrap() else { panic!("no configuration") };
    assert_eq!((record.head.kind, record.payload), (Kind::Configuration, &b"depth: 20"[..]));
}

#[test]
fn payload_that_is_none_of_its_kind_is_an_error_with_its_number() {
    for (kind, payload) in [
        (Kind::Connect, &[1][..]),
        (Kind::Disconnect, &[9]),
        (Kind::Ack, &[2]),
        (Kind::Instrument, &[1, 2, 3]),
        (Kind::Tick, &[0]),
        (Kind::Rules, &[0; 47]),
    ] {
        let head = Head { length: payload.len() as u32, kind, sequence: 77, ..zero_head() };
        let error = Record { head, payload, check: 0 }.input(&mut None).unwrap_err();
        assert_eq!(error.code().name(), "JOURNAL_RECORD");
        assert!(error.to_string().starts_with("record 77 is unusable"), "{error}");
    }
}

fn zero_head() -> Head {
    let mut bytes = [0; HEAD_BYTES];
    bytes[8] = Kind::Tick as u8;
    Head::peek(&bytes).unwrap()
}

#[test]
fn inputs_are_read_across_segments_compressed_or_not_and_across_writers() {
    for compress in [false, true] {
        let disk = Simulated::default();
        let settings = Settings { compress, ..settings() };
        let mut last = 0;
        for _ in 0..4 {
            let mut rig = Rig::open(&disk, &settings).unwrap();
            assert_eq!(rig.parts.recovered.last_sequence, last);
            rig.work(100);
            last = rig.appended;
            assert!(rig.shed.is_empty());
            rig.close().unwrap();
        }
        let packed = disk.files().keys().filter(|name| name.ends_with(".zseg")).count();
        assert_eq!(packed > 5, compress, "{:?}", disk.files().keys());
        let held = check(&disk, last, last, &[]);
        assert_eq!(held.inputs.len() as u64, held.last);
    }
}

#[test]
fn reader_follows_a_journal_that_is_being_written() {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &Settings { compress: true, ..settings() }).unwrap();
    let mut reader = Reader::new(std::sync::Arc::new(disk.clone()), crate::Mode::Strict).unwrap();
    for round in 0..300 {
        rig.append();
        rig.drain();
        let Some(crate::Item::Record(record)) = reader.next().unwrap() else { panic!("nothing in round {round}") };
        assert_eq!(record.head.sequence, round + 1);
        assert!(reader.next().unwrap().is_none());
    }
    rig.close().unwrap();
    assert_eq!(read(&disk).last, 300);
}
