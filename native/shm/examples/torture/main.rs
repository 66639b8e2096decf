//! Torture of the ring (T2): a writer at full speed, readers that are stopped, slowed down and killed, a writer that is stopped,
//! killed and started again. At the end each reader must have had every record, whole, or its exact loss.
//!
//! ```text
//! torture [--records N] [--seed N] [--ring-bytes N] [--readers N] [--reader-command COMMAND]…
//! torture bare [--records N] [--readers N] [--slots N]
//! ```
//!
//! `--reader-command` adds a reader program of any language: it gets the words of the command, then the root directory and the
//! name of the engine, reads shard 0 until the writer closed it and all is read, prints one line of JSON with the names of
//! `reader::Counts`, and ends with 0. It is stopped and lapped like the others, but not killed. What records contain:
//! `content.rs`; tables: `states.rs`; readers: `reader.rs`, `reader.c`, `reader.mjs`, `reader.py`. `bare` has threads and a ring of a few slots instead, for laps by the thousand million. Prints the counts as one line of JSON; ends with 1 if any of them is wrong.

mod bare;
mod chaos;
mod content;
mod reader;
mod states;
mod writer;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Signal, set_parent_process_death_signal};

/// Name of the engine.
const NAME: &str = "torture";
/// Only a hang takes this long.
const WATCHDOG: Duration = Duration::from_secs(60);

/// Tries again until there is something; a hang ends the process.
fn hunt<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(start.elapsed() < WATCHDOG, "no {what} within {} s", WATCHDOG.as_secs());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Values behind `--name`, and what a single one of them says as a number.
struct Arguments(Vec<(String, String)>);

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut pairs = Vec::new();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or(format!("{word} is no option"))?;
            let known = ["records", "seed", "ring-bytes", "readers", "slots", "reader-command", "root", "epoch"];
            if !known.contains(&name) {
                return Err(format!("--{name} is none of --{}", known.join(", --")));
            }
            pairs.push((name.to_owned(), words.next().ok_or(format!("--{name} needs a value"))?));
        }
        Ok(Self(pairs))
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    fn number(&self, name: &str, default: u64) -> Result<u64, String> {
        let Some(text) = self.all(name).last() else { return Ok(default) };
        text.replace('_', "").parse().map_err(|_| format!("--{name} {text} is no whole number"))
    }

    fn root(&self) -> Option<&Path> {
        self.all("root").last().map(Path::new)
    }
}

fn run() -> Result<bool, String> {
    let mut words = std::env::args().skip(1).peekable();
    let role = words.next_if(|word| !word.starts_with("--"));
    let arguments = Arguments::parse(words)?;
    let records = arguments.number("records", 10_000_000)?;
    let ring_bytes = arguments.number("ring-bytes", 1 << 16)?;
    let seed = arguments.number("seed", 1)?;
    if arguments.root().is_some() {
        // Whoever ends the torture must not leave writers and readers behind.
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| error.to_string())?;
    }
    match (role.as_deref(), arguments.root()) {
        (Some("writer"), Some(root)) => writer::run(root, arguments.number("epoch", 1)?, ring_bytes, records),
        (Some("reader"), Some(root)) => println!("{}", reader::run(root, seed).to_json()),
        (Some("bare"), None) => {
            let (readers, slots) = (arguments.number("readers", 2)?, arguments.number("slots", 16)?);
            if !slots.is_power_of_two() || slots < bare::SLOTS_MIN {
                return Err(format!("--slots {slots} is not a power of two from {} on", bare::SLOTS_MIN));
            }
            return Ok(bare::run(slots, records, readers as usize));
        }
        (None, None) => {
            let readers = arguments.number("readers", 8)?;
            if !(1..=64).contains(&readers) {
                return Err(format!("--readers {readers} is not 1 to 64"));
            }
            let commands = arguments.all("reader-command").map(str::to_owned).collect();
            let root = PathBuf::from(format!("/dev/shm/tickring-torture-{}", std::process::id()));
            return Ok(chaos::run(&chaos::Plan { root, records, ring_bytes, seed, readers: readers as usize, commands }));
        }
        _ => return Err("the roles are bare, and writer and reader with --root".into()),
    }
    Ok(true)
}

fn main() {
    match run() {
        Ok(true) => {}
        Ok(false) => std::process::exit(1),
        Err(message) => {
            eprintln!("torture: {message}");
            std::process::exit(64);
        }
    }
}
