//! A message to another process, one transport a program start: `tickring-peer-ipc CONTENDER`. Protocol of the driver, a line each:
//! `block KIND SIZE COUNT INTERVAL` in, one JSON object out; the first line out says hello. See bench/peers/README.md.

mod blocks;
#[path = "../../../../native/src/clock.rs"]
#[allow(dead_code, reason = "shared with the measuring program, which needs all of it")]
mod clock;
mod line;
#[path = "../../../../native/src/lines.rs"]
#[allow(dead_code, reason = "shared with the measuring program, which needs all of it")]
mod lines;
#[path = "../../../../native/src/message.rs"]
#[allow(dead_code, reason = "shared with the measuring program, which needs all of it")]
mod message;
mod ours;
mod reader;
mod rings;
mod services;
mod sockets;
mod threads;
mod transport;

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use blocks::{Block, Link};
use lines::Lines;
use transport::{Receiving, Sending};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Time for a reader to end by itself.
const END_MAX: Duration = Duration::from_secs(1);

/// Both message sizes of a transport: 64 and 256 bytes.
type Both<T> = [T; 2];

/// A folder in shared memory that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn create() -> Fallible<Self> {
        let path = PathBuf::from(format!("/dev/shm/tickring-peers-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing is left to do about a folder that cannot be removed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Ends with the writer: the reader sees the end of its input, and has some time to remove what it has in shared memory.
struct Reading(Child);

impl Drop for Reading {
    fn drop(&mut self) {
        let until = Instant::now() + END_MAX;
        while Instant::now() < until && matches!(self.0.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        // It may be spinning for a message that never comes. What fails here has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn writers(name: &str, folder: &Path) -> Fallible<Both<Box<dyn Sending>>> {
    Ok(match name {
        "tickring" => ours::writers(folder)?,
        "line" => line::writers(folder)?,
        "ringfire" => rings::ringfire_writers(folder)?,
        "iceoryx2" => rings::iceoryx_writers()?,
        "unix-socket" => sockets::unix_writers(folder)?,
        "redis" => services::redis_writers(folder)?,
        "nats" => services::nats_writers(folder)?,
        _ => return Err(format!("no transport is named {name}").into()),
    })
}

fn readers(name: &str, folder: &Path, writer: u32) -> Fallible<Both<Box<dyn Receiving>>> {
    Ok(match name {
        "tickring" => ours::readers(folder)?,
        "line" => line::readers(folder)?,
        "ringfire" => rings::ringfire_readers(folder)?,
        "iceoryx2" => rings::iceoryx_readers(writer)?,
        "unix-socket" => sockets::unix_readers(folder)?,
        "redis" => services::redis_readers(folder)?,
        "nats" => services::nats_readers(folder)?,
        _ => return Err(format!("no transport is named {name}").into()),
    })
}

fn lines_of(folder: &Path, create: bool) -> Fallible<Lines> {
    Lines::open(&folder.join("lines"), create)
}

/// Keeps the calling thread on a core; returns whether the host lets it.
fn pin(core: usize) -> bool {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    rustix::thread::sched_setaffinity(None, &set).is_ok()
}

/// Obeys the driver until its end.
fn drive(mut both: Both<Box<dyn Sending>>, link: &mut Link, is_pinned: bool) -> Fallible<()> {
    let mut output = std::io::stdout();
    link.greet()?;
    for sending in &mut both {
        sending.attached()?;
    }
    writeln!(output, "{}", serde_json::json!({ "names": ["ipc"], "pinned": is_pinned }))?;
    output.flush()?;
    for line in std::io::stdin().lock().lines() {
        let answer = Block::parse(&line?).and_then(|block| link.run(&block, &mut *both[block.large()]));
        let answer = answer.unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }));
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn write_side(name: &str) -> Fallible<()> {
    let folder = Folder::create()?;
    let lines = lines_of(&folder.0, true)?;
    let cores = rustix::thread::sched_getaffinity(None)?;
    let mut cores = (0..rustix::thread::CpuSet::MAX_CPU).filter(|core| cores.is_set(*core));
    let first = cores.next().ok_or("no core to run on")?;
    let last = cores.next_back().ok_or("two cores are needed, here is one")?;
    if let Some((both, reading)) = threads::pair(name)? {
        let (mut link, commands, results) = Link::of_thread(lines)?;
        let reader_lines = lines_of(&folder.0, false)?;
        let reader = std::thread::spawn(move || {
            pin(last);
            let both = reading.0.map(|reading| reading as Box<dyn Receiving>);
            reader::obey(both, &reader_lines, BufReader::new(commands), results).map_err(|error| error.to_string())
        });
        let result = drive(both, &mut link, pin(first));
        drop(link);
        return result.and(reader.join().map_err(|_| "the reading thread panicked")?.map_err(Into::into));
    }
    let both = writers(name, &folder.0)?;
    let mut child = std::process::Command::new(std::env::current_exe()?)
        .args([name, "--reader", &std::process::id().to_string(), &last.to_string()])
        .arg(&folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (input, output) = (child.stdin.take().ok_or("no input")?, child.stdout.take().ok_or("no output")?);
    let _reading = Reading(child);
    let mut link = Link::new(lines, Box::new(input), Box::new(BufReader::new(output)));
    drive(both, &mut link, pin(first))
}

fn read_side(name: &str, writer: u32, core: usize, folder: &Path) -> Fallible<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    pin(core);
    let lines = lines_of(folder, false)?;
    let both = readers(name, folder, writer)?;
    reader::obey(both, &lines, BufReader::new(std::io::stdin()), std::io::stdout())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        [name, "--reader", writer, core, folder] => match (writer.parse(), core.parse()) {
            (Ok(writer), Ok(core)) => read_side(name, writer, core, Path::new(folder)),
            _ => Err("usage: NAME --reader PID CORE FOLDER".into()),
        },
        [name] => write_side(name),
        _ => Err("usage: tickring-peer-ipc CONTENDER".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tickring-peer-ipc: {error}");
            ExitCode::FAILURE
        }
    }
}
