//! How old records are when they are read: from the venue's socket and from the ring to this process, in percentiles.
//!
//! Run: `cargo run --release -p tickring-shm --example latency -- [NAME [SECONDS [ROOT]]]`

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tickring_shm::{DEFAULT_ROOT, Merged, Next};

/// Nanoseconds since the UNIX epoch, the unit of all stamps.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

fn print(what: &str, ages: &mut [u64]) {
    ages.sort_unstable();
    let at = |share: f64| ages.get((ages.len() as f64 * share) as usize).map_or(0.0, |ns| *ns as f64 / 1e3);
    let most = ages.last().map_or(0.0, |ns| *ns as f64 / 1e3);
    let (p50, p99, p999) = (at(0.5), at(0.99), at(0.999));
    println!("{what:24} p50 {p50:9.2}  p99 {p99:9.2}  p99.9 {p999:9.2}  max {most:9.2} µs  of {}", ages.len());
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let mut next = |default: &str| args.next().unwrap_or_else(|| default.to_owned());
    let (name, seconds, root) = (next("tickring"), next("5").parse()?, next(DEFAULT_ROOT));
    let mut shards = Merged::open(Path::new(&root), &name)?;
    let (mut received, mut published, mut lost) = (Vec::new(), Vec::new(), 0);
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        match shards.poll() {
            Next::Record(_, record) => {
                // Clocks of processes on one host agree; a step of the wall clock in between would show as 0 or as an outlier.
                let now = now();
                received.push(now.saturating_sub(record.ts_recv));
                published.push(now.saturating_sub(record.ts_out));
            }
            Next::Lapped { lost: more, .. } => lost += more,
            // Spinning is what a reader does that has a core to itself.
            Next::Empty | Next::Stalled(_) => std::hint::spin_loop(),
        }
    }
    print("socket to this process", &mut received);
    print("ring to this process", &mut published);
    println!("lost {lost}");
    Ok(())
}
