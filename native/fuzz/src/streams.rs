//! Venues whose books come whole in the stream: the indexed parser against the scanner, and the machine on every code path. There
//! is no oracle of their frames here; their tests have a plain model of the recorded books.

use arbitrary::Unstructured;
use tickring_core::event::Level;
use tickring_core::input::{Input, Stamped, channel};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::simd::Parser;
use tickring_core::sink::Sink;
use tickring_core::venue::{DepthMessage, KnownHead, Message, Read, Sides, VenueId, convert_levels};

use crate::frame::change;
use crate::machine_harness::{MS, Reader, START_NS, definition};
use crate::paths;

/// Messages as the venues spell them, about one symbol of each, which the fuzzer cuts, repeats and damages.
const SAMPLES: &[(VenueId, &str, &[&str])] = &[
    (
        VenueId::BybitLinear,
        "BTCUSDT",
        &[
            r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1767225600112,"data":{"s":"BTCUSDT","b":[["65000.10","1.250"],["65000.00","0.400"]],"a":[["65000.20","3.100"]],"u":10,"seq":7961638724},"cts":1767225600110}"#,
            r#"{"topic":"orderbook.50.BTCUSDT","ts":1767225600132,"type":"delta","data":{"s":"BTCUSDT","b":[["65000.00","0"]],"a":[["65000.25","0.250"]],"u":11,"seq":7961638731},"cts":1767225600129}"#,
            r#"{"topic":"orderbook.1.BTCUSDT","ts":1767225600115,"type":"snapshot","data":{"s":"BTCUSDT","b":[["65000.10","1.250"]],"a":[["65000.20","3.100"]],"u":4410221,"seq":7961638725},"cts":1767225600113}"#,
            r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1767225600120,"data":[{"T":1767225600118,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"65000.20","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"RPI":false,"seq":7961638726}]}"#,
            r#"{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","markPrice":"65001.33","indexPrice":"65027.36","openInterest":"68744.761","openInterestValue":"4468500000.91","nextFundingTime":"1767254400000","fundingRate":"-0.000212","fundingIntervalHour":"8"},"cs":24987956059,"ts":1767225600118}"#,
            r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","openInterestValue":"5","fundingRate":"0.0001"},"cs":24987956077,"ts":1767225600218}"#,
            r#"{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1739502303204,"data":[{"T":1739502302929,"s":"BTCUSDT","S":"Sell","v":"20000","p":"0.04499"}]}"#,
            r#"{"topic":"kline.1.BTCUSDT","data":[{"start":1767225600000,"end":1767225659999,"interval":"1","open":"65000","close":"65000.2","high":"65001","low":"64999.9","volume":"2.081","turnover":"135265.4","confirm":false,"timestamp":1767225600118}],"ts":1767225600118,"type":"snapshot"}"#,
            r#"{"success":true,"ret_msg":"","conn_id":"cej","req_id":"7","op":"subscribe"}"#,
            r#"{"retCode":0,"result":{"category":"linear","list":[{"symbol":"BTCUSDT","status":"Trading","priceFilter":{"tickSize":"0.1"},"lotSizeFilter":{"qtyStep":"0.001"}}]}}"#,
        ],
    ),
    (
        VenueId::Deribit,
        "BTC-PERPETUAL",
        &[
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"snapshot","timestamp":1767225600000,"instrument_name":"BTC-PERPETUAL","change_id":740,"bids":[["new",89532.5,254900.0],["new",89532.0,1000.0]],"asks":[["new",89533.0,91570.0]]}}}"#,
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"change","timestamp":1767225600101,"prev_change_id":740,"instrument_name":"BTC-PERPETUAL","change_id":755,"bids":[["change",89532.5,2.5e5],["new",1e-5,3000.0]],"asks":[["delete",89533.0,0.0]]}}}"#,
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":[{"timestamp":1765531356452,"price":92294.5,"amount":10.0,"direction":"sell","index_price":92276.75,"instrument_name":"BTC-PERPETUAL","trade_seq":271252854,"tick_direction":2,"trade_id":"403691824"}]}}"#,
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":{"timestamp":1765541767174,"instrument_name":"BTC-PERPETUAL","best_ask_price":92288.5,"best_bid_price":92288.0,"best_ask_amount":99470.0,"best_bid_amount":133440.0}}}"#,
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.BTC-PERPETUAL.100ms","data":{"timestamp":1765541474086,"stats":{"high":93612.0,"low":null},"instrument_name":"BTC-PERPETUAL","funding_8h":1.742e-5}}}"#,
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.BTC-PERPETUAL.100ms","data":{"timestamp":1765541474086,"state":"open","index_price":92263.55,"instrument_name":"BTC-PERPETUAL","open_interest":1132329370.0,"mark_price":92281.78,"current_funding":-1.742e-5}}}"#,
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"instrument.state.any.any","data":{"timestamp":1767225600940,"state":"locked","instrument_name":"BTC-PERPETUAL"}}}"#,
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"chart.trades.BTC-PERPETUAL.1","data":{"tick":1767225600000,"open":65000.0,"high":65001.5,"low":64999.5,"close":65000.5,"volume":1.25e-3,"cost":80.0}}}"#,
            r#"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#,
            r#"{"jsonrpc":"2.0","id":42002,"result":["book.BTC-PERPETUAL.100ms"],"usIn":1,"usOut":2,"usDiff":1,"testnet":false}"#,
            r#"{"jsonrpc":"2.0","result":[{"instrument_name":"BTC-PERPETUAL","tick_size":0.5,"min_trade_amount":10.0,"state":"open","is_active":true}]}"#,
        ],
    ),
    (
        VenueId::OkxSwap,
        "BTCUSDT",
        &[
            r#"{"arg":{"channel":"books","instId":"BTCUSDT"},"action":"snapshot","data":[{"bids":[["83725.8","7.69","0","5"],["83725.4","0.02","0","1"]],"asks":[["83725.9","1712.41","0","92"]],"ts":"1791369351001","seqId":10,"prevSeqId":-1}]}"#,
            r#"{"arg":{"channel":"books","instId":"BTCUSDT"},"action":"update","data":[{"bids":[["83723.6","0","0","0"]],"asks":[["83729.6","70.03","0","4"]],"ts":"1791369352001","seqId":12,"prevSeqId":10}]}"#,
            r#"{"arg":{"channel":"books","instId":"BTCUSDT"},"action":"snapshot","data":[{"asks":[["3366.8","9","0","1"],["3368","8","0","1"]],"bids":[["3366.1","7","0","1"],["3366","6","0","1"]],"ts":"1652459225464","checksum":-1881014294}]}"#,
            r#"{"arg":{"channel":"books","instId":"BTCUSDT"},"action":"update","data":[{"asks":[],"bids":[["3366.1","7","0","2"]],"ts":"1652459225564","checksum":-1881014294}]}"#,
            r#"{"arg":{"channel":"bbo-tbt","instId":"BTCUSDT"},"data":[{"asks":[["83753","0.5","0","3"]],"bids":[["83752.9","1.1","0","4"]],"ts":"1791369351011","seqId":82083114841}]}"#,
            r#"{"arg":{"channel":"trades","instId":"BTCUSDT"},"data":[{"instId":"BTCUSDT","tradeId":"2978601964","px":"83725.9","sz":"5","side":"sell","ts":"1791369350776","count":"1","source":"0","seqId":344430848209}]}"#,
            r#"{"arg":{"channel":"tickers","instId":"BTCUSDT"},"data":[{"instType":"SPOT","instId":"BTCUSDT","last":"83753","ts":"1791369351085"}]}"#,
            r#"{"arg":{"channel":"mark-price","instId":"BTCUSDT"},"data":[{"instType":"SWAP","instId":"BTCUSDT","markPx":"83726.4","ts":"1791369351200"}]}"#,
            r#"{"arg":{"channel":"index-tickers","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","idxPx":"83750.1","high24h":"84000","ts":"1791369351300"}]}"#,
            r#"{"arg":{"channel":"open-interest","instId":"BTCUSDT"},"data":[{"instId":"BTCUSDT","oi":"2216113.01","oiCcy":"22161.1301","oiUsd":"1855458000","ts":"1791369351400"}]}"#,
            r#"{"arg":{"channel":"funding-rate","instId":"BTCUSDT"},"data":[{"instId":"BTCUSDT","fundingRate":"-0.0001","nextFundingRate":"","fundingTime":"1791388800000","nextFundingTime":"1791417600000","ts":"1791369351506"}]}"#,
            r#"{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"instFamily":"BTC-USDT","instId":"BTCUSDT","details":[{"side":"buy","posSide":"short","bkPx":"83790.1","sz":"42","ts":"1791369351375"}]}]}"#,
            r#"{"arg":{"channel":"instruments","instType":"SWAP"},"data":[{"instId":"BTCUSDT","state":"suspend"},{"instId":"X","state":"live"}]}"#,
            r#"{"arg":{"channel":"candle1m","instId":"BTCUSDT"},"data":[["1767225600000","65000","65001.1","64999.5","65000.12","1.234","1.234","80210.15","0"]]}"#,
            r#"{"id":"8","event":"error","code":"60018","msg":"doesn't exist.","connId":"5e1f2fe5"}"#,
            r#"{"code":"0","data":[{"instId":"BTCUSDT","state":"live","tickSz":"0.1","lotSz":"0.01"}]}"#,
        ],
    ),
    (
        VenueId::KrakenSpot,
        "BTC/USD",
        &[
            r#"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":0.05000,"qty":0.00000500}],"asks":[{"price":0.05005,"qty":0.00000500},{"price":0.05010,"qty":0.00000500}],"checksum":1725113685,"timestamp":"2026-04-07T17:35:55.440295Z"}]}"#,
            r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":0.05000,"qty":0.00000500}],"asks":[],"checksum":1725113685,"timestamp":"2026-04-07T17:35:55.540295Z"}]}"#,
            r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":105944.2,"qty":0.00027625,"ord_type":"limit","trade_id":10218208,"timestamp":"2026-04-07T17:35:55.440295Z"}]}"#,
            r#"{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":105944.2,"bid_qty":2.5,"ask":105944.3,"ask_qty":3.2,"last":105899.4,"timestamp":"2026-04-07T09:30:59.123456Z"}]}"#,
            r#"{"channel":"instrument","type":"update","data":{"assets":[{"id":"USD","status":"enabled"}],"pairs":[{"symbol":"BTC/USD","status":"cancel_only"},{"symbol":"X/USD","status":"online"}]}}"#,
            r#"{"channel":"ohlc","type":"update","timestamp":"2026-01-01T00:00:02.000000000Z","data":[{"symbol":"BTC/USD","open":65000.0,"high":65001.1,"low":64999.5,"close":65000.12,"trades":10,"volume":1.234,"vwap":65000.1,"interval_begin":"2026-01-01T00:00:00.000000000Z","interval":1}]}"#,
            r#"{"method":"subscribe","result":{"channel":"book","symbol":"BTC/USD"},"success":true,"req_id":7}"#,
            r#"{"error":"Already subscribed","method":"subscribe","success":false,"req_id":8}"#,
            r#"[1360,{"as":[["0.05005","0.00000500","1618678123.481570"],["0.05010","0.00000500","1618678123.481570"]],"bs":[["0.05000","0.00000500","1618678123.481570"]]},"book-1000","BTC/USD"]"#,
            r#"[1360,{"b":[["0.05000","0.00000500","1618678123.481570"]],"c":"1725113685"},"book-1000","BTC/USD"]"#,
            r#"[993,[["354.11","0.89594024","1618678142.557535","s","l",""]],"trade","BTC/USD"]"#,
            r#"{"error":[],"result":{"XXBTZUSD":{"wsname":"XBT/USD","pair_decimals":1,"lot_decimals":8,"tick_size":"0.1"}}}"#,
        ],
    ),
    (
        VenueId::KrakenFutures,
        "PI_XBTUSD",
        &[
            r#"{"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1612269825817,"seq":326072249,"tickSize":null,"bids":[{"price":34892.5,"qty":6385.0},{"price":34892.0,"qty":10924.0}],"asks":[{"price":34911.5,"qty":20598.0}]}"#,
            r#"{"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":326072250,"price":34911.5,"qty":0.0,"timestamp":1612269953629}"#,
            r#"{"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":326072251,"price":1e-5,"qty":0.0113,"timestamp":1612269953630}"#,
            r#"{"feed":"trade","product_id":"PI_XBTUSD","uid":"05af78ac-a774-478c-a50c-8b9c234e071e","side":"sell","type":"fill","seq":653355,"time":1612266317519,"qty":15000,"price":34969.5}"#,
            r#"{"feed":"trade","product_id":"PI_XBTUSD","uid":"05af78ac-a774-478c-a50c-8b9c234e071f","side":"buy","type":"liquidation","seq":653356,"time":1612266317520,"qty":15000.0,"price":34969.5}"#,
            r#"{"time":1676393235406,"product_id":"PI_XBTUSD","relative_funding_rate":-1.380384722222e-6,"next_funding_rate_time":1676394000000,"feed":"ticker","bid":21978.5,"ask":21987.0,"bid_size":2536.0,"ask_size":13948.0,"index":21984.54,"suspended":false,"tag":"perpetual","openInterest":30072580.0,"markPrice":21979.68641534714,"post_only":false}"#,
            r#"{"feed":"ticker_lite","product_id":"PI_XBTUSD","bid":439.3,"ask":439.6,"dtm":7,"maturityTime":1627657200000}"#,
            r#"{"event":"alert","message":"Already subscribed to feed, re-requesting"}"#,
            r#"{"result":"success","instruments":[{"symbol":"PI_XBTUSD","type":"futures_inverse","tickSize":0.5,"tradeable":true,"contractValueTradePrecision":0}]}"#,
        ],
    ),
    (
        VenueId::Coinbase,
        "BTC-USD",
        &[
            r#"{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:00.123456Z","sequence_num":1,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"1970-01-01T00:00:00Z","price_level":"68900.00","new_quantity":"1.5"},{"side":"offer","event_time":"2026-04-07T14:30:00.123456Z","price_level":"68901.00","new_quantity":"0.5"}]}]}"#,
            r#"{"channel":"l2_data","timestamp":"2026-04-07T14:30:01.456789Z","sequence_num":2,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"offer","event_time":"2026-04-07T14:30:01.4567Z","price_level":"68901.00","new_quantity":"0"},{"side":"bid","event_time":"2026-04-07T14:30:01Z","price_level":"68900","new_quantity":"2.001"}]}]}"#,
            r#"{"channel":"market_trades","client_id":"","timestamp":"2026-04-07T14:30:02.789012Z","sequence_num":3,"events":[{"type":"update","trades":[{"trade_id":"995098701","product_id":"BTC-USD","price":"68900.50","size":"0.0015","side":"BUY","time":"2026-04-07T14:30:02.789012Z"},{"trade_id":"995098700","product_id":"BTC-USD","price":"68900.40","size":"1","side":"SELL","time":"2026-04-07T14:30:02.7Z"}]}]}"#,
            r#"{"channel":"ticker","timestamp":"2026-04-07T14:30:03Z","sequence_num":5,"events":[{"type":"update","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"68900.50","best_bid":"68900.00","best_bid_quantity":"1.5","best_ask":"68901.00","best_ask_quantity":"0.5"}]}]}"#,
            r#"{"channel":"status","client_id":"","timestamp":"2026-04-07T14:30:09Z","sequence_num":8,"events":[{"type":"snapshot","products":[{"product_type":"SPOT","id":"BTC-USD","status":"offline","status_message":""}]}]}"#,
            r#"{"channel":"candles","client_id":"","timestamp":"2026-04-07T14:30:05Z","sequence_num":8,"events":[{"type":"update","candles":[{"start":"1775521800","high":"68950.00","low":"68850.00","open":"68900.00","close":"68920.50","volume":"42.15","product_id":"BTC-USD"}]}]}"#,
            r#"{"channel":"heartbeats","client_id":"","timestamp":"2026-04-07T14:30:10Z","sequence_num":9,"events":[{"current_time":"","heartbeat_counter":42}]}"#,
            r#"{"products":[{"product_id":"BTC-USD","price_increment":"0.01","base_increment":"0.00000001","status":"online","alias":""}]}"#,
        ],
    ),
    (
        VenueId::Backpack,
        "SOL_USDC",
        &[
            r#"{"stream":"depth.SOL_USDC","data":{"e":"depth","E":1759338824897386,"s":"SOL_USDC","a":[],"b":[["117.0","0.00000"],["116.5","2.5"]],"U":103,"u":105,"T":1759338824895616}}"#,
            r#"{"stream":"kline.1m.SOL_USDC","data":{"e":"kline","E":1759338824897386,"s":"SOL_USDC","t":"2025-10-01T17:13:00","T":"2025-10-01T17:14:00","o":"208.40","c":"208.55","h":"208.60","l":"208.31","v":"1523.42","n":88,"X":false}}"#,
            r#"{"stream":"bookTicker.SOL_USDC","data":{"e":"bookTicker","E":1759338824897386,"s":"SOL_USDC","a":"208.55","A":"12.40","b":"208.54","B":"3.10","u":"106","T":1759338824895616}}"#,
            r#"{"stream":"trade.SOL_USDC","data":{"e":"trade","E":1759338824897400,"s":"SOL_USDC","p":"208.55","q":"1.20","b":"1110","a":"1111","t":12345,"T":1759338824895700,"m":true}}"#,
            r#"{"stream":"markPrice.SOL_USDC","data":{"e":"markPrice","E":1759338824897386,"s":"SOL_USDC","p":"208.50","f":"0.0001","i":"208.47","n":1759363200000,"T":1759338824895616}}"#,
            r#"{"stream":"openInterest.SOL_USDC","data":{"e":"openInterest","E":1759338824897386,"s":"SOL_USDC","o":"100231.4"}}"#,
            r#"{"stream":"liquidation","data":{"e":"liquidation","E":1759338824897386,"q":"0.50","p":"208.10","S":"Bid","s":"SOL_USDC","T":1759338824895616}}"#,
            r#"{"id":null,"error":{"code":4005,"message":"Invalid market"}}"#,
            r#"[{"symbol":"SOL_USDC","orderBookState":"Open","filters":{"price":{"tickSize":"0.01"},"quantity":{"stepSize":"0.01"}}}]"#,
        ],
    ),
];

