//! JSON parsers and order books from crates beside Tickring and the floor prototype, all in this process.

mod depth;
#[cfg(floor)]
mod floor;
mod hft;
mod order_books;
mod parsers;
mod tape;
mod touch;

use std::error::Error;

use hftbacktest::depth::{BTreeMarketDepth, HashMapMarketDepth, ROIVectorMarketDepth};
use tickring_peer_harness::{Corpus, Entrant, ours, serve};

use order_books::{Tree, Vectors};
use parsers::{Keep, ParseOnly, SerdeJson, SimdJson, SonicRs};

fn entrants(corpus: Corpus) -> Result<Vec<Entrant>, Box<dyn Error>> {
    let mut entrants = ours::entrants(&corpus)?;
    let symbol = corpus.symbol.clone();
    #[cfg(floor)]
    entrants.extend(floor::entrants(&corpus));
    entrants.extend([
        Entrant::new("touch", touch::Touch::default()),
        Entrant::new("serde_json-parse", ParseOnly(SerdeJson)),
        Entrant::new("sonic-rs-parse", ParseOnly(SonicRs)),
        Entrant::new("simd-json-parse", ParseOnly(SimdJson::default())),
        Entrant::new("serde_json-btree", Keep::<_, Tree>::new(SerdeJson)),
        Entrant::new("sonic-rs-btree", Keep::<_, Tree>::new(SonicRs)),
        Entrant::new("sonic-rs-vec", Keep::<_, Vectors>::new(SonicRs)),
        Entrant::new("simd-json-vec", Keep::<_, Vectors>::new(SimdJson::default())),
        Entrant::new("simd-json-tape-vec", tape::Tape::<Vectors>::default()),
        Entrant::new("hftbacktest-roi", hft::Hft::<ROIVectorMarketDepth>::new(&symbol)),
        Entrant::new("hftbacktest-hash", hft::Hft::<HashMapMarketDepth>::new(&symbol)),
        Entrant::new("hftbacktest-btree", hft::Hft::<BTreeMarketDepth>::new(&symbol)),
        Entrant::new("hftbacktest-roi-levels", hft::HftLevels::<ROIVectorMarketDepth>::new(&corpus)),
        Entrant::new("vec-levels", order_books::Levels::<Vectors>::new(&corpus)),
        Entrant::new("btree-levels", order_books::Levels::<Tree>::new(&corpus)),
    ]);
    Ok(entrants)
}

fn main() -> Result<(), Box<dyn Error>> {
    serve(entrants)
}
