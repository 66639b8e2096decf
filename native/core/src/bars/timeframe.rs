//! How long candles are.

/// Length of a candle's interval. Intervals begin at multiples of it since the UNIX epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Timeframe {
    /// One second.
    S1 = 0,
    /// One minute.
    M1 = 1,
    /// Five minutes.
    M5 = 2,
    /// Fifteen minutes.
    M15 = 3,
    /// One hour.
    H1 = 4,
    /// Four hours.
    H4 = 5,
    /// One day, UTC.
    D1 = 6,
}

impl Timeframe {
    /// Every timeframe, in the order of their numbers and lengths.
    pub const ALL: [Self; 7] = [Self::S1, Self::M1, Self::M5, Self::M15, Self::H1, Self::H4, Self::D1];

    /// The name that consumers use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::S1 => "1s",
            Self::M1 => "1m",
            Self::M5 => "5m",
            Self::M15 => "15m",
            Self::H1 => "1h",
            Self::H4 => "4h",
            Self::D1 => "1d",
        }
    }

    /// The timeframe with this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|timeframe| timeframe.name() == name)
    }

    /// Its length in seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            Self::S1 => 1,
            Self::M1 => 60,
            Self::M5 => 300,
            Self::M15 => 900,
            Self::H1 => 3_600,
            Self::H4 => 14_400,
            Self::D1 => 86_400,
        }
    }

    /// Its length in ns.
    #[must_use]
    pub const fn ns(self) -> u64 {
        self.seconds() as u64 * 1_000_000_000
    }
}
