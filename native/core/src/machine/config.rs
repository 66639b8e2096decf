//! What a machine is told once, and what it says of each input.

use crate::simd::CodePath;
use crate::venue::Reject;

/// How to make a [`super::Machine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineConfig {
    /// Levels a side in [`crate::sink::Latest`]; at most [`super::DEPTH_MAX`].
    pub depth: usize,
    /// Time between two full books of one instrument, ns; 0 for none but those after a resync or on request.
    pub snapshot_interval_ns: u64,
    /// Most instruments, those removed included.
    pub instruments_max: u32,
    /// Longest frame or REST body, bytes.
    pub frame_bytes_max: usize,
    /// Instructions of parser and books; the scalar ones where the host lacks these. Changes speed, never output.
    pub code_path: CodePath,
}

impl Default for MachineConfig {
    fn default() -> Self {
        Self {
            depth: 20,
            snapshot_interval_ns: 60_000_000_000,
            instruments_max: 1_024,
            frame_bytes_max: 8 << 20,
            code_path: CodePath::detect(),
        }
    }
}

/// What one input did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Events published.
    pub events: u32,
    /// Why the input was set aside; nothing of it was applied then.
    pub rejected: Option<Reject>,
    /// [`super::Machine::take_request`] has something.
    pub requests_pending: bool,
}
