//! The oracle of mark prices, liquidations, states of contracts and klines of Binance: what each says, as text of its own making.

use serde_json::value::RawValue;

use crate::json::{self, Json};
use crate::oracle::{self, Answer, Object, Refused, decimal, number_text, text, time};

/// Whether an event is one of these.
pub fn is_figure(event: &str) -> bool {
    ["markPriceUpdate", "forceOrder", "contractInfo", "kline"].contains(&event)
}

/// What one object says; nothing where it is another event.
pub fn said(object: &Object<'_>) -> Answer<Vec<String>> {
    match object.text("e")?.as_str() {
        "markPriceUpdate" => mark_price(object),
        "forceOrder" => liquidation(object),
        "contractInfo" => contract(object),
        "kline" => kline(object),
        _ => Ok(Vec::new()),
    }
}

fn mark_price(object: &Object<'_>) -> Answer<Vec<String>> {
    let who = format!("{} Some({})", object.text("s")?, time(object.need("E")?)?);
    let mut said = vec![format!("{who} mark {}", unsigned(object.need("p")?)?)];
    if let Some(index) = optional(object, "i")? {
        said.push(format!("{who} index {}", unsigned(index)?));
    }
    if let Some(rate) = optional(object, "r")? {
        let next = object.get("T")?.map(time).transpose()?;
        said.push(format!("{who} funding {} next {next:?} each None", signed(rate)?));
    }
    Ok(said)
}

fn liquidation(object: &Object<'_>) -> Answer<Vec<String>> {
    let order = Object::of(object.need("o")?).ok_or(Refused)?;
    let at = if order.has("T") { order.need("T")? } else { object.need("E")? };
    let side = match order.text("S")?.as_str() {
        "BUY" => "buy",
        "SELL" => "sell",
        _ => return Err(Refused),
    };
    let (price, qty) = (unsigned(order.need("p")?)?, unsigned(order.need("q")?)?);
    Ok(vec![format!("{} Some({}) liquidation 0 {side} {qty} at {price}", order.text("s")?, time(at)?)])
}

fn contract(object: &Object<'_>) -> Answer<Vec<String>> {
    let state = match object.text("cs")?.as_str() {
        "TRADING" => "trading",
        "PENDING_TRADING" | "PRE_TRADING" => "pre_open",
        "PRE_DELIVERING" | "DELIVERING" | "PRE_SETTLE" | "SETTLING" => "settling",
        "DELIVERED" | "CLOSE" => "closed",
        "BREAK" | "HALT" => "halt",
        "CANCEL_ONLY" => "cancel_only",
        _ => "other",
    };
    Ok(vec![format!("{} Some({}) status {state}", object.text("s")?, time(object.need("E")?)?)])
}

/// Those of a minute alone; all prices have to fit one exponent.
fn kline(object: &Object<'_>) -> Answer<Vec<String>> {
    let who = format!("{} Some({})", object.text("s")?, time(object.need("E")?)?);
    let kline = Object::of(object.need("k")?).ok_or(Refused)?;
    if kline.text("i")? != "1m" {
        return Ok(Vec::new());
    }
    let closed = match json::open(kline.need("x")?) {
        Json::Bool(closed) => closed,
        _ => return Err(Refused),
    };
    let prices = ["o", "h", "l", "c"].map(|name| kline.need(name).and_then(unsigned));
    let [open, high, low, close] = &prices;
    let prices = [open.clone()?, high.clone()?, low.clone()?, close.clone()?];
    let places = prices.iter().map(|price| price.split_once('.').map_or(0, |(_, places)| places.len())).max().unwrap_or(0);
    for price in &prices {
        let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
        format!("{whole}{fraction:0<places$}").parse::<i64>().map_err(|_| Refused)?;
    }
    let volume = unsigned(kline.need("v")?)?;
    let worth = optional(&kline, "q")?.map_or(Ok("0".to_owned()), unsigned)?;
    let count = kline.get("n")?.map_or(Ok(0), oracle::unsigned)?;
    let start = time(kline.need("t")?)? / 1_000_000_000;
    let prices = prices.join(" ");
    Ok(vec![format!("{who} bar {start}+60 {prices} of {volume} worth {worth} in {count} closed Some({closed})")])
}

/// A member that is there and says something.
fn optional<'a>(object: &Object<'a>, name: &str) -> Answer<Option<&'a RawValue>> {
    match object.get(name)? {
        Some(value) if matches!(json::open(value), Json::Null) => Ok(None),
        Some(value) => {
            text(value)?;
            Ok(Some(value).filter(|value| value.get() != "\"\""))
        }
        None => Ok(None),
    }
}

/// Plain decimal text in its shortest form; it has to fit 64 bits.
fn unsigned(value: &RawValue) -> Answer<String> {
    shortest(&number_text(value)?, "")
}

fn signed(value: &RawValue) -> Answer<String> {
    let text = number_text(value)?;
    text.strip_prefix('-').map_or_else(|| shortest(&text, ""), |digits| shortest(digits, "-"))
}

fn shortest(text: &str, sign: &str) -> Answer<String> {
    let (digits, places) = decimal(text)?;
    format!("{sign}{digits}").parse::<i64>().map_err(|_| Refused)?;
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() {
        return Ok(if whole == "0" { "0".to_owned() } else { format!("{sign}{whole}") });
    }
    Ok(format!("{sign}{whole}.{fraction}"))
}
