//! Rules of validation as a payload: lowest and highest price (mantissa i64 each, 0 for none), their exponents (i8 each), two bytes
//! of zeros, then seven limits as u32 in the order of [`Rules`].

use tickring_core::validate::{Bound, Rules};

use crate::record::u32_at;

/// Bytes of the payload.
pub(crate) const RULES_BYTES: usize = 48;

pub(crate) fn bytes(rules: &Rules) -> [u8; RULES_BYTES] {
    let Rules {
        price_min,
        price_max,
        outlier_mads,
        outlier_bps,
        volume_factor,
        time_back_ms,
        time_ahead_ms,
        spread_bps,
        completeness_ppm,
    } = *rules;
    let mut out = [0; RULES_BYTES];
    for (at, bound) in [price_min, price_max].into_iter().enumerate() {
        if let Some(Bound { mantissa, exponent }) = bound {
            out[8 * at..8 * at + 8].copy_from_slice(&mantissa.to_le_bytes());
            out[16 + at..17 + at].copy_from_slice(&exponent.to_le_bytes());
        }
    }
    let limits = [outlier_mads, outlier_bps, volume_factor, time_back_ms, time_ahead_ms, spread_bps, completeness_ppm];
    for (at, limit) in limits.into_iter().enumerate() {
        out[20 + 4 * at..24 + 4 * at].copy_from_slice(&limit.to_le_bytes());
    }
    out
}

/// `None` if the bytes are none of [`bytes`].
pub(crate) fn read(payload: &[u8]) -> Option<Rules> {
    let payload: &[u8; RULES_BYTES] = payload.try_into().ok()?;
    let bound = |at: usize| {
        let mantissa = i64::from_le_bytes(payload[8 * at..8 * at + 8].try_into().ok()?);
        (mantissa != 0).then_some(Bound { mantissa, exponent: i8::from_le_bytes([payload[16 + at]]) })
    };
    let limit = |at: usize| u32_at(payload, 20 + 4 * at);
    Some(Rules {
        price_min: bound(0),
        price_max: bound(1),
        outlier_mads: limit(0),
        outlier_bps: limit(1),
        volume_factor: limit(2),
        time_back_ms: limit(3),
        time_ahead_ms: limit(4),
        spread_bps: limit(5),
        completeness_ppm: limit(6),
    })
}
