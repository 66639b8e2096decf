//! nautilus-binance beside Tickring: the adapter's own handler of frames, its conversion to deltas, nautilus' order book.

use std::any::Any;
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use nautilus_binance::futures::websocket::streams::handler::BinanceFuturesDataWsFeedHandler;
use nautilus_binance::futures::websocket::streams::messages::{BinanceFuturesDepthUpdateMsg, BinanceFuturesWsStreamsMessage};
use nautilus_binance::futures::websocket::streams::parse_data::parse_depth_update;
use nautilus_model::data::{BookOrder, OrderBookDelta};
use nautilus_model::enums::{BookAction, BookType, OrderSide};
use nautilus_model::identifiers::{InstrumentId, Symbol};
use nautilus_model::instruments::{CryptoPerpetual, Instrument, InstrumentAny};
use nautilus_model::orderbook::OrderBook;
use nautilus_model::types::{Currency, Price, Quantity};
use nautilus_network::websocket::SubscriptionState;
use tickring_peer_harness::{Contender, Corpus, Entrant, TOP_LEVELS, Top, serve};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What the handler needs to be, and to stay, alive.
struct Feed {
    raw: UnboundedSender<Vec<u8>>,
    handler: BinanceFuturesDataWsFeedHandler,
    _ends: [Box<dyn Any>; 2],
    runtime: Runtime,
}

impl Feed {
    fn open() -> Self {
        let (command_sender, commands) = unbounded_channel();
        let (raw, frames) = unbounded_channel();
        let (out, messages) = unbounded_channel();
        let state = SubscriptionState::new('@');
        let handler =
            BinanceFuturesDataWsFeedHandler::new(Arc::new(false.into()), commands, frames, out, state, Arc::new(1.into()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("invariant: a runtime without drivers");
        Self { raw, handler, _ends: [Box::new(command_sender), Box::new(messages)], runtime }
    }

    fn message(&mut self, bytes: &[u8]) -> BinanceFuturesDepthUpdateMsg {
        self.raw.send(bytes.to_vec()).expect("invariant: the handler holds the other end");
        match self.runtime.block_on(self.handler.next()) {
            Some(BinanceFuturesWsStreamsMessage::DepthUpdate(message)) => message,
            other => panic!("no depth message: {other:?}"),
        }
    }
}

struct Parse(Feed);

impl Contender for Parse {
    fn begin(&mut self, _corpus: &Corpus) {}

    fn frame(&mut self, bytes: &[u8]) {
        black_box(self.0.message(bytes));
    }

    fn top(&self) -> Option<Top> {
        None
    }
}

struct Book {
    feed: Feed,
    instrument: InstrumentAny,
    book: OrderBook,
    last: u64,
    joined: bool,
}

fn instrument(symbol: &str) -> InstrumentAny {
    let (base, tick_size) = if symbol.starts_with("btc") { ("BTC", "0.10") } else { ("ETH", "0.01") };
    let id = InstrumentId::from(format!("{base}USDT-PERP.BINANCE").as_str());
    let usdt = Currency::from("USDT");
    let (price, qty) = (Price::from(tick_size), Quantity::from("0.001"));
    let raw = Symbol::from(format!("{base}USDT").as_str());
    InstrumentAny::CryptoPerpetual(CryptoPerpetual::new(
        id,
        raw,
        Currency::from(base),
        usdt,
        usdt,
        false,
        price.precision,
        qty.precision,
        price,
        qty,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        0.into(),
        0.into(),
    ))
}

impl Contender for Book {
    fn begin(&mut self, corpus: &Corpus) {
        let id = self.instrument.id();
        self.book = OrderBook::new(id, BookType::L2_MBP);
        for (levels, side) in [(&corpus.bids, OrderSide::Buy), (&corpus.asks, OrderSide::Sell)] {
            for (price, qty) in levels {
                let order = BookOrder::new(side, Price::from(price.as_str()), Quantity::from(qty.as_str()), 0);
                let delta = OrderBookDelta::new(id, BookAction::Add, order, 0, corpus.last_update_id, 0.into(), 0.into());
                self.book.apply_delta(&delta).expect("invariant: the snapshot holds each level once");
            }
        }
        (self.last, self.joined) = (corpus.last_update_id, false);
    }

    fn frame(&mut self, bytes: &[u8]) {
        let message = self.feed.message(bytes);
        let (first, last) = (message.first_update_id, message.final_update_id);
        let follows =
            if self.joined { message.prev_final_update_id == self.last } else { first <= self.last && self.last <= last };
        assert!(follows, "a hole before update id {first}");
        (self.last, self.joined) = (last, true);
        let deltas = parse_depth_update(&message, &self.instrument, 1.into()).expect("invariant: frames are valid");
        self.book.apply_deltas(&deltas).expect("invariant: deltas of the corpus fit");
        black_box((self.book.best_bid_price(), self.book.best_ask_price()));
    }

    fn top(&self) -> Option<Top> {
        let bids = self.book.bids_as_map(Some(TOP_LEVELS));
        let asks = self.book.asks_as_map(Some(TOP_LEVELS));
        Some([bids, asks].map(|side| side.iter().map(|(price, qty)| (price.to_string(), qty.to_string())).collect()))
    }
}

fn entrants(corpus: Corpus) -> Result<Vec<Entrant>, Box<dyn Error>> {
    let instrument = instrument(&corpus.symbol);
    let plain = corpus.unwrapped()?;
    let empty = OrderBook::new(instrument.id(), BookType::L2_MBP);
    let book = Book { feed: Feed::open(), instrument, book: empty, last: 0, joined: false };
    Ok(vec![
        Entrant::with_frames("nautilus-binance-parse", Parse(Feed::open()), plain.clone()),
        Entrant::with_frames("nautilus-binance", book, plain),
    ])
}

fn main() -> Result<(), Box<dyn Error>> {
    serve(entrants)
}
