//! The same message in any other legal spelling parses to the same: white space, member order, escapes, members that the
//! message does not read, once or twice, with any values.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod parse_support;

use std::fmt::Write;

use parse_support::*;
use proptest::prelude::*;
use serde_json::Value;

/// Spells JSON values at random. The seed is part of the failure that proptest prints.
struct Speller {
    state: u64,
    text: String,
}

impl Speller {
    fn spell(seed: u64, value: &Value) -> String {
        let mut speller = Self { state: seed | 1, text: String::new() };
        speller.value(value, true);
        speller.text
    }

    /// A number below `limit` (xorshift64*).
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let mixed = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(mixed).unwrap() % limit
    }

    fn space(&mut self) {
        while self.below(4) == 0 {
            let space = [' ', '\t', '\n', '\r'][self.below(4)];
            self.text.push(space);
        }
    }

    fn value(&mut self, value: &Value, is_message: bool) {
        self.space();
        match value {
            Value::Object(members) => self.object(members, is_message),
            Value::Array(elements) => {
                self.text.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.value(element, false);
                }
                self.space();
                self.text.push(']');
            }
            Value::String(text) => self.string(text),
            scalar => write!(self.text, "{scalar}").unwrap(),
        }
        self.space();
    }

    fn object(&mut self, members: &serde_json::Map<String, Value>, is_message: bool) {
        let mut members: Vec<(String, Value)> = members.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        if is_message {
            for _ in 0..self.below(4) {
                members.push(self.unread());
            }
        }
        self.text.push('{');
        let mut is_first = true;
        while !members.is_empty() {
            let index = self.below(members.len());
            let (name, value) = members.swap_remove(index);
            if !is_first {
                self.text.push(',');
            }
            is_first = false;
            self.space();
            self.string(&name);
            self.space();
            self.text.push(':');
            // Wrappers and errors hold messages of their own.
            self.value(&value, is_message && (name == "data" || name == "error"));
        }
        self.space();
        self.text.push('}');
    }

    /// A member that no message reads. The few names come up twice now and then.
    fn unread(&mut self) -> (String, Value) {
        let names = ["", "st", "ps", "nq", "ee", "é", "😀", "__proto__", "e\0", "a name much longer than any that is read"];
        let values = [
            Value::Null,
            serde_json::json!({"e": "trade", "s": [1, {"e": []}], "": {}}),
            serde_json::json!([[["1e5", -1.5e300], "}]\"\\"], false]),
            serde_json::json!("\u{1}\\\"é😀"),
            serde_json::json!(-0.5),
        ];
        (names[self.below(names.len())].to_owned(), values[self.below(values.len())].clone())
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        let escape_one_of = 1 + self.below(6);
        for character in text.chars() {
            let must = matches!(character, '"' | '\\' | '\0'..='\u{1f}');
            if must || (escape_one_of < 4 && self.below(escape_one_of) == 0) {
                self.escape(character);
            } else {
                self.text.push(character);
            }
        }
        self.text.push('"');
    }

    fn escape(&mut self, character: char) {
        if matches!(character, '"' | '\\' | '/') && self.below(2) == 0 {
            self.text.extend(['\\', character]);
            return;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            match self.below(2) {
                0 => write!(self.text, "\\u{unit:04x}").unwrap(),
                _ => write!(self.text, "\\u{unit:04X}").unwrap(),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_legal_respelling_of_a_message_parses_to_the_same_message(seed in any::<u64>()) {
        for (venue, frame) in frames() {
            let expected = read(venue, frame.as_bytes()).unwrap();
            let respelled = Speller::spell(seed, &serde_json::from_str(frame).unwrap());
            prop_assert_eq!(read(venue, respelled.as_bytes()), Ok(expected.clone()), "{}", respelled);
            if !frame.contains("\"stream\"") {
                let wrapped = Speller::spell(seed, &serde_json::from_str(&wrap(frame)).unwrap());
                prop_assert_eq!(read(venue, wrapped.as_bytes()), Ok(expected), "{}", wrapped);
            }
        }
    }

    #[test]
    fn a_symbol_outside_ascii_is_the_same_in_any_spelling(seed in any::<u64>()) {
        for (venue, frame) in [(SPOT, SPOT_FRAMES[2]), (USDM, USDM_FRAMES[3])] {
            let frame = frame.replace("BTCUSDT", "币安人生USDT");
            let respelled = Speller::spell(seed, &serde_json::from_str(&frame).unwrap());
            prop_assert_eq!(read(venue, respelled.as_bytes()), read(venue, frame.as_bytes()), "{}", respelled);
        }
    }

    #[test]
    fn any_legal_respelling_of_a_body_parses_to_the_same(seed in any::<u64>()) {
        for body in SNAPSHOTS {
            let respelled = Speller::spell(seed, &serde_json::from_str(body).unwrap());
            let (first, second) = (SPOT.parse_snapshot(body.as_bytes()).unwrap(), SPOT.parse_snapshot(respelled.as_bytes()).unwrap());
            prop_assert_eq!((first.last_update_id, first.ts_event), (second.last_update_id, second.ts_event));
            prop_assert_eq!(numbers(first.bids, (0, 0)), numbers(second.bids, (0, 0)));
            prop_assert_eq!(numbers(first.asks, (0, 0)), numbers(second.asks, (0, 0)));
        }
        let respelled = Speller::spell(seed, &serde_json::from_str(LISTING).unwrap());
        prop_assert_eq!(SPOT.parse_listings(respelled.as_bytes()), SPOT.parse_listings(LISTING.as_bytes()));
    }
}
