//! The engine of the tests, for programs in other languages: `live_engine ROOT [hardened]` reads requests from stdin, one a line, does
//! each, and answers with an empty line. It ends with its stdin.
#![allow(clippy::unwrap_used)]

#[path = "../../shm/tests/support/mod.rs"]
mod support;
#[path = "../tests/writer/mod.rs"]
mod writer;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(root) = std::env::args_os().nth(1) else {
        eprintln!("usage: live_engine ROOT [hardened]");
        return ExitCode::from(64);
    };
    let mut engine = writer::Engine::new(root.as_ref(), std::env::args().nth(2).as_deref() == Some("hardened"));
    for request in std::io::stdin().lines() {
        engine.act(&request.unwrap());
        println!();
        std::io::stdout().flush().unwrap();
    }
    ExitCode::SUCCESS
}
