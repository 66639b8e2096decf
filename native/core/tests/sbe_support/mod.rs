//! Writes the binary messages of Binance spot: what the parser's tests, its fuzz target and its bench send.
#![allow(dead_code, reason = "each user takes its own part")]

/// What a later schema may add: bytes behind the fields of root block and rows, and behind the symbol.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sbe {
    pub version: u16,
    pub root_more: u8,
    pub row_more: u8,
    pub tail: u8,
}

/// A level: price and quantity, mantissas.
pub type Row = (i64, i64);

/// A trade: id, price, quantity, whether the buyer is the maker.
pub type Print = (i64, i64, i64, u8);

/// Exponents of prices and quantities.
pub type Exponents = (i8, i8);

impl Sbe {
    fn message(self, template: u16, root: &[u8], groups: &[u8], symbol: &str) -> Vec<u8> {
        let mut frame = Vec::new();
        let block = u16::try_from(root.len()).unwrap_or(u16::MAX) + u16::from(self.root_more);
        for word in [block, template, 1, self.version] {
            frame.extend(word.to_le_bytes());
        }
        frame.extend(root);
        frame.extend(vec![0xee; usize::from(self.root_more)]);
        frame.extend(groups);
        frame.push(u8::try_from(symbol.len()).unwrap_or(u8::MAX));
        frame.extend(symbol.as_bytes());
        frame.extend(vec![0xee; usize::from(self.tail)]);
        frame
    }

    fn side(self, rows: &[Row]) -> Vec<u8> {
        let mut group = (16 + u16::from(self.row_more)).to_le_bytes().to_vec();
        group.extend(u16::try_from(rows.len()).unwrap_or(u16::MAX).to_le_bytes());
        for (price, qty) in rows {
            group.extend(price.to_le_bytes());
            group.extend(qty.to_le_bytes());
            group.extend(vec![0xee; usize::from(self.row_more)]);
        }
        group
    }

    pub fn trades(self, symbol: &str, times_us: [i64; 2], exponents: Exponents, prints: &[Print]) -> Vec<u8> {
        let mut root: Vec<u8> = times_us.iter().flat_map(|time| time.to_le_bytes()).collect();
        root.extend([exponents.0, exponents.1].map(|exponent| exponent.to_le_bytes()[0]));
        let mut group = (25 + u16::from(self.row_more)).to_le_bytes().to_vec();
        group.extend(u32::try_from(prints.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (id, price, qty, maker) in prints {
            group.extend([id, price, qty].iter().flat_map(|number| number.to_le_bytes()));
            group.push(*maker);
            group.extend(vec![0xee; usize::from(self.row_more)]);
        }
        self.message(10_000, &root, &group, symbol)
    }

    /// Bid and ask: price and quantity of each.
    pub fn quote(self, symbol: &str, time_us: i64, id: i64, exponents: Exponents, best: [i64; 4]) -> Vec<u8> {
        let mut root = [time_us, id].iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        root.extend([exponents.0, exponents.1].map(|exponent| exponent.to_le_bytes()[0]));
        root.extend(best.iter().flat_map(|number| number.to_le_bytes()));
        self.message(10_001, &root, &[], symbol)
    }

    pub fn top(self, symbol: &str, time_us: i64, id: i64, exponents: Exponents, sides: [&[Row]; 2]) -> Vec<u8> {
        let mut root = [time_us, id].iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        root.extend([exponents.0, exponents.1].map(|exponent| exponent.to_le_bytes()[0]));
        self.message(10_002, &root, &sides.map(|rows| self.side(rows)).concat(), symbol)
    }

    pub fn depth(self, symbol: &str, time_us: i64, ids: [i64; 2], exponents: Exponents, sides: [&[Row]; 2]) -> Vec<u8> {
        let mut root = [time_us, ids[0], ids[1]].iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        root.extend([exponents.0, exponents.1].map(|exponent| exponent.to_le_bytes()[0]));
        self.message(10_003, &root, &sides.map(|rows| self.side(rows)).concat(), symbol)
    }
}
