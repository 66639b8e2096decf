"""What a shard tells beside its ring: instruments, latest states, counters, histograms, its writer's life."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import byref, c_size_t, c_uint64
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from . import _abi
from ._abi import Flag, TradingState, WriterState
from ._library import LIBRARY, check, text
from .levels import Levels, Units, decimal

NEVER_NS = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Instrument:
    """A row of the instrument table."""

    slot: int
    id: int
    venue: str
    symbol: str
    units: Units
    state: TradingState | int
    tick_size_mantissa: int
    lot_size_mantissa: int
    change_count: int

    @property
    def name(self) -> str:
        """Venue and symbol, as `binance-spot:BTCUSDT`."""
        return f"{self.venue}:{self.symbol}"

    @property
    def tick_size(self) -> Decimal:
        """Smallest price step; 0 where unknown."""
        return decimal(self.tick_size_mantissa, self.units.price_exponent)

    @property
    def lot_size(self) -> Decimal:
        """Smallest quantity step; 0 where unknown."""
        return decimal(self.lot_size_mantissa, self.units.qty_exponent)


def instrument(row: _abi.tkr_instrument) -> Instrument:
    """A row of the table."""
    of = row.definition
    state = TradingState(of.state) if of.state in _TRADING_STATES else of.state
    return Instrument(
        slot=row.slot,
        id=row.id,
        venue=text(LIBRARY.tkr_venue_name(of.venue)),
        # A symbol of full length has no zero behind it.
        symbol=bytes(of)[-len_symbol:][: of.symbol_size].decode(errors="replace"),
        units=Units(of.price_exponent, of.qty_exponent),
        state=state,
        tick_size_mantissa=of.tick_size,
        lot_size_mantissa=of.lot_size,
        change_count=of.change_count,
    )


len_symbol = _abi.tkr_definition.symbol.size
_TRADING_STATES = {int(state) for state in TradingState}


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest state of an instrument: best levels, last trade, 24-hour figures."""

    instrument: int
    flags: int
    units: Units
    ts_event: int
    ts_recv: int
    frame_seq: int
    last_update_id: int
    sequence: int
    bid_levels: int
    ask_levels: int
    bids: Levels
    asks: Levels
    trade_price_mantissa: int
    trade_qty_mantissa: int
    trade_id: int
    trade_ts_event: int
    trade_flags: int
    open_mantissa: int
    high_mantissa: int
    low_mantissa: int
    close_mantissa: int
    volume_mantissa: int
    trades: int

    @property
    def is_stale(self) -> bool:
        """Whether the book is the last proven one, while the engine gets a new one."""
        return bool(self.flags & Flag.STALE)

    def price(self, mantissa: int) -> Decimal:
        """A price mantissa of this state, exact."""
        return decimal(mantissa, self.units.price_exponent)

    def qty(self, mantissa: int) -> Decimal:
        """A quantity mantissa of this state, exact."""
        return decimal(mantissa, self.units.qty_exponent)

    @property
    def trade_price(self) -> Decimal | None:
        """Price of the last trade; `None` where none was seen."""
        return self.price(self.trade_price_mantissa) if self.trade_ts_event or self.trade_qty_mantissa else None

    @property
    def trade_qty(self) -> Decimal | None:
        """Quantity of the last trade; `None` where none was seen."""
        return self.qty(self.trade_qty_mantissa) if self.trade_ts_event or self.trade_qty_mantissa else None

    @property
    def volume(self) -> Decimal:
        """24-hour volume."""
        return self.qty(self.volume_mantissa)


def latest(row: _abi.tkr_latest, bids: memoryview, asks: memoryview) -> Latest:
    """A state with its levels."""
    units = Units(row.price_exponent, row.qty_exponent)
    size = _abi.SIZES["tkr_level"]
    return Latest(
        instrument=row.instrument,
        flags=row.flags,
        units=units,
        ts_event=row.ts_event,
        ts_recv=row.ts_recv,
        frame_seq=row.frame_seq,
        last_update_id=row.last_update_id,
        sequence=row.sequence,
        bid_levels=row.bid_levels,
        ask_levels=row.ask_levels,
        bids=Levels(bytes(bids[: row.bid_count * size]), units),
        asks=Levels(bytes(asks[: row.ask_count * size]), units),
        trade_price_mantissa=row.trade.price,
        trade_qty_mantissa=row.trade.qty,
        trade_id=row.trade.trade_id,
        trade_ts_event=row.trade_ts_event,
        trade_flags=row.trade_flags,
        open_mantissa=row.stats.open,
        high_mantissa=row.stats.high,
        low_mantissa=row.stats.low,
        close_mantissa=row.stats.close,
        volume_mantissa=row.stats.volume,
        trades=row.stats.count,
    )


class Liveness(NamedTuple):
    """How the writer is doing, by this process's own clock."""

    state: WriterState
    age_ns: int | None
    """Time since its heartbeat was seen to change; `None` where the state does not depend on it."""
    epoch: int
    newer_epoch: int | None
    """Epoch of the writer that took over."""
    final_sequence: int | None
    """Sequence of the last record of a writer that ended in order."""


class Info(NamedTuple):
    """Where a reader stands, and what it reads."""

    epoch: int
    generation: int
    position: int
    next_sequence: int | None
    lag: int
    """Slots published and not read yet; above `slots` the reader has been lapped."""
    slots: int
    skipped: int
    writer_pid: int
    instrument_slots: int
    depth: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """A latency histogram of the writer, ns; `percentiles` by the shares that were asked for."""

    count: int
    sum: int
    max: int
    percentiles: dict[float, int]


_COUNTERS_MAX = 4096


def counted(name_of: Callable[[int], bytes], read: Callable[[Any, int, Any], int]) -> dict[str, int]:
    """Counters by name."""
    count, capacity = c_size_t(), 64
    while True:
        values = (c_uint64 * capacity)()
        check(read(values, capacity, byref(count)))
        if count.value < capacity or capacity >= _COUNTERS_MAX:
            named = ((text(name_of(index)), values[index]) for index in range(count.value))
            # Zeros between the counters of today and those of tomorrow have no name.
            return {name: value for name, value in named if name != "unknown"}
        capacity *= 2
