//! How a replay goes, and what its steps find.

use tickring_core::machine::Outcome;
use tickring_core::simd::CodePath;

use crate::found::Damage;
use crate::gap::Gap;
use crate::settings::Mode;

/// How to replay.
#[derive(Clone, Copy, Debug)]
pub struct ReplayOptions {
    /// What is done about damage.
    pub mode: Mode,
    /// Levels a side in `Latest`; none: as many as live.
    pub depth: Option<usize>,
    /// Instructions of parser and books: no output depends on them.
    pub code_path: CodePath,
    /// Whether outputs are digested: needed to compare and to save, and a twelfth of the time.
    pub digests: bool,
}

impl Default for ReplayOptions {
    fn default() -> Self {
        Self { mode: Mode::Strict, depth: None, code_path: CodePath::detect(), digests: true }
    }
}

/// What a step found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An input was applied.
    Applied(Outcome),
    /// An input that nothing could be done about: what the machine was before is not in the journal.
    Passed,
    /// A writer began: the machine is empty, as live.
    Began,
    /// Inputs are missing. The machine goes on and its own rules find what it lacks, but what it puts out from here to the next
    /// checkpoint or beginning is not what was put out live: see [`super::Replay::is_exact`].
    Gap(Gap),
    /// Bytes are damaged, with [`Mode::Salvage`] or [`Mode::PointInTime`]; otherwise as a gap.
    Damage(Damage),
    /// The machine is again what it was live, taken from a checkpoint.
    Restored,
    /// A checkpoint of what the machine is already: whether it is the same to the byte, where outputs are digested.
    Checkpoint(bool),
    /// A record that no machine is fed with.
    Other,
    /// The next input came later than asked for; it will be next again.
    Reached,
    /// The end, for now.
    End,
}
