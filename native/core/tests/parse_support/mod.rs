//! Documented messages, and messages in a form that can be compared.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tickring_core::error::Code;
use tickring_core::event::Level;
use tickring_core::json;
use tickring_core::venue::{
    BarText, Convert, DecimalText, DeltaIds, Figure, FigureRows, LevelText, Message, Reject, Spelled, VenueId, convert_bar,
    convert_figure, convert_levels, convert_pair, convert_quote,
};

pub const SPOT: VenueId = VenueId::BinanceSpot;
pub const USDM: VenueId = VenueId::BinanceUsdm;

/// Frames of the spot document §2 – §4 (2026-07-21) whose content is published or acted on.
pub const SPOT_FRAMES: &[&str] = &[
    r#"{"e":"trade","E":1767225600125,"s":"BTCUSDT","t":5678901234,"p":"65000.12000000","q":"0.00250000","T":1767225600123,"m":false,"M":true}"#,
    r#"{"e":"aggTrade","E":1767225600125,"s":"BTCUSDT","a":3456789012,"p":"65000.12000000","q":"0.01250000","f":5678901230,"l":5678901234,"T":1767225600123,"m":false,"M":true}"#,
    r#"{"e":"depthUpdate","E":1767225600200,"s":"BTCUSDT","U":157,"u":160,"b":[["65000.12000000","1.50000000"]],"a":[["65001.00000000","0.00000000"]]}"#,
    r#"{"u":400900217,"s":"BTCUSDT","b":"65000.12000000","B":"1.50000000","a":"65001.10000000","A":"0.40000000"}"#,
    r#"{"result":null,"id":1}"#,
    r#"{"result":["btcusdt@aggTrade"],"id":3}"#,
    r#"{"result":true,"id":5}"#,
    r#"{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}"#,
    r#"{"error":{"code":2,"msg":"Invalid request: method is missing"},"id":7}"#,
    r#"{"e":"serverShutdown","E":1770123456789}"#,
    r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}"#,
    r#"{"e":"kline","E":1767225602000,"s":"BTCUSDT","k":{"t":1767225600000,"T":1767225659999,"s":"BTCUSDT","i":"1m","f":5678901230,"L":5678901239,"o":"65000.00000000","c":"65000.12000000","h":"65001.10000000","l":"64999.50000000","v":"1.23400000","n":10,"x":false,"q":"80210.15000000","V":"0.60000000","Q":"39000.07000000","B":"0"}}"#,
];

/// Frames of the spot document §4 that carry nothing we publish.
pub const SPOT_IGNORED: &[&str] = &[
    r#"{"lastUpdateId":160,"bids":[["65000.12000000","1.50000000"]],"asks":[["65001.10000000","0.40000000"]]}"#,
    r#"{"e":"kline","E":1767225602000,"s":"BTCUSDT","k":{"i":"5m","x":false}}"#,
    r#"{"e":"24hrTicker","E":1767225600500,"s":"BTCUSDT","p":"150.00000000","P":"0.231","w":"64900.10000000","x":"64850.00000000","c":"65000.12000000","Q":"0.00250000","b":"65000.12000000","B":"1.50000000","a":"65001.10000000","A":"0.40000000","o":"64850.12000000","h":"65400.00000000","l":"64100.00000000","v":"15234.12300000","q":"988123456.78000000","O":1767139200500,"C":1767225600500,"F":5670000000,"L":5678901234,"n":8901235}"#,
    r#"{"e":"24hrMiniTicker","E":1767225600500,"s":"BTCUSDT","c":"65000.12000000","o":"64850.12000000","h":"65400.00000000","l":"64100.00000000","v":"15234.12300000","q":"988123456.78000000"}"#,
    r#"{"e":"1hTicker","E":1767225600500,"s":"BTCUSDT","c":"65000.12000000"}"#,
    r#"{"e":"avgPrice","E":1767225600000,"s":"BTCUSDT","i":"5m","w":"64998.76000000","T":1767225599213}"#,
    r#"{"e":"referencePrice","s":"BAZUSD","r":null,"t":1770313263917}"#,
    r#"{"e":"blockTrade","E":1772506983582,"s":"BNBBTC","t":582,"p":"0.052","q":"5838","T":1772506983321,"m":true}"#,
    r#"[{"e":"24hrMiniTicker","E":1767225600500,"s":"BTCUSDT","c":"65000.12000000"},{"e":"1dTicker","s":"BNBBTC"}]"#,
    r#"[]"#,
];

