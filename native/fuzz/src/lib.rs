//! Fuzz targets. Each is a plain function of bytes that panics when a promise is broken, so that libFuzzer, a list of files and
//! a test can all run it. `native/fuzz/README.md` says which there are.

mod book;
mod figures;
mod frame;
mod images;
mod journal;
mod json;
mod machine;
mod message;
mod oracle;
mod paths;
mod ring;
mod sbe;
mod spell;
mod streams;
mod websocket;
mod wire;

/// The segment's tests own the engine that makes books up.
#[path = "../../shm/tests/support/engine.rs"]
mod engine;
/// The machine's tests own the reader that believes nothing and the writer of venue frames.
#[path = "../../core/tests/machine_harness/mod.rs"]
mod machine_harness;
/// The parsers' tests own the form in which messages are compared.
#[path = "../../core/tests/parse_support/mod.rs"]
mod parse_support;
/// And the writer of binary messages.
#[path = "../../core/tests/sbe_support/mod.rs"]
mod sbe_support;

/// A target: checks what its bytes lead to.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its program in `fuzz_targets`.
pub const TARGETS: &[(&str, Target)] = &[
    ("frame_raw", frame::raw),
    ("frame_venue", frame::venue_spelling),
    ("frame_damaged", frame::damaged),
    ("frame_respelled", frame::respelled),
    ("frame_streams", streams::fuzz),
    ("frame_binary", sbe::fuzz),
    ("snapshot_respelled", frame::snapshot_respelled),
    ("escapes", frame::escapes),
    ("machine", machine::fuzz),
    ("book", book::fuzz),
    ("book_images", images::schedule),
    ("book_images_hostile", images::hostile),
    ("ring_round_trip", ring::round_trip),
    ("ring_hostile", ring::hostile),
    ("ring_header", ring::header),
    ("latest", ring::latest),
    ("journal_reader", journal::reader),
    ("websocket_raw", websocket::raw),
    ("websocket_frames", websocket::frames),
    ("wire_round_trip", wire::round_trip),
    ("wire_flat_bytes", wire::flat_bytes),
];

/// The target of this name.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn target(name: &str) -> Target {
    TARGETS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no target {name}")).1
}

/// Frames and bodies as the documents show them: the seeds where no recordings are.
pub fn documented() -> impl Iterator<Item = &'static str> {
    let frames = parse_support::frames().map(|(_, frame)| frame);
    frames.chain(parse_support::SNAPSHOTS.iter().copied()).chain([parse_support::LISTING])
}

/// The program of one target.
#[macro_export]
macro_rules! program {
    ($name:literal) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            $crate::target($name)(data);
        });
    };
}
