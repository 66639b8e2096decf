//! Blocks on request: each line of stdin names a work, each line of stdout is what one block of it cost. So a program in
//! another language takes turns with ours.

use std::error::Error;
use std::io::{BufRead, Write};

use serde_json::json;

use crate::blocks::median;
use crate::options::Options;
use crate::parse::{FrameParser, parse_pass};
use crate::rig::Rig;
use crate::whole_path::{touch_pass, whole_pass};

/// Timed ns of a block.
const BLOCK_NS: u64 = 60_000_000;

/// The subcommand: `whole`, `parse`, `touch`.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let pinned = options.pin();
    let corpus = options.load()?;
    let mut rig = Rig::new(options)?;
    let mut parser = FrameParser::new(options)?;
    let block_ns = if options.smoke { 1 } else { BLOCK_NS };
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let work = line?;
        let mut pass = || -> Result<(u64, u64), Box<dyn Error>> {
            match work.as_str() {
                "whole" => whole_pass(&mut rig, &corpus),
                "parse" => Ok(parse_pass(&mut parser, &corpus)?),
                "touch" => Ok(touch_pass(&corpus)),
                other => Err(format!("no work is named {other}").into()),
            }
        };
        let (mut spent, mut passes) = (0, Vec::new());
        let answer = loop {
            match pass() {
                Err(error) => break json!({ "error": error.to_string() }),
                Ok((ns, units)) => {
                    spent += ns;
                    passes.push(ns as f64 / units as f64);
                }
            }
            if spent >= block_ns {
                let book = if work == "whole" { Some(rig.book_sha256()?) } else { None };
                break json!({ "ns": median(&mut passes), "pinned": pinned, "book_sha256": book });
            }
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}
