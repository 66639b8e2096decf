//! Recorded frames in another spelling, for venues of whose present protocol there is no recording: the same levels in the same order, in
//! the members that the venue documents.

use std::fmt::Write;

use serde_json::Value;
use tickring_core::decimal;

use super::sbe_support::{Row, Sbe};

/// Levels a side that Kraken's checksum is made of.
const CHECKSUM_LEVELS: usize = 10;

/// A message of Kraken's v1 books as v2 spells it; `None` for any other message.
pub fn kraken(frame: &str) -> Option<String> {
    let message: Value = serde_json::from_str(frame).ok()?;
    let elements = message.as_array()?;
    let [channel, pair] = elements.last_chunk()?;
    if !channel.as_str()?.starts_with("book") {
        return None;
    }
    let side = |whole: &str, changed: &str| {
        let found = elements.iter().find_map(|payload| payload.get(whole).or_else(|| payload.get(changed)));
        found.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    };
    let (bids, asks) = (side("bs", "b"), side("as", "a"));
    let is_whole = elements.iter().any(|payload| payload.get("as").is_some() || payload.get("bs").is_some());
    let (kind, checksum) = if is_whole {
        ("snapshot", checksum(bids, asks).to_string())
    } else {
        ("update", elements.iter().find_map(|payload| payload.get("c")?.as_str())?.to_owned())
    };
    let time = bids.iter().chain(asks).filter_map(|level| level.get(2)?.as_str()).max()?;
    let (bids, asks) = (kraken_side(bids)?, kraken_side(asks)?);
    Some(format!(
        "{{\"channel\":\"book\",\"type\":\"{kind}\",\"data\":[{{\"symbol\":{pair},\"bids\":{bids},\"asks\":{asks},\"checksum\":{checksum},\"timestamp\":\"{}\"}}]}}",
        clock(time)?
    ))
}

/// Price and quantity as numbers, with all decimals.
fn kraken_side(levels: &[Value]) -> Option<String> {
    let mut text = String::from("[");
    for level in levels {
        let (price, qty) = (level.get(0)?.as_str()?, level.get(1)?.as_str()?);
        let comma = if text.len() > 1 { "," } else { "" };
        write!(text, "{comma}{{\"price\":{price},\"qty\":{qty}}}").ok()?;
    }
    Some(text + "]")
}

/// Of a whole book, where v1 has none.
fn checksum(bids: &[Value], asks: &[Value]) -> u32 {
    let mut crc = flate2::Crc::new();
    for level in asks.iter().take(CHECKSUM_LEVELS).chain(bids.iter().take(CHECKSUM_LEVELS)) {
        for place in 0..2 {
            let digits = level.get(place).and_then(Value::as_str).unwrap_or_default().replace('.', "");
            crc.update(digits.trim_start_matches('0').as_bytes());
        }
    }
    crc.sum()
}

/// `1618678133.365913` as a time of the day on which it was recorded, 2021-04-17.
fn clock(seconds: &str) -> Option<String> {
    let (seconds, micros) = seconds.split_once('.')?;
    let second: u64 = seconds.parse().ok()?;
    let day = second % 86_400;
    Some(format!("2021-04-17T{:02}:{:02}:{:02}.{micros}Z", day / 3_600, day / 60 % 60, day % 60))
}

/// A message of OKX's books of 2022 with the ids that took the place of checksums; `None` for any other message.
pub fn okx(frame: &str, ids: &mut Vec<(String, u64)>) -> Option<String> {
    let (head, rest) = frame.split_once(",\"checksum\":")?;
    let (_, tail) = rest.split_once('}')?;
    let symbol = head.split_once("\"instId\":\"")?.1.split('"').next()?;
    if head.contains("\"action\":\"snapshot\"") {
        ids.retain(|(known, _)| known != symbol);
        ids.push((symbol.to_owned(), OKX_FIRST_ID));
        return Some(format!("{head},\"seqId\":{OKX_FIRST_ID},\"prevSeqId\":-1}}{tail}"));
    }
    let last = &mut ids.iter_mut().find(|(known, _)| known == symbol)?.1;
    // They rise by any step.
    let prev = std::mem::replace(last, *last + 253);
    Some(format!("{head},\"seqId\":{last},\"prevSeqId\":{prev}}}{tail}"))
}

