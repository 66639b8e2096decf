//! Messages made from the fuzzer's bytes: what they say is known, so that any spelling of them can be checked against it.

use arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::{Map, Value, json};
use tickring_core::event::Level;
use tickring_core::venue::{DeltaIds, VenueId};

use crate::oracle::{Numbers, Said, Snapshot};

/// A message as JSON members, and what it says.
pub struct Made {
    pub venue: VenueId,
    pub members: Map<String, Value>,
    pub said: Said,
}

const SYMBOLS: [&str; 5] = ["BTCUSDT", "1000SHIBUSDT", "币安人生USDT", "A", "ETHUSDT_240927"];

/// Positive numbers with up to 18 decimals that all fit 64 bits at the finest of them.
struct Decimals {
    /// Decimals that the finest number has.
    places: usize,
    /// All numbers show all of them, as venues send their columns.
    uniform: bool,
    /// Largest mantissa.
    most: i64,
}

impl Decimals {
    fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        // Venues have 2 or 3; the ends of the range matter too.
        let places = if u.ratio(3, 4)? { u.int_in_range(0..=4)? } else { u.int_in_range(0..=18)? };
        let uniform = u.ratio(3, 4)?;
        let most = *u.choose(&[9, 99_999, 7_000_000, 10_000_000_000, 99_999_999_999_999, i64::MAX])?;
        Ok(Self { places, uniform, most })
    }

    /// A number as text with some zeros that do not count, and its mantissa at `places`.
    fn number(&self, u: &mut Unstructured<'_>, zero: bool) -> Result<(String, i64)> {
        let mantissa: i64 = u.int_in_range(i64::from(!zero)..=self.most)?;
        let mantissa = if zero && u.ratio(1, 4)? { 0 } else { mantissa };
        let padded = format!("{mantissa:0>width$}", width = self.places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - self.places);
        if self.uniform {
            return Ok((if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }, mantissa));
        }
        let kept = if u.ratio(1, 2)? { fraction.trim_end_matches('0') } else { fraction };
        let zeros = if u.ratio(1, 4)? { "0".repeat(u.int_in_range(0..=24)?) } else { String::new() };
        let fraction = format!("{kept}{zeros}");
        Ok((if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }, mantissa))
    }
}

/// Pairs of price and quantity as text, and what they say once exponents are as coarse as they may be.
fn pairs(u: &mut Unstructured<'_>, count: usize) -> Result<(Vec<[String; 2]>, Numbers)> {
    let (prices, quantities) = (Decimals::new(u)?, Decimals::new(u)?);
    let (mut texts, mut levels) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (price, price_mantissa) = prices.number(u, false)?;
        let (qty, qty_mantissa) = quantities.number(u, true)?;
        texts.push([price, qty]);
        levels.push([price_mantissa, qty_mantissa]);
    }
    // Zeros that all mantissas end with are decimals that no number has.
    let needless = |of: usize, places: usize| {
        let ends = |mantissa: i64| (0..places).take_while(|at| mantissa % 10_i64.pow(*at as u32 + 1) == 0).count();
        levels.iter().map(|pair| ends(pair[of])).min().unwrap_or(places)
    };
    let (price_less, qty_less) = (needless(0, prices.places), needless(1, quantities.places));
    let level =
        |pair: &[i64; 2]| Level { price: pair[0] / 10_i64.pow(price_less as u32), qty: pair[1] / 10_i64.pow(qty_less as u32) };
    let exponent = |places: usize| -(places as i8);
    let exponents = (exponent(prices.places - price_less), exponent(quantities.places - qty_less));
    let said = Ok((exponents, levels.iter().map(level).collect()));
    Ok((texts, said))
}

/// An id or time. `u64::MAX` and its neighbours are what a sum may overflow at.
fn id(u: &mut Unstructured<'_>) -> Result<u64> {
    Ok(match u.int_in_range(0..=5_u8)? {
        0 => u64::from(u8::arbitrary(u)?),
        1 => u64::MAX - u64::from(u8::arbitrary(u)?),
        2 => u64::arbitrary(u)?,
        _ => u.int_in_range(1_000_000_000..=9_999_999_999_999)?,
    })
}

/// A time as the venue sends it, in ms or µs, and in ns.
fn time(u: &mut Unstructured<'_>) -> Result<(u64, u64)> {
    let ms = u.int_in_range(0..=4_102_444_800_000_u64)?;
    if u.ratio(3, 4)? || ms < 100_000_000_000 {
        return Ok((ms, ms * 1_000_000));
    }
    let us = ms * 1_000 + u.int_in_range(0..=999)?;
    Ok((us, us * 1_000))
}

