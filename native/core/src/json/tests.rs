#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

fn root(text: &[u8]) -> Result<Value, Reject> {
    check(text, FRAME_BYTES_MAX)?;
    Scanner::at(text, 0).root()
}

fn refused(text: &str) -> (Code, usize) {
    let reject = root(text.as_bytes()).expect_err(text);
    (reject.code, reject.offset)
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

#[test]
fn every_form_of_the_grammar_is_accepted() {
    for text in [
        "{}",
        "[]",
        " [ ] ",
        "{\"a\":{}}",
        "[[],{},[{}]]",
        "0",
        "-0",
        "-0.0",
        "1e5",
        "1E+5",
        "1.5e-400",
        "123456789012345678901234567890",
        "true",
        "false",
        "null",
        "\"\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"é😀\u{7f}\u{2028}\"",
        "\t\r\n {\"a\" : [ 1 , 2 ] , \"b\" : null } \n",
        "{\"a\":1,\"a\":2}",
        "{\"\":0}",
    ] {
        assert!(root(text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn f09_what_is_not_one_json_value_is_refused_where_it_goes_wrong() {
    for (text, offset) in [
        ("", 0),
        (" ", 1),
        ("{", 1),
        ("[1,]", 3),
        ("[,1]", 1),
        ("[1 2]", 3),
        ("{\"a\"}", 4),
        ("{\"a\":}", 5),
        ("{\"a\":1,}", 7),
        ("{a:1}", 1),
        ("{'a':1}", 1),
        ("[1}", 2),
        ("{\"a\":1]", 6),
        ("{}{}", 2),
        ("[] x", 3),
        ("01", 1),
        ("-", 1),
        ("+1", 0),
        (".5", 0),
        ("1.", 2),
        ("1.e5", 2),
        ("1e", 2),
        ("1e+", 3),
        ("--1", 1),
        ("tru", 3),
        ("nul", 3),
        ("True", 0),
        ("NaN", 0),
        ("Infinity", 0),
        ("\"", 1),
        ("\"a", 2),
        ("\"\\", 2),
        ("\"\\x\"", 2),
        ("\"\\u12g4\"", 5),
        ("\"\\u123", 6),
        ("\"a\nb\"", 2),
        ("\"a\0b\"", 2),
        ("[1]//", 3),
        ("\u{feff}{}", 0),
        ("\u{a0}1", 0),
    ] {
        assert_eq!(refused(text), (Code::FrameNotJson, offset), "{text:?}");
    }
}

#[test]
fn control_characters_in_strings_are_refused_and_no_others() {
    for byte in 0..=0x7f {
        let text = ["\"", &char::from(byte).to_string(), "\""].concat();
        assert_eq!(root(text.as_bytes()).is_ok(), byte >= 0x20 && byte != b'"' && byte != b'\\', "{byte:#x}");
    }
}

#[test]
fn f10_bytes_that_are_not_utf8_are_refused_before_anything_else() {
    assert_eq!(check(b"{\"a\":\"\xff\"}", 100), Err(Reject { code: Code::FrameNotUtf8, offset: 6 }));
    assert_eq!(check(b"\xc0\x80 not json", 100), Err(Reject { code: Code::FrameNotUtf8, offset: 0 }));
    assert_eq!(check("\"é".as_bytes().split_last().unwrap().1, 100), Err(Reject { code: Code::FrameNotUtf8, offset: 1 }));
    assert_eq!(check(b"\xed\xa0\x80", 100), Err(Reject { code: Code::FrameNotUtf8, offset: 0 }));
}

#[test]
fn f11_a_frame_at_the_limit_is_read_and_one_byte_more_refused() {
    let text = format!("\"{}\"", "a".repeat(FRAME_BYTES_MAX - 2));
    assert_eq!(root(text.as_bytes()).map(|value| value.end), Ok(FRAME_BYTES_MAX - 1));
    let longer = format!(" {text}");
    assert_eq!(root(longer.as_bytes()), Err(Reject { code: Code::FrameTooLarge, offset: FRAME_BYTES_MAX }));
}

#[test]
fn f13_nesting_is_bounded_at_any_depth() {
    let limit = DEPTH_MAX as usize;
    assert!(root(nested(limit).as_bytes()).is_ok());
    assert_eq!(refused(&nested(limit + 1)), (Code::FrameTooDeep, limit));
    assert_eq!(refused(&"[".repeat(1_000_000)), (Code::FrameTooDeep, limit));
    assert_eq!(refused(&"{\"a\":".repeat(1_000_000)), (Code::FrameTooDeep, limit * 5));
    let mixed = format!("{}1{}", "{\"a\":[".repeat(limit / 2), "]}".repeat(limit / 2));
    assert!(root(mixed.as_bytes()).is_ok());
}

#[test]
fn members_and_elements_come_in_order_with_their_places() {
    let text = br#" { "a" : 1 , "b":[true,{}],"\u0061":"x" } "#;
    let mut seen = Vec::new();
    let end = each_member(text, 1, |key, value| {
        seen.push((key.to_vec(), value.kind, value.of(text).to_vec()));
        Ok(())
    });
    assert_eq!(end, Ok(text.len() - 1));
    assert_eq!(seen[0], (b"a".to_vec(), Kind::Number, b"1".to_vec()));
    assert_eq!(seen[1], (b"b".to_vec(), Kind::Array, b"[true,{}]".to_vec()));
    assert_eq!(seen[2], (br"\u0061".to_vec(), Kind::String, b"x".to_vec()));

    let mut kinds = Vec::new();
    let end = each_element(b"[ null,false , -1.5e3]", 0, |value| {
        kinds.push(value.kind);
        Ok(())
    });
    assert_eq!((end, kinds), (Ok(22), vec![Kind::Null, Kind::False, Kind::Number]));
    assert_eq!(each_element(b"[ ]", 0, |_| unreachable!()), Ok(3));
    assert_eq!(each_member(b"{ }", 0, |_, _| unreachable!()), Ok(3));
}

#[test]
fn what_a_visitor_refuses_ends_the_walk() {
    let stop = Reject { code: Code::FieldType, offset: 1 };
    assert_eq!(each_element(b"[1,", 0, |_| Err(stop)), Err(stop));
    assert_eq!(each_member(b"{\"a\":1,", 0, |_, _| Err(stop)), Err(stop));
}

#[test]
fn values_outside_the_input_are_empty() {
    assert_eq!(Value { kind: Kind::Null, start: 3, end: 9 }.of(b"abc"), b"");
    assert!(Scanner::at(b"abc", 9).root().is_err());
    assert!(each_member(b"abc", 9, |_, _| Ok(())).is_err());
}

#[test]
fn escapes_are_resolved_and_half_pairs_refused() {
    let mut buffer = [0; 16];
    assert_eq!(unescape(br#"\"\\\/\b\f\n\r\t"#, &mut buffer), Some(&b"\"\\/\x08\x0c\n\r\t"[..]));
    assert_eq!(unescape(br"\u0065\u00E9\ud83d\ude00", &mut buffer), Some("eé😀".as_bytes()));
    for half in [r"\ud83d", r"\ude00", r"\ud83d\u0041", r"\ud83dx", r"\u12", r"\u+123", r"\", r"\x"] {
        assert_eq!(unescape(half.as_bytes(), &mut buffer), None, "{half}");
    }
    assert_eq!(unescape(b"longer than the buffer", &mut buffer), Some(&b"longer than the buffer"[..]));
    assert_eq!(unescape(br"\tlonger than the buffer", &mut buffer), None);
    assert_eq!(unescape(br"\u0065", &mut []), None);
}

/// Text that is often nearly JSON.
fn nearly_json() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"\\n\"",
        "\"\\u0041\"",
        "\"",
        "\\",
        "0",
        "-1",
        "1.5",
        "2e3",
        "1.",
        "true",
        "false",
        "null",
        " ",
        "\n",
        "x",
        "{\"a\":",
        "[1,",
        "\"é\"",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_texts_are_json_as_for_another_parser(text in nearly_json()) {
        let other = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert_eq!(root(text.as_bytes()).is_ok(), other.is_ok(), "{:?}", text);
    }

    #[test]
    fn what_another_program_writes_is_read_to_its_end(text in ".{0,24}", number in any::<i64>(), small in any::<f32>()) {
        let value = serde_json::json!({ &text: [number, small, null, { "k": &text }], "": &text });
        for written in [serde_json::to_string(&value), serde_json::to_string_pretty(&value)] {
            let written = written.unwrap();
            let found = root(written.as_bytes());
            prop_assert_eq!(found.map(|value| (value.start, value.end)), Ok((0, written.len())));
        }
    }

    #[test]
    fn strings_are_unescaped_as_by_another_parser(inside in r#"([a-zé]|\\[\\/"bfnrt]|\\u[0-9a-fA-F]{4}|\\ud8[0-9a-f]{2}\\udc[0-9a-f]{2}){0,8}"#) {
        let other = serde_json::from_str::<String>(&format!("\"{inside}\"")).ok();
        let mut buffer = [0; 256];
        let ours = unescape(inside.as_bytes(), &mut buffer).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        prop_assert_eq!(ours, other);
    }

    #[test]
    fn any_bytes_are_refused_inside_their_bounds(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Err(reject) = root(&bytes) {
            prop_assert!(reject.offset <= bytes.len());
        }
        let mut buffer = [0; 8];
        let _ = unescape(&bytes, &mut buffer);
    }
}
