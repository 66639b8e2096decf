//! What a shard is built from, and what it has become: the payloads of configurations and checkpoints.

use tickring_core::digest::Digests;
use tickring_core::machine::{Machine, MachineConfig, RestoreError};

use crate::error::JournalError;
use crate::record::{Kind, Record, u32_at, u64_at};

/// Version of [`configuration`].
const VERSION: u32 = 1;
/// Bytes of it.
const CONFIGURATION_BYTES: usize = 28;

/// What of a configuration a replay needs, to be appended before a machine's first input: version u32, depth u32, instruments
/// u32, ns between snapshots u64, longest frame u64. Whoever reads it begins with an empty machine whose inputs are counted on
/// from this record.
#[must_use]
pub fn configuration(config: &MachineConfig) -> [u8; CONFIGURATION_BYTES] {
    let mut out = [0; CONFIGURATION_BYTES];
    out[..4].copy_from_slice(&VERSION.to_le_bytes());
    out[4..8].copy_from_slice(&(config.depth as u32).to_le_bytes());
    out[8..12].copy_from_slice(&config.instruments_max.to_le_bytes());
    out[12..20].copy_from_slice(&config.snapshot_interval_ns.to_le_bytes());
    out[20..28].copy_from_slice(&(config.frame_bytes_max as u64).to_le_bytes());
    out
}

impl Record<'_> {
    /// The configuration that this record holds, for this host's instructions.
    ///
    /// # Errors
    ///
    /// `JOURNAL_RECORD` if it holds none, or one of another version.
    pub fn configuration(&self) -> Result<MachineConfig, JournalError> {
        let unusable = |what: String| JournalError::Record { sequence: self.head.sequence, what };
        let bytes = self.payload;
        if self.head.kind != Kind::Configuration || bytes.len() != CONFIGURATION_BYTES {
            return Err(unusable(format!("{} bytes of {:?} as a configuration", bytes.len(), self.head.kind)));
        }
        if u32_at(bytes, 0) != VERSION {
            return Err(unusable(format!("configuration of version {}, where {VERSION} is read", u32_at(bytes, 0))));
        }
        Ok(MachineConfig {
            depth: u32_at(bytes, 4) as usize,
            instruments_max: u32_at(bytes, 8),
            snapshot_interval_ns: u64_at(bytes, 12),
            frame_bytes_max: u64_at(bytes, 20) as usize,
            ..MachineConfig::default()
        })
    }
}

/// A machine and the digests of what it put out so far: what a checkpoint holds.
#[must_use]
pub fn save(machine: &Machine, digests: &Digests) -> Vec<u8> {
    let instruments = digests.instruments();
    let mut out = Vec::with_capacity(64 << 10);
    out.extend_from_slice(&digests.shard().to_le_bytes());
    out.extend_from_slice(&(instruments.len() as u32).to_le_bytes());
    for (id, digest) in instruments {
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&digest.to_le_bytes());
    }
    machine.save(&mut out);
    out
}

/// What [`save`] saved, to go on with.
///
/// # Errors
///
/// Bytes of another version, of another configuration, or none that [`save`] made.
pub fn restore(config: MachineConfig, bytes: &[u8]) -> Result<(Machine, Digests), RestoreError> {
    let (digests, bytes) = digests(bytes)?;
    Ok((Machine::restore(config, bytes)?, digests))
}

/// As [`restore`], with the configuration that the bytes name; what changes no event is that of `config`.
///
/// # Errors
///
/// Bytes of another version, or none that [`save`] made.
pub fn restore_as_saved(config: MachineConfig, bytes: &[u8]) -> Result<(Machine, Digests), RestoreError> {
    let (digests, bytes) = digests(bytes)?;
    Ok((Machine::restore(config.of_saved(bytes)?, bytes)?, digests))
}

/// The digests, and what stands behind them.
fn digests(bytes: &[u8]) -> Result<(Digests, &[u8]), RestoreError> {
    const CUT: RestoreError = RestoreError::Malformed("its digests");
    let (shard, rest) = bytes.split_first_chunk::<8>().ok_or(CUT)?;
    let (count, mut rest) = rest.split_first_chunk::<4>().ok_or(CUT)?;
    let count = u32::from_le_bytes(*count) as usize;
    if count > rest.len() / 12 {
        return Err(CUT);
    }
    let mut instruments = Vec::with_capacity(count);
    for _ in 0..count {
        let (entry, behind) = rest.split_first_chunk::<12>().ok_or(CUT)?;
        instruments.push((u32_at(entry, 0), u64_at(entry, 4)));
        rest = behind;
    }
    Ok((Digests::resume(u64::from_le_bytes(*shard), &instruments), rest))
}
