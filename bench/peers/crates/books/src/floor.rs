//! The floor prototype behind our trait: whole path with ring record and latest slot, and its parser alone.

use std::hint::black_box;

use tickring_peer_floor::fast::FastC;
use tickring_peer_floor::{Contender as Prototype, Snap};
use tickring_peer_harness::{Contender, Corpus, Entrant, Top};

use crate::depth::{Text, parsed};

/// Ticks of its ladder, as it was measured for PERFORMANCE row 1.
const TICKS: usize = 65_536;

/// Its modes.
const PARSE: u8 = 0;
const WHOLE: u8 = 2;

fn snapshot(corpus: &Corpus) -> Snap {
    Snap { l: corpus.last_update_id, bids: corpus.bids.clone(), asks: corpus.asks.clone() }
}

struct Floor(FastC<TICKS>);

impl Contender for Floor {
    fn begin(&mut self, corpus: &Corpus) {
        self.0.reset(&snapshot(corpus));
    }

    #[inline]
    fn frame(&mut self, bytes: &[u8]) {
        self.0.frame(bytes);
    }

    fn top(&self) -> Option<Top> {
        self.0.top().map(|(bids, asks)| [bids, asks])
    }
}

/// Its ladder alone: levels that were parsed beforehand.
struct Levels {
    whole: FastC<TICKS>,
    frames: Vec<[Vec<(u64, u64)>; 2]>,
    at: usize,
}

impl Levels {
    fn new(corpus: &Corpus) -> Self {
        let whole: FastC<TICKS> = FastC::new(&corpus.symbol, WHOLE);
        let (tick, lot) = (u64::try_from(whole.tick).expect("invariant: a tick size is positive"), 100_000);
        let scaled = |value: i64, unit: u64| u64::try_from(value).expect("invariant: prices are positive") / unit;
        let side = |levels: &[(Text<i64>, Text<i64>)]| {
            levels.iter().map(|(price, qty)| (scaled(price.0, tick), scaled(qty.0, lot))).collect::<Vec<_>>()
        };
        let frames = parsed(corpus).iter().map(|depth| [side(&depth.bids), side(&depth.asks)]).collect();
        Self { whole, frames, at: 0 }
    }
}

impl Contender for Levels {
    fn begin(&mut self, corpus: &Corpus) {
        self.at = 0;
        self.whole.reset(&snapshot(corpus));
    }

    #[inline]
    fn frame(&mut self, _bytes: &[u8]) {
        let [bids, asks] = &self.frames[self.at];
        self.at += 1;
        bids.iter().for_each(|(tick, qty)| self.whole.b.set::<0>(*tick, *qty));
        asks.iter().for_each(|(tick, qty)| self.whole.b.set::<1>(*tick, *qty));
        black_box((self.whole.b.best_bid(), self.whole.b.best_ask()));
    }

    fn top(&self) -> Option<Top> {
        self.whole.top().map(|(bids, asks)| [bids, asks])
    }
}

/// Nothing where the processor lacks what it is written for.
pub fn entrants(corpus: &Corpus) -> Vec<Entrant> {
    if !(is_x86_feature_detected!("avx512vbmi2") && is_x86_feature_detected!("avx512vbmi")) {
        return Vec::new();
    }
    let floor = |mode| Floor(FastC::new(&corpus.symbol, mode));
    vec![
        Entrant::new("floor", floor(WHOLE)),
        Entrant::new("floor-parse", floor(PARSE)),
        Entrant::new("floor-levels", Levels::new(corpus)),
    ]
}
