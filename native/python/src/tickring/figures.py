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


class Bar(NamedTuple):
    """A bar as the venue counts it, not from our trades; each replaces the one before with the same `start_ts` (ns).

    `turnover` and `count` are 0 where the venue does not tell them; `closed` is 1 when it is final.
    """

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    open_mantissa: int
    high_mantissa: int
    low_mantissa: int
    close_mantissa: int
    volume_mantissa: int
    turnover_mantissa: int
    count: int  # type: ignore[assignment]
    start_ts: int
    interval_ns: int
    price_exponent: int
    qty_exponent: int
    turnover_exponent: int
    closed: int

    @property
    def open(self) -> Decimal:
        """The exact first price."""
        return decimal(self.open_mantissa, self.price_exponent)

    @property
    def high(self) -> Decimal:
        """The exact highest price."""
        return decimal(self.high_mantissa, self.price_exponent)

    @property
    def low(self) -> Decimal:
        """The exact lowest price."""
        return decimal(self.low_mantissa, self.price_exponent)

    @property
    def close(self) -> Decimal:
        """The exact last price."""
        return decimal(self.close_mantissa, self.price_exponent)

    @property
    def volume(self) -> Decimal:
        """The exact quantity traded, in the unit of the venue's quantities."""
        return decimal(self.volume_mantissa, self.qty_exponent)

    @property
    def turnover(self) -> Decimal:
        """What that was worth in the quote currency."""
        return decimal(self.turnover_mantissa, self.turnover_exponent)


Figure: TypeAlias = MarkPrice | IndexPrice | Funding | OpenInterest | Liquidation | TradingStatus | Bar
"""What venues say beside books and trades."""
