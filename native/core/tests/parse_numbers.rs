//! Prices and quantities of messages: what is refused, and what widens an instrument.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod parse_support;

use parse_support::*;
use proptest::prelude::*;
use tickring_core::error::Code;
use tickring_core::event::Level;
use tickring_core::venue::{Convert, LEVELS_MAX, LevelText, Reject, Rows, convert_levels};

fn at(text: &str, price_exponent: i8, qty_exponent: i8) -> Result<Vec<Level>, Convert> {
    let mut levels = vec![Level { price: 7, qty: 7 }];
    let text = LevelText { bytes: text.as_bytes(), offset: 1_000, rows: Rows::Texts };
    let converted = convert_levels(text, price_exponent, qty_exponent, &mut levels);
    assert!(converted.is_ok() || levels.is_empty(), "a refused message leaves no levels");
    converted.map(|()| levels)
}

fn refused(text: &str) -> Reject {
    match at(text, -8, -8) {
        Err(Convert::Reject(reject)) => reject,
        other => panic!("{other:?}: {text}"),
    }
}

fn finer(price_exponent: i8, qty_exponent: i8) -> Result<Vec<Level>, Convert> {
    Err(Convert::Finer { price_exponent, qty_exponent })
}

/// Text and the code with which it is refused as a price at exponent −8.
const BAD_NUMBERS: &[(&str, Code)] = &[
    ("", Code::NumberSyntax),
    ("NaN", Code::NumberSyntax),
    ("Infinity", Code::NumberSyntax),
    ("1e5", Code::NumberSyntax),
    ("1e400", Code::NumberSyntax),
    ("-1e400", Code::NumberSyntax),
    ("+1", Code::NumberSyntax),
    (".5", Code::NumberSyntax),
    ("1.", Code::NumberSyntax),
    ("01", Code::NumberSyntax),
    (" 1", Code::NumberSyntax),
    ("1 ", Code::NumberSyntax),
    ("1,000", Code::NumberSyntax),
    ("0x1", Code::NumberSyntax),
    ("null", Code::NumberSyntax),
    ("-1", Code::NumberNegative),
    ("-0.00000001", Code::NumberNegative),
    ("-0", Code::NumberNegative),
    ("-99999999999999999999", Code::NumberNegative),
    ("0.00000000000000000001", Code::NumberPrecision),
    ("1.23456789012345678901", Code::NumberPrecision),
    ("99999999999999999999", Code::NumberRange),
    ("92233720368.54775808", Code::NumberRange),
    ("9223372036854775807", Code::NumberRange),
];

