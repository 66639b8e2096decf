//! What the measuring programs in Rust share: the corpus, the protocol with the driver, and Tickring itself, so that it runs
//! in the same process as the peers.

pub mod corpus;
pub mod ours;
pub mod protocol;

pub use corpus::Corpus;
pub use protocol::{Contender, Entrant, serve};

/// Best levels of both sides, best first, as text: price, quantity.
pub type Top = [Vec<(String, String)>; 2];

/// Levels a side that are compared.
pub const TOP_LEVELS: usize = 20;
