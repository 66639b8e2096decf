#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Result<(i64, u8), Code> {
    parse(text.as_bytes()).map(|decimal| (decimal.mantissa, decimal.decimals))
}

fn written(mantissa: i64, exponent: i8) -> String {
    let mut text = String::new();
    format_decimal(&mut text, mantissa, exponent);
    text
}

#[test]
fn plain_decimals_are_read_exactly() {
    for (text, mantissa, decimals) in [
        ("0", 0, 0),
        ("0.0", 0, 0),
        ("1", 1, 0),
        ("10", 10, 0),
        ("0.10", 1, 1),
        ("65000.12000000", 6_500_012, 2),
        ("-1.5", -15, 1),
        ("0.000000000000000001", 1, 18),
        ("9223372036854775807", i64::MAX, 0),
        ("-9223372036854775808", i64::MIN, 0),
        ("9.223372036854775807", i64::MAX, 18),
        ("1.000000000000000000000000000000", 1, 0),
        ("0.5000000000000000000000000000", 5, 1),
    ] {
        assert_eq!(parsed(text), Ok((mantissa, decimals)), "{text}");
    }
}

#[test]
fn f07_text_that_is_no_plain_decimal_is_a_syntax_error() {
    for text in [
        "",
        "-",
        "+1",
        ".5",
        "1.",
        ".",
        "-.5",
        "00",
        "00.1",
        "01",
        "-01",
        "1e5",
        "1E5",
        "1e400",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        " 1",
        "1 ",
        "1\n",
        "1,5",
        "1_000",
        "0x10",
        "--1",
        "1-",
        "1..2",
        "1.2.3",
        "１",
        "1\0",
    ] {
        assert_eq!(parsed(text), Err(Code::NumberSyntax), "{text:?}");
    }
}

#[test]
fn f07_numbers_out_of_range_are_told_from_those_too_precise() {
    assert_eq!(parsed("9223372036854775808"), Err(Code::NumberRange));
    assert_eq!(parsed("-9223372036854775809"), Err(Code::NumberRange));
    assert_eq!(parsed(&"9".repeat(400)), Err(Code::NumberRange));
    assert_eq!(parsed("10.000000000000000001"), Err(Code::NumberRange));
    assert_eq!(parsed("0.0000000000000000001"), Err(Code::NumberPrecision));
    assert_eq!(parsed("1.00000000000000000001"), Err(Code::NumberPrecision));
    assert_eq!(parsed(&format!("0.{}1", "0".repeat(400))), Err(Code::NumberPrecision));
}

#[test]
fn a_value_finer_than_the_exponent_names_the_exponent_it_needs() {
    let decimal = parse(b"1.2340").unwrap();
    assert_eq!(decimal.at(-2), Err(Unfit::Finer(-3)));
    assert_eq!(decimal.at(-3), Ok(1_234));
    assert_eq!(decimal.at(-8), Ok(123_400_000));
    assert_eq!(parse(b"10").unwrap().at(-18), Err(Unfit::Range));
}

#[test]
fn decimals_print_without_trailing_zeros_or_exponent() {
    for (mantissa, exponent, text) in [
        (0, -8, "0"),
        (1, 0, "1"),
        (10, 0, "10"),
        (100, -2, "1"),
        (110, -2, "1.1"),
        (-5, -1, "-0.5"),
        (-100, -3, "-0.1"),
        (1, -18, "0.000000000000000001"),
        (i64::MAX, -18, "9.223372036854775807"),
        (i64::MIN, 0, "-9223372036854775808"),
        (i64::MIN, -18, "-9.223372036854775808"),
    ] {
        assert_eq!(written(mantissa, exponent), text);
    }
    assert_eq!(write_decimal(&mut String::new(), 1, 1), Err(std::fmt::Error));
    assert_eq!(write_decimal(&mut String::new(), 1, -19), Err(std::fmt::Error));
}

#[test]
fn rescaling_is_exact_or_refused() {
    assert_eq!(rescale(15, -1, -3), Some(1_500));
    assert_eq!(rescale(1_500, -3, -1), Some(15));
    assert_eq!(rescale(1_501, -3, -1), None);
    assert_eq!(rescale(i64::MAX, 0, -1), None);
    assert_eq!(rescale(i64::MIN, -5, -5), Some(i64::MIN));
    assert_eq!(rescale(0, i8::MAX, i8::MIN), Some(0));
    assert_eq!(rescale(1, i8::MAX, i8::MIN), None);
}

