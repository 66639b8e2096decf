//! A reader of the quotes of `serve-ring`, as in other languages: `read-ring ROOT`. The line `seek` goes behind the newest
//! record; `START COUNT` is a block, answered with the median of visible − due and what was lost.

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;

use serde_json::json;
use tickring_shm::{Poll, Reader, Record};

use crate::clock::monotonic_ns;
use crate::message::{Shape, due_of};
use crate::options::Options;
use crate::rig::NAME;

fn say(value: &serde_json::Value) -> Result<(), Box<dyn Error>> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{value}")?;
    Ok(output.flush()?)
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let [root] = &options.rest[..] else { return Err("usage: read-ring ROOT".into()) };
    options.pin();
    let mut reader = Reader::open(Path::new(root), NAME, 0)?;
    let mut record = Record::default();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line == "seek" {
            // Others read the blocks in between.
            reader.seek_newest();
            say(&json!({}))?;
            continue;
        }
        let (start, count) = line.split_once(' ').ok_or("START COUNT")?;
        let (start, count): (u64, u64) = (start.parse()?, count.parse()?);
        let (mut late, mut lost) = (Vec::new(), 0);
        while late.len() as u64 + lost < count {
            match reader.poll(&mut record) {
                Poll::Record => {
                    late.extend(due_of(Shape::Small, &record).map(|due| monotonic_ns().saturating_sub(start + due)));
                }
                Poll::Lapped { lost: more } => lost += more,
                Poll::Empty | Poll::Stalled => std::hint::spin_loop(),
            }
        }
        late.sort_unstable();
        say(&json!({ "p50": late.get(late.len() / 2), "lost": lost }))?;
    }
    Ok(())
}
