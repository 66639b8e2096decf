"""Records as numpy arrays, without a Python object for each. Needs numpy; nothing else in this package does."""

from __future__ import annotations

from collections.abc import Mapping
from ctypes import byref, c_size_t
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _abi
from ._abi import Kind, Result
from ._library import LIBRARY, Room, check
from .levels import UNKNOWN, Units
from .records import decode

if TYPE_CHECKING:
    from .reader import Reader

# Fewer records would leave numpy's cost of a call to each; more would leave the cache before they are gathered.
CHUNK = 1024
_COMMON = ("flags", "instrument", "index", "sequence", "frame_seq", "ts_event", "ts_recv", "ts_out")
_NUMBERS = {"c_byte": "i1", "c_ubyte": "u1", "c_ushort": "<u2", "c_uint": "<u4", "c_long": "<i8", "c_ulong": "<u8"}


def _columns(of: Any, start: int) -> dict[str, tuple[str, int]]:
    """Type and place of each number of a ctypes struct that begins at `start`."""
    return {name: (_NUMBERS[kind.__name__], start + getattr(of, name).offset) for name, kind in of._fields_}


_HEAD = _columns(_abi.tkr_record_head, 0)
_HEADS = {name: _HEAD[name] for name in ("kind", *_COMMON)}
_TRADES = {**{name: _HEAD[name] for name in _COMMON}, **_columns(_abi.tkr_trade, _abi.HEAD_SIZE)}
_QUOTES = {**{name: _HEAD[name] for name in _COMMON}, **_columns(_abi.tkr_quote, _abi.HEAD_SIZE)}


class _Shape:
    """How rows of one array are made: the first bytes of a record as they are, then the exponents."""

    def __init__(self, columns: dict[str, tuple[str, int]], end: int, exponents: bool) -> None:
        places = dict(columns)
        if exponents:
            places |= {"price_exponent": ("i1", end), "qty_exponent": ("i1", end + 1)}
        size = end + 8 * exponents
        self.dtype = _dtype(places, size)
        self.record = np.dtype((np.void, end))
        self.row = np.dtype((np.void, size))
        parts = {"record": (self.record, 0), "exponents": (np.dtype(("i1", 2)), end)}
        self.parts = _dtype(parts if exponents else {"record": (self.record, 0)}, size)

    def join(self, rows: list[npt.NDArray[np.void]]) -> npt.NDArray[np.void]:
        """One array of several, whole rows at a time: by columns it would cost more than reading did."""
        if not rows:
            return np.empty(0, dtype=self.dtype)
        whole = [part.view(self.row) for part in rows]
        return (whole[0] if len(whole) == 1 else np.concatenate(whole)).view(self.dtype)


def _dtype(places: Mapping[str, tuple[npt.DTypeLike, int]], size: int) -> np.dtype[np.void]:
    formats, offsets = [kind for kind, _ in places.values()], [at for _, at in places.values()]
    return np.dtype({"names": list(places), "formats": formats, "offsets": offsets, "itemsize": size})


_HEAD_SHAPE = _Shape(_HEADS, _abi.HEAD_SIZE, exponents=False)
_TRADE_SHAPE = _Shape(_TRADES, _abi.HEAD_SIZE + _abi.SIZES["tkr_trade"], exponents=True)
_QUOTE_SHAPE = _Shape(_QUOTES, _abi.HEAD_SIZE + _abi.SIZES["tkr_quote"], exponents=True)
# Plain numbers: comparing an array with an enum goes through Python.
_TRADE, _QUOTE, _INSTRUMENT = int(Kind.TRADE), int(Kind.QUOTE), int(Kind.INSTRUMENT)
HEADS, TRADES, QUOTES = _HEAD_SHAPE.dtype, _TRADE_SHAPE.dtype, _QUOTE_SHAPE.dtype


