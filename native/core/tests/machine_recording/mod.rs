//! Reading the recordings: lines `<receive ns> <frame>`, REST depth snapshots in-line.

use std::io::Read;
use std::path::{Path, PathBuf};

use tickring_core::input::{Input, Instrument, Stamped, Symbol, TradingState};
use tickring_core::machine::Machine;
use tickring_core::sink::Sink;
use tickring_core::venue::VenueId;

/// Where the recordings are: `TICKRING_CAPTURES`, or beside the repository. Says so and gives `None` where they are missing;
/// panics there under CI, where a skipped test is a lie.
pub fn captures() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures");
    let path = std::env::var_os("TICKRING_CAPTURES").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    if path.join("binance/hftbacktest").is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "no recordings at {}: set TICKRING_CAPTURES", path.display());
    println!("SKIPPED: no recordings at {}", path.display());
    None
}

/// Recorded lines, in memory.
pub struct Recording {
    text: String,
}

impl Recording {
    /// Reads files of `binance/hftbacktest`, one after the other.
    pub fn load(captures: &Path, files: &[&str]) -> Self {
        let mut text = String::new();
        for file in files {
            let packed = std::fs::File::open(captures.join("binance/hftbacktest").join(file)).unwrap();
            flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut text).unwrap();
        }
        Self { text }
    }

    /// Receive time and frame of each line.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &str)> {
        self.text.lines().map(|line| {
            let (ts_recv, frame) = line.split_once(' ').unwrap();
            (ts_recv.parse().unwrap(), frame)
        })
    }

    /// Feeds all of it to the machine as instrument 1 on connection 1, ticks of 100 ms included.
    pub fn replay<S: Sink>(&self, machine: &mut Machine, sink: &mut S, venue: VenueId, symbol: &str) {
        self.replay_with(venue, symbol, |input| {
            machine.apply(input, sink);
        });
    }

    /// Hands over each input of such a replay.
    pub fn replay_with(&self, venue: VenueId, symbol: &str, mut input: impl FnMut(&Stamped<'_>)) {
        let definition = Instrument {
            id: 1,
            venue: venue as u16,
            symbol: Symbol::new(symbol).unwrap(),
            price_exponent: -8,
            qty_exponent: -8,
            tick_size: 0,
            lot_size: 0,
            state: TradingState::Trading,
            change_count: 0,
        };
        let mut tick = 0;
        for (ts_recv, frame) in self.lines() {
            let mut apply = |ts_recv, of| input(&Stamped { ts_recv, input: of });
            if tick == 0 {
                apply(ts_recv, Input::Instrument(&definition));
                apply(ts_recv, Input::Connect { connection: 1, venue: venue as u16 });
                apply(ts_recv, Input::Subscribe { connection: 1, instrument: 1, channels: 7 });
                tick = ts_recv;
            }
            while tick + 100_000_000 <= ts_recv {
                tick += 100_000_000;
                apply(tick, Input::Tick);
            }
            let input = if frame.starts_with(r#"{"lastUpdateId""#) {
                Input::DepthSnapshot { instrument: 1, bytes: frame.as_bytes() }
            } else {
                Input::Frame { connection: 1, bytes: frame.as_bytes() }
            };
            apply(ts_recv, input);
        }
    }
}
