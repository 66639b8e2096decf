//! Lines on stdin and stdout: the driver says whose turn it is, so that blocks of different programs can alternate.
//!
//! `block NAME NS` → `{"ns_per_frame":…,"passes":…}`: whole passes until NS ns are spent, their median. Time is this process's
//! CPU time: on one core that is what a clock on the wall says, less what other programs took of it.
//! `top NAME` → `{"top":[[["price","quantity"],…],[…]]}`, or null where nothing keeps a book.

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use crate::corpus::Corpus;
use crate::{TOP_LEVELS, Top};

/// Something that is measured.
pub trait Contender {
    /// Forgets what was, takes the snapshot. Not timed.
    fn begin(&mut self, corpus: &Corpus);
    /// One frame.
    fn frame(&mut self, bytes: &[u8]);
    /// Its best levels, where it keeps a book.
    fn top(&self) -> Option<Top>;
}

fn cpu_ns() -> u64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(now.tv_sec).unwrap_or_default() * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or_default()
}

/// A contender behind one dynamic call a pass, not one a frame.
trait Runner {
    fn pass(&mut self, corpus: &Corpus) -> f64;
    fn top(&self) -> Option<Top>;
}

struct Timed<C> {
    contender: C,
    /// Its own spelling of the frames.
    own: Option<Corpus>,
}

impl<C: Contender> Runner for Timed<C> {
    /// ns a frame. The first frame, at which book and snapshot join, is not timed.
    fn pass(&mut self, corpus: &Corpus) -> f64 {
        let Self { contender, own } = self;
        let corpus = own.as_ref().unwrap_or(corpus);
        contender.begin(corpus);
        let (first, rest) = corpus.frames.split_first().expect("invariant: a corpus has at least two frames");
        contender.frame(corpus.bytes(first));
        let start = cpu_ns();
        for frame in rest {
            contender.frame(corpus.bytes(frame));
        }
        (cpu_ns() - start) as f64 / rest.len() as f64
    }

    fn top(&self) -> Option<Top> {
        self.contender.top()
    }
}

/// A contender with its name.
pub struct Entrant {
    name: &'static str,
    runner: Box<dyn Runner>,
}

impl Entrant {
    /// Gives a contender its name.
    pub fn new(name: &'static str, contender: impl Contender + 'static) -> Self {
        Self { name, runner: Box::new(Timed { contender, own: None }) }
    }

    /// One that takes frames in another spelling, such as without the wrapper of a combined stream.
    pub fn with_frames(name: &'static str, contender: impl Contender + 'static, own: Corpus) -> Self {
        Self { name, runner: Box::new(Timed { contender, own: Some(own) }) }
    }
}

fn block(runner: &mut dyn Runner, corpus: &Corpus, block_ns: f64) -> (f64, usize) {
    let mut passes = Vec::new();
    let mut spent = 0.0;
    while passes.is_empty() || spent < block_ns {
        let ns = runner.pass(corpus);
        spent += ns * corpus.frames.len() as f64;
        passes.push(ns);
    }
    passes.sort_by(f64::total_cmp);
    (passes[passes.len() / 2], passes.len())
}

fn find<'a>(entrants: &'a mut [Entrant], name: &str) -> Result<&'a mut dyn Runner, String> {
    let found = entrants.iter_mut().find(|entrant| entrant.name == name);
    found.map(|entrant| &mut *entrant.runner as _).ok_or_else(|| format!("no contender is named {name}"))
}

fn answer(line: &str, corpus: &Corpus, entrants: &mut [Entrant]) -> Result<serde_json::Value, Box<dyn Error>> {
    let words: Vec<_> = line.split_whitespace().collect();
    match words[..] {
        ["block", name, ns] => {
            let (ns_per_frame, passes) = block(find(entrants, name)?, corpus, ns.parse()?);
            Ok(json!({ "ns_per_frame": ns_per_frame, "passes": passes }))
        }
        ["top", name] => {
            let runner = find(entrants, name)?;
            runner.pass(corpus);
            let top = runner.top().map(|sides| {
                sides.map(|side| side.into_iter().take(TOP_LEVELS).map(|(price, qty)| [price, qty]).collect::<Vec<_>>())
            });
            Ok(json!({ "top": top }))
        }
        _ => Err(format!("`{line}` is no command").into()),
    }
}

/// Answers the driver until it closes stdin. Arguments of the program: folder of the corpus, symbol.
pub fn serve(entrants: impl FnOnce(Corpus) -> Result<Vec<Entrant>, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [directory, symbol] = &arguments[..] else { return Err("usage: PROGRAM DIRECTORY SYMBOL".into()) };
    let corpus = Corpus::load(Path::new(directory), symbol)?;
    let mut entrants = entrants(corpus.clone())?;
    let names: Vec<_> = entrants.iter().map(|entrant| entrant.name).collect();
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", json!({ "names": names }))?;
    stdout.flush()?;
    for line in std::io::stdin().lock().lines() {
        let answer = answer(&line?, &corpus, &mut entrants).unwrap_or_else(|error| json!({ "error": error.to_string() }));
        writeln!(stdout, "{answer}")?;
        stdout.flush()?;
    }
    Ok(())
}
