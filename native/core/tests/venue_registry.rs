//! Each venue of the registry has what the machine asks of it: an arm that is missing would refuse everything, in no one's name.

use tickring_core::error::Code;
use tickring_core::venue::{DeltaIds, Follow, Join, Reject, VenueId};

const MATCHES: &str = "native/core/src/venue/mod.rs";

/// No arm answers `UNKNOWN_EVENT` at 0; a parser that was reached says that this is no JSON.
fn assert_reads<T>(venue: VenueId, function: &str, read: Result<T, Reject>) {
    let code = read.err().map(|reject| reject.code);
    assert_eq!(code, Some(Code::FrameNotJson), "{} has no arm in VenueId::{function}, {MATCHES}", venue.name());
}

#[test]
fn every_venue_has_its_arm_in_each_match() {
    for &venue in VenueId::ALL {
        let name = venue.name();
        assert_reads(venue, "parse_frame", venue.parse_frame(b"{"));
        assert_reads(venue, "parse_listings", venue.parse_listings(b"{"));
        if venue.has_audit() || !venue.snapshots_in_stream() {
            assert_reads(venue, "parse_snapshot", venue.parse_snapshot(b"{"));
        }
        if venue.tells_missed_trades() {
            assert_reads(venue, "parse_trades", venue.parse_trades(b"{"));
        }
        let ids = |id: u64| DeltaIds { first: id, last: id, prev: Some(id - 1), ts_sent: id };
        assert_eq!(venue.follow(&ids(7), &ids(8)), Follow::Apply, "{name} has no arm in VenueId::follow, {MATCHES}");
        if !venue.snapshots_in_stream() {
            let joined = venue.join(7, &ids(8));
            assert_eq!(joined, Join::Apply, "{name} has an arm neither in VenueId::join nor in snapshots_in_stream, {MATCHES}");
        }
    }
}

#[test]
fn what_begins_in_the_stream_is_not_joined_and_missed_trades_are_read_where_they_are_told() {
    for &venue in VenueId::ALL {
        if !venue.tells_missed_trades() {
            let refused = venue.parse_trades(b"{").map(|_| ()).expect_err(venue.name()).code;
            assert_eq!(refused, Code::UnknownEvent, "{} reads trades that tells_missed_trades denies, {MATCHES}", venue.name());
        }
    }
}

#[test]
fn numbers_and_names_are_each_of_one_venue() {
    for venue in VenueId::every() {
        assert_eq!(VenueId::from_number(venue as u16), Some(venue));
        let of_name: Vec<_> = VenueId::every().filter(|other| other.name() == venue.name()).collect();
        assert_eq!(of_name, [venue]);
    }
}
