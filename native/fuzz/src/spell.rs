//! The same JSON in any legal spelling: white space, member order, escapes, members that nobody reads.

use std::fmt::Write;

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

/// Spells objects as the fuzzer's bytes say. Once they are used up, all is spelled plainly.
pub struct Speller<'u, 'a> {
    u: &'u mut Unstructured<'a>,
    text: String,
}

/// Names that no message reads; some look like ones that are read.
const UNREAD: [&str; 12] = [
    "",
    "st",
    "ps",
    "nq",
    "ee",
    "é",
    "😀",
    "__proto__",
    "e\0",
    "a name much longer than any that is read",
    "lastUpdateIdx",
    "BB",
];

/// Spells a message.
pub fn spell(u: &mut Unstructured<'_>, members: &Map<String, Value>) -> Result<String> {
    let mut speller = Speller { u, text: String::new() };
    speller.space()?;
    speller.object(members, true)?;
    speller.space()?;
    Ok(speller.text)
}

impl Speller<'_, '_> {
    fn space(&mut self) -> Result<()> {
        if self.u.is_empty() || !self.u.ratio(1, 6)? {
            return Ok(());
        }
        // A run of 64 fills a whole block of a vectorized reader.
        for _ in 0..*self.u.choose(&[1, 1, 2, 3, 17, 64])? {
            let space = *self.u.choose(&[' ', '\n', '\t', '\r'])?;
            self.text.push(space);
        }
        Ok(())
    }

    fn value(&mut self, value: &Value) -> Result<()> {
        self.space()?;
        match value {
            Value::Object(members) => self.object(members, false)?,
            Value::Array(elements) => {
                self.text.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.value(element)?;
                }
                self.space()?;
                self.text.push(']');
            }
            Value::String(text) => self.string(text)?,
            scalar => write!(self.text, "{scalar}").expect("a string takes any text"),
        }
        self.space()
    }

    fn object(&mut self, members: &Map<String, Value>, is_message: bool) -> Result<()> {
        let mut members: Vec<(String, Value)> = members.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        if is_message && !self.u.is_empty() {
            for _ in 0..self.u.int_in_range(0..=3)? {
                members.push(self.unread()?);
            }
        }
        self.text.push('{');
        let shuffled = self.u.ratio(1, 2)?;
        for index in 0..members.len() {
            let from = if shuffled { self.u.int_in_range(index..=members.len() - 1)? } else { index };
            members.swap(index, from);
            let (name, value) = members[index].clone();
            if index > 0 {
                self.text.push(',');
            }
            self.space()?;
            self.string(&name)?;
            self.space()?;
            self.text.push(':');
            self.value(&value)?;
        }
        self.space()?;
        self.text.push('}');
        Ok(())
    }

    fn unread(&mut self) -> Result<(String, Value)> {
        let name = (*self.u.choose(&UNREAD)?).to_owned();
        let value = match self.u.int_in_range(0..=7_u8)? {
            0 => Value::Null,
            1 => json!({"e": "trade", "s": [1, {"e": []}], "": {}, "b": [["1", "2"]]}),
            2 => json!([[["1e5", -1.5e300], "}]\"\\"], false]),
            3 => json!("\u{1}\\\"é😀"),
            4 => json!(-0.5),
            5 => json!("\\".repeat(self.u.int_in_range(0..=130)?)),
            6 => json!("x".repeat(self.u.int_in_range(0..=300)?)),
            _ => (0..self.u.int_in_range(0..=29)?).fold(json!([]), |inner, _| json!([inner])),
        };
        Ok((name, value))
    }

    fn string(&mut self, text: &str) -> Result<()> {
        let escapes = !self.u.is_empty() && self.u.ratio(1, 4)?;
        self.text.push('"');
        for character in text.chars() {
            let must = matches!(character, '"' | '\\' | '\0'..='\u{1f}');
            if must || (escapes && self.u.ratio(1, 3)?) {
                self.escape(character)?;
            } else {
                self.text.push(character);
            }
        }
        self.text.push('"');
        Ok(())
    }

    fn escape(&mut self, character: char) -> Result<()> {
        if matches!(character, '"' | '\\' | '/') && self.u.ratio(1, 2)? {
            self.text.extend(['\\', character]);
            return Ok(());
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            if self.u.ratio(1, 2)? {
                write!(self.text, "\\u{unit:04x}").expect("a string takes any text");
            } else {
                write!(self.text, "\\u{unit:04X}").expect("a string takes any text");
            }
        }
        Ok(())
    }
}
