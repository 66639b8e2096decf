//! The writer: publishes at full speed until the last sequence, then ends in order.

use std::path::Path;

use tickring_core::event::Level;
use tickring_core::sink::Sink;
use tickring_shm::layout::LEVELS_MAX;
use tickring_shm::{SegmentOptions, Writer};

use crate::NAME;
use crate::content::{ROWS, definition, publish};
use crate::states::{self, States};

/// Records between two looks at the clock, two heartbeats, and two writes to a table.
const TURN: u64 = 64;

/// A writer that rests does so after a quarter of its ring: bytes of that to a slot.
const REST: u64 = 4 * 64;

/// Publishes up to `last`, in a ring of that size or of 4, 16 or 64 times as much, in turn:
/// so readers are lapped all the time in some generations, and now and then in others.
pub fn run(root: &Path, epoch: u64, ring_bytes: u64, last: u64) {
    let options = SegmentOptions {
        root: root.into(),
        name: NAME.into(),
        shard: 0,
        epoch,
        prev_epoch: epoch - 1,
        ring_bytes: ring_bytes << (2 * ((epoch - 1) % 4)),
        books_bytes: 1 << 17,
        hardened: false,
        instruments_max: states::SLOTS,
        depth: states::DEPTH,
    };
    let mut writer = Writer::create(&options).expect("room for a segment");
    let mut levels = [Level { price: 0, qty: 0 }; LEVELS_MAX];
    let mut row = epoch << 24;
    let mut states = States::new();
    States::begin(&mut writer);
    let mut rested = 0;
    while writer.sequence() < last {
        let now = writer.now();
        for _ in 0..TURN.min(last - writer.sequence()) {
            publish(&mut writer, now, &mut levels);
        }
        row += 1;
        writer.instrument(row as u32 % ROWS, &definition(row as u32));
        states.publish(&mut writer);
        writer.heartbeat();
        if epoch.is_multiple_of(2) && writer.position() - rested > options.ring_bytes / REST {
            // Leaves the processor to readers, which then keep up for a while.
            std::thread::yield_now();
            rested = writer.position();
        }
    }
    assert_eq!(writer.refused(), 0, "every record fits");
    writer.close();
}
