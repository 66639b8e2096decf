//! What a venue promises of channels of which nothing changes.

use super::VenueId;
use crate::input::channel;

/// ns.
const SECOND: u64 = 1_000_000_000;

impl VenueId {
    /// Whether a channel that falls silent can be asked for anew. Rows of sources come when somebody hands them in.
    #[must_use]
    pub const fn keeps_rhythm(self) -> bool {
        !matches!(self, Self::Internal | Self::Ibkr | Self::AlphaVantage | Self::Fred | Self::Yahoo | Self::Mock | Self::View)
    }

    /// Whether copies of its books can be fetched and read by [`Self::parse_snapshot`].
    #[must_use]
    pub const fn has_audit(self) -> bool {
        // All that have a wire of their own.
        self.keeps_rhythm()
    }

    /// Time after which the venue repeats the last message of a channel (a bit of [`channel`]) in which nothing changes, ns. `None`: it
    /// sends changes alone, and only a channel's own rhythm tells whether it is silent.
    #[must_use]
    pub const fn repeats_after(self, channel: u16) -> Option<u64> {
        match self {
            // Level 1: "if there is no change within 3 seconds, the last snapshot is pushed again" (document of 2026-07-24).
            Self::BybitLinear | Self::BybitSpot | Self::BybitInverse if channel == channel::QUOTE => Some(3 * SECOND),
            // An update without levels after some 60 s (reference of 2026-11-21, "books", checksum and keep-alive).
            Self::OkxSpot | Self::OkxSwap | Self::OkxFutures if channel == channel::BOOK => Some(60 * SECOND),
            _ => None,
        }
    }
}
