//! Prints the TypeScript side of the contract: `--model` for `src/model/codes.ts`, `--native` for `src/native/layout.ts`.
//!
//! The output is formatted as the repository's formatter would format it, so that a stale file is a plain difference.

use std::process::ExitCode;

#[path = "layout_ts/emit.rs"]
mod emit;
#[path = "layout_ts/model.rs"]
mod model;
#[path = "layout_ts/native.rs"]
mod native;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("--model") => print!("{}", model::file()),
        Some("--native") => print!("{}", native::file()),
        _ => {
            eprintln!("usage: layout_ts --model | --native");
            return ExitCode::from(64);
        }
    }
    ExitCode::SUCCESS
}
