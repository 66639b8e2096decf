//! A strategy's eyes: spread, order-flow imbalance and depth of one instrument, once a second, from its full book.
//!
//! Run: `cargo run --release -p tickring-shm --example spread -- [NAME [SYMBOL [SECONDS [ROOT]]]]`
//!
//! Order-flow imbalance after Cont, Kukanov and Stoikov (2014): what was added to the best bid and taken from the best ask, less
//! the opposite, summed over the second.

use std::path::Path;
use std::time::{Duration, Instant};

use tickring_core::book::Side;
use tickring_core::event::Level;
use tickring_shm::{BookBuilder, DEFAULT_ROOT, Liveness, Poll, Reader, Record, ShmError, Waiting, shards};

/// Best bid and best ask.
type Touch = (Level, Level);

/// Order flow between two best bids and asks, in lots.
fn flow((old_bid, old_ask): Touch, (bid, ask): Touch) -> i64 {
    let bids = if bid.price >= old_bid.price { bid.qty } else { 0 } - if bid.price <= old_bid.price { old_bid.qty } else { 0 };
    let asks = if ask.price <= old_ask.price { ask.qty } else { 0 } - if ask.price >= old_ask.price { old_ask.qty } else { 0 };
    bids - asks
}

/// The shard that has this symbol, and the symbol's slot there.
fn find(root: &Path, name: &str, symbol: &str) -> Result<(Reader, u32), Box<dyn std::error::Error>> {
    for shard in shards(root, name)? {
        let reader = Reader::open(root, name, shard)?;
        if let Some(found) = reader.find(symbol) {
            return Ok((reader, found.slot));
        }
    }
    Err(format!("no shard of {name} has {symbol}").into())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let mut next = |default: &str| args.next().unwrap_or_else(|| default.to_owned());
    let (name, symbol, seconds, root) = (next("tickring"), next("BTCUSDT"), next("0").parse::<u64>()?, next(DEFAULT_ROOT));
    let (mut reader, slot) = find(Path::new(&root), &name, &symbol)?;
    let mut builder = BookBuilder::new(&reader, slot);
    let mut record = Record::default();
    let (mut before, mut imbalance, mut changes) = (None, 0, 0_u64);
    let (mut due, mut printed) = (Instant::now() + Duration::from_secs(1), 0);
    while seconds == 0 || printed < seconds {
        match reader.poll(&mut record) {
            Poll::Record => {
                builder.apply(&reader, &record);
                let touch = builder.book().best_bid().zip(builder.book().best_ask());
                if let (Some(before), Some(touch)) = (before, touch) {
                    imbalance += flow(before, touch);
                }
                (before, changes) = (touch, changes + u64::from(touch != before));
            }
            // The builder notices by itself.
            Poll::Lapped { lost } => eprintln!("lost {lost} records"),
            Poll::Empty | Poll::Stalled => {
                reader.wait(&Waiting::default(), due.saturating_duration_since(Instant::now()));
                if let Liveness::Superseded { .. } = reader.liveness() {
                    reader
                        .reopen()
                        .or_else(|error| if matches!(error, ShmError::NotFound { .. }) { Ok(()) } else { Err(error) })?;
                }
            }
        }
        if Instant::now() >= due {
            let (price, qty) = builder.exponents();
            let value = |mantissa: i64, exponent: i8| mantissa as f64 * 10_f64.powi(exponent.into());
            let spread = before.map_or(f64::NAN, |(bid, ask)| value(ask.price - bid.price, price));
            let (bids, asks) = (builder.book().levels(Side::Bid), builder.book().levels(Side::Ask));
            let (state, flow) = (builder.state(), value(imbalance, qty));
            println!("{symbol} {state:?} spread {spread:.8} flow {flow:+.4} changes {changes} levels {bids}/{asks}");
            (due, printed, imbalance, changes) = (due + Duration::from_secs(1), printed + 1, 0, 0);
        }
    }
    Ok(())
}
