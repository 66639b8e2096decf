//! CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 appendix B.4), a table a byte. For headers: not fast.

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0x82f6_3b78 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// The checksum of the little-endian bytes of these words.
pub(crate) fn of_words(words: &[u64]) -> u32 {
    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
    !bytes.fold(!0, |crc, byte| crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_matches_the_vectors_of_rfc_3720() {
        assert_eq!(of_words(&[0; 4]), 0x8a91_36aa);
        assert_eq!(of_words(&[!0; 4]), 0x62a8_ab43);
    }
}
