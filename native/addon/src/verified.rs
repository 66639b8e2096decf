//! Replays that are compared with what was live.

use napi::bindgen_prelude::{BigInt, Function};
use napi_derive::napi;
use tickring_journal::{Report, verify};

use crate::failure::{Result, guard};
use crate::journal_records::kind_name;
use crate::journals::{JournalDamage, JournalGap, failed, hexadecimal, options, storage};

/// Inputs that were proven to give what they gave live.
#[napi(object)]
pub struct ReplaySpan {
    pub epoch: BigInt,
    pub first: BigInt,
    pub last: BigInt,
    /// Digests that were compared.
    pub compared: f64,
    /// Digest of all that was put out up to the last one.
    pub digest: String,
}

/// The first input that gave something else than live.
#[napi(object)]
pub struct ReplayDifference {
    pub sequence: BigInt,
    pub epoch: BigInt,
    pub kind: String,
    pub ts_recv: BigInt,
    pub connection: u32,
    pub instrument: u32,
    pub file: String,
    pub offset: f64,
    /// Digest of all that was put out live up to and with this input; absent where a checkpoint tells the difference.
    pub recorded: Option<String>,
    /// The same of the replay.
    pub replayed: String,
    /// What the replay put out for this input; of what was put out live only the digest is kept.
    pub events: Vec<String>,
}

/// Digest of the events of an instrument.
#[napi(object)]
pub struct InstrumentDigest {
    pub instrument: u32,
    pub digest: String,
}

/// What a comparison of a replay with what was live found.
#[napi(object)]
pub struct ReplayReport {
    pub records: f64,
    pub inputs: f64,
    pub events: f64,
    /// Inputs before which nothing was known of the shard.
    pub passed: f64,
    /// Inputs behind a gap, before the next checkpoint: nothing is promised of them.
    pub inexact: f64,
    /// Checkpoints met that are equal to the byte.
    pub checkpoints: f64,
    pub spans: Vec<ReplaySpan>,
    pub instruments: Vec<InstrumentDigest>,
    pub gaps: Vec<JournalGap>,
    pub damage: Vec<JournalDamage>,
    pub difference: Option<ReplayDifference>,
}

impl From<Report> for ReplayReport {
    fn from(report: Report) -> Self {
        let spans = report.spans.iter().map(|span| ReplaySpan {
            epoch: span.epoch.into(),
            first: span.first.into(),
            last: span.last.into(),
            compared: span.compared as f64,
            digest: hexadecimal(span.digest),
        });
        let difference = report.difference.map(|found| ReplayDifference {
            sequence: found.head.sequence.into(),
            epoch: found.head.epoch.into(),
            kind: kind_name(found.head.kind),
            ts_recv: found.head.ts_recv.into(),
            connection: found.head.connection.into(),
            instrument: found.head.instrument,
            file: found.segment.file(),
            offset: found.offset as f64,
            recorded: (found.recorded != 0).then(|| hexadecimal(found.recorded)),
            replayed: hexadecimal(found.replayed),
            events: found.events,
        });
        Self {
            records: report.records as f64,
            inputs: report.inputs as f64,
            events: report.events as f64,
            passed: report.passed as f64,
            inexact: report.inexact as f64,
            checkpoints: report.checkpoints as f64,
            spans: spans.collect(),
            instruments: digests(&report.instruments),
            gaps: report.gaps.iter().map(Into::into).collect(),
            damage: report.damage.iter().map(Into::into).collect(),
            difference,
        }
    }
}

/// Digests of instruments; id 0 stands for what is about none.
pub fn digests(of: &[(u32, u64)]) -> Vec<InstrumentDigest> {
    of.iter().map(|(instrument, digest)| InstrumentDigest { instrument: *instrument, digest: hexadecimal(*digest) }).collect()
}

/// Replays a shard's journal and compares what each input gives with what it gave live; `progress` is told the records so far.
///
/// # Errors
///
/// `JOURNAL_*`.
#[napi(ts_args_type = "folder: string, salvage: boolean, progress?: (records: number) => void")]
pub fn verify_replay(folder: String, salvage: bool, progress: Option<Function<'_, f64, ()>>) -> Result<ReplayReport> {
    guard(|| {
        let tell = |report: &Report| progress.as_ref().is_none_or(|progress| progress.call(report.records as f64).is_ok());
        verify(storage(&folder)?, options(salvage, true)?, tell).map(Into::into).map_err(|error| failed(&error))
    })
}
