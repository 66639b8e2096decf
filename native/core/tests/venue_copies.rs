//! Copies of books from REST, in the words of venues whose books begin in their stream.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tickring_core::error::Code;
use tickring_core::event::Level;
use tickring_core::venue::{LevelText, VenueId, convert_levels};

/// A copy of bids at 99.5 and 99, and an ask at 101, as each venue spells it, and the number that it has.
const COPIES: &[(VenueId, &str, u64)] = &[
    (
        VenueId::Deribit,
        r#"{"jsonrpc":"2.0","result":{"timestamp":1767225600101,"state":"open","change_id":136725664755,"bids":[[99.5,2.5],[99.0,10.0]],"asks":[[101.0,1e-2]],"instrument_name":"BTC-PERPETUAL"}}"#,
        136_725_664_755,
    ),
    (
        VenueId::KrakenSpot,
        r#"{"error":[],"result":{"XXBTZUSD":{"asks":[["101.00000","0.010",1616663113]],"bids":[["99.50000","2.500",1616663112],["99.00000","10.000",1616663110]]}}}"#,
        0,
    ),
    (
        VenueId::KrakenFutures,
        r#"{"result":"success","orderBook":{"bids":[[99.5,2.5],[99.0,10]],"asks":[[101.0,0.01]]},"serverTime":"2025-07-11T12:00:00.000Z"}"#,
        0,
    ),
    (
        VenueId::Coinbase,
        r#"{"pricebook":{"product_id":"BTC-USD","bids":[{"price":"99.5","size":"2.5"},{"price":"99","size":"10"}],"asks":[{"price":"101","size":"0.01"}],"time":"2026-04-07T00:28:59.662782Z"},"last":"100"}"#,
        0,
    ),
];

fn levels(text: LevelText<'_>) -> Vec<Level> {
    let mut levels = Vec::new();
    convert_levels(text, -1, -2, &mut levels).unwrap();
    levels
}

#[test]
fn copies_are_read_in_every_spelling() {
    let level = |price, qty| Level { price, qty };
    for (venue, body, id) in COPIES {
        assert!(venue.has_audit(), "{}", venue.name());
        let copy = venue.parse_snapshot(body.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {body}"));
        assert_eq!(copy.last_update_id, *id, "{body}");
        assert_eq!((levels(copy.bids), levels(copy.asks)), (vec![level(995, 250), level(990, 1_000)], vec![level(1_010, 1)]));
    }
}

/// F18: whose copy it is, where its name is the one that was asked for.
#[test]
fn copies_name_their_symbol_where_the_venue_does() {
    let named = |venue: VenueId| {
        let (_, body, _) = COPIES.iter().find(|(one, _, _)| *one == venue).unwrap();
        venue.parse_snapshot(body.as_bytes()).unwrap().symbol
    };
    assert_eq!(named(VenueId::Deribit), Some(&b"BTC-PERPETUAL"[..]));
    assert_eq!([VenueId::KrakenSpot, VenueId::KrakenFutures, VenueId::Coinbase].map(named), [None; 3]);
}

#[test]
fn what_is_no_copy_is_refused() {
    for (venue, body, code) in [
        (VenueId::Deribit, r#"{"error":{"code":-32602}}"#, Code::FieldMissing),
        (VenueId::Deribit, r#"{"result":{"bids":[],"asks":[]}}"#, Code::FieldMissing),
        (VenueId::KrakenSpot, r#"{"error":["EQuery:Unknown asset pair"]}"#, Code::FieldMissing),
        (VenueId::KrakenSpot, r#"{"error":[],"result":{"A":{"asks":[],"bids":[]},"B":{}}}"#, Code::FieldType),
        (VenueId::KrakenFutures, r#"{"result":"error","error":"Symbol not found"}"#, Code::FieldMissing),
        (VenueId::Coinbase, r#"{"pricebook":{"bids":[]}}"#, Code::FieldMissing),
        (VenueId::Coinbase, "[]", Code::FieldType),
    ] {
        assert_eq!(venue.parse_snapshot(body.as_bytes()).map(|_| ()).expect_err(body).code, code, "{body}");
    }
    for (venue, body, _) in COPIES {
        for (from, to) in [("99.5", "-99.5"), ("[[99.5,", "[[null,"), ("\"99.5\"", "99.5"), ("\"99.50000\"", "99.5")] {
            let wrong = body.replace(from, to);
            if wrong == *body {
                continue;
            }
            let copy = venue.parse_snapshot(wrong.as_bytes()).unwrap();
            let mut levels = Vec::new();
            assert!(convert_levels(copy.bids, -1, -2, &mut levels).is_err(), "{wrong}");
        }
    }
}