#[test]
fn f07_unusable_prices_and_quantities_are_refused_with_their_place() {
    for (bad, expected) in BAD_NUMBERS {
        let as_price = refused(&format!(r#"[["1","2"],["{bad}","3"]]"#));
        assert_eq!((as_price.code, as_price.offset), (*expected, 1_013), "{bad}");
        let as_qty = refused(&format!(r#"[["1","{bad}"]]"#));
        assert_eq!((as_qty.code, as_qty.offset), (*expected, 1_007), "{bad}");
        assert_eq!(pair(bad, "1", (-8, -8)).unwrap_err().code, *expected, "{bad}");
        assert_eq!(pair("1", bad, (-8, -8)).unwrap_err().code, *expected, "{bad}");
        for member in ["b", "B", "a", "A"] {
            let good = format!(r#""{member}":"#);
            let quote = SPOT_FRAMES[3].split(&good).collect::<Vec<_>>();
            let rest = quote[1].split_once('"').unwrap().1.split_once('"').unwrap().1;
            let quote = format!(r#"{}{good}"{bad}"{rest}"#, quote[0]);
            let Ok(Plain::Quote { numbers: Err(code), .. }) = read(SPOT, quote.as_bytes()) else { panic!("{quote}") };
            let wide = [Code::NumberRange].contains(expected);
            assert!(code == *expected || (wide && code == Code::NumberRange), "{quote}: {code:?}");
        }
    }
}

#[test]
fn f07_a_price_of_zero_is_refused_and_f08_a_quantity_of_zero_is_not() {
    assert_eq!(refused(r#"[["0","1"]]"#).code, Code::NumberNegative);
    assert_eq!(refused(r#"[["0.00000000","0"]]"#).code, Code::NumberNegative);
    assert_eq!(at(r#"[["1","0.00000000"]]"#, 0, 0), Ok(vec![Level { price: 1, qty: 0 }]));
    assert_eq!(pair("0", "1", (0, 0)).unwrap_err().code, Code::NumberNegative);
    // Half of an empty side is none.
    for (from, to) in [("65000.12000000", "0.0"), ("65001.10000000", "0.000000000000000000")] {
        let quote = SPOT_FRAMES[3].replace(from, to);
        let Ok(Plain::Quote { numbers, .. }) = read(SPOT, quote.as_bytes()) else { panic!() };
        assert_eq!(numbers, Err(Code::NumberNegative));
    }
}

#[test]
fn rows_that_are_no_pairs_of_strings_are_refused() {
    for (text, code) in [
        (r#"[1]"#, Code::FieldType),
        (r#"[{}]"#, Code::FieldType),
        (r#"["1","2"]"#, Code::FieldType),
        (r#"[[1,2]]"#, Code::FieldType),
        (r#"[["1",2]]"#, Code::FieldType),
        (r#"[["1",["2"]]]"#, Code::FieldType),
        (r#"[[]]"#, Code::FieldMissing),
        (r#"[["1"]]"#, Code::FieldMissing),
    ] {
        assert_eq!(refused(text).code, code, "{text}");
    }
    assert_eq!(at(r#"[ [ "1" , "2" , [] ] ]"#, 0, 0), Ok(vec![Level { price: 1, qty: 2 }]));
    assert_eq!(at("[]", 0, 0), Ok(vec![]));
}

#[test]
fn trailing_zeros_need_no_finer_exponent() {
    let zeros = "0".repeat(30);
    assert_eq!(at(&format!(r#"[["1.5{zeros}","2.{zeros}"]]"#), -1, 0), Ok(vec![Level { price: 15, qty: 2 }]));
}

#[test]
fn the_finest_value_of_a_message_decides_the_exponents() {
    assert_eq!(at(r#"[["1.25","1"],["1.5","0.0001"],["1.125","0.1"]]"#, -1, 0), finer(-3, -4));
    assert_eq!(at(r#"[["1.5","0.5"]]"#, -1, 0), finer(-1, -1));
    assert_eq!(at(r#"[["0.000000000000000001","1"]]"#, 0, 0), finer(-18, 0));
}

#[test]
fn nothing_is_widened_for_a_message_that_would_not_fit() {
    // The first price fits −8 and not −10, which the second needs.
    assert_eq!(refused(r#"[["92233720368","1"],["0.0000000001","1"]]"#), Reject { code: Code::NumberRange, offset: 1_003 });
    assert_eq!(refused(r#"[["0.0000000001","1"],["92233720368","1"]]"#).code, Code::NumberRange);
    let quote = SPOT_FRAMES[3].replace("65000.12000000", "92233720368").replace("65001.10000000", "0.0000000001");
    let Ok(Plain::Quote { numbers, .. }) = read(SPOT, quote.as_bytes()) else { panic!() };
    assert_eq!(numbers, Err(Code::NumberRange));
}

#[test]
fn f12_a_million_levels_are_read_and_one_more_refused() {
    let body = |count: usize| format!("[{}]", vec![r#"["1","1"]"#; count].join(","));
    let mut levels = Vec::new();
    let text = body(LEVELS_MAX);
    assert_eq!(convert_levels(LevelText { bytes: text.as_bytes(), offset: 0, rows: Rows::Texts }, 0, 0, &mut levels), Ok(()));
    assert_eq!(levels.len(), LEVELS_MAX);
    let text = body(LEVELS_MAX + 1);
    let refused = convert_levels(LevelText { bytes: text.as_bytes(), offset: 0, rows: Rows::Texts }, 0, 0, &mut levels);
    assert_eq!(refused, Err(Convert::Reject(Reject { code: Code::LevelsTooMany, offset: 1 + LEVELS_MAX * 10 })));
    assert!(levels.capacity() >= LEVELS_MAX, "the vector is never shrunk");
}

/// Decimal text of an integer with `decimals` behind the point, plus zeros that do not count.
fn text(value: u64, decimals: u8, zeros: usize) -> String {
    let digits = format!("{value:0>width$}", width = usize::from(decimals) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(decimals));
    if fraction.is_empty() && zeros == 0 { whole.to_owned() } else { format!("{whole}.{fraction}{}", "0".repeat(zeros.max(1))) }
}

/// Value at an exponent by wide arithmetic; `None` where that is not exact.
fn wide(value: u64, decimals: u8, exponent: i8) -> Option<i128> {
    let shift = i32::from(decimals) + i32::from(exponent);
    let power = 10_i128.pow(shift.unsigned_abs());
    let value = i128::from(value);
    if shift <= 0 { Some(value * power) } else { (value % power == 0).then(|| value / power) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn levels_equal_those_of_wide_arithmetic_or_name_the_exponents_needed(
        rows in prop::collection::vec(((1_u64..=u64::MAX, 0_u8..=18, 0_usize..4), (any::<u64>(), 0_u8..=18, 0_usize..4), 0_u32..60), 0..6),
        price_exponent in -18_i8..=0,
        qty_exponent in -18_i8..=0,
    ) {
        // Shifted right, so that most numbers are small enough to fit.
        let rows: Vec<_> = rows.iter().map(|&((p, pd, pz), (q, qd, qz), shift)| (((p >> shift).max(1), pd, pz), (q >> shift, qd, qz))).collect();
        let body: Vec<_> = rows.iter().map(|&(p, q)| format!(r#"["{}","{}"]"#, text(p.0, p.1, p.2), text(q.0, q.1, q.2))).collect();
        let body = format!("[{}]", body.join(","));
        // The coarsest exponent, at most the given one, at which all values are whole.
        let needed = |given: i8, values: Vec<(u64, u8, usize)>| (-18..=given).rev().find(|at| values.iter().all(|v| wide(v.0, v.1, *at).is_some())).unwrap();
        let price_at = needed(price_exponent, rows.iter().map(|row| row.0).collect());
        let qty_at = needed(qty_exponent, rows.iter().map(|row| row.1).collect());
        let levels: Option<Vec<Level>> = rows.iter().map(|&(p, q)| {
            let price = i64::try_from(wide(p.0, p.1, price_at).unwrap()).ok()?;
            Some(Level { price, qty: i64::try_from(wide(q.0, q.1, qty_at).unwrap()).ok()? })
        }).collect();
        let converted = at(&body, price_exponent, qty_exponent);
        match levels {
            None => prop_assert!(matches!(converted, Err(Convert::Reject(Reject { code: Code::NumberRange, .. }))), "{:?}", converted),
            Some(levels) => {
                if (price_at, qty_at) != (price_exponent, qty_exponent) {
                    prop_assert_eq!(converted, finer(price_at, qty_at));
                } else {
                    prop_assert_eq!(converted, Ok(levels.clone()));
                }
                prop_assert_eq!(at(&body, price_at, qty_at), Ok(levels));
            }
        }
    }
}
