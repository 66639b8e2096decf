//! A machine as it runs live, with its journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tickring_core::digest::{Digested, Digests};
use tickring_core::input::{Input, Instrument, Stamped, Symbol, TradingState};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::sink::Discard;
use tickring_core::venue::VenueId;
use tickring_journal::{
    Disk, Journal, Replay, ReplayOptions, Settings, Spacing, Stamp, Step, Storage, Writer, configuration, save,
};

/// A folder that goes with its test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tickring-replay-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn storage(&self) -> Arc<dyn Storage> {
        Arc::new(Disk::open(&self.0, false).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn settings() -> Settings {
    Settings { segment_bytes: 4 << 20, reserve_bytes: 0, ..Settings::default() }
}

/// Journal first, then the machine, as the engine does.
pub struct Live {
    pub machine: Machine,
    pub digests: Digests,
    pub writer: Writer,
    pub journal: Journal,
    waiting: usize,
}

impl Live {
    pub fn open(folder: &Folder, settings: &Settings) -> Self {
        Self::open_for(folder, settings, Vec::new())
    }

    /// For sinks of these names.
    pub fn open_for(folder: &Folder, settings: &Settings, sinks: Vec<String>) -> Self {
        let (journal, mut writer, _) = Journal::open_for(folder.path(), settings, sinks).unwrap();
        let config = MachineConfig::default();
        let begun = writer.append_configuration(&configuration(&config), Stamp::default());
        let machine = Machine::numbered_after(config, begun.sequence);
        Self { machine, digests: Digests::default(), writer, journal, waiting: 0 }
    }

    /// Applies an input; gives what the journal says. A test does not shed by accident: it waits for the disk.
    pub fn input(&mut self, stamped: &Stamped<'_>) -> tickring_journal::Append {
        self.input_other(stamped, stamped)
    }

    /// As if the machine had taken the input for another one.
    pub fn input_other(&mut self, stamped: &Stamped<'_>, taken_for: &Stamped<'_>) -> tickring_journal::Append {
        let outputs = self.digests.shard();
        let done = self.writer.append(stamped, stamped.ts_recv, outputs);
        self.machine.apply(taken_for, &mut Digested { sink: &mut Discard, digests: &mut self.digests });
        self.waiting += 1;
        if self.waiting == 256 {
            self.settle();
        }
        done
    }

    pub fn settle(&mut self) {
        assert!(self.journal.wait_durable(self.writer.next_sequence() - 1, Duration::from_secs(60)));
        self.waiting = 0;
    }

    pub fn checkpoint(&mut self, ts_recv: u64) {
        let state = save(&self.machine, &self.digests);
        assert!(self.writer.whole_checkpoint(&state, Stamp { ts_recv, ..Stamp::default() }));
    }

    pub fn close(self) -> (Machine, Digests) {
        self.journal.close(self.writer).unwrap();
        (self.machine, self.digests)
    }
}

/// Inputs of a made-up instrument: nothing that a recording would be needed for.
pub fn small_market(mut input: impl FnMut(&Stamped<'_>), frames: u64) {
    let definition = Instrument {
        id: 1,
        venue: VenueId::BinanceSpot as u16,
        symbol: Symbol::new("BTCUSDT").unwrap(),
        price_exponent: -2,
        qty_exponent: -2,
        tick_size: 1,
        lot_size: 1,
        state: TradingState::Trading,
        change_count: 0,
    };
    let mut at = |ts_recv: u64, of: Input<'_>| input(&Stamped { ts_recv, input: of });
    at(1, Input::Instrument(&definition));
    at(2, Input::Connect { connection: 1, venue: VenueId::BinanceSpot as u16 });
    at(3, Input::Subscribe { connection: 1, instrument: 1, channels: 7 });
    let body = r#"{"lastUpdateId":99,"bids":[["10.00","1.00"]],"asks":[["11.00","1.00"]]}"#;
    for frame in 0..frames {
        let ts_recv = 1_000 * (frame + 1);
        if frame == 1 {
            at(ts_recv, Input::DepthSnapshot { instrument: 1, bytes: body.as_bytes() });
        }
        at(ts_recv, Input::Frame { connection: 1, bytes: delta(frame, frame % 7).as_bytes() });
        if frame % 10 == 0 {
            at(ts_recv + 1, Input::Tick);
        }
    }
}

pub fn delta(frame: u64, qty: u64) -> String {
    let id = 100 + frame;
    format!(
        r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":{id},"u":{id},"b":[["9.{:02}","{qty}.00"]],"a":[["12.{:02}","1.00"]]}}}}"#,
        frame % 90,
        frame % 70,
    )
}

/// Leaves checkpoints this many bytes apart.
pub fn leave_checkpoints(folder: &Folder, bytes: u64) -> usize {
    let mut replay = Replay::new(folder.storage(), ReplayOptions::default()).unwrap();
    let mut spacing = Spacing::new(bytes);
    let mut count = 0;
    while replay.step(u64::MAX, &mut Discard).unwrap() != Step::End {
        count += usize::from(replay.save_if_due(&mut spacing).unwrap());
    }
    count
}