fn object(members: Value) -> Map<String, Value> {
    if let Value::Object(members) = members { members } else { Map::new() }
}

impl<'a> Arbitrary<'a> for Made {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let venue = *u.choose(&[VenueId::BinanceSpot, VenueId::BinanceUsdm])?;
        match u.int_in_range(0..=10_u8)? {
            0..=4 => depth(u, venue),
            5 | 6 => print(u, venue),
            7 | 8 => quote(u, venue),
            9 => reply(u, venue),
            _ => figure(u, venue),
        }
    }
}

/// Members in the venue's own order, which is what the fast path knows.
fn depth(u: &mut Unstructured<'_>, venue: VenueId) -> Result<Made> {
    let symbol = (*u.choose(&SYMBOLS)?).to_owned();
    let ((sent, ts_sent), (engine, ts_engine)) = (time(u)?, time(u)?);
    let mut ids = [id(u)?, id(u)?];
    ids.sort_unstable();
    let mut members = object(json!({"e": "depthUpdate", "E": sent}));
    let mut add = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    let mut ts_event = ts_sent;
    if venue == VenueId::BinanceUsdm || u.ratio(1, 8)? {
        add("T", engine.into());
        ts_event = ts_engine;
    }
    add("s", symbol.as_str().into());
    add("U", ids[0].into());
    add("u", ids[1].into());
    let mut prev = None;
    if venue == VenueId::BinanceUsdm {
        let before = id(u)?.min(ids[1]);
        add("pu", before.into());
        prev = Some(before);
    }
    let mut side = |name: &str| -> Result<Numbers> {
        let count = if u.ratio(1, 16)? { u.int_in_range(0..=300)? } else { u.int_in_range(0..=24)? };
        let (texts, said) = pairs(u, count)?;
        add(name, json!(texts));
        Ok(said)
    };
    let (bids, asks) = (side("b")?, side("a")?);
    let ids = DeltaIds { first: ids[0], last: ids[1], prev, ts_sent };
    Ok(Made { venue, members, said: Said::Depth { symbol, ts_event, ids, bids, asks } })
}

fn print(u: &mut Unstructured<'_>, venue: VenueId) -> Result<Made> {
    let symbol = (*u.choose(&SYMBOLS)?).to_owned();
    let ((sent, _), (engine, ts_event)) = (time(u)?, time(u)?);
    let (aggregated, sell, id) = (bool::arbitrary(u)?, bool::arbitrary(u)?, id(u)?);
    let (texts, numbers) = pairs(u, 1)?;
    let event = if aggregated { "aggTrade" } else { "trade" };
    let mut members =
        object(json!({"e": event, "E": sent, "T": engine, "s": symbol, "p": texts[0][0], "q": texts[0][1], "m": sell}));
    members.insert(if aggregated { "a" } else { "t" }.to_owned(), id.into());
    let mut off_market = false;
    if u.ratio(1, 2)? {
        let execution = *u.choose(&["MARKET", "INSURANCE_FUND", "NA", ""])?;
        members.insert("X".to_owned(), execution.into());
        off_market = venue == VenueId::BinanceUsdm && !aggregated && execution != "MARKET";
    }
    Ok(Made { venue, members, said: Said::Trade { symbol, ts_event, id, numbers, sell, aggregated, off_market } })
}

fn quote(u: &mut Unstructured<'_>, venue: VenueId) -> Result<Made> {
    let symbol = (*u.choose(&SYMBOLS)?).to_owned();
    let (engine, ts_event) = time(u)?;
    let update_id = id(u)?;
    let (texts, numbers) = pairs(u, 2)?;
    let [[b, b_qty], [a, a_qty]] = [&texts[0], &texts[1]];
    let mut members = object(json!({"u": update_id, "s": symbol, "b": b, "B": b_qty, "a": a, "A": a_qty}));
    let mut ts = None;
    if venue == VenueId::BinanceUsdm {
        members.insert("e".to_owned(), "bookTicker".into());
        members.insert("T".to_owned(), engine.into());
        ts = Some(ts_event);
    }
    Ok(Made { venue, members, said: Said::Quote { symbol, ts_event: ts, update_id, numbers } })
}

