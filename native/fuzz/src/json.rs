//! JSON as `serde_json` understands it, one level at a time, with every number kept as its text and every string as its bytes.

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One value, its children still text.
pub enum Json<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    /// Escapes resolved; `None` where half a surrogate pair makes it no text.
    String(Option<String>),
    Array(Vec<&'a RawValue>),
    Object(Vec<(Option<String>, &'a RawValue)>),
}

/// The text of a frame that is one JSON value of at most `depth` open containers and `size` bytes.
pub fn check(bytes: &[u8], size: usize, depth: usize) -> Option<&RawValue> {
    let text = std::str::from_utf8(bytes).ok().filter(|_| bytes.len() <= size)?;
    // Looks at the grammar alone: half of a surrogate pair and numbers of any size are JSON.
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    (nesting(text) <= depth).then(|| serde_json::from_str(text).expect("it is JSON"))
}

/// Most containers open at once in text that is JSON.
fn nesting(text: &str) -> usize {
    let (mut open, mut most, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                open += 1;
                most = most.max(open);
            }
            b'}' | b']' if !quoted => open -= 1,
            _ => {}
        }
    }
    most
}

/// Opens one level of a value.
pub fn open(value: &RawValue) -> Json<'_> {
    let text = value.get();
    match text.as_bytes()[0] {
        b'n' => Json::Null,
        b't' => Json::Bool(true),
        b'f' => Json::Bool(false),
        b'"' => Json::String(string(text)),
        b'[' => Json::Array(serde_json::from_str(text).expect("an array")),
        b'{' => Json::Object(members(text)),
        _ => Json::Number(text),
    }
}

fn string(text: &str) -> Option<String> {
    serde_json::from_str(text).ok()
}

/// Members in their order, repeated ones as often as they stand there.
fn members(text: &str) -> Vec<(Option<String>, &RawValue)> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(Option<String>, &'de RawValue)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(Key(name)) = map.next_key()? {
                members.push((name, map.next_value()?));
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    serde::Deserializer::deserialize_map(&mut reader, Members).expect("an object")
}

/// A member's name. `String` would refuse half a surrogate pair, and with it the whole object.
struct Key(Option<String>);

impl<'de> serde::Deserialize<'de> for Key {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Key;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a name")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Key, E> {
                Ok(Key(String::from_utf8(bytes.to_vec()).ok()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key, E> {
                Ok(Key(Some(text.to_owned())))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}
