//! Measuring programs behind `npm run bench`: one subcommand a question; see bench/README.md.
//!
//! The last line of stdout is one JSON object: ns a unit of every block, and HDR histograms (compressed V2, base64). A summary
//! for people goes to stderr.

mod alloc;
mod blocks;
mod book_images;
mod book_update;
mod clock;
mod controls;
mod corpus;
mod due_to_visible;
mod gate;
mod histogram;
mod journal;
mod journalled_path;
mod latest_read;
mod lines;
mod logs;
mod memory;
mod message;
mod options;
mod pair;
mod parse;
mod peer;
mod read_ring;
mod recovery;
mod replay;
mod rig;
mod ring_one_way;
mod ring_parts;
mod ring_throughput;
mod serve;
mod serve_ring;
mod slow_frames;
mod sparse_book;
mod synthetic;
mod venues;
mod waiting;
mod whole_path;

use std::process::ExitCode;

use options::Options;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const USAGE: &str = "usage: tickring-bench NAME [--smoke] [--corpus FILE] [--code-path PATH] [--core N]; NAME is book-images, book-update, code-paths, \
    controls, due-to-visible, gate, journal, journalled-path, latest-read, logs, memory, parse, read-ring, recovery, replay, ring-one-way, ring-parts, ring-throughput, serve, serve-ring, slow-frames, waiting or \
    whole-path";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, arguments) = arguments.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
    let result = Options::parse(arguments).and_then(|options| match name {
        "book-images" => book_images::run(&options),
        "book-update" => book_update::run(&options),
        "code-paths" => parse::code_paths(),
        "controls" => controls::run(&options),
        "due-to-visible" => due_to_visible::run(&options),
        "gate" => gate::run(&options),
        "journal" => journal::run(&options),
        "journalled-path" => journalled_path::run(&options),
        "latest-read" => latest_read::run(&options),
        "logs" => logs::run(&options),
        "memory" => memory::run(&options),
        "parse" => parse::run(&options),
        "recovery" => recovery::run(&options),
        "replay" => replay::run(&options),
        "venues" => venues::run(&options),
        "read-ring" => read_ring::run(&options),
        "serve" => serve::run(&options),
        "serve-ring" => serve_ring::run(&options),
        "peer" => peer::run(&options),
        "ring-one-way" => ring_one_way::run(&options),
        "ring-parts" => ring_parts::run(&options),
        "ring-throughput" => ring_throughput::run(&options),
        "slow-frames" => slow_frames::run(&options),
        "waiting" => waiting::run(&options),
        "whole-path" => whole_path::run(&options),
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
