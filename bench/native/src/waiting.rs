//! What each way of waiting costs: how late a lone record is seen, and how much of a core the reader and the engine's waker take.

use std::error::Error;
use std::sync::mpsc::{Receiver, Sender as To, channel};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use tickring_shm::{Poll, Reader, Record, Waiting, Writer};

use crate::clock::{cpu_ns, monotonic_ns};
use crate::histogram::{encode, new_histogram};
use crate::message::{Sender, Shape, due_of};
use crate::options::{Options, pin, two_cores};
use crate::rig::{NAME, Root};

/// Time between two records: long enough that the reader waits as long as its strategy lets it, and no multiple of any interval.
const INTERVAL_NS: u64 = 1_013_000;

/// The writer sleeps until so long before a record is due.
const AWAKE_NS: u64 = 300_000;

/// Longest wait for a record.
const TIMEOUT: Duration = Duration::from_secs(5);

struct Way {
    name: &'static str,
    how: Waiting,
    waker_us: Option<u64>,
}

fn ways() -> [Way; 7] {
    let none = Waiting { spin: Duration::ZERO, yielding: Duration::ZERO, sleep: Duration::from_micros(50), block: false };
    let block = Waiting { block: true, ..none };
    let way = |name, how, waker_us| Way { name, how, waker_us };
    [
        way("spin", Waiting::spinning(), None),
        way("yield", Waiting { yielding: Duration::MAX, ..none }, None),
        way("sleep 50 us", none, None),
        way("default, without waker", Waiting::default(), None),
        way("block, waker every 50 us", block, Some(50)),
        way("block, waker every 100 us", block, Some(100)),
        way("block, waker every 1000 us", block, Some(1_000)),
    ]
}

/// A block of the reading thread: records to see, and where due times count from.
type Order = (u64, u64);

/// What it saw: ns behind the due time of each, and its CPU time.
type Seen = (Vec<u64>, u64);

struct Rig {
    way: Way,
    sender: Sender,
    orders: To<Order>,
    seen: Receiver<Result<Seen, String>>,
    _root: Root,
}

fn read(mut reader: Reader, how: Waiting, core: usize, orders: &Receiver<Order>, seen: &To<Result<Seen, String>>) {
    // Where the host does not let us, the summary says so for the writer.
    let _ = pin(core);
    let mut record = Record::default();
    for (count, base) in orders {
        let start = cpu_ns();
        let mut late = Vec::new();
        while (late.len() as u64) < count && reader.wait(&how, TIMEOUT) {
            if reader.poll(&mut record) == Poll::Record {
                let due = base + due_of(Shape::Small, &record).unwrap_or_default();
                late.push(monotonic_ns().saturating_sub(due).max(1));
            }
        }
        let all = late.len() as u64 == count;
        let answer = if all { Ok((late, cpu_ns() - start)) } else { Err(format!("{} of {count} records came", late.len())) };
        if seen.send(answer).is_err() {
            return;
        }
    }
}

impl Rig {
    fn new(way: Way, core: usize) -> Result<Self, Box<dyn Error>> {
        let root = Root::create()?;
        let mut writer = Writer::create(&root.segment(1, 1))?;
        if let Some(us) = way.waker_us {
            writer.start_waker(Duration::from_micros(us))?;
        }
        let mut reader = Reader::open(root.path(), NAME, 0)?;
        reader.seek_newest();
        let (orders, of_reader) = channel();
        let (to_us, seen) = channel();
        let how = way.how;
        std::thread::spawn(move || read(reader, how, core, &of_reader, &to_us));
        Ok(Self { way, sender: Sender::new(writer), orders, seen, _root: root })
    }

    /// A block: ns behind of each record, CPU share of the reader.
    fn block(&mut self, count: u64) -> Result<(Vec<u64>, f64), Box<dyn Error>> {
        let base = monotonic_ns();
        self.orders.send((count, base))?;
        for index in 1..=count {
            let due = base + index * INTERVAL_NS;
            std::thread::sleep(Duration::from_nanos(due.saturating_sub(monotonic_ns() + AWAKE_NS)));
            while monotonic_ns() < due {
                std::hint::spin_loop();
            }
            self.sender.send(Shape::Small, due - base);
        }
        let (late, cpu) = self.seen.recv()??;
        Ok((late, cpu as f64 / (monotonic_ns() - base) as f64))
    }
}

fn process_cpu_ns() -> u64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(now.tv_sec).unwrap_or_default() * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or_default()
}

/// Share of a core that a waker of this interval takes while nobody waits and nothing is published.
fn waker_share(us: u64, span: Duration) -> Result<f64, Box<dyn Error>> {
    let root = Root::create()?;
    let mut writer = Writer::create(&root.segment(1, 1))?;
    writer.start_waker(Duration::from_micros(us))?;
    let (cpu, clock) = (process_cpu_ns(), monotonic_ns());
    std::thread::sleep(span);
    Ok((process_cpu_ns() - cpu) as f64 / (monotonic_ns() - clock) as f64)
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (writing, reading) = two_cores()?;
    let (blocks, count, span) = if options.smoke { (2, 10, 5) } else { (10, 150, 300) };
    // Readers and wakers are started before this thread is pinned: a waker belongs to no core.
    let mut wakers = Vec::new();
    for us in [50, 100, 1_000] {
        wakers.push(json!({ "us": us, "share": waker_share(us, Duration::from_millis(span))? }));
    }
    let mut rigs = ways().into_iter().map(|way| Rig::new(way, reading)).collect::<Result<Vec<_>, _>>()?;
    let pinned = pin(writing).is_ok();
    let mut series = Vec::new();
    for _ in &rigs {
        series.push((new_histogram()?, Vec::new(), Vec::new()));
    }
    for round in 0..blocks {
        for turn in 0..rigs.len() {
            let index = if round % 2 == 0 { turn } else { rigs.len() - 1 - turn };
            let (late, share) = rigs[index].block(count)?;
            let mut own = new_histogram()?;
            late.iter().for_each(|ns| own.saturating_record(*ns));
            let (all, medians, shares) = &mut series[index];
            all.add(&own)?;
            medians.push(own.value_at_quantile(0.5));
            shares.push(share);
        }
    }
    let mut ways = Vec::new();
    for (rig, (all, medians, shares)) in rigs.iter().zip(&series) {
        eprintln!("{}: p50 {} ns, p99 {} ns", rig.way.name, all.value_at_quantile(0.5), all.value_at_quantile(0.99));
        ways.push(json!({ "name": rig.way.name, "hdr": encode(all)?, "medians": medians, "shares": shares }));
    }
    println!("{}", json!({ "ways": ways, "wakers": wakers, "pinned": pinned, "interval": INTERVAL_NS }));
    Ok(())
}
