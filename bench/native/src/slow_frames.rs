//! Legal frames in spellings that no venue uses today: what the slow path costs, against `serde_json` doing the same.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::hint::black_box;

use serde::Deserialize;
use serde::de::Visitor;
use serde_json::{Value, json};
use tickring_core::decimal;

use crate::blocks::{self, Size, Work};
use crate::clock::cpu_ns;
use crate::corpus::{Corpus, ItemKind};
use crate::options::Options;
use crate::parse::FrameParser;
use crate::rig::definition;

/// Frames of each spelling: they stay in the cache, as a frame that has just arrived does.
const FRAMES: usize = 200;

/// Text, borrowed where no escape stands in it.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

#[derive(Deserialize)]
struct Wrapper<'a> {
    #[serde(borrow)]
    stream: Text<'a>,
    #[serde(borrow)]
    data: Delta<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, rename = "e")]
    event: Text<'a>,
    #[serde(rename = "E")]
    ts_sent: u64,
    #[serde(rename = "T")]
    ts_engine: Option<u64>,
    #[serde(borrow, rename = "s")]
    symbol: Text<'a>,
    #[serde(rename = "U")]
    first: u64,
    #[serde(rename = "u")]
    last: u64,
    #[serde(rename = "pu")]
    prev: Option<u64>,
    #[serde(borrow, rename = "b")]
    bids: Vec<[Text<'a>; 2]>,
    #[serde(borrow, rename = "a")]
    asks: Vec<[Text<'a>; 2]>,
}

/// Reads one frame into a struct and converts its levels; gives their number.
fn typed(bytes: &[u8], exponents: (i8, i8)) -> Result<usize, String> {
    let Wrapper { stream, data } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if data.event.0 != "depthUpdate" {
        return Err(format!("no delta: {}", data.event.0));
    }
    let mantissa = |text: &Text<'_>, exponent| {
        let number = decimal::parse(text.0.as_bytes()).map_err(|code| code.name().to_owned())?;
        number.at(exponent).map_err(|unfit| format!("{unfit:?}"))
    };
    let mut sum = 0_i64;
    for [price, qty] in data.bids.iter().chain(&data.asks) {
        sum = sum.wrapping_add(mantissa(price, exponents.0)? ^ mantissa(qty, exponents.1)?);
    }
    black_box((&stream.0, &data.symbol.0, data.ts_sent, data.ts_engine, data.first, data.last, data.prev, sum));
    Ok(data.bids.len() + data.asks.len())
}

/// Reads one frame into a tree, without looking at any number.
fn tree(bytes: &[u8]) -> Result<(), String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    black_box(value);
    Ok(())
}

type Spelling = fn(&str) -> Result<String, serde_json::Error>;

/// The ways to spell a frame, each with its name.
const SPELLINGS: [(&str, Spelling); 5] = [
    ("venue", |text| Ok(text.to_owned())),
    ("reordered", reordered),
    ("spaced", spaced),
    ("escaped", escaped),
    ("nested", nested),
];

/// Members by name: the maps of `serde_json` sort them.
fn reordered(text: &str) -> Result<String, serde_json::Error> {
    Ok(serde_json::from_str::<Value>(text)?.to_string())
}

/// A line for every value, indented.
fn spaced(text: &str) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&serde_json::from_str::<Value>(text)?)
}

/// The first character of every string as an escape, names and numbers included.
fn escaped(text: &str) -> Result<String, serde_json::Error> {
    let mut escaped = String::with_capacity(2 * text.len());
    let mut inside = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        escaped.push(character);
        inside ^= character == '"';
        if let Some(first) = characters.next_if(|next| inside && character == '"' && *next != '"') {
            escaped.push_str(&format!("\\u{:04x}", u32::from(first)));
        }
    }
    Ok(escaped)
}

/// Members that nobody reads, with values in values.
fn nested(text: &str) -> Result<String, serde_json::Error> {
    let mut value: Value = serde_json::from_str(text)?;
    for index in 0..10 {
        value["data"][format!("x{index}")] = json!({"a": [1, {"b": ["c", null, {"d": -1.5e3}]}], "e": "f"});
    }
    Ok(value.to_string())
}

struct Spelled {
    name: &'static str,
    frames: Vec<String>,
}

/// Some frames of the corpus, evenly over it, in every spelling.
fn spell(corpus: &Corpus) -> Result<Vec<Spelled>, Box<dyn Error>> {
    let frames: Vec<_> = corpus.items.iter().filter(|item| item.kind == ItemKind::Frame).collect();
    let step = (frames.len() / FRAMES).max(1);
    let mut all = Vec::new();
    for (name, spelling) in SPELLINGS {
        let texts = frames.iter().step_by(step).map(|item| {
            let text = std::str::from_utf8(corpus.bytes(item))?;
            Ok(spelling(text)?)
        });
        all.push(Spelled { name, frames: texts.collect::<Result<_, Box<dyn Error>>>()? });
    }
    Ok(all)
}

/// A pass over frames: ns and frames. Only frames that were read before come here.
fn pass<T>(frames: &[String], mut each: impl FnMut(&[u8]) -> Result<T, String>) -> (u64, u64) {
    let start = cpu_ns();
    for frame in frames {
        let read = each(frame.as_bytes());
        assert!(black_box(read).is_ok(), "invariant: these frames were read before");
    }
    (cpu_ns() - start, frames.len() as u64)
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let pinned = options.pin();
    let corpus = options.load()?;
    let all = spell(&corpus)?;
    let size = if options.smoke { Size::SMOKE } else { Size::FULL };
    let instrument = definition(1, "BTCUSDT");
    let exponents = (instrument.price_exponent, instrument.qty_exponent);
    let mut spellings = Vec::new();
    for Spelled { name, frames } in &all {
        let mut parser = FrameParser::new(options)?;
        let mut levels = 0;
        for frame in frames {
            let ours = parser.frame(frame.as_bytes())?;
            let theirs = typed(frame.as_bytes(), exponents)?;
            if ours != theirs {
                return Err(format!("{name}: {ours} levels here, {theirs} by serde_json: {frame}").into());
            }
            tree(frame.as_bytes())?;
            levels += ours;
        }
        let scanned = parser.scanned;
        let mut works = [
            Work::new("tickring", || pass(frames, |bytes| parser.frame(bytes))),
            Work::new("typed", || pass(frames, |bytes| typed(bytes, exponents))),
            Work::new("tree", || pass(frames, tree)),
        ];
        let series = blocks::run(&mut works, size);
        drop(works);
        let [ours, typed, tree] = [0, 1, 2].map(|index| blocks::median(&mut series[index].clone()));
        eprintln!(
            "{name}: {ours:.0} ns/frame, serde_json {typed:.0} typed with numbers, {tree:.0} tree: {:.2} and {:.2}; {scanned} of {} scanned",
            ours / typed,
            ours / tree,
            frames.len()
        );
        spellings.push(json!({
            "name": name,
            "frames": frames.len(),
            "bytes": frames.iter().map(String::len).sum::<usize>(),
            "levels": levels,
            "scanned": scanned,
            "blocks": { "tickring": series[0], "typed": series[1], "tree": series[2] },
        }));
    }
    let code_path = options.code_path()?.name();
    println!("{}", json!({ "corpus": corpus.describe(0), "code_path": code_path, "pinned": pinned, "spellings": spellings }));
    Ok(())
}