/// Frames of the USDT-M document §2, §4 (2026-05-28) whose content is published or acted on.
pub const USDM_FRAMES: &[&str] = &[
    r#"{"e":"depthUpdate","E":1767225600210,"T":1767225600203,"s":"BTCUSDT","U":157,"u":160,"pu":149,"b":[["65000.10","1.250"]],"a":[["65000.20","0.000"]]}"#,
    r#"{"e":"bookTicker","u":400900217,"E":1767225600210,"T":1767225600203,"s":"BTCUSDT","b":"65000.10","B":"1.250","a":"65000.20","A":"3.100"}"#,
    r#"{"e":"aggTrade","E":1767225600321,"a":5933014,"s":"BTCUSDT","p":"65000.10","q":"0.150","nq":"0.150","f":7100,"l":7105,"T":1767225600221,"m":true}"#,
    r#"{"e":"trade","E":1767225600125,"T":1767225600123,"s":"BTCUSDT","t":5933014,"p":"65000.10","q":"0.100","X":"MARKET","m":true}"#,
    r#"{"e":"trade","E":1767225600125,"T":1767225600123,"s":"BTCUSDT","t":5933015,"p":"0","q":"0","X":"NA","m":true}"#,
    r#"{"e":"trade","E":1767225600125,"T":1767225600123,"s":"BTCUSDT","t":5933016,"p":"64000.5","q":"1","X":"INSURANCE_FUND","m":false}"#,
    r#"{"e":"trade","E":123456789,"s":"BTCUSDT","t":5933014,"p":"0.001","q":"100","T":123456785,"m":true}"#,
    r#"{"result":null,"id":1}"#,
    r#"{"code":2,"msg":"Invalid request: unknown method"}"#,
    r#"{"e":"markPriceUpdate","E":1767225601000,"s":"BTCUSDT","p":"65001.15000000","ap":"65001.02000000","i":"64998.62659091","P":"64990.25641265","r":"0.00010000","T":1767254400000}"#,
    r#"{"e":"forceOrder","E":1767225600893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"64910.00","ap":"64910.12","X":"FILLED","l":"0.014","z":"0.014","T":1767225600893}}"#,
    r#"{"e":"contractInfo","E":1669356423908,"s":"IOTAUSDT","ps":"IOTAUSDT","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,"cs":"TRADING"}"#,
    r#"{"stream":"!markPrice@arr","data":[{"e":"markPriceUpdate","E":1767225601000,"s":"BTCUSDT","p":"65001.15"}]}"#,
];

/// Frames of the USDT-M document §4 that carry nothing we publish.
pub const USDM_IGNORED: &[&str] = &[
    r#"{"e":"continuous_kline","E":1767225600250,"ps":"BTCUSDT","ct":"PERPETUAL","k":{"t":1767225600000,"T":1767225659999,"i":"1m","f":116467658886,"L":116468012423,"o":"65000.0"}}"#,
    r#"{"e":"24hrTicker","E":1767225600500,"s":"BTCUSDT","p":"-131.40","P":"-0.202","w":"64990.97","c":"65000.10","Q":"0.002","o":"65131.50"}"#,
    r#"{"e":"compositeIndex","E":1602310596000,"s":"DEFIUSDT","p":"554.41604065","C":"baseAsset","c":[{"b":"BAL","q":"USDT","w":"1.04884844","W":"0.01457800","i":"24.33521021"}]}"#,
    r#"{"e":"assetIndexUpdate","E":1686749230000,"s":"ADAUSD","i":"0.27462452","b":"0.10000000","a":"0.10000000","B":"0.24716207","A":"0.30208698","q":"0.05000000","g":"0.05000000","Q":"0.26089330","G":"0.28835575"}"#,
    r#"{"e":"EquityUpdate","E":1765244143062,"t":1765242000000,"T":1765270800000,"S":"OVERNIGHT"}"#,
    r#"{"stream":"btcusdt@depth5@100ms","data":{"e":"depthUpdate","E":1767225600210,"T":1767225600203,"s":"BTCUSDT","U":157,"u":160,"pu":149,"b":[["65000.10","1.250"]],"a":[]}}"#,
    r#"{"stream":"btcusdt@depth20","data":{"e":"depthUpdate","E":1767225600210,"T":1767225600203,"s":"BTCUSDT","U":157,"u":160,"pu":149,"b":[],"a":[]}}"#,
    r#"{"stream":"btcusdt@rpiDepth@500ms","data":{"e":"depthUpdate","E":1767225600210,"T":1767225600203,"s":"BTCUSDT","U":157,"u":160,"pu":149,"b":[],"a":[]}}"#,
];

