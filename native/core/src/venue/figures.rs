//! What a message says of marks, funding, open interest, liquidations, states and bars, before symbols are known.

use crate::decimal::{self, Decimal, Unfit};
use crate::error::Code;
use crate::event::{MarketState, Side, VenueBar};
use crate::json::{self, Kind, Value};

use super::fields::{Member, NAME_BYTES_MAX, decimal_text, name, reject, text};
use super::{DecimalText, Reject, Spelled};

/// Longest number whose escapes are resolved, in bytes.
const NUMBER_BYTES_MAX: usize = 64;

/// Length of the bars that are read, ns, where the venue has them.
pub(super) const MINUTE_NS: u64 = 60_000_000_000;

/// One figure of a message, its numbers still text.
#[derive(Clone, Copy, Debug)]
pub enum Figure<'a> {
    /// The price that positions are valued at.
    MarkPrice(DecimalText<'a>),
    /// The price of the underlying.
    IndexPrice(DecimalText<'a>),
    /// What the message says of funding; what it does not say is unchanged or unknown, see [`FigureMessage::is_whole`].
    Funding {
        /// Rate of one interval.
        rate: Option<DecimalText<'a>>,
        /// When it is paid next, ns.
        next_ts: Option<u64>,
        /// Length of the interval, s.
        interval_s: Option<u32>,
    },
    /// What the message says of open interest.
    OpenInterest {
        /// Quantity.
        qty: Option<DecimalText<'a>>,
        /// Worth.
        value: Option<DecimalText<'a>>,
    },
    /// An order that closes a position.
    Liquidation {
        /// Price.
        price: DecimalText<'a>,
        /// Quantity.
        qty: DecimalText<'a>,
        /// The venue's id, or 0.
        id: u64,
        /// Side of the order.
        side: Side,
    },
    /// Whether the market trades.
    Status(MarketState),
    /// A bar.
    Bar(BarText<'a>),
}

/// A bar as it stands in a message.
#[derive(Clone, Copy, Debug)]
pub struct BarText<'a> {
    /// Open, high, low, close.
    pub prices: [DecimalText<'a>; 4],
    /// Quantity traded.
    pub volume: DecimalText<'a>,
    /// What that was worth, where the venue tells it.
    pub turnover: Option<DecimalText<'a>>,
    /// Number of trades; 0 where the venue does not tell it.
    pub count: u64,
    /// Beginning of its interval, ns.
    pub start_ts: u64,
    /// Length of its interval, ns.
    pub interval_ns: u64,
    /// Whether it is final; `None` where the venue does not say so, but begins the next one.
    pub closed: Option<bool>,
}

/// A figure and whom it is about.
#[derive(Clone, Copy, Debug)]
pub struct FigureMessage<'a> {
    /// The venue's spelling, as it stands in the frame: [`crate::json::unescape`] before comparing.
    pub symbol: &'a [u8],
    /// Venue's time in ns, where it gives one.
    pub ts_event: Option<u64>,
    /// What the figure does not say is unknown, not unchanged.
    pub is_whole: bool,
    /// What is said.
    pub figure: Figure<'a>,
}

/// Takes one figure after the other.
pub(super) type Each<'e, 'a> = &'e mut dyn FnMut(FigureMessage<'a>) -> Result<(), Reject>;

/// Whom the symbol of a figure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The instrument that was subscribed.
    Subscribed,
    /// Any instrument of the venue: the stream also tells of those that nobody asked for.
    Any,
    /// An index, which is no instrument: all contracts on it, whose symbols begin with its own, then `-` or `_`.
    Contracts,
}

impl About {
    /// Whether a contract of this symbol is on this index.
    #[must_use]
    pub fn is_contract(index: &[u8], symbol: &[u8]) -> bool {
        !index.is_empty() && symbol.strip_prefix(index).is_some_and(|rest| matches!(rest, [b'-' | b'_', _, ..]))
    }
}

/// The figures of one message, of one symbol or of several: read where they lie, and found to be well-formed.
#[derive(Clone, Copy, Debug)]
pub struct FigureRows<'a> {
    pub(super) frame: &'a [u8],
    pub(super) value: Value,
    pub(super) about: About,
    pub(super) read: for<'e> fn(&'a [u8], Value, Each<'e, 'a>) -> Result<(), Reject>,
}

impl<'a> FigureRows<'a> {
    /// Whom the symbols of these figures mean.
    #[must_use]
    pub const fn about(&self) -> About {
        self.about
    }

    /// Walks the figures.
    ///
    /// # Errors
    ///
    /// Those of `each`.
    pub fn each(&self, mut each: impl FnMut(FigureMessage<'a>) -> Result<(), Reject>) -> Result<(), Reject> {
        (self.read)(self.frame, self.value, &mut each)
    }

    /// The message, once every figure of it was found to be well-formed; one without figures is ignored.
    pub(super) fn checked(self) -> Result<super::Message<'a>, Reject> {
        self.checked_by(|each| (self.read)(self.frame, self.value, each))
    }

