//! What a transport has to do, and what is measured with it: generic, so that nothing is called through a pointer in between.

use std::sync::atomic::Ordering::{Acquire, Release};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::Fallible;
use crate::blocks::{Block, Kind};
use crate::clock::{cpu_ns, monotonic_ns};
use crate::lines::{Line, Lines};

/// Messages that the writer may be ahead of the reader where the transport itself would overwrite them.
pub const AHEAD: u64 = 3_000;
/// Messages that a transport's buffer holds.
pub const CAPACITY: usize = 4_096;
/// Messages between two acknowledgements where not each is waited for.
const ACK_EVERY: u64 = 64;
/// Multiplications between two paced messages, each waiting for the one before: about 600 ns.
const PACE: u32 = 768;
/// Parts of a paced block: its figure is their median.
const PARTS: u64 = 20;
/// Without a message for so long, what is outstanding is lost.
const SILENCE_NS: u64 = 2_000_000_000;

/// The writing end.
pub trait Tx {
    /// Whether it overwrites what was not read: the harness then keeps it from that.
    const IS_LOSSY: bool;
    /// Whether there is room for one message alone: the next is sent when that is acknowledged.
    const HOLDS_ONE: bool = false;
    /// Sends a message, waiting for room.
    fn send(&mut self, due: u64, number: u64) -> Fallible<()>;
    /// The reader is there.
    fn attached(&mut self) -> Fallible<()> {
        Ok(())
    }
}

/// The reading end.
pub trait Rx {
    /// Empty polls between two looks at the clock: 1 where a poll waits.
    const IDLE_MAX: u32 = 4_096;
    /// Hands on what is there, due time and number of each; returns how many. May wait some ms for the first.
    fn poll(&mut self, each: impl FnMut(u64, u64)) -> Fallible<usize>;
    /// A block begins: what is left of the one before is thrown away.
    fn begin(&mut self) -> Fallible<()> {
        while self.poll(|_, _| ())? > 0 {}
        Ok(())
    }
}

/// A message of a plain transport: both ends agree on its words, and the last one proves that it is whole.
pub fn words<const W: usize>(due: u64, number: u64) -> [u64; W] {
    let mut words = [0x5555_5555_5555_5555; W];
    (words[0], words[1], words[W - 1]) = (due, number, due ^ number);
    words
}

/// Due time and number.
pub fn parts<const W: usize>(words: &[u64; W]) -> (u64, u64) {
    // A torn message has no number, which the reader refuses.
    if words[W - 1] == words[0] ^ words[1] { (words[0], words[1]) } else { (0, u64::MAX) }
}

/// A writing end, whichever it is.
pub trait Sending {
    /// See [`Tx::attached`].
    fn attached(&mut self) -> Fallible<()>;
    /// One block: what the writer knows of it.
    fn block(&mut self, block: &Block, lines: &Lines) -> Fallible<Value>;
}

/// A reading end, whichever it is.
pub trait Receiving {
    /// One block: what the reader knows of it.
    fn block(&mut self, block: &Block, lines: &Lines) -> Fallible<Value>;
}

fn histogram() -> Fallible<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 10_000_000_000, 3)?)
}

