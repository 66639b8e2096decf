//! hftbacktest's depths, fed by sonic-rs with floating-point numbers, which is what they take.

use std::hint::black_box;

use hftbacktest::depth::{BTreeMarketDepth, HashMapMarketDepth, L2MarketDepth, MarketDepth, ROIVectorMarketDepth};
use tickring_peer_harness::{Contender, Corpus, TOP_LEVELS, Top};

use crate::depth::{Depth, Sequence, Wrapper, parsed};
use crate::parsers::{Parser, SonicRs};

const LOT_SIZE: f64 = 0.001;

/// Most ticks that are looked at for a level of the top.
const TICKS_MAX: i64 = 100_000;

/// Tick size and the range of prices of a region of interest, which must hold every level near the touch.
#[derive(Clone, Copy)]
pub struct Scale {
    tick_size: f64,
    decimals: usize,
    region: (f64, f64),
}

impl Scale {
    fn of(symbol: &str) -> Self {
        if symbol.starts_with("btc") {
            Self { tick_size: 0.1, decimals: 1, region: (30_000.0, 100_000.0) }
        } else {
            Self { tick_size: 0.01, decimals: 2, region: (1_000.0, 5_000.0) }
        }
    }
}

/// How each is made.
pub trait Make: MarketDepth + L2MarketDepth {
    fn make(scale: Scale) -> Self;
}

impl Make for HashMapMarketDepth {
    fn make(scale: Scale) -> Self {
        Self::new(scale.tick_size, LOT_SIZE)
    }
}

impl Make for BTreeMarketDepth {
    fn make(scale: Scale) -> Self {
        Self::new(scale.tick_size, LOT_SIZE)
    }
}

impl Make for ROIVectorMarketDepth {
    fn make(scale: Scale) -> Self {
        Self::new(scale.tick_size, LOT_SIZE, scale.region.0, scale.region.1)
    }
}

pub struct Hft<D> {
    depth: D,
    scale: Scale,
    sequence: Sequence,
}

impl<D: Make> Hft<D> {
    pub fn new(symbol: &str) -> Self {
        let scale = Scale::of(symbol);
        Self { depth: D::make(scale), scale, sequence: Sequence::default() }
    }
}

/// The depth of the corpus' snapshot.
fn loaded<D: Make>(scale: Scale, corpus: &Corpus) -> D {
    let mut depth = D::make(scale);
    let number = |text: &str| text.parse::<f64>().expect("invariant: the snapshot holds numbers");
    for (price, qty) in &corpus.bids {
        depth.update_bid_depth(number(price), number(qty), 1);
    }
    for (price, qty) in &corpus.asks {
        depth.update_ask_depth(number(price), number(qty), 1);
    }
    depth
}

#[inline]
fn apply<D: Make>(depth: &mut D, data: &Depth<f64>) {
    for (price, qty) in &data.bids {
        depth.update_bid_depth(price.0, qty.0, data.ts_event);
    }
    for (price, qty) in &data.asks {
        depth.update_ask_depth(price.0, qty.0, data.ts_event);
    }
    black_box((depth.best_bid(), depth.best_ask()));
}

fn top_of<D: Make>(depth: &D, scale: Scale) -> Top {
    let price = |tick: i64| format!("{:.*}", scale.decimals, tick as f64 * scale.tick_size);
    let side = |best: i64, step: i64, qty_at: &dyn Fn(i64) -> f64| {
        let ticks = (0..TICKS_MAX).map(|count| best + count * step);
        let levels = ticks.map(|tick| (tick, qty_at(tick))).filter(|(_, qty)| *qty > 0.0);
        levels.take(TOP_LEVELS).map(|(tick, qty)| (price(tick), qty.to_string())).collect()
    };
    [
        side(depth.best_bid_tick(), -1, &|tick| depth.bid_qty_at_tick(tick)),
        side(depth.best_ask_tick(), 1, &|tick| depth.ask_qty_at_tick(tick)),
    ]
}

impl<D: Make> Contender for Hft<D> {
    fn begin(&mut self, corpus: &Corpus) {
        self.depth = loaded(self.scale, corpus);
        self.sequence = Sequence::after(corpus.last_update_id);
    }

    #[inline]
    fn frame(&mut self, bytes: &[u8]) {
        let Wrapper { data } = SonicRs.parse::<Wrapper<f64>>(bytes);
        self.sequence.check(data.first, data.last, data.prev);
        apply(&mut self.depth, &data);
    }

    fn top(&self) -> Option<Top> {
        Some(top_of(&self.depth, self.scale))
    }
}

/// A depth alone: levels that were parsed beforehand.
pub struct HftLevels<D> {
    frames: Vec<Depth<f64>>,
    at: usize,
    depth: D,
    scale: Scale,
}

impl<D: Make> HftLevels<D> {
    pub fn new(corpus: &Corpus) -> Self {
        let scale = Scale::of(&corpus.symbol);
        Self { frames: parsed(corpus), at: 0, depth: D::make(scale), scale }
    }
}

impl<D: Make> Contender for HftLevels<D> {
    fn begin(&mut self, corpus: &Corpus) {
        self.at = 0;
        self.depth = loaded(self.scale, corpus);
    }

    #[inline]
    fn frame(&mut self, _bytes: &[u8]) {
        apply(&mut self.depth, &self.frames[self.at]);
        self.at += 1;
    }

    fn top(&self) -> Option<Top> {
        Some(top_of(&self.depth, self.scale))
    }
}