/// Any row of damaged messages, or any bytes.
pub fn fuzz(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let mut machines: Vec<_> = paths::available().map(Shard::new).collect();
    let mut step = || -> arbitrary::Result<()> {
        let at = u.choose_index(SAMPLES.len())?;
        let (venue, _, samples) = SAMPLES[at];
        let mut frame = u.choose(samples)?.as_bytes().to_vec();
        if u.ratio(1, 16)? {
            frame = u.bytes(usize::from(u8::from(!u.is_empty())) * u.len().min(96))?.to_vec();
        }
        for _ in 0..u.int_in_range(0..=4_u8)? {
            let (place, byte, how): (u16, u8, u8) = (u.arbitrary()?, u.arbitrary()?, u.int_in_range(0..=2)?);
            change(&mut frame, place, b"\"[],.0129:{}a \\\x1f\xc3-"[usize::from(byte) % 18], how);
        }
        check(venue, &frame);
        let after = u64::from(u.arbitrary::<u8>()?) * MS;
        for machine in &mut machines {
            machine.frame(at as u16 + 1, after, &frame);
        }
        Ok(())
    };
    for _ in 0..64 {
        if step().is_err() {
            break;
        }
    }
    let first = machines.swap_remove(0);
    for other in machines {
        assert_eq!(other.reader.seen, first.reader.seen);
        assert_eq!(other.machine.counters(), first.machine.counters());
    }
    first.check();
}