def scale(mantissas: npt.NDArray[np.int64], exponents: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The floats nearest to mantissa × 10^exponent, while a mantissa is below 2^53; NaN where the exponent is unknown."""
    power = np.asarray(exponents, dtype=np.float64)
    known = np.where(power == UNKNOWN.price_exponent, np.nan, power)
    # A power of ten is exact as a float up to 10^22, a tenth is not: so divide.
    return np.where(known < 0, mantissas / 10.0 ** np.abs(known), mantissas * 10.0 ** np.abs(known))


def mantissas(raw: bytes) -> npt.NDArray[np.int64]:
    """Levels as two columns."""
    return np.frombuffer(raw, dtype="<i8").reshape(-1, 2)


def floats(pairs: npt.NDArray[np.int64], units: Units) -> npt.NDArray[np.float64]:
    """Two columns of mantissas as floats."""
    return scale(pairs, np.array(units, dtype=np.int8))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Batch:
    """What `Reader.read` gives: `heads` of all records, trades and quotes in full, each in the ring's order.

    Prices and quantities are int64 mantissas beside their exponents; `price(trades)` gives floats. `lost` records are missing
    where `sequence` jumps.
    """

    heads: npt.NDArray[np.void]
    trades: npt.NDArray[np.void]
    quotes: npt.NDArray[np.void]
    lost: int
    stalled: bool

    def __len__(self) -> int:
        return len(self.heads)

    def __repr__(self) -> str:
        what = f"{len(self)} records, {len(self.trades)} trades, {len(self.quotes)} quotes, {self.lost} lost"
        return f"<Batch of {what}{', stalled' if self.stalled else ''}>"


def price(rows: npt.NDArray[np.void], column: str = "price") -> npt.NDArray[np.float64]:
    """A price column (`price`, `bid_price`, `ask_price`) of trades or quotes as floats."""
    return scale(rows[column], rows["price_exponent"])


def qty(rows: npt.NDArray[np.void], column: str = "qty") -> npt.NDArray[np.float64]:
    """A quantity column (`qty`, `bid_qty`, `ask_qty`) of trades or quotes as floats."""
    return scale(rows[column], rows["qty_exponent"])


class ArrayReader:
    """Gathers rows out of the buffer that the library fills."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._count = c_size_t()
        self._room = Room(CHUNK * _abi.RECORD_SIZE)
        self._fields = np.frombuffer(self._room.bytes, dtype=_dtype(_HEADS, _abi.RECORD_SIZE))
        self._of_shape = {shape: self._strided(shape.record) for shape in (_HEAD_SHAPE, _TRADE_SHAPE, _QUOTE_SHAPE)}
        self._version = -1
        self._known = np.empty(0, dtype=np.uint32)
        self._exponents = np.empty((0, 2), dtype=np.int8)

    def _strided(self, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
        """The first bytes of each record in the buffer."""
        return np.ndarray(CHUNK, dtype, self._room.bytes, strides=(_abi.RECORD_SIZE,))

    def read(self, count_max: int) -> Batch:
        """Up to so many records."""
        heads: list[npt.NDArray[np.void]] = []
        trades: list[npt.NDArray[np.void]] = []
        quotes: list[npt.NDArray[np.void]] = []
        lost, left, stalled = 0, count_max, False
        while left > 0:
            result = check(LIBRARY.tkr_poll_batch(self._reader._handle, self._room.start, min(left, CHUNK), byref(self._count)))
            if result == Result.LAPPED:
                lost += self._reader._lapped().lost
                continue
            if result != Result.RECORD:
                stalled = result == Result.STALLED
                break
            count = self._count.value
            left -= count
            rows = np.empty(count, dtype=_HEAD_SHAPE.parts)
            rows["record"] = self._of_shape[_HEAD_SHAPE][:count]
            heads.append(rows)
            self._gather(count, trades, quotes)
            if self._reader._books:
                self._apply(count)
        return Batch(_HEAD_SHAPE.join(heads), _TRADE_SHAPE.join(trades), _QUOTE_SHAPE.join(quotes), lost, stalled)

    def _gather(self, count: int, trades: list[npt.NDArray[np.void]], quotes: list[npt.NDArray[np.void]]) -> None:
        """Copies trades and quotes, with the exponents that hold between one definition and the next."""
        kinds = self._fields["kind"][:count]
        start = 0
        for end in [*np.flatnonzero(kinds == _INSTRUMENT).tolist(), count]:
            for kind, shape, out in ((_TRADE, _TRADE_SHAPE, trades), (_QUOTE, _QUOTE_SHAPE, quotes)):
                chosen = np.flatnonzero(kinds[start:end] == kind) + start
                if chosen.size:
                    rows = np.empty(chosen.size, dtype=shape.parts)
                    rows["record"] = self._of_shape[shape][chosen]
                    rows["exponents"] = self._exponents_of(chosen)
                    out.append(rows)
            if end < count:
                decode(self._room.memory, end * _abi.RECORD_SIZE, self._reader._units)
            start = end + 1

    def _exponents_of(self, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.int8]:
        """Price and quantity exponents of these records."""
        units = self._reader._units
        ids = self._fields["instrument"][chosen]
        at, missing = self._find(ids)
        if missing.any():
            for number in set(ids[missing].tolist()):
                units.find(number, int(self._fields["sequence"][chosen[0]]))
            at, missing = self._find(ids)
        if not missing.any():
            return self._exponents[at]
        out = np.full((len(ids), 2), UNKNOWN, dtype=np.int8)
        out[~missing] = self._exponents[at[~missing]]
        return out

    def _find(self, ids: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Where each instrument stands among the known ones, and which are not among them."""
        units = self._reader._units
        if self._version != units.version:
            self._version = units.version
            self._known = np.array(sorted(units.known), dtype=np.uint32)
            self._exponents = np.array([units.known[number] for number in self._known.tolist()], dtype=np.int8).reshape(-1, 2)
        if not self._known.size:
            return np.zeros(len(ids), dtype=np.intp), np.ones(len(ids), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self._known, ids), self._known.size - 1)
        return at, self._known[at] != ids

    def _apply(self, count: int) -> None:
        kinds, ids = self._fields["kind"][:count], self._fields["instrument"][:count]
        for book in self._reader._books:
            mine = ((ids == book.instrument.id) & (kinds != _TRADE) & (kinds != _QUOTE)) | (kinds == _INSTRUMENT)
            for at in np.flatnonzero(mine).tolist():
                book._apply(self._room.at(at * _abi.RECORD_SIZE))