    /// The same by another walk of the same figures.
    pub(super) fn checked_by(
        self,
        walk: impl FnOnce(Each<'_, 'a>) -> Result<(), Reject>,
    ) -> Result<super::Message<'a>, Reject> {
        let mut count = 0_u32;
        walk(&mut |message| {
            count += 1;
            check(&message.figure)
        })?;
        Ok(if count == 0 { super::Message::Ignored } else { super::Message::Figures(self) })
    }
}

fn check(figure: &Figure<'_>) -> Result<(), Reject> {
    match *figure {
        Figure::MarkPrice(price) | Figure::IndexPrice(price) => convert_figure(price, false).map(|_| ()),
        Figure::Funding { rate, .. } => rate.map_or(Ok(()), |rate| convert_figure(rate, true).map(|_| ())),
        Figure::OpenInterest { qty, value } => {
            [qty, value].into_iter().flatten().try_for_each(|number| convert_figure(number, false).map(|_| ()))
        }
        Figure::Liquidation { price, qty, .. } => {
            [price, qty].into_iter().try_for_each(|number| convert_figure(number, false).map(|_| ()))
        }
        Figure::Status(_) => Ok(()),
        Figure::Bar(bar) => convert_bar(&bar).map(|_| ()),
    }
}

/// The bar with the exponents that it needs: one of all its prices.
///
/// # Errors
///
/// Those of [`convert_figure`], and prices that do not fit one exponent.
pub fn convert_bar(text: &BarText<'_>) -> Result<VenueBar, Reject> {
    let mut prices = [Decimal { mantissa: 0, decimals: 0 }; 4];
    for (price, text) in prices.iter_mut().zip(text.prices) {
        *price = convert_figure(text, false)?;
    }
    let price_exponent = prices.iter().map(|price| price.exponent()).min().unwrap_or_default();
    let mut mantissas = [0; 4];
    for ((mantissa, price), text) in mantissas.iter_mut().zip(prices).zip(text.prices) {
        *mantissa = price.at(price_exponent).map_err(|_: Unfit| Reject { code: Code::NumberRange, offset: text.offset })?;
    }
    let [open, high, low, close] = mantissas;
    let volume = convert_figure(text.volume, false)?;
    let turnover = text.turnover.map(|turnover| convert_figure(turnover, false)).transpose()?;
    Ok(VenueBar {
        open,
        high,
        low,
        close,
        volume: volume.mantissa,
        turnover: turnover.map_or(0, |turnover| turnover.mantissa),
        count: text.count,
        start_ts: text.start_ts,
        interval_ns: text.interval_ns,
        price_exponent,
        qty_exponent: volume.exponent(),
        turnover_exponent: turnover.map_or(0, Decimal::exponent),
        closed: text.closed == Some(true),
    })
}

/// The number with the exponent that it needs.
///
/// # Errors
///
/// A text that is no number, one of more than 18 decimals or 64 bits, and one below zero unless `is_signed`.
pub fn convert_figure(text: DecimalText<'_>, is_signed: bool) -> Result<Decimal, Reject> {
    let at = |code| Reject { code, offset: text.offset };
    let mut buffer = [0; NUMBER_BYTES_MAX];
    let digits = json::unescape(text.bytes, &mut buffer).ok_or(at(Code::NumberSyntax))?;
    let number = match text.spelled {
        Spelled::Text => decimal::parse(digits),
        Spelled::Number => decimal::parse_number(digits),
        // No venue writes figures so.
        Spelled::Mantissa(_) => Err(Code::NumberSyntax),
    };
    let number = number.map_err(at)?;
    if !is_signed && digits.first() == Some(&b'-') {
        return Err(at(Code::NumberNegative));
    }
    Ok(number)
}

/// A decimal in quotes; none where the member is absent, null or empty, as venues write it for what an instrument does not have.
pub(super) fn optional_decimal(frame: &[u8], member: Member) -> Result<Option<DecimalText<'_>>, Reject> {
    match member.optional()? {
        None => Ok(None),
        Some(value) if value.kind == Kind::Null => Ok(None),
        Some(value) => Ok(Some(decimal_text(frame, value)?).filter(|text| !text.bytes.is_empty())),
    }
}

/// A whole number in quotes; none as above.
pub(super) fn optional_whole(frame: &[u8], member: Member) -> Result<Option<u64>, Reject> {
    match member.optional()? {
        None => Ok(None),
        Some(value) if value.kind == Kind::Null => Ok(None),
        Some(value) => match text(frame, value)? {
            b"" => Ok(None),
            digits => {
                let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
                let number = digits.and_then(|digits| digits.parse().ok());
                number.map(Some).ok_or(Reject { code: Code::NumberSyntax, offset: value.start })
            }
        },
    }
}

/// The side that one of two words means.
pub(super) fn side_of(frame: &[u8], value: Value, buys: &[u8], sells: &[u8]) -> Result<Side, Reject> {
    match name(frame, value, &mut [0; NAME_BYTES_MAX])? {
        word if word == buys => Ok(Side::Buy),
        word if word == sells => Ok(Side::Sell),
        _ => reject(Code::FieldType, value.start),
    }
}
