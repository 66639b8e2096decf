//! Why an input was set aside, in words: the core says a code and a place, what stands there is kept here.

use std::fmt;

use tickring_core::error::Code;
use tickring_core::input::Input;
use tickring_core::venue::Reject;

/// Bytes of the input that a message quotes.
const QUOTE_SIZE: usize = 24;

/// A rejection with what the input held at its place.
#[derive(Clone, Copy, Debug)]
pub struct Rejected {
    pub reject: Reject,
    /// Bytes of the input; `None` for inputs that are no text.
    size: Option<usize>,
    quote: [u8; QUOTE_SIZE],
    quote_size: usize,
}

impl Rejected {
    #[cold]
    pub fn new(reject: Reject, input: &Input<'_>) -> Self {
        let (Input::Frame { bytes, .. } | Input::DepthSnapshot { bytes, .. } | Input::Trades { bytes, .. }) = input else {
            return Self { reject, size: None, quote: [0; QUOTE_SIZE], quote_size: 0 };
        };
        let rest = bytes.get(reject.offset..).unwrap_or_default();
        let quote_size = rest.len().min(QUOTE_SIZE);
        let mut quote = [0; QUOTE_SIZE];
        quote[..quote_size].copy_from_slice(&rest[..quote_size]);
        Self { reject, size: Some(bytes.len()), quote, quote_size }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reject { code, offset } = self.reject;
        match self.size {
            Some(size) if code == Code::FrameTooLarge => write!(f, "message of {size} bytes exceeds {offset}"),
            Some(size) => {
                write!(f, "{} at byte {offset} of {size}", sentence(code))?;
                let quote = &self.quote[..self.quote_size];
                if quote.is_empty() { Ok(()) } else { write!(f, ": {}", quote.escape_ascii()) }
            }
            None => f.write_str(&sentence(code)),
        }
    }
}

/// A code's meaning as part of a message: lower case, no full stop.
fn sentence(code: Code) -> String {
    let meaning = code.meaning().trim_end_matches('.');
    let capitals = meaning.bytes().take_while(u8::is_ascii_uppercase).count();
    // One capital begins a sentence, more are a name.
    if capitals == 1 { meaning[..1].to_ascii_lowercase() + &meaning[1..] } else { meaning.to_owned() }
}
