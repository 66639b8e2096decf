"""Records of the ring as tuples with names, made from the library's private copy."""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from . import _abi
from ._abi import Flag, Kind
from .figures import Bar, Figure, Funding, IndexPrice, Liquidation, MarkPrice, OpenInterest, TradingStatus
from .levels import Levels, Units, decimal, nearest_float

if TYPE_CHECKING:
    from .units import UnitsInOrder


class Lapped(NamedTuple):
    """Exactly `lost` records were overwritten before they were read; the next one follows."""

    lost: int


class Stalled(NamedTuple):
    """The next slot has been half written for 50 µs: `Reader.liveness` tells why."""


class Trade(NamedTuple):
    """A trade."""

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
    trade_id: int
    units: Units

    @property
    def price(self) -> Decimal:
        """The exact price."""
        return decimal(self.price_mantissa, self.units.price_exponent)

    @property
    def qty(self) -> Decimal:
        """The exact quantity."""
        return decimal(self.qty_mantissa, self.units.qty_exponent)

    @property
    def price_float(self) -> float:
        """The float nearest to the price."""
        return nearest_float(self.price_mantissa, self.units.price_exponent)

    @property
    def qty_float(self) -> float:
        """The float nearest to the quantity."""
        return nearest_float(self.qty_mantissa, self.units.qty_exponent)

    @property
    def aggressor(self) -> str:
        """The taker's side, `buy` or `sell`."""
        return "sell" if self.flags & _AGGRESSOR_SELL else "buy"


class Quote(NamedTuple):
    """Best bid and ask as the venue publishes them."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    bid_price_mantissa: int
    bid_qty_mantissa: int
    ask_price_mantissa: int
    ask_qty_mantissa: int
    units: Units

    @property
    def bid_price(self) -> Decimal:
        """The exact best bid."""
        return decimal(self.bid_price_mantissa, self.units.price_exponent)

    @property
    def bid_qty(self) -> Decimal:
        """The exact quantity at the best bid."""
        return decimal(self.bid_qty_mantissa, self.units.qty_exponent)

    @property
    def ask_price(self) -> Decimal:
        """The exact best ask."""
        return decimal(self.ask_price_mantissa, self.units.price_exponent)

    @property
    def ask_qty(self) -> Decimal:
        """The exact quantity at the best ask."""
        return decimal(self.ask_qty_mantissa, self.units.qty_exponent)

    @property
    def spread(self) -> Decimal:
        """Ask less bid, exact."""
        return decimal(self.ask_price_mantissa - self.bid_price_mantissa, self.units.price_exponent)


class BookDelta(NamedTuple):
    """Levels that changed; a quantity of 0 removes one. `Reader.book` applies them for you."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    prev_update_id: int
    last_update_id: int
    part: int
    parts: int
    bids: Levels
    asks: Levels


class BookSnapshot(NamedTuple):
    """A whole book, best first; part 0 clears what was there. `Reader.book` applies them for you."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    prev_update_id: int
    last_update_id: int
    part: int
    parts: int
    bids: Levels
    asks: Levels


class Stats24h(NamedTuple):
    """Rolling 24-hour figures from the trades seen; `volume` is a sum of quantities."""

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
    trades: int
    units: Units

    @property
    def open(self) -> Decimal:
        """The first price of the window."""
        return decimal(self.open_mantissa, self.units.price_exponent)

    @property
    def high(self) -> Decimal:
        """The highest price."""
        return decimal(self.high_mantissa, self.units.price_exponent)

    @property
    def low(self) -> Decimal:
        """The lowest price."""
        return decimal(self.low_mantissa, self.units.price_exponent)

    @property
    def close(self) -> Decimal:
        """The last price."""
        return decimal(self.close_mantissa, self.units.price_exponent)

    @property
    def volume(self) -> Decimal:
        """The sum of quantities."""
        return decimal(self.volume_mantissa, self.units.qty_exponent)


class Definition(NamedTuple):
    """An instrument was defined, or its definition changed."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    venue_number: int
    state: int
    tick_size_mantissa: int
    lot_size_mantissa: int
    change_count: int
    symbol: str
    units: Units