fn reply(u: &mut Unstructured<'_>, venue: VenueId) -> Result<Made> {
    let (id, code) = (id(u)?, i64::from(i32::arbitrary(u)?));
    let error = json!({"code": code, "msg": "x"});
    let (members, venue_code) = match u.int_in_range(0..=3_u8)? {
        0 => (json!({"result": null, "id": id}), 0),
        1 => (json!({"result": ["btcusdt@aggTrade"], "id": id}), 0),
        2 => (json!({"error": error, "id": id}), if code == 0 { -1 } else { code }),
        _ => {
            let said = if u.ratio(1, 2)? { Said::Shutdown } else { Said::Ignored };
            let event = if said == Said::Shutdown { "serverShutdown" } else { "24hrTicker" };
            return Ok(Made { venue, members: object(json!({"e": event, "E": 1_770_123_456_789_u64, "s": "A"})), said });
        }
    };
    Ok(Made { venue, members: object(members), said: Said::Reply { id, venue_code } })
}

/// A mark price, a liquidation, the state of a contract or a kline.
fn figure(u: &mut Unstructured<'_>, venue: VenueId) -> Result<Made> {
    let symbol = (*u.choose(&SYMBOLS)?).to_owned();
    let ((sent, ts_sent), (engine, ts_engine)) = (time(u)?, time(u)?);
    let numbers = ["0", "0.5", "64998.62659091", "1000000000000", "0.000000000000000001"];
    let [price, other] = [*u.choose(&numbers)?, *u.choose(&numbers)?];
    let who = |ts: u64| format!("{symbol} Some({ts})");
    let (members, said) = match u.int_in_range(0..=3_u8)? {
        0 => {
            let rate = if other == "0" { other.to_owned() } else { format!("-{other}") };
            let mark = json!({"e": "markPriceUpdate", "E": sent, "s": symbol, "p": price, "i": other, "r": rate, "T": engine});
            let who = who(ts_sent);
            let funding = format!("{who} funding {rate} next Some({ts_engine}) each None");
            (mark, vec![format!("{who} mark {price}"), format!("{who} index {other}"), funding])
        }
        1 => {
            let order = json!({"s": symbol, "S": "SELL", "q": other, "p": price, "ap": "1", "T": engine});
            let said = format!("{} liquidation 0 sell {other} at {price}", who(ts_engine));
            (json!({"e": "forceOrder", "E": sent, "o": order}), vec![said])
        }
        2 => {
            let (interval, closed) = (*u.choose(&["1m", "1m", "1m", "5m"])?, bool::arbitrary(u)?);
            // At the exponent of the last of these numbers 10^12 does not fit.
            let [open, low] = if price.len() + other.len() > 30 { [price; 2] } else { [price, other] };
            let kline = json!({"t": engine, "i": interval, "o": open, "h": open, "l": low, "c": open, "v": other, "q": price, "n": 7, "x": closed});
            let kline = json!({"e": "kline", "E": sent, "s": symbol, "k": kline});
            if interval != "1m" {
                return Ok(Made { venue, members: object(kline), said: Said::Ignored });
            }
            let start = ts_engine / 1_000_000_000;
            let prices = format!("{open} {open} {low} {open}");
            let said = format!("bar {start}+60 {prices} of {other} worth {price} in 7 closed Some({closed})");
            (kline, vec![format!("{} {said}", who(ts_sent))])
        }
        _ => {
            let (word, state) = *u.choose(&[("TRADING", "trading"), ("SETTLING", "settling"), ("X", "other")])?;
            let contract = json!({"e": "contractInfo", "E": sent, "s": symbol, "cs": word});
            (contract, vec![format!("{} status {state}", who(ts_sent))])
        }
    };
    Ok(Made { venue, members: object(members), said: Said::Figures(said) })
}

/// The body of a depth snapshot, and what it says.
pub fn snapshot(u: &mut Unstructured<'_>) -> Result<(Map<String, Value>, Snapshot)> {
    let last_update_id = id(u)?;
    let (bid_count, ask_count) = (u.int_in_range(0..=40)?, u.int_in_range(0..=40)?);
    let ((bid_texts, bids), (ask_texts, asks)) = (pairs(u, bid_count)?, pairs(u, ask_count)?);
    let mut members = object(json!({"lastUpdateId": last_update_id, "bids": bid_texts, "asks": ask_texts}));
    let mut ts_event = None;
    if u.ratio(1, 2)? {
        let ((sent, _), (engine, ns)) = (time(u)?, time(u)?);
        members.insert("E".to_owned(), sent.into());
        members.insert("T".to_owned(), engine.into());
        ts_event = Some(ns);
    }
    Ok((members, Snapshot { last_update_id, ts_event, bids, asks }))
}
