//! Messages of all topics that were built lately, in the order they were built: what a client that comes back has missed.
//!
//! One ring of bytes for all topics; each message knows the one before of its topic and encoding.

use std::collections::VecDeque;

/// Bytes kept. Taken when the first message is kept, not before.
const BYTES: u64 = 32 << 20;
/// Messages kept at most.
const MESSAGES_MAX: usize = 65_536;

/// One message kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// Where it begins, counted from the first byte ever kept.
    start: u64,
    length: u32,
    seq: u64,
    /// Number of the message before of the same topic and encoding.
    before: Option<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Window {
    bytes: Vec<u8>,
    messages: VecDeque<Kept>,
    /// Number of the first one in `messages`.
    first: u64,
    /// Bytes kept so far, with those left out at the ring's end.
    end: u64,
}

impl Window {
    /// Keeps a message and forgets the oldest ones where there is no room. Returns its number.
    pub(crate) fn keep(&mut self, message: &[u8], seq: u64, before: Option<u64>) -> u64 {
        let length = message.len() as u64;
        if self.bytes.is_empty() {
            self.bytes = vec![0; BYTES as usize];
            self.messages.reserve_exact(MESSAGES_MAX);
        }
        let number = self.first + self.messages.len() as u64;
        if length > BYTES {
            // Nothing of this topic reaches back beyond it.
            self.messages.clear();
            self.first = number + 1;
            return number;
        }
        if self.end % BYTES + length > BYTES {
            self.end = self.end.next_multiple_of(BYTES);
        }
        let start = self.end;
        self.end += length;
        let place = (start % BYTES) as usize;
        self.bytes[place..place + message.len()].copy_from_slice(message);
        let oldest = self.end.saturating_sub(BYTES);
        while self.messages.len() == MESSAGES_MAX || self.messages.front().is_some_and(|kept| kept.start < oldest) {
            self.messages.pop_front();
            self.first += 1;
        }
        self.messages.push_back(Kept { start, length: message.len() as u32, seq, before });
        number
    }

    fn get(&self, number: u64) -> Option<Kept> {
        self.messages.get(usize::try_from(number.checked_sub(self.first)?).ok()?).copied()
    }

    /// The messages `after < seq <= last`, newest first, given the number of the newest; `None` if one of them is not kept, or if
    /// they have more than `bytes_max` bytes together.
    pub(crate) fn since(&self, newest: u64, last: u64, after: u64, bytes_max: usize) -> Option<Vec<Kept>> {
        let mut found = Vec::new();
        let mut next = Some(newest);
        let mut bytes = 0;
        for seq in (after + 1..=last).rev() {
            let kept = self.get(next?)?;
            bytes += kept.length as usize;
            if kept.seq != seq || bytes > bytes_max {
                return None;
            }
            next = kept.before;
            found.push(kept);
        }
        Some(found)
    }

    pub(crate) fn bytes(&self, kept: Kept) -> &[u8] {
        let place = (kept.start % BYTES) as usize;
        &self.bytes[place..place + kept.length as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps messages of two topics in turn until the ring has gone round several times, then asks for all that may be asked.
    #[test]
    fn what_is_kept_comes_back_whole_or_not_at_all() {
        let mut window = Window::default();
        let mut newest = [None; 2];
        let message = |topic: usize, seq: u64| vec![(seq % 251) as u8 ^ topic as u8; 200_000 + (seq % 7) as usize * 1_000];
        for seq in 1..=500_u64 {
            for (topic, newest) in newest.iter_mut().enumerate() {
                *newest = Some(window.keep(&message(topic, seq), seq, *newest));
            }
            for (topic, newest) in newest.iter().enumerate() {
                let mut held = 0;
                for after in (0..seq).rev() {
                    let Some(found) = window.since(newest.expect("invariant: kept above"), seq, after, BYTES as usize) else {
                        break;
                    };
                    held = found.len() as u64;
                    let oldest = found[found.len() - 1];
                    assert_eq!(oldest.seq, after + 1);
                    assert_eq!(window.bytes(oldest), message(topic, after + 1));
                }
                assert!(held > 60.min(seq - 1), "{held} of {seq}");
                assert!(
                    window.since(newest.expect("invariant: kept above"), seq + 1, seq, BYTES as usize).is_none(),
                    "a number that was never kept"
                );
            }
        }
    }

    #[test]
    fn a_hole_in_a_topic_is_not_bridged() {
        let mut window = Window::default();
        let first = window.keep(b"one", 1, None);
        let third = window.keep(b"three", 3, Some(first));
        assert!(window.since(third, 3, 2, 5).is_some());
        assert!(window.since(third, 3, 2, 4).is_none(), "longer than wanted");
        assert!(window.since(third, 3, 0, 100).is_none());
    }
}
