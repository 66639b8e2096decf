//! Ring one way across processes, with its controls in the same run: a ping-pong on a bare cache line (closed loop) and a
//! bare stamped line (open loop). The parent writes on one core, a child of the same program reads on another.
//!
//! Prints one JSON object: per block medians for both sides of each comparison, and HDR histograms (compressed V2, base64).

mod lines;
mod peer;
mod run;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.first().map(String::as_str) {
        Some("ring-one-way") => run::ring_one_way(arguments.get(1).map(String::as_str) == Some("--smoke")),
        Some("peer") if arguments.len() == 2 => peer::run(&arguments[1]),
        _ => Err("usage: tickring-bench ring-one-way [--smoke]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tickring-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
