"""Records of what venues say beside books and trades. Their numbers have exponents of their own, not the instrument's."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, TypeAlias

from .levels import decimal


class MarkPrice(NamedTuple):
    """The price that positions are valued at."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    price_mantissa: int
    exponent: int

    @property
    def price(self) -> Decimal:
        """The exact price."""
        return decimal(self.price_mantissa, self.exponent)


class IndexPrice(NamedTuple):
    """The price of the underlying."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    price_mantissa: int
    exponent: int

    @property
    def price(self) -> Decimal:
        """The exact price."""
        return decimal(self.price_mantissa, self.exponent)


class Funding(NamedTuple):
    """What holders of a perpetual future pay each other: `next_ts` (ns) and `interval_s` are 0 where a venue does not tell."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    rate_mantissa: int
    next_ts: int
    exponent: int
    interval_s: int

    @property
    def rate(self) -> Decimal:
        """The exact rate of one interval; below 0 sellers pay."""
        return decimal(self.rate_mantissa, self.exponent)


class OpenInterest(NamedTuple):
    """Contracts that are open; `value` is 0 where the venue does not tell it."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    qty_mantissa: int
    value_mantissa: int
    qty_exponent: int
    value_exponent: int

    @property
    def qty(self) -> Decimal:
        """The exact quantity, in the unit of the venue's quantities."""
        return decimal(self.qty_mantissa, self.qty_exponent)

    @property
    def value(self) -> Decimal:
        """What it is worth in the quote currency."""
        return decimal(self.value_mantissa, self.value_exponent)


class Liquidation(NamedTuple):
    """An order that closes a position without margin: `side` is one of `Side`, `id` 0 where the venue tells none."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    price_mantissa: int
    qty_mantissa: int
    id: int
    price_exponent: int
    qty_exponent: int
    side: int

    @property
    def price(self) -> Decimal:
        """The exact price."""
        return decimal(self.price_mantissa, self.price_exponent)

    @property
    def qty(self) -> Decimal:
        """The exact quantity."""
        return decimal(self.qty_mantissa, self.qty_exponent)


class TradingStatus(NamedTuple):
    """Whether a market trades: `state` is one of `MarketState`."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    state: int


Figure: TypeAlias = MarkPrice | IndexPrice | Funding | OpenInterest | Liquidation | TradingStatus
"""What venues say beside books and trades."""