/// As long as the venue's are today.
const OKX_FIRST_ID: u64 = 344_430_848_984;

/// A depth delta of Binance futures as Backpack spells it; `None` for any other message. Ids are made to count by one, as they do there.
pub fn backpack(frame: &str, ids: &mut Vec<(String, u64)>) -> Option<String> {
    let message: Value = serde_json::from_str(frame).ok()?;
    let data = message.get("data").filter(|data| data["e"] == "depthUpdate")?;
    let symbol = data["s"].as_str()?;
    if !ids.iter().any(|(known, _)| known == symbol) {
        ids.push((symbol.to_owned(), BACKPACK_FIRST_ID));
    }
    let last = &mut ids.iter_mut().find(|(known, _)| known == symbol)?.1;
    *last += 1;
    let (sent, made) = (data["E"].as_u64()? * 1_000, data["T"].as_u64()? * 1_000);
    Some(format!(
        "{{\"stream\":\"depth.{symbol}\",\"data\":{{\"e\":\"depth\",\"E\":{sent},\"s\":\"{symbol}\",\"a\":{},\"b\":{},\"U\":{last},\"u\":{last},\"T\":{made}}}}}",
        data["a"], data["b"]
    ))
}

/// Before the first one: as long as the venue's are today.
const BACKPACK_FIRST_ID: u64 = 1_000_000_000;

/// A fetched book of Binance futures as Backpack spells it, older than every delta.
pub fn backpack_body(body: &str) -> Option<String> {
    let book: Value = serde_json::from_str(body).ok()?;
    let micros = book["T"].as_u64()? * 1_000;
    Some(format!(
        "{{\"asks\":{},\"bids\":{},\"lastUpdateId\":\"{BACKPACK_FIRST_ID}\",\"timestamp\":{micros}}}",
        book["asks"], book["bids"]
    ))
}

/// Exponents of binary messages: as many decimals as their JSON has.
const SBE_EXPONENTS: (i8, i8) = (-8, -8);

/// A message of Binance spot in its binary format; `None` for one that has no counterpart there.
pub fn sbe(frame: &str) -> Option<Vec<u8>> {
    let message: Value = serde_json::from_str(frame).ok()?;
    let data = message.get("data")?;
    let symbol = data["s"].as_str()?;
    let number = |value: &Value| decimal::parse(value.as_str()?.as_bytes()).ok()?.at(-8).ok();
    let whole = |name: &str| data[name].as_i64();
    let side = |name: &str| -> Option<Vec<Row>> {
        data[name].as_array()?.iter().map(|row| Some((number(&row[0])?, number(&row[1])?))).collect()
    };
    let form = Sbe::default();
    match data["e"].as_str() {
        Some("depthUpdate") => {
            let sides = [&side("b")?[..], &side("a")?[..]];
            Some(form.depth(symbol, whole("E")? * 1_000, [whole("U")?, whole("u")?], SBE_EXPONENTS, sides))
        }
        Some(event @ ("trade" | "aggTrade")) => {
            let id = whole(if event == "trade" { "t" } else { "a" })?;
            let print = (id, number(&data["p"])?, number(&data["q"])?, u8::from(data["m"].as_bool()?));
            Some(form.trades(symbol, [whole("E")? * 1_000, whole("T")? * 1_000], SBE_EXPONENTS, &[print]))
        }
        None if data["B"].is_string() => {
            let best = [number(&data["b"])?, number(&data["B"])?, number(&data["a"])?, number(&data["A"])?];
            // The recorded one has no time.
            Some(form.quote(symbol, SBE_TIME_US, whole("u")?, SBE_EXPONENTS, best))
        }
        _ => None,
    }
}

/// 2021-07-22, when the messages were recorded.
const SBE_TIME_US: i64 = 1_626_900_000_000_000;
