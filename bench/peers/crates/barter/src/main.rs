//! barter-data beside Tickring: its typed message, its transformer with the venue's sequence rule, its book.

use std::error::Error;
use std::hint::black_box;

use barter_data::books::{Level, OrderBook};
use barter_data::event::MarketEvent;
use barter_data::exchange::binance::book::l2::BinanceOrderBookL2Snapshot;
use barter_data::exchange::binance::futures::l2::{BinanceFuturesOrderBookL2Update, BinanceFuturesUsdOrderBooksL2Transformer};
use barter_data::subscription::Map;
use barter_data::subscription::book::OrderBookEvent;
use barter_data::transformer::ExchangeTransformer;
use barter_instrument::exchange::ExchangeId;
use barter_integration::Transformer;
use barter_integration::subscription::SubscriptionId;
use chrono::DateTime;
use tickring_peer_harness::{Contender, Corpus, Entrant, TOP_LEVELS, Top, serve};

/// Key of the instrument; its own choice.
const INSTRUMENT: u64 = 1;

type L2 = BinanceFuturesUsdOrderBooksL2Transformer<u64>;

/// The frame without the wrapper of a combined stream: barter subscribes to plain streams.
fn message(frame: &[u8]) -> BinanceFuturesOrderBookL2Update {
    let text = std::str::from_utf8(frame).expect("invariant: frames of the corpus are UTF-8");
    serde_json::from_str(text).expect("invariant: frames of the corpus are valid")
}

struct Parse;

impl Contender for Parse {
    fn begin(&mut self, _corpus: &Corpus) {}

    fn frame(&mut self, bytes: &[u8]) {
        black_box(message(bytes));
    }

    fn top(&self) -> Option<Top> {
        None
    }
}

struct Book {
    transformer: Option<L2>,
    book: OrderBook,
}

impl Contender for Book {
    fn begin(&mut self, corpus: &Corpus) {
        let snapshot: BinanceOrderBookL2Snapshot =
            serde_json::from_str(&corpus.snapshot).expect("invariant: the snapshot of the corpus is valid");
        let kind = OrderBookEvent::from(snapshot);
        self.book = OrderBook::default();
        self.book.update(&kind);
        let (time_exchange, time_received) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
        let exchange = ExchangeId::BinanceFuturesUsd;
        let event = MarketEvent { time_exchange, time_received, exchange, instrument: INSTRUMENT, kind };
        let first = message(corpus.bytes(&corpus.frames[0]));
        let subscription = SubscriptionId::from(first.subscription_id.as_ref().to_string());
        let map: Map<u64> = [(subscription, INSTRUMENT)].into_iter().collect();
        let (sender, _receiver) = tokio::sync::mpsc::unbounded_channel();
        let transformer = futures::executor::block_on(L2::init(map, &[event], sender));
        self.transformer = Some(transformer.ok().expect("invariant: the transformer takes its own snapshot"));
    }

    fn frame(&mut self, bytes: &[u8]) {
        let transformer = self.transformer.as_mut().expect("invariant: begun before");
        for event in transformer.transform(message(bytes)) {
            self.book.update(&event.expect("invariant: the corpus has no hole").kind);
        }
        black_box((self.book.bids().best(), self.book.asks().best()));
    }

    fn top(&self) -> Option<Top> {
        let side = |levels: &[Level]| {
            levels.iter().take(TOP_LEVELS).map(|level| (level.price.to_string(), level.amount.to_string())).collect()
        };
        Some([side(self.book.bids().levels()), side(self.book.asks().levels())])
    }
}

fn entrants(corpus: Corpus) -> Result<Vec<Entrant>, Box<dyn Error>> {
    let plain = corpus.unwrapped()?;
    let book = Book { transformer: None, book: OrderBook::default() };
    Ok(vec![Entrant::with_frames("barter-data-parse", Parse, plain.clone()), Entrant::with_frames("barter-data", book, plain)])
}

fn main() -> Result<(), Box<dyn Error>> {
    serve(entrants)
}
