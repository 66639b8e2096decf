//! What a frame or a body says, worked out a second time: `serde_json` for the grammar, decimal text for the numbers, and the
//! rules of the venue's documents as plain look-ups. Slow, allocates, shares no code with the parsers under test.

use serde_json::value::RawValue;
use tickring_core::event::Level;
use tickring_core::json::{BODY_BYTES_MAX, DEPTH_MAX, FRAME_BYTES_MAX};
use tickring_core::venue::{DeltaIds, VenueId};

use crate::figures;
use crate::json::{self, Json};

/// It cannot be used; the oracle does not say for which of possibly several reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Levels, and the exponents that they need, at most 0.
pub type Numbers = Result<((i8, i8), Vec<Level>), Refused>;

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Depth {
        symbol: String,
        ts_event: u64,
        ids: DeltaIds,
        bids: Numbers,
        asks: Numbers,
    },
    Trade {
        symbol: String,
        ts_event: u64,
        id: u64,
        numbers: Numbers,
        sell: bool,
        aggregated: bool,
        off_market: bool,
    },
    Quote {
        symbol: String,
        ts_event: Option<u64>,
        update_id: u64,
        numbers: Numbers,
    },
    Reply {
        id: u64,
        venue_code: i64,
    },
    /// Each of them as text.
    Figures(Vec<String>),
    Shutdown,
    Ignored,
}

/// What the body of a depth snapshot says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub last_update_id: u64,
    pub ts_event: Option<u64>,
    pub bids: Numbers,
    pub asks: Numbers,
}

pub type Answer<T> = Result<T, Refused>;

const IGNORED: &str = " 24hrTicker 24hrMiniTicker 1hTicker 4hTicker 1dTicker avgPrice referencePrice blockTrade \
    continuous_kline compositeIndex assetIndexUpdate EquityUpdate ";

fn is_ignored(event: &str) -> bool {
    !event.is_empty() && !event.contains(' ') && IGNORED.contains(&format!(" {event} "))
}

/// The members of one object.
pub struct Object<'a>(Vec<(Option<String>, &'a RawValue)>);

impl<'a> Object<'a> {
    pub fn of(value: &'a RawValue) -> Option<Self> {
        if let Json::Object(members) = json::open(value) { Some(Self(members)) } else { None }
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key.as_deref() == Some(name))
    }

    /// The only member of that name; two are refused, since nobody can know which one is meant.
    pub fn get(&self, name: &str) -> Answer<Option<&'a RawValue>> {
        let mut found = self.0.iter().filter(|(key, _)| key.as_deref() == Some(name)).map(|(_, value)| *value);
        let first = found.next();
        if found.next().is_some() { Err(Refused) } else { Ok(first) }
    }

    pub fn need(&self, name: &str) -> Answer<&'a RawValue> {
        self.get(name)?.ok_or(Refused)
    }

    /// The engine's time, or else the send time.
    fn time(&self) -> Answer<Option<u64>> {
        let name = if self.has("T") { "T" } else { "E" };
        self.get(name)?.map(time).transpose()
    }

    pub fn text(&self, name: &str) -> Answer<String> {
        text(self.need(name)?)
    }
}

/// A string; one that is no text (half of a surrogate pair) is empty, which means nothing to anybody.
pub fn text(value: &RawValue) -> Answer<String> {
    if let Json::String(text) = json::open(value) { Ok(text.unwrap_or_default()) } else { Err(Refused) }
}

/// Text of a price or quantity. With escapes in it, it may have 64 characters: no number that counts has more.
pub fn number_text(value: &RawValue) -> Answer<String> {
    let text = text(value)?;
    let is_too_long = value.get().contains('\\') && text.len() > 64;
    Ok(if is_too_long { "too long".to_owned() } else { text })
}

/// A whole number.
pub fn unsigned(value: &RawValue) -> Answer<u64> {
    let Json::Number(digits) = json::open(value) else { return Err(Refused) };
    digits.parse().map_err(|_| Refused)
}

/// Milliseconds or microseconds to nanoseconds; from 10^14 on it can only be microseconds.
pub fn time(value: &RawValue) -> Answer<u64> {
    let number = unsigned(value)?;
    number.checked_mul(if number < 100_000_000_000_000 { 1_000_000 } else { 1_000 }).ok_or(Refused)
}

