//! Escapes inside strings.

/// The text of a string with its escapes resolved, in `buffer` where there are any; `None` if it does not fit there or holds
/// half a surrogate pair.
#[must_use]
pub fn unescape<'a>(raw: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    if !raw.contains(&b'\\') {
        return Some(raw);
    }
    let mut length = 0;
    let mut rest = raw;
    while let [byte, tail @ ..] = rest {
        let mut utf8 = [0; 4];
        let (encoded, after): (&[u8], &[u8]) = if *byte == b'\\' {
            let (character, after) = resolve(tail)?;
            (character.encode_utf8(&mut utf8).as_bytes(), after)
        } else {
            (&rest[..1], tail)
        };
        buffer.get_mut(length..length + encoded.len())?.copy_from_slice(encoded);
        length += encoded.len();
        rest = after;
    }
    buffer.get(..length)
}

/// The character of an escape (behind its backslash), and what follows it.
fn resolve(escape: &[u8]) -> Option<(char, &[u8])> {
    let (kind, rest) = escape.split_first()?;
    let plain = match kind {
        b'"' | b'\\' | b'/' => char::from(*kind),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let (high, rest) = hex(rest)?;
            if !(0xd800..0xdc00).contains(&high) {
                return Some((char::from_u32(high)?, rest));
            }
            let (low, rest) = hex(rest.strip_prefix(b"\\u")?)?;
            let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
            return Some((char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?, rest));
        }
        _ => return None,
    };
    Some((plain, rest))
}

fn hex(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let mut number = 0;
    for digit in digits {
        number = number * 16 + char::from(*digit).to_digit(16)?;
    }
    Some((number, rest))
}
