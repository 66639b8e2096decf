//! The reading end: a process, or a thread for transports that have no other.

use std::io::{BufRead, Write};

use crate::blocks::Block;
use crate::lines::Lines;
use crate::transport::Receiving;
use crate::{Both, Fallible};

/// Obeys until there are no more commands.
pub fn obey(
    mut both: Both<Box<dyn Receiving>>,
    lines: &Lines,
    commands: impl BufRead,
    mut results: impl Write,
) -> Fallible<()> {
    writeln!(results, "{{}}")?;
    results.flush()?;
    for line in commands.lines() {
        let block = Block::parse(&line?)?;
        let answer = both[block.large()].block(&block, lines);
        let answer = answer.unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }));
        writeln!(results, "{answer}")?;
        results.flush()?;
    }
    Ok(())
}