/// REST depth bodies of both documents.
pub const SNAPSHOTS: &[&str] = &[
    r#"{"lastUpdateId":160,"bids":[["65000.12000000","1.50000000"]],"asks":[["65001.10000000","0.40000000"]]}"#,
    r#"{"lastUpdateId":1027024,"E":1589436922972,"T":1589436922959,"bids":[["4.00000000","431.00000000"]],"asks":[["4.00000200","12.00000000"]]}"#,
];

/// Filters as both documents show them.
pub const LISTING: &str = r#"{"timezone":"UTC","rateLimits":[],"symbols":[
    {"symbol":"BTCUSDT","status":"TRADING","pricePrecision":8,"filters":[
        {"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000.00","tickSize":"0.01000000"},
        {"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000","stepSize":"0.00001000"},
        {"filterType":"MARKET_LOT_SIZE","stepSize":"1"},{"filterType":"NOTIONAL","minNotional":"5"}]},
    {"symbol":"OLDUSDT","status":"CANCEL_ONLY","filters":[
        {"filterType":"LOT_SIZE","stepSize":"5"},{"filterType":"PRICE_FILTER","tickSize":"0"}]}]}"#;

/// Every frame with its venue.
pub fn frames() -> impl Iterator<Item = (VenueId, &'static str)> {
    let spot = SPOT_FRAMES.iter().chain(SPOT_IGNORED).map(|frame| (SPOT, *frame));
    let usdm = USDM_FRAMES.iter().chain(USDM_IGNORED).map(|frame| (USDM, *frame));
    spot.chain(usdm)
}

/// As on a combined connection.
pub fn wrap(frame: &str) -> String {
    format!(r#"{{"stream":"btcusdt@any@100ms","data":{frame}}}"#)
}

/// Numbers with the exponents that they needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    pub exponents: (i8, i8),
    pub levels: Vec<Level>,
}

/// A message without its place in the frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    Depth {
        symbol: String,
        ts_event: u64,
        ids: DeltaIds,
        bids: Result<Numbers, Code>,
        asks: Result<Numbers, Code>,
    },
    Trade {
        symbol: String,
        ts_event: u64,
        trade_id: u64,
        numbers: Result<Numbers, Code>,
        aggressor_sell: bool,
        aggregated: bool,
        off_market: bool,
    },
    Quote {
        symbol: String,
        ts_event: Option<u64>,
        update_id: u64,
        numbers: Result<Numbers, Code>,
    },
    Figures(Vec<String>),
    Reply {
        id: u64,
        venue_code: i64,
    },
    Shutdown,
    Ignored,
    /// A message of venues whose tests are elsewhere, with its places.
    Streamed(String),
}

/// Converts at ever finer exponents from `start` on. Promise tested in passing: the exponents that a conversion asks for suffice.
fn convert<T>(start: (i8, i8), mut at: impl FnMut(i8, i8) -> Result<T, Convert>) -> Result<((i8, i8), T), Reject> {
    match at(start.0, start.1) {
        Ok(value) => Ok((start, value)),
        Err(Convert::Reject(reject)) => Err(reject),
        Err(Convert::Finer { price_exponent, qty_exponent }) => {
            let finer = (price_exponent, qty_exponent);
            assert!(finer != start && finer.0 <= start.0 && finer.1 <= start.1, "{start:?} to {finer:?}");
            Ok((finer, at(finer.0, finer.1).expect("one widening is enough")))
        }
    }
}

pub fn numbers(text: LevelText<'_>, start: (i8, i8)) -> Result<Numbers, Reject> {
    let mut levels = vec![Level { price: -1, qty: -1 }];
    let (exponents, ()) = convert(start, |price, qty| convert_levels(text, price, qty, &mut levels))?;
    Ok(Numbers { exponents, levels })
}

pub fn pair(price: &str, qty: &str, start: (i8, i8)) -> Result<Numbers, Reject> {
    let [price, qty] = [price, qty].map(|text| DecimalText { bytes: text.as_bytes(), offset: 0, spelled: Spelled::Text });
    let (exponents, level) = convert(start, |at, qty_at| convert_pair(price, qty, at, qty_at))?;
    Ok(Numbers { exponents, levels: vec![level] })
}

fn symbol(raw: &[u8]) -> String {
    let mut buffer = [0; 512];
    String::from_utf8(json::unescape(raw, &mut buffer).unwrap_or_default().to_vec()).unwrap()
}

