//! Histograms in the form that `hdr-histogram-js` reads.

use std::error::Error;

use base64::Engine;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};

/// A histogram of times up to 10 s.
pub fn new_histogram() -> Result<Histogram<u64>, Box<dyn Error>> {
    Ok(Histogram::new_with_bounds(1, 10_000_000_000, 3)?)
}

/// Compressed V2, base64.
pub fn encode(histogram: &Histogram<u64>) -> Result<String, Box<dyn Error>> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(histogram, &mut bytes)?;
    Ok(base64::engine::general_purpose::STANDARD.encode(bytes))
}
