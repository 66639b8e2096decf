//! How a column of numbers is spelled: digits behind the point, against the digits that the exponent keeps.

/// Bytes of a lane: a number is right-aligned in one.
pub const LANE: usize = 16;

/// What a lane must look like, and which of its bytes become which digit. Byte 15 is the number's last character; bytes before
/// its first one are taken as zero.
#[derive(Clone, Copy, Debug)]
pub struct Spelling {
    /// Taken from each byte: the character zero, and at the point's place the point.
    pub bias: [u8; LANE],
    /// Most that may be left then: nine; nothing at the point's place, and for digits that the exponent does not keep.
    pub most: [u8; LANE],
    /// For each digit of the result, the most significant first, the byte that holds it; 0x80 for none.
    pub shuffle: [u8; LANE],
    /// Fewest characters: one digit, the point, and what follows it.
    pub length_min: u16,
    /// Most characters: one byte of the lane stays free, and the result has room for every digit.
    pub length_max: u16,
}

impl Spelling {
    /// Of the column that begins with this number, at an exponent of −18 ..= 0; `None` if no lane can hold it, and for what ends with
    /// its point, which is no number.
    #[inline]
    pub fn of(text: &[u8], exponent: i8) -> Option<&'static Self> {
        let behind = text.iter().rev().position(|byte| *byte == b'.');
        if behind == Some(0) {
            return None;
        }
        TABLE.get(behind.map_or(0, |digits| digits + 1))?.get(usize::from(exponent.unsigned_abs()))
    }

    /// `point`: characters from the point to the end, the point included; 0 without a point. `kept`: digits behind the point
    /// that the result keeps.
    const fn new(point: usize, kept: usize) -> Self {
        // Without a point, as if one stood behind the lane.
        let behind = point as isize - 1;
        let kept = kept as isize;
        let lane = LANE as isize;
        let (mut bias, mut most, mut shuffle) = ([b'0'; LANE], [9; LANE], [0x80; LANE]);
        if point > 0 {
            bias[LANE - point] = b'.';
            most[LANE - point] = 0;
        }
        let mut index = 0;
        while index < lane {
            if index >= lane - (behind - kept) {
                most[index as usize] = 0;
            }
            let whole = index < lane - kept;
            let byte = index + kept - behind - if whole { 1 } else { 0 };
            if byte >= 0 && byte < lane {
                shuffle[index as usize] = byte as u8;
            }
            index += 1;
        }
        // `whole` digits and `kept` more must fit the lane; the characters are `whole`, the point, and what follows it.
        let room = lane - kept + behind + 1;
        let length_max = if room < lane - 1 { room } else { lane - 1 };
        Self { bias, most, shuffle, length_min: point as u16 + 1, length_max: length_max as u16 }
    }
}

/// By characters from the point to the end, then by digits kept.
static TABLE: [[Spelling; LANE]; LANE - 1] = {
    let mut table = [[Spelling::new(0, 0); LANE]; LANE - 1];
    let mut point = 0;
    while point < LANE - 1 {
        let mut kept = 0;
        while kept < LANE {
            table[point][kept] = Spelling::new(point, kept);
            kept += 1;
        }
        point += 1;
    }
    table
};
