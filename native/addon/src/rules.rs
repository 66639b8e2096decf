//! Rules of validation, as JavaScript says them.

use napi_derive::napi;
use tickring_core::decimal;
use tickring_core::error::Code;
use tickring_core::validate::{Bound, Rules};

use crate::failure::{Result, fail};

/// Limits of one instrument; 0 or absent switches a rule off.
#[napi(object)]
pub struct ValidationRules {
    /// Lowest plausible price, decimal text.
    pub price_min: Option<String>,
    /// Highest plausible price, decimal text.
    pub price_max: Option<String>,
    /// Median distances from the median beyond which a trade's price is an outlier,
    pub outlier_mads: u32,
    /// if it is also further than this share of the median, 1/10,000.
    pub outlier_bps: u32,
    /// A trade so many times larger than the largest before it is a spike.
    pub volume_factor: u32,
    /// How far a venue's time may go back, ms,
    pub time_back_ms: u32,
    /// and ahead of ours, ms.
    pub time_ahead_ms: u32,
    /// Widest spread, 1/10,000 of the bid.
    pub spread_bps: u32,
    /// Least share of a minute's ids, 1/1,000,000.
    pub completeness_ppm: u32,
}

impl ValidationRules {
    pub(crate) fn to_core(&self) -> Result<Rules> {
        let Self {
            outlier_mads, outlier_bps, volume_factor, time_back_ms, time_ahead_ms, spread_bps, completeness_ppm, ..
        } = *self;
        Ok(Rules {
            price_min: bound("priceMin", self.price_min.as_deref())?,
            price_max: bound("priceMax", self.price_max.as_deref())?,
            outlier_mads,
            outlier_bps,
            volume_factor,
            time_back_ms,
            time_ahead_ms,
            spread_bps,
            completeness_ppm,
        })
    }
}

fn bound(name: &str, text: Option<&str>) -> Result<Option<Bound>> {
    let Some(text) = text else { return Ok(None) };
    let decimal = decimal::parse(text.as_bytes()).ok().filter(|decimal| decimal.mantissa > 0);
    let decimal = decimal.ok_or_else(|| fail(Code::ArgumentRange, format!("{name} {text} is no price above 0")))?;
    Ok(Some(Bound { mantissa: decimal.mantissa, exponent: decimal.exponent() }))
}
