//! What every subcommand understands.

use std::error::Error;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use tickring_core::simd::CodePath;
use tickring_shm::Clock;

use crate::corpus::Corpus;

/// Items of the corpus in a smoke run; the harness cuts its own copy at the same place.
const SMOKE_ITEMS: usize = 500;

/// Where a standing clock stands: a little behind the receive times of the synthetic feed.
pub const STANDING_NS: u64 = 1_723_161_256_000_000_500;

/// `[--smoke] [--corpus FILE] [--code-path PATH] [--core N] [--standing-clock] [--ring-bytes N]`
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only show that it runs.
    pub smoke: bool,
    /// Recording to use.
    pub corpus: Option<String>,
    /// Code path to force.
    pub code_path: Option<String>,
    /// Core to stay on; the last one otherwise.
    pub core: Option<usize>,
    /// Stamp with one time for ever: for instruction counts, which must not depend on when they are taken.
    pub standing_clock: bool,
    /// Bytes of the ring, where a subcommand lets them be chosen.
    pub ring_bytes: Option<u64>,
    /// Words that are no options.
    pub rest: Vec<String>,
}

impl Options {
    /// Reads arguments.
    pub fn parse(arguments: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().cloned().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--smoke" => options.smoke = true,
                "--standing-clock" => options.standing_clock = true,
                "--corpus" => options.corpus = Some(value()?),
                "--code-path" => options.code_path = Some(value()?),
                "--core" => {
                    let text = value()?;
                    let core = text.parse().map_err(|_| format!("--core {text} is no number of a core"))?;
                    options.core = Some(core);
                }
                "--ring-bytes" => {
                    let text = value()?;
                    let bytes = text.parse().map_err(|_| format!("--ring-bytes {text} is no number of bytes"))?;
                    options.ring_bytes = Some(bytes);
                }
                other if other.starts_with("--") => return Err(format!("unknown option {other}").into()),
                other => options.rest.push(other.to_owned()),
            }
        }
        Ok(options)
    }

    /// The corpus, short for a smoke run.
    pub fn load(&self) -> Result<Corpus, Box<dyn Error>> {
        let mut corpus = Corpus::load(self.corpus.as_deref())?;
        corpus.bring_to(self.clock().now());
        if self.smoke {
            corpus.truncate(SMOKE_ITEMS);
        }
        Ok(corpus)
    }

    /// Keeps the process on one core and says which; `None`, said aloud, where the host does not let it.
    pub fn pin(&self) -> Option<usize> {
        let core = self.core.or_else(last_core)?;
        match pin(core) {
            Ok(()) => Some(core),
            Err(error) => {
                eprintln!("tickring-bench: not pinned: {error}");
                None
            }
        }
    }

    /// Clock of ring writers.
    pub fn clock(&self) -> Clock {
        if self.standing_clock { Clock::standing(STANDING_NS) } else { Clock::counter() }
    }

    /// The code path of parser and book: asked for here or by `TICKRING_CODE_PATH`, else the best of this processor.
    pub fn code_path(&self) -> Result<CodePath, Box<dyn Error>> {
        let Some(name) = self.code_path.clone().or_else(|| std::env::var("TICKRING_CODE_PATH").ok()) else {
            return Ok(CodePath::detect());
        };
        let known = || CodePath::ALL.iter().map(|path| path.name()).collect::<Vec<_>>().join(", ");
        let path = CodePath::from_name(&name).ok_or_else(|| format!("code path {name} is unknown, there are {}", known()))?;
        if path.is_available() { Ok(path) } else { Err(format!("this processor lacks the code path {name}").into()) }
    }
}

/// Cores for a writing and a reading process: the first and the last that we may use.
pub fn two_cores() -> Result<(usize, usize), Box<dyn Error>> {
    let allowed = sched_getaffinity(None)?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    let first = cores.next().ok_or("no core to run on")?;
    let last = cores.next_back().ok_or("two cores are needed to measure between two processes, here is one")?;
    Ok((first, last))
}

fn last_core() -> Option<usize> {
    let allowed = sched_getaffinity(None).ok()?;
    (0..CpuSet::MAX_CPU).rev().find(|core| allowed.is_set(*core))
}

/// Keeps the calling thread on one core.
pub fn pin(core: usize) -> Result<(), Box<dyn Error>> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).map_err(|error| format!("core {core} is not to be had: {error}").into())
}