/// Reads a frame.
pub fn frame(venue: VenueId, bytes: &[u8]) -> Answer<Said> {
    let root = json::check(bytes, FRAME_BYTES_MAX, DEPTH_MAX as usize).ok_or(Refused)?;
    match json::open(root) {
        Json::Array(elements) => array(&elements),
        Json::Object(members) => {
            let object = Object(members);
            match (object.get("stream")?, object.get("data")?) {
                (Some(stream), Some(data)) => wrapped(venue, &text(stream)?, data),
                _ => message(venue, &object),
            }
        }
        _ => Err(Refused),
    }
}

fn wrapped(venue: VenueId, stream: &str, data: &RawValue) -> Answer<Said> {
    match json::open(data) {
        Json::Array(elements) => array(&elements),
        Json::Object(members) => match message(venue, &Object(members))? {
            Said::Depth { .. } if is_other_book(stream) => Ok(Said::Ignored),
            said => Ok(said),
        },
        _ => Err(Refused),
    }
}

fn is_other_book(stream: &str) -> bool {
    let channel = stream.split('@').nth(1).unwrap_or_default();
    channel == "rpiDepth" || (channel.starts_with("depth") && channel != "depth")
}

fn array(elements: &[&RawValue]) -> Answer<Said> {
    let mut figures = Vec::new();
    for element in elements {
        let object = Object::of(element).ok_or(Refused)?;
        let event = object.text("e")?;
        if !is_ignored(&event) && !figures::is_figure(&event) {
            return Err(Refused);
        }
        figures.extend(figures::said(&object)?);
    }
    Ok(of_figures(figures))
}

/// Klines of other intervals say nothing.
fn of_figures(figures: Vec<String>) -> Said {
    if figures.is_empty() { Said::Ignored } else { Said::Figures(figures) }
}

fn message(venue: VenueId, object: &Object<'_>) -> Answer<Said> {
    let Some(event) = object.get("e")? else { return unnamed(object) };
    match text(event)?.as_str() {
        "depthUpdate" => depth(venue, object),
        "trade" => print(venue, object, false),
        "aggTrade" => print(venue, object, true),
        "bookTicker" => quote(object),
        "serverShutdown" => Ok(Said::Shutdown),
        event if is_ignored(event) => Ok(Said::Ignored),
        event if figures::is_figure(event) => figures::said(object).map(of_figures),
        _ => Err(Refused),
    }
}

fn unnamed(object: &Object<'_>) -> Answer<Said> {
    // The venue allows any kind of id; ours are numbers.
    let id = || Ok(object.get("id")?.and_then(|id| unsigned(id).ok()).unwrap_or_default());
    let refusal = |code: &RawValue| {
        let Json::Number(code) = json::open(code) else { return Err(Refused) };
        let code: i64 = code.parse().map_err(|_| Refused)?;
        Ok(Said::Reply { id: id()?, venue_code: if code == 0 { -1 } else { code } })
    };
    if let Some(error) = object.get("error")?.and_then(Object::of) {
        return refusal(error.need("code")?);
    }
    if let Some(code) = object.get("code")?
        && object.has("msg")
    {
        return refusal(code);
    }
    if object.has("result") && object.has("id") {
        return Ok(Said::Reply { id: id()?, venue_code: 0 });
    }
    if ["u", "B", "A"].iter().all(|name| object.has(name)) {
        return quote(object);
    }
    let is_partial_depth = ["lastUpdateId", "bids", "asks"].iter().all(|name| object.has(name));
    if is_partial_depth { Ok(Said::Ignored) } else { Err(Refused) }
}

fn depth(venue: VenueId, object: &Object<'_>) -> Answer<Said> {
    let (first, last) = (unsigned(object.need("U")?)?, unsigned(object.need("u")?)?);
    let prev = if venue == VenueId::BinanceUsdm { Some(unsigned(object.need("pu")?)?) } else { None };
    if first > last || prev.is_some_and(|prev| prev > last) {
        return Err(Refused);
    }
    let ts_sent = time(object.need("E")?)?;
    Ok(Said::Depth {
        symbol: object.text("s")?,
        ts_event: object.time()?.ok_or(Refused)?,
        ids: DeltaIds { first, last, prev, ts_sent },
        bids: levels(object.need("b")?)?,
        asks: levels(object.need("a")?)?,
    })
}