/// A machine with one instrument of each venue, and a reader that believes nothing.
struct Shard {
    machine: Machine,
    reader: Reader,
    now: u64,
}

impl Shard {
    fn new(code_path: tickring_core::simd::CodePath) -> Self {
        let machine = Machine::new(MachineConfig { code_path, instruments_max: 16, ..MachineConfig::default() });
        let mut shard = Self { machine, reader: Reader::default(), now: START_NS };
        for (instrument, (venue, symbol, _)) in (1_u32..).zip(SAMPLES) {
            let connection = instrument as u16;
            shard.input(Input::Instrument(&definition(instrument, *venue, symbol)));
            shard.input(Input::Connect { connection, venue: *venue as u16 });
            shard.input(Input::Subscribe { connection, instrument, channels: channel::EVERY });
        }
        shard
    }

    fn input(&mut self, input: Input<'_>) {
        let sink: &mut Reader = &mut self.reader;
        apply(&mut self.machine, self.now, input, sink);
        while self.machine.take_request().is_some() {}
    }

    fn frame(&mut self, connection: u16, after: u64, bytes: &[u8]) {
        self.now += after;
        self.input(Input::Tick);
        self.input(Input::Frame { connection, bytes });
    }

    fn check(&self) {
        for slot in 0..self.machine.instruments_len() {
            self.reader.assert_holds(&self.machine, slot);
        }
    }
}

