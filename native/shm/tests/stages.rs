//! Of one frame in so many it is known where its time went.
#![allow(clippy::unwrap_used)]

mod support;

use std::thread::sleep;
use std::time::Duration;

use support::{NAME, Root, options};
use tickring_core::event::{Body, Event, Header, Trade, flag};
use tickring_core::sink::Sink;
use tickring_shm::{Reader, Stage, TIMED_EVERY, Writer};

const CUT: [Stage; 4] = [Stage::Receive, Stage::Parse, Stage::Book, Stage::Ring];
const DELAY: Duration = Duration::from_millis(3);
const VENUE_AGE_NS: u64 = 5_000_000;

/// What a frame comes to.
#[derive(Clone, Copy)]
enum Ending {
    Trade,
    /// Nobody asked for it.
    Nothing,
    /// It came on a connection that is not open: a record, and nothing read.
    Unread,
}

/// A frame as the addon and the state machine hand it to a writer, one stage of which takes its time.
fn frame(writer: &mut Writer, slow: Option<Stage>, ending: Ending) {
    let wait = |stage| {
        if slow == Some(stage) {
            sleep(DELAY)
        }
    };
    let arrived = writer.now();
    writer.begin_frame(arrived);
    wait(Stage::Receive);
    writer.begin_input();
    wait(Stage::Parse);
    if !matches!(ending, Ending::Unread) {
        writer.parsed();
    }
    wait(Stage::Book);
    if !matches!(ending, Ending::Nothing) {
        let (ts_event, flags) = (arrived - VENUE_AGE_NS, flag::LAST);
        let header = Header { instrument: 1, flags, ts_event, ts_recv: arrived, frame_seq: 1, index: 0 };
        writer.event(&Event { header, body: Body::Trade(Trade { price: 1, qty: 1, trade_id: 1 }) });
    }
    wait(Stage::Ring);
    writer.end_frame();
}

fn sums(reader: &Reader, stages: &[Stage]) -> Vec<(u64, u64)> {
    let figures = |stage: &Stage| (reader.histogram(*stage).count, reader.histogram(*stage).sum);
    stages.iter().map(figures).collect()
}

#[test]
fn a_delayed_stage_shows_in_its_own_histogram_and_all_stages_add_up_to_the_whole() {
    let root = Root::new();
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    let reader = Reader::open(root.path(), NAME, 0).unwrap();
    for (round, slow) in CUT.into_iter().enumerate() {
        (1..TIMED_EVERY).for_each(|_| frame(&mut writer, None, Ending::Trade));
        let before = sums(&reader, &CUT);
        assert!(before.iter().all(|(count, _)| *count == round as u64), "{before:?}");
        let whole_before = reader.histogram(Stage::ReceiveToRing).sum;
        frame(&mut writer, Some(slow), Ending::Trade);
        let after = sums(&reader, &CUT);
        let spent: Vec<u64> = before.iter().zip(&after).map(|(before, after)| after.1 - before.1).collect();
        assert_eq!(spent.iter().sum::<u64>(), reader.histogram(Stage::ReceiveToRing).sum - whole_before, "{spent:?}");
        let at = CUT.iter().position(|stage| *stage == slow).unwrap();
        assert!(u128::from(spent[at]) >= DELAY.as_nanos(), "{slow:?}: {spent:?}");
    }
    let venue = reader.histogram(Stage::VenueToReceive);
    assert_eq!((venue.count, venue.sum), (4, 4 * VENUE_AGE_NS));
    assert_eq!(reader.histogram(Stage::ReceiveToRing).count, 4 * u64::from(TIMED_EVERY));
}

#[test]
fn a_frame_that_publishes_nothing_or_was_not_read_is_not_cut() {
    let root = Root::new();
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    let reader = Reader::open(root.path(), NAME, 0).unwrap();
    for ending in [Ending::Nothing, Ending::Unread] {
        (1..TIMED_EVERY).for_each(|_| frame(&mut writer, None, Ending::Trade));
        frame(&mut writer, None, ending);
        assert!(sums(&reader, &CUT).iter().all(|(count, _)| *count == 0));
    }
    // The next one that is due is.
    (0..TIMED_EVERY).for_each(|_| frame(&mut writer, None, Ending::Trade));
    assert!(sums(&reader, &CUT).iter().all(|(count, _)| *count == 1));
}

#[test]
fn help_says_of_how_many_frames_one_is_cut() {
    for stage in CUT.iter().chain([&Stage::VenueToReceive]) {
        assert!(stage.help().contains(&format!("of {TIMED_EVERY},")), "{}", stage.help());
    }
}
