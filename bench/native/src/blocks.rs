//! Blocks of work in turns: A B … B A …, so that a slow minute of the machine falls on all of them alike.

use crate::clock::monotonic_ns;

/// Something that is measured: `pass` does it once and gives the ns of CPU time that it took and the units that were done. On
/// a machine that others use as well, the wall clock would count their share of the core.
pub struct Work<'a> {
    /// Its name in the output.
    pub name: &'static str,
    /// The work.
    pub pass: Box<dyn FnMut() -> (u64, u64) + 'a>,
}

impl<'a> Work<'a> {
    /// A work of this name.
    pub fn new(name: &'static str, pass: impl FnMut() -> (u64, u64) + 'a) -> Self {
        Self { name, pass: Box::new(pass) }
    }
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// How long a measurement is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Blocks of each work.
    pub blocks: usize,
    /// Timed ns that a block has at least.
    pub block_ns: u64,
}

impl Size {
    /// PERFORMANCE, method 2: at least 30 blocks of 50 to 200 ms.
    pub const FULL: Self = Self { blocks: 30, block_ns: 60_000_000 };
    /// Shows that it runs.
    pub const SMOKE: Self = Self { blocks: 2, block_ns: 1 };
}

/// ns a unit of every block, for each work.
pub fn run(works: &mut [Work<'_>], size: Size) -> Vec<Vec<f64>> {
    // The first block of each warms caches and predictors and is thrown away.
    for work in works.iter_mut() {
        block(work, size.block_ns);
    }
    let mut series = vec![Vec::with_capacity(size.blocks); works.len()];
    for round in 0..size.blocks {
        for turn in 0..works.len() {
            let index = if round % 2 == 0 { turn } else { works.len() - 1 - turn };
            series[index].push(block(&mut works[index], size.block_ns));
        }
    }
    series
}

/// Median of the passes of one block, which a pause of the machine within one pass does not move.
fn block(work: &mut Work<'_>, block_ns: u64) -> f64 {
    let (mut spent, mut passes) = (0, Vec::new());
    let end = monotonic_ns() + 4 * block_ns;
    while passes.is_empty() || spent < block_ns && monotonic_ns() < end {
        let (ns, units) = (work.pass)();
        spent += ns;
        passes.push(ns as f64 / units.max(1) as f64);
    }
    median(&mut passes)
}

/// The middle one.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
