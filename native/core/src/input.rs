//! The one typed stream that drives the state machine, live, in replay and in tests alike. The journal records exactly
//! these inputs in order; nothing else may reach the core.

use serde::{Deserialize, Serialize};

use crate::error::Code;
use crate::validate::Rules;

/// Longest symbol in bytes (venues list non-ASCII names, so bytes, not characters).
pub const SYMBOL_BYTES_MAX: usize = 64;

/// Most decimals that a price or quantity may have.
pub const DECIMALS_MAX: u8 = 18;

/// A symbol as the venue spells it in its messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Symbol {
    bytes: [u8; SYMBOL_BYTES_MAX],
    len: u8,
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.as_str().to_owned()
    }
}

impl TryFrom<String> for Symbol {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text).ok_or("a symbol has 1 to 64 bytes")
    }
}

impl Symbol {
    /// Wraps the venue's spelling; `None` if it is empty or longer than [`SYMBOL_BYTES_MAX`].
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > SYMBOL_BYTES_MAX {
            return None;
        }
        let mut bytes = [0; SYMBOL_BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self { bytes, len: u8::try_from(text.len()).ok()? })
    }

    /// The spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The spelling's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl std::fmt::Debug for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// Whether an instrument trades, in the venue's words reduced to what matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum TradingState {
    /// Orders match.
    Trading = 1,
    /// Anything else, also words that the venue invents later.
    Halted = 2,
    /// The venue no longer lists it: nothing of it is subscribed until it does.
    Delisted = 3,
}

impl TradingState {
    /// The state with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Trading),
            2 => Some(Self::Halted),
            3 => Some(Self::Delisted),
            _ => None,
        }
    }

    /// The name printed to other languages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trading => "trading",
            Self::Halted => "halted",
            Self::Delisted => "delisted",
        }
    }
}

/// Definition of an instrument. Ids are given by the engine's main thread, persisted, never reused; 0 is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Our id.
    pub id: u32,
    /// Venue number of [`crate::venue::VenueId`].
    pub venue: u16,
    /// The venue's spelling.
    pub symbol: Symbol,
    /// Price = mantissa × 10^this; −18 ..= 0.
    pub price_exponent: i8,
    /// Quantity = mantissa × 10^this; −18 ..= 0.
    pub qty_exponent: i8,
    /// Smallest price step as a mantissa; 0 where unknown.
    pub tick_size: i64,
    /// Smallest quantity step as a mantissa; 0 where unknown.
    pub lot_size: i64,
    /// Whether it trades.
    pub state: TradingState,
    /// Times this definition has changed.
    pub change_count: u32,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DisconnectReason {
    /// The venue closed it.
    Closed = 1,
    /// The socket failed.
    Error = 2,
    /// Nothing arrived within the deadline.
    Silence = 3,
    /// We closed it (shutdown, or the feed was removed).
    Local = 4,
    /// The venue refused the handshake.
    Refused = 5,
}

impl DisconnectReason {
    /// The reason with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Closed),
            2 => Some(Self::Error),
            3 => Some(Self::Silence),
            4 => Some(Self::Local),
            5 => Some(Self::Refused),
            _ => None,
        }
    }
}

/// Channels of a subscription, as bits.
pub mod channel {
    /// Book deltas.
    pub const BOOK: u16 = 1 << 0;
    /// Trades (or aggregated trades).
    pub const TRADE: u16 = 1 << 1;
    /// Best bid and ask.
    pub const QUOTE: u16 = 1 << 2;
    /// Mark price, and what the venue says in the same message: index price, funding.
    pub const MARK_PRICE: u16 = 1 << 3;
    /// Funding rate.
    pub const FUNDING: u16 = 1 << 4;
    /// Open interest.
    pub const OPEN_INTEREST: u16 = 1 << 5;
    /// Liquidations.
    pub const LIQUIDATION: u16 = 1 << 6;
    /// Trading status.
    pub const STATUS: u16 = 1 << 7;
    /// The venue's own bars of a minute, or of the shortest interval that it streams. Not bit 8: in counters of instruments that one says
    /// that the instrument left ([`crate::counters::REMOVED`]), and bit 10 that it is halted ([`crate::counters::SUSPENDED`]).
    pub const KLINE: u16 = 1 << 9;