fn percentiles(histogram: &Histogram<u64>) -> Value {
    let at = |quantile| histogram.value_at_quantile(quantile);
    json!({ "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999) })
}

fn await_ack(lines: &Lines, number: u64) -> Fallible<()> {
    let mut spins = 0_u32;
    let mut since = 0;
    // Acquire: pairs with the reader's Release store.
    while lines.word(Line::Ack, 0).load(Acquire) < number {
        spins = spins.wrapping_add(1);
        if spins.is_multiple_of(1 << 16) {
            let now = monotonic_ns();
            if since == 0 {
                since = now;
            } else if now - since > SILENCE_NS {
                return Err(format!("message {number} is not acknowledged").into());
            }
        }
        std::hint::spin_loop();
    }
    Ok(())
}

/// Computes for a while; the compiler can neither skip nor fold it.
fn compute(seed: u64) -> u64 {
    (0..PACE).fold(seed | 1, |value, _| std::hint::black_box(value).wrapping_mul(0x5851_f42d_4c95_7f2d))
}

fn paced(count: u64, mut send: impl FnMut(u64) -> Fallible<()>) -> Fallible<f64> {
    let each = (count / PARTS).max(1);
    let mut costs = Vec::new();
    let (mut state, mut number) = (1, 0);
    while number < count {
        let start = cpu_ns();
        let end = count.min(number + each);
        let messages = end - number;
        while number < end {
            state = compute(state);
            number += 1;
            send(number)?;
        }
        costs.push((cpu_ns() - start) as f64 / messages as f64);
    }
    costs.sort_by(f64::total_cmp);
    Ok(costs[costs.len() / 2])
}

impl<T: Tx> Sending for T {
    fn attached(&mut self) -> Fallible<()> {
        Tx::attached(self)
    }

    fn block(&mut self, block: &Block, lines: &Lines) -> Fallible<Value> {
        let Block { kind, count, interval, .. } = *block;
        match kind {
            Kind::Open => {
                let start = monotonic_ns() + 50_000;
                for number in 1..=count {
                    let due = start + (number - 1) * interval;
                    while monotonic_ns() < due {
                        std::hint::spin_loop();
                    }
                    self.send(due, number)?;
                    if T::HOLDS_ONE {
                        await_ack(lines, number)?;
                    }
                }
                Ok(json!({}))
            }
            Kind::Closed => {
                let mut trips = histogram()?;
                let mut before = monotonic_ns();
                for number in 1..=count {
                    self.send(1, number)?;
                    await_ack(lines, number)?;
                    let now = monotonic_ns();
                    trips.saturating_record((now - before).max(1));
                    before = now;
                }
                Ok(json!({ "trip": trips.value_at_quantile(0.5) }))
            }
            Kind::Flood => {
                let start = monotonic_ns();
                for number in 1..=count {
                    if T::IS_LOSSY && number % ACK_EVERY == 0 && number > AHEAD {
                        await_ack(lines, number - AHEAD)?;
                    }
                    self.send(1, number)?;
                }
                await_ack(lines, count)?;
                Ok(json!({ "ns": (monotonic_ns() - start) as f64 / count as f64 }))
            }
            Kind::Paced => {
                let computing = paced(count, |_| Ok(()))?;
                let publishing = paced(count, |number| {
                    // Far slower than the reader: this never waits.
                    if T::IS_LOSSY && number > AHEAD && number % ACK_EVERY == 0 {
                        await_ack(lines, number - AHEAD)?;
                    }
                    self.send(1, number)
                })?;
                Ok(json!({ "ns": publishing - computing }))
            }
        }
    }
}

impl<R: Rx> Receiving for R {
    fn block(&mut self, block: &Block, lines: &Lines) -> Fallible<Value> {
        self.begin()?;
        lines.word(Line::Ack, 0).store(0, Release);
        lines.word(Line::Ready, 0).store(block.generation, Release);
        let Block { kind, count, .. } = *block;
        let mut latencies = histogram()?;
        let (mut got, mut last, mut torn) = (0_u64, 0_u64, 0_u64);
        let (mut idle, mut since) = (0_u32, 0);
        while last < count {
            let found = self.poll(|due, number| {
                if kind == Kind::Open {
                    latencies.saturating_record(monotonic_ns().saturating_sub(due).max(1));
                }
                torn += u64::from(number <= last || number > count);
                last = number;
                got += 1;
                if matches!(kind, Kind::Closed | Kind::Open) || number % ACK_EVERY == 0 || number == count {
                    lines.word(Line::Ack, 0).store(number, Release);
                }
            })?;
            if found > 0 {
                (idle, since) = (0, 0);
                continue;
            }
            std::hint::spin_loop();
            idle += 1;
            if idle == R::IDLE_MAX {
                idle = 0;
                let now = monotonic_ns();
                if since == 0 {
                    since = now;
                } else if now - since > SILENCE_NS {
                    break;
                }
            }
        }
        if torn > 0 {
            return Err(format!("{torn} messages were torn, or came twice, or out of order").into());
        }
        Ok(json!({ "got": got, "lost": count.saturating_sub(got), "latency": percentiles(&latencies) }))
    }
}