fn print(venue: VenueId, object: &Object<'_>, aggregated: bool) -> Answer<Said> {
    let Json::Bool(sell) = json::open(object.need("m")?) else { return Err(Refused) };
    let pair = [number_text(object.need("p")?)?, number_text(object.need("q")?)?];
    let mut off_market = false;
    if venue == VenueId::BinanceUsdm
        && !aggregated
        && let Some(execution) = object.get("X")?
    {
        off_market = text(execution)? != "MARKET";
    }
    Ok(Said::Trade {
        symbol: object.text("s")?,
        ts_event: object.time()?.ok_or(Refused)?,
        id: unsigned(object.need(if aggregated { "a" } else { "t" })?)?,
        numbers: fit(&[pair]),
        sell,
        aggregated,
        off_market,
    })
}

fn quote(object: &Object<'_>) -> Answer<Said> {
    let ts_event = object.time()?;
    let side = |price: &str, qty: &str| Ok([number_text(object.need(price)?)?, number_text(object.need(qty)?)?]);
    let sides = [side("b", "B")?, side("a", "A")?];
    let update_id = unsigned(object.need("u")?)?;
    Ok(Said::Quote { symbol: object.text("s")?, ts_event, update_id, numbers: fit_touches(&sides) })
}

/// Reads the body of a depth snapshot.
pub fn snapshot(bytes: &[u8]) -> Answer<Snapshot> {
    let root = json::check(bytes, BODY_BYTES_MAX, DEPTH_MAX as usize).ok_or(Refused)?;
    let object = Object::of(root).ok_or(Refused)?;
    Ok(Snapshot {
        last_update_id: unsigned(object.need("lastUpdateId")?)?,
        ts_event: object.time()?,
        bids: levels(object.need("bids")?)?,
        asks: levels(object.need("asks")?)?,
    })
}

/// Anything but an array refuses the message; what is wrong inside refuses the levels when they are converted.
fn levels(value: &RawValue) -> Answer<Numbers> {
    let Json::Array(rows) = json::open(value) else { return Err(Refused) };
    let pair = |row: &&RawValue| {
        let Json::Array(cells) = json::open(row) else { return Err(Refused) };
        let [price, qty, ..] = cells[..] else { return Err(Refused) };
        Ok([number_text(price)?, number_text(qty)?])
    };
    let pairs: Answer<Vec<_>> = rows.iter().map(pair).collect();
    Ok(pairs.and_then(|pairs| fit(&pairs)))
}

/// A number that is not negative: its digits without the point, and how many of them stand behind it; no needless zeros there.
pub fn decimal(text: &str) -> Answer<(String, usize)> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if !digits(whole) || leading_zero || !fraction.is_none_or(digits) {
        return Err(Refused);
    }
    let fraction = fraction.unwrap_or_default().trim_end_matches('0');
    if fraction.len() > 18 {
        return Err(Refused);
    }
    Ok((format!("{whole}{fraction}"), fraction.len()))
}

/// The coarsest exponents at which all are whole, and the mantissas there; all have to fit 64 bits.
pub fn fit(pairs: &[[String; 2]]) -> Numbers {
    fit_all(pairs, |[price, _]| is_zero(price))
}

/// As [`fit`]; an empty side of a quote is price 0, quantity 0.
pub fn fit_touches(pairs: &[[String; 2]]) -> Numbers {
    fit_all(pairs, |[price, qty]| is_zero(price) && !is_zero(qty))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

fn fit_all(pairs: &[[String; 2]], is_bad: impl Fn(&[String; 2]) -> bool) -> Numbers {
    let mut read = Vec::new();
    let mut places = [0, 0];
    for pair in pairs {
        let [price, qty] = [decimal(&pair[0])?, decimal(&pair[1])?];
        if is_bad(pair) {
            return Err(Refused);
        }
        places = [places[0].max(price.1), places[1].max(qty.1)];
        read.push([price, qty]);
    }
    let mantissa = |(digits, own): &(String, usize), places: usize| -> Answer<i64> {
        format!("{digits}{}", "0".repeat(places - own)).parse().map_err(|_| Refused)
    };
    let level =
        |[price, qty]: &[(String, usize); 2]| Ok(Level { price: mantissa(price, places[0])?, qty: mantissa(qty, places[1])? });
    let levels: Answer<Vec<Level>> = read.iter().map(level).collect();
    let exponent = |places: usize| -i8::try_from(places).expect("at most 18");
    Ok(((exponent(places[0]), exponent(places[1])), levels?))
}
