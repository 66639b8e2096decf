//! Prints the other languages' side of the contract: `--model` for `src/model/codes.ts`, `--native` for `src/native/layout.ts`,
//! `--payloads` for `src/model/payloads.ts`, `--records` for `src/native/records.ts`,
//! `--c` for `native/shm/include/tickring_abi.h`, `--capi` for `native/capi/src/abi.rs`, `--python` for
//! `native/python/src/tickring/_abi.py`.
//!
//! The output is formatted as the repository's formatter would format it, so that a stale file is a plain difference.

use std::process::ExitCode;

#[path = "layout_ts/c.rs"]
mod c;
#[path = "layout_ts/c_model.rs"]
mod c_model;
#[path = "layout_ts/capi.rs"]
mod capi;
#[path = "layout_ts/emit.rs"]
mod emit;
#[path = "layout_ts/model.rs"]
mod model;
#[path = "layout_ts/native.rs"]
mod native;
#[path = "layout_ts/python.rs"]
mod python;
#[path = "layout_ts/records.rs"]
mod records;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("--model") => print!("{}", model::file()),
        Some("--native") => print!("{}", native::file()),
        Some("--payloads") => print!("{}", records::payloads()),
        Some("--records") => print!("{}", records::file()),
        Some("--c") => print!("{}", c::file()),
        Some("--capi") => print!("{}", capi::file()),
        Some("--python") => print!("{}", python::file()),
        _ => {
            eprintln!("usage: layout_ts --model | --native | --payloads | --records | --c | --capi | --python");
            return ExitCode::from(64);
        }
    }
    ExitCode::SUCCESS
}