class Status(NamedTuple):
    """State of a connection, a subscription or a book: `state` is one of `State`, `code` one of the product's codes."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    state: int
    connection: int
    code: int
    detail: int


class Gap(NamedTuple):
    """Venue ids that were never received, exactly `first` to `last`."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    stream: int
    reason: int
    first: int
    last: int


class EpochStart(NamedTuple):
    """First record of a writer."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    prev_epoch: int
    last_durable: int
    reason: int


class Other(NamedTuple):
    """A record of a kind that a newer library knows and this package does not."""

    flags: int
    instrument: int
    frame_index: int
    sequence: int
    frame_seq: int
    ts_event: int
    ts_recv: int
    ts_out: int
    kind: int


Record: TypeAlias = (
    Trade | Quote | BookDelta | BookSnapshot | Stats24h | Definition | Status | Gap | EpochStart | Figure | Other
)
"""What a ring holds. Times are ns since the UNIX epoch; `sequence` is +1 from record to record."""

_AGGRESSOR_SELL = int(Flag.AGGRESSOR_SELL)
_new: Any = tuple.__new__
_CODES = {"c_byte": "b", "c_ubyte": "B", "c_ushort": "H", "c_uint": "I", "c_long": "q", "c_ulong": "Q"}


def _format(of: Any) -> str:
    """The format of a ctypes struct, reserved bytes left out."""
    out = ""
    for name, kind in of._fields_:
        if name.startswith("reserved") or name in {"levels", "size", "kind"}:
            out += f"{0 if name == 'levels' else getattr(of, name).size}x"
        elif kind.__name__ in _CODES:
            out += _CODES[kind.__name__]
        else:
            out += f"{getattr(of, name).size}s"
    return out


def _unpack(payload: Any) -> Callable[[Any, int], tuple[Any, ...]]:
    return struct.Struct(f"<{_format(_abi.tkr_record_head)}{_format(payload)}").unpack_from


_HEAD = struct.Struct(f"<{_format(_abi.tkr_record_head)}").unpack_from
_TRADE = _unpack(_abi.tkr_trade)
_QUOTE = _unpack(_abi.tkr_quote)
_BOOK = _unpack(_abi.tkr_book_change)
_STATS = _unpack(_abi.tkr_stats)
_DEFINITION = _unpack(_abi.tkr_definition)
_STATUS = _unpack(_abi.tkr_status)
_GAP = _unpack(_abi.tkr_gap)
_EPOCH_START = _unpack(_abi.tkr_epoch_start)
_REFERENCE_PRICE = _unpack(_abi.tkr_reference_price)
_LEVELS_AT = _abi.HEAD_SIZE + _abi.tkr_book_change.levels.offset
_LEVEL_SIZE = _abi.SIZES["tkr_level"]

# The shapes of these functions are what they are for speed: one unpacking, one tuple, no look at what is not asked for.


def _trade(buffer: memoryview, at: int, units: UnitsInOrder) -> Trade:
    fields = _TRADE(buffer, at)
    of = units.known.get(fields[1]) or units.find(fields[1], fields[3])
    return _new(Trade, (*fields, of))  # type: ignore[no-any-return]


def _quote(buffer: memoryview, at: int, units: UnitsInOrder) -> Quote:
    fields = _QUOTE(buffer, at)
    of = units.known.get(fields[1]) or units.find(fields[1], fields[3])
    return _new(Quote, (*fields, of))  # type: ignore[no-any-return]


def _book(buffer: memoryview, at: int, units: UnitsInOrder, of_kind: type[BookDelta] | type[BookSnapshot]) -> Any:
    *fields, bid_count, ask_count = _BOOK(buffer, at)
    of = units.known.get(fields[1]) or units.find(fields[1], fields[3])
    bids = at + _LEVELS_AT
    asks = bids + bid_count * _LEVEL_SIZE
    end = asks + ask_count * _LEVEL_SIZE
    return _new(of_kind, (*fields, Levels(bytes(buffer[bids:asks]), of), Levels(bytes(buffer[asks:end]), of)))


def _delta(buffer: memoryview, at: int, units: UnitsInOrder) -> BookDelta:
    return _book(buffer, at, units, BookDelta)  # type: ignore[no-any-return]


def _snapshot(buffer: memoryview, at: int, units: UnitsInOrder) -> BookSnapshot:
    return _book(buffer, at, units, BookSnapshot)  # type: ignore[no-any-return]


def _stats(buffer: memoryview, at: int, units: UnitsInOrder) -> Stats24h:
    fields = _STATS(buffer, at)
    of = units.known.get(fields[1]) or units.find(fields[1], fields[3])
    return _new(Stats24h, (*fields, of))  # type: ignore[no-any-return]


def _definition(buffer: memoryview, at: int, units: UnitsInOrder) -> Definition:
    *head, venue, state, price_exponent, qty_exponent, size, tick, lot, changes, symbol = _DEFINITION(buffer, at)
    of = units.define(head[1], Units(price_exponent, qty_exponent))
    name = symbol[:size].decode(errors="replace")
    return _new(Definition, (*head, venue, state, tick, lot, changes, name, of))  # type: ignore[no-any-return]


def _plain(unpack: Callable[[Any, int], tuple[Any, ...]], of_kind: Any) -> Callable[[memoryview, int, UnitsInOrder], Any]:
    return lambda buffer, at, _units: _new(of_kind, unpack(buffer, at))


def _other(buffer: memoryview, at: int, _units: UnitsInOrder) -> Other:
    return _new(Other, (*_HEAD(buffer, at), buffer[at + _KIND_AT]))  # type: ignore[no-any-return]


_KIND_AT = _abi.tkr_record_head.kind.offset
_DECODERS: list[Callable[[memoryview, int, UnitsInOrder], Record]] = [_other] * 256
_DECODERS[Kind.TRADE] = _trade
_DECODERS[Kind.QUOTE] = _quote
_DECODERS[Kind.BOOK_DELTA] = _delta
_DECODERS[Kind.BOOK_SNAPSHOT] = _snapshot
_DECODERS[Kind.STATS_24H] = _stats
_DECODERS[Kind.INSTRUMENT] = _definition
_DECODERS[Kind.STATUS] = _plain(_STATUS, Status)
_DECODERS[Kind.GAP] = _plain(_GAP, Gap)
_DECODERS[Kind.EPOCH_START] = _plain(_EPOCH_START, EpochStart)
_DECODERS[Kind.MARK_PRICE] = _plain(_REFERENCE_PRICE, MarkPrice)
_DECODERS[Kind.INDEX_PRICE] = _plain(_REFERENCE_PRICE, IndexPrice)
_DECODERS[Kind.FUNDING] = _plain(_unpack(_abi.tkr_funding), Funding)
_DECODERS[Kind.OPEN_INTEREST] = _plain(_unpack(_abi.tkr_open_interest), OpenInterest)
_DECODERS[Kind.LIQUIDATION] = _plain(_unpack(_abi.tkr_liquidation), Liquidation)
_DECODERS[Kind.TRADING_STATUS] = _plain(_unpack(_abi.tkr_trading_status), TradingStatus)
_DECODERS[Kind.BAR] = _plain(_unpack(_abi.tkr_bar), Bar)


def decode(buffer: memoryview, at: int, units: UnitsInOrder) -> Record:
    """The record that the library has put at a place of this process's own buffer."""
    return _DECODERS[buffer[at + _KIND_AT]](buffer, at, units)