/// Reads a number with big integers of its own: digits as text, compared by length first.
fn model(text: &str) -> Result<(i128, u8), Code> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let mut parts = unsigned.split('.');
    let whole = parts.next().unwrap_or_default();
    let fraction = parts.next();
    let digits = |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit());
    let well_formed = parts.next().is_none() && digits(whole) && fraction.is_none_or(digits);
    if !well_formed || (whole.starts_with('0') && whole != "0") {
        return Err(Code::NumberSyntax);
    }
    let fraction = fraction.unwrap_or_default().trim_end_matches('0');
    if fraction.len() > 18 {
        return Err(Code::NumberPrecision);
    }
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    if significant.len() > 19 {
        return Err(Code::NumberRange);
    }
    let magnitude: i128 = if significant.is_empty() { 0 } else { significant.parse().unwrap() };
    let value = if text.starts_with('-') { -magnitude } else { magnitude };
    if i64::try_from(value).is_err() {
        return Err(Code::NumberRange);
    }
    Ok((value, u8::try_from(fraction.len()).unwrap()))
}

#[test]
fn numbers_with_an_exponent_are_read_exactly() {
    let number = |text: &str| parse_number(text.as_bytes()).map(|decimal| (decimal.mantissa, decimal.decimals));
    for (text, mantissa, decimals) in [
        ("1e-5", 1, 5),
        ("1.742E-5", 1742, 8),
        ("6.55e-06", 655, 8),
        ("-2.50e+1", -25, 0),
        ("1e18", 1_000_000_000_000_000_000, 0),
        ("0.000100e4", 1, 0),
        ("0e999999999999", 0, 0),
        ("0.0e-999999999999", 0, 0),
        ("9223372036854775807e0", i64::MAX, 0),
        ("922337203685477580700000e-5", i64::MAX, 0),
        ("4714.0", 4714, 0),
    ] {
        assert_eq!(number(text), Ok((mantissa, decimals)), "{text}");
    }
    for (text, code) in [
        ("1e-19", Code::NumberPrecision),
        ("1e-99999999999999999999", Code::NumberPrecision),
        ("1e19", Code::NumberRange),
        ("1e99999999999999999999", Code::NumberRange),
        ("9223372036854775808e0", Code::NumberRange),
        ("1e", Code::NumberSyntax),
        ("e5", Code::NumberSyntax),
        ("1.e5", Code::NumberSyntax),
        ("1e5.0", Code::NumberSyntax),
        ("1e--5", Code::NumberSyntax),
        ("1x0e5", Code::NumberSyntax),
    ] {
        assert_eq!(number(text), Err(code), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_as_by_a_model_with_big_integers(text in "[-+]?[0-9]{0,22}[.]?[0-9]{0,24}[0e ]{0,2}") {
        prop_assert_eq!(parsed(&text).map(|(mantissa, decimals)| (i128::from(mantissa), decimals)), model(&text));
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn mantissas_survive_printing_and_reading(mantissa in any::<i64>(), exponent in -18_i8..=0) {
        let text = written(mantissa, exponent);
        prop_assert!(!text.contains('.') || !text.ends_with('0'), "{}", text);
        prop_assert_eq!(parse(text.as_bytes()).unwrap().at(exponent), Ok(mantissa));
    }

    #[test]
    fn a_number_with_an_exponent_is_the_plain_one(mantissa in any::<i64>(), exponent in -18_i8..=0, zeros in 0_usize..4) {
        let (sign, digits) = (if mantissa < 0 { "-" } else { "" }, mantissa.unsigned_abs());
        let power = i32::from(exponent) - i32::try_from(zeros).unwrap();
        let text = format!("{sign}{digits}{}.0{}e{power}", "0".repeat(zeros), "0".repeat(zeros));
        prop_assert_eq!(parse_number(text.as_bytes()), parse(written(mantissa, exponent).as_bytes()), "{}", text);
    }

    #[test]
    fn mantissas_at_an_exponent_equal_those_of_wide_arithmetic(mantissa in any::<i64>(), own in -18_i8..=0, wanted in -18_i8..=0) {
        let decimal = parse(written(mantissa, own).as_bytes()).unwrap();
        let needed = decimal.exponent();
        let wide = i128::from(decimal.mantissa) * 10_i128.pow(u32::from(needed.abs_diff(wanted)));
        let expected = match i64::try_from(wide) {
            _ if needed < wanted => Err(Unfit::Finer(needed)),
            Ok(fits) => Ok(fits),
            Err(_) => Err(Unfit::Range),
        };
        prop_assert_eq!(decimal.at(wanted), expected);
    }

    #[test]
    fn rescaling_equals_wide_arithmetic(mantissa in any::<i64>(), small in -1_000_i64..1_000, from in -18_i8..=0, to in -18_i8..=0) {
        for mantissa in [mantissa, small] {
            let power = 10_i128.pow(u32::from(from.abs_diff(to)));
            let wide = i128::from(mantissa);
            let exact = if from >= to { Some(wide * power) } else { (wide % power == 0).then(|| wide / power) };
            prop_assert_eq!(rescale(mantissa, from, to), exact.and_then(|value| i64::try_from(value).ok()));
        }
    }
}