fn apply<S: Sink>(machine: &mut Machine, ts_recv: u64, input: Input<'_>, sink: &mut S) {
    machine.apply(&Stamped { ts_recv, input }, sink);
}

/// What the indexed parser accepts, the scanner accepts with the same message and mantissas.
fn check(venue: VenueId, frame: &[u8]) {
    let scanned = venue.parse_frame(frame);
    if let Err(reject) = &scanned {
        assert!(reject.offset <= frame.len(), "{reject:?} lies outside {} bytes", frame.len());
    }
    if let Err(reject) = venue.parse_listings(frame) {
        assert!(reject.offset <= frame.len(), "{reject:?} lies outside {} bytes", frame.len());
    }
    let mut answers = Vec::new();
    for path in paths::available() {
        let (mut bids, mut asks) = (Vec::new(), Vec::new());
        let mut parser = Parser::new(path);
        let Some(indexed) = parser.index(frame) else {
            answers.push(None);
            continue;
        };
        let known = &mut KnownHead::default();
        let read = venue.parse_indexed(&indexed, known, |_| Some((-2, -3)), &mut Sides { bids: &mut bids, asks: &mut asks });
        answers.push(read.map(|read| match read {
            Read::Delta(head) => format!("{:?}", ("delta", head, bids, asks)),
            Read::Snapshot(head) => format!("{:?}", ("snapshot", head, bids, asks)),
            Read::Other(message) => format!("{message:?}"),
        }));
    }
    let shown = String::from_utf8_lossy(frame);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}: {shown}");
    let Some(answer) = &answers[0] else { return };
    let levels = |message: &DepthMessage<'_>| -> (Vec<Level>, Vec<Level>) {
        let side = |text| {
            let mut levels = Vec::new();
            assert_eq!(convert_levels(text, -2, -3, &mut levels), Ok(()), "{shown}");
            levels
        };
        (side(message.bids), side(message.asks))
    };
    let expected = match scanned {
        Ok(Message::Depth(message)) => {
            let (bids, asks) = levels(&message);
            format!("{:?}", ("delta", message.head, bids, asks))
        }
        Ok(Message::Snapshot(message)) => {
            let (bids, asks) = levels(&message);
            format!("{:?}", ("snapshot", message.head, bids, asks))
        }
        other => format!("{:?}", other.unwrap_or_else(|reject| panic!("{reject:?}: {shown}"))),
    };
    assert_eq!(answer, &expected, "{shown}");
}
