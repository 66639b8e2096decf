//! Measuring programs behind `npm run bench`: one subcommand a question; see bench/README.md.
//!
//! The last line of stdout is one JSON object: ns a unit of every block, and HDR histograms (compressed V2, base64). A summary
//! for people goes to stderr.

mod alloc;
mod blocks;
mod clock;
mod corpus;
mod frame_to_ring;
mod histogram;
mod lines;
mod memory;
mod options;
mod parse;
mod peer;
mod rig;
mod run;
mod serve;

use std::process::ExitCode;

use options::Options;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const USAGE: &str = "usage: tickring-bench code-paths | frame-to-ring | memory | parse | ring-one-way | serve \
    [--smoke] [--corpus FILE] [--code-path PATH] [--core N]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, arguments) = arguments.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
    let result = Options::parse(arguments).and_then(|options| match name {
        "code-paths" => parse::code_paths(),
        "frame-to-ring" => frame_to_ring::run(&options),
        "memory" => memory::run(&options),
        "parse" => parse::run(&options),
        "serve" => serve::run(&options),
        "ring-one-way" => run::ring_one_way(options.smoke),
        "peer" if options.rest.len() == 1 => peer::run(&options.rest[0]),
        _ => Err(USAGE.into()),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tickring-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