/// A bar as text: begin and length in seconds, prices, what was traded.
fn bar(text: &BarText<'_>) -> Result<String, Reject> {
    let bar = convert_bar(text)?;
    let plain = |mantissa, exponent| {
        let mut plain = String::new();
        tickring_core::decimal::format_decimal(&mut plain, mantissa, exponent);
        plain
    };
    let prices = [bar.open, bar.high, bar.low, bar.close].map(|price| plain(price, bar.price_exponent)).join(" ");
    let (volume, turnover) = (plain(bar.volume, bar.qty_exponent), plain(bar.turnover, bar.turnover_exponent));
    let (start, interval) = (bar.start_ts / 1_000_000_000, bar.interval_ns / 1_000_000_000);
    let closed = text.closed;
    Ok(format!("bar {start}+{interval} {prices} of {volume} worth {turnover} in {} closed {closed:?}", bar.count))
}

/// Each figure of a message as text: symbol, time, what is said.
pub fn figures(rows: &FigureRows<'_>) -> Vec<String> {
    let mut said = Vec::new();
    rows.each(|message| {
        let number = |text: DecimalText<'_>| {
            let number = convert_figure(text, true)?;
            let mut plain = String::new();
            tickring_core::decimal::format_decimal(&mut plain, number.mantissa, number.exponent());
            Ok::<_, Reject>(plain)
        };
        let maybe = |text: Option<DecimalText<'_>>| text.map_or(Ok("-".to_owned()), number);
        let what = match message.figure {
            Figure::MarkPrice(price) => format!("mark {}", number(price)?),
            Figure::IndexPrice(price) => format!("index {}", number(price)?),
            Figure::Funding { rate, next_ts, interval_s } => {
                format!("funding {} next {next_ts:?} each {interval_s:?}", maybe(rate)?)
            }
            Figure::OpenInterest { qty, value } => format!("open {} worth {}", maybe(qty)?, maybe(value)?),
            Figure::Liquidation { price, qty, id, side } => {
                format!("liquidation {id} {} {} at {}", side.name(), number(qty)?, number(price)?)
            }
            Figure::Status(state) => format!("status {}", state.name()),
            Figure::Bar(text) => bar(&text)?,
        };
        let whole = if message.is_whole { "" } else { " delta" };
        said.push(format!("{} {:?}{whole} {what}", symbol(message.symbol), message.ts_event));
        Ok(())
    })
    .unwrap();
    said
}

/// The message with its numbers converted.
pub fn plain(message: &Message<'_>) -> Plain {
    match message {
        Message::Depth(depth) => Plain::Depth {
            symbol: symbol(depth.head.symbol),
            ts_event: depth.head.ts_event,
            ids: depth.head.ids,
            bids: numbers(depth.bids, (0, 0)).map_err(|reject| reject.code),
            asks: numbers(depth.asks, (0, 0)).map_err(|reject| reject.code),
        },
        Message::Trade(trade) => Plain::Trade {
            symbol: symbol(trade.symbol),
            ts_event: trade.ts_event,
            trade_id: trade.trade_id,
            numbers: convert((0, 0), |price, qty| convert_pair(trade.price, trade.qty, price, qty))
                .map(|(exponents, level)| Numbers { exponents, levels: vec![level] })
                .map_err(|reject| reject.code),
            aggressor_sell: trade.aggressor_sell,
            aggregated: trade.aggregated,
            off_market: trade.off_market,
        },
        Message::Quote(quote) => Plain::Quote {
            symbol: symbol(quote.symbol),
            ts_event: quote.ts_event,
            update_id: quote.update_id,
            numbers: convert((0, 0), |price, qty| convert_quote(quote, price, qty))
                .map(|(exponents, held)| {
                    let bid = Level { price: held.bid_price, qty: held.bid_qty };
                    Numbers { exponents, levels: vec![bid, Level { price: held.ask_price, qty: held.ask_qty }] }
                })
                .map_err(|reject| reject.code),
        },
        Message::Figures(rows) => Plain::Figures(figures(rows)),
        Message::Reply { id, venue_code } => Plain::Reply { id: *id, venue_code: *venue_code },
        Message::Challenge | Message::Shutdown => Plain::Shutdown,
        Message::Ignored => Plain::Ignored,
        Message::Snapshot(_) | Message::Trades(_) | Message::View(_) | Message::Ticker(..) | Message::Liquidated(..) => {
            Plain::Streamed(format!("{message:?}"))
        }
    }
}

/// Reads a frame and converts its numbers.
pub fn read(venue: VenueId, frame: &[u8]) -> Result<Plain, Reject> {
    venue.parse_frame(frame).map(|message| plain(&message))
}

/// The code with which a frame is refused.
pub fn code(venue: VenueId, frame: &str) -> Code {
    match venue.parse_frame(frame.as_bytes()) {
        Ok(message) => panic!("read as {message:?}: {frame}"),
        Err(reject) => {
            assert!(reject.offset <= frame.len(), "{reject:?} lies outside {frame}");
            reject.code
        }
    }
}