    /// Names by bit, as in configuration.
    pub const NAMES: &[(&str, u16)] = &[
        ("book", BOOK),
        ("trade", TRADE),
        ("quote", QUOTE),
        ("mark_price", MARK_PRICE),
        ("funding", FUNDING),
        ("open_interest", OPEN_INTEREST),
        ("liquidation", LIQUIDATION),
        ("status", STATUS),
        ("kline", KLINE),
    ];

    /// Every channel.
    pub const EVERY: u16 = {
        let (mut bits, mut at) = (0, 0);
        while at < NAMES.len() {
            bits |= NAMES[at].1;
            at += 1;
        }
        bits
    };
}

/// One input. Each comes with the time at which it reached us, see [`Stamped`].
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// One WebSocket message, exactly as received.
    Frame {
        /// Connection that it came from.
        connection: u16,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// Body of a REST depth snapshot, exactly as received.
    DepthSnapshot {
        /// Instrument that it was asked for.
        instrument: u32,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// Body of a REST answer with trades that were missed, exactly as received; empty where the venue gave none.
    Trades {
        /// Instrument that it was asked for.
        instrument: u32,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// A connection is open. Several connections may feed one instrument (one per class of channels).
    Connect {
        /// Its number within the shard, from 1; reused when the same feed reconnects.
        connection: u16,
        /// Venue number.
        venue: u16,
    },
    /// A connection ended.
    Disconnect {
        /// Its number.
        connection: u16,
        /// Why.
        reason: DisconnectReason,
    },
    /// The engine asked the venue for these channels of an instrument on this connection.
    Subscribe {
        /// Connection that will carry them.
        connection: u16,
        /// The instrument.
        instrument: u32,
        /// Bits of [`channel`].
        channels: u16,
    },
    /// The instrument leaves the shard: its book is cleared, a last status says so.
    Unsubscribe {
        /// The instrument.
        instrument: u32,
    },
    /// The venue's answer to a subscription, or its absence.
    Ack {
        /// Connection of the subscription.
        connection: u16,
        /// The instrument.
        instrument: u32,
        /// Whether the venue accepted.
        accepted: bool,
    },
    /// A new or changed instrument definition.
    Instrument(&'a Instrument),
    /// Rules that events of the instrument are looked at with from now on; what was learned under others is forgotten.
    Rules {
        /// The instrument.
        instrument: u32,
        /// Its rules.
        rules: &'a Rules,
    },
    /// A reader asked for a full book on the ring.
    PublishSnapshot {
        /// The instrument.
        instrument: u32,
    },
    /// Time passes: every 100 ms, and before a deadline acts.
    Tick,
}

/// An input with its receive time, ns since the UNIX epoch.
#[derive(Clone, Copy, Debug)]
pub struct Stamped<'a> {
    /// When it reached us.
    pub ts_recv: u64,
    /// What it is.
    pub input: Input<'a>,
}

/// What the state machine asks of the engine. Answers come back as inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Fetch a depth snapshot of this instrument.
    DepthSnapshot {
        /// The instrument.
        instrument: u32,
    },
    /// Fetch trades of this instrument: from `first` on, up to `last` at most.
    Trades {
        /// The instrument.
        instrument: u32,
        /// First missing number.
        first: u64,
        /// Last missing number.
        last: u64,
    },
    /// The venue answered a control message.
    ControlReply {
        /// Connection of the reply.
        connection: u16,
        /// The id that we sent.
        id: u64,
        /// The venue's error code, 0 if it accepted.
        venue_code: i64,
    },
    /// Answer the venue, which wants a sign of life.
    Answer {
        /// Connection that it asked on.
        connection: u16,
    },
    /// Ask the venue anew for channels of an instrument on their connection: they are silent.
    Renew {
        /// The instrument.
        instrument: u32,
        /// Bits of [`channel`].
        channels: u16,
    },
    /// Fetch a copy of the book of this instrument, if the venue's budget has room for what is not urgent.
    Audit {
        /// The instrument.
        instrument: u32,
    },
    /// The venue will cut this connection: another one should take over before.
    Leave {
        /// The connection.
        connection: u16,
    },
    /// Nothing is to be done: a view follows another leg.
    Source {
        /// The view.
        instrument: u32,
        /// Instrument of the leg followed before; 0: none.
        from: u32,
        /// Instrument of the leg followed now; 0: none is fit.
        to: u32,
        /// Why; none: the leg of before is fit again.
        code: Option<Code>,
    },
    /// Replace this connection.
    Reconnect {
        /// The connection.
        connection: u16,
        /// Why.
        code: Option<Code>,
    },
}
