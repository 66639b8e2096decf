//! The floor prototype behind our trait: whole path with ring record and latest slot, and its parser alone.

use tickring_peer_floor::fast::FastC;
use tickring_peer_floor::{Contender as Prototype, Snap};
use tickring_peer_harness::{Contender, Corpus, Entrant, Top};

/// Ticks of its ladder, as it was measured for PERFORMANCE row 1.
const TICKS: usize = 65_536;

/// Its modes.
const PARSE: u8 = 0;
const WHOLE: u8 = 2;

struct Floor(FastC<TICKS>);

impl Contender for Floor {
    fn begin(&mut self, corpus: &Corpus) {
        let snapshot = Snap { l: corpus.last_update_id, bids: corpus.bids.clone(), asks: corpus.asks.clone() };
        self.0.reset(&snapshot);
    }

    #[inline]
    fn frame(&mut self, bytes: &[u8]) {
        self.0.frame(bytes);
    }

    fn top(&self) -> Option<Top> {
        self.0.top().map(|(bids, asks)| [bids, asks])
    }
}

/// Nothing where the processor lacks what it is written for.
pub fn entrants(symbol: &str) -> Vec<Entrant> {
    if !(is_x86_feature_detected!("avx512vbmi2") && is_x86_feature_detected!("avx512vbmi")) {
        return Vec::new();
    }
    let floor = |mode| Floor(FastC::new(symbol, mode));
    vec![Entrant::new("floor", floor(WHOLE)), Entrant::new("floor-parse", floor(PARSE))]
}
