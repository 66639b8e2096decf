"""Exact numbers, and price levels in the form that is wanted."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from types import ModuleType
from typing import TYPE_CHECKING, Literal, NamedTuple, overload

from .errors import UnknownUnitsError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_PAIR = struct.Struct("<qq")
# A 64-bit mantissa has at most 19 digits: nothing is ever rounded, whatever the context of the thread.
_EXACT = Context(prec=40)


class Units(NamedTuple):
    """Exponents of an instrument: value = mantissa × 10^exponent."""

    price_exponent: int
    qty_exponent: int


_NOT_KNOWN = 127
UNKNOWN = Units(_NOT_KNOWN, _NOT_KNOWN)
"""Of records that are older than the last change of their instrument's units; numbers that need them are refused."""


def _not_known() -> UnknownUnitsError:
    sentence = "the exponent here is not known: the instrument's units have changed since; mantissas are as sent"
    return UnknownUnitsError("UNITS_UNKNOWN", sentence)


def decimal(mantissa: int, exponent: int) -> Decimal:
    """The exact value."""
    if exponent == _NOT_KNOWN:
        raise _not_known()
    return Decimal(mantissa).scaleb(exponent, _EXACT)


def nearest_float(mantissa: int, exponent: int) -> float:
    """The float nearest to the exact value."""
    if exponent == _NOT_KNOWN:
        raise _not_known()
    return float(mantissa * 10**exponent) if exponent >= 0 else mantissa / 10**-exponent


def arrays() -> ModuleType:
    """The part of this package that needs numpy."""
    try:
        from . import arrays as needs_numpy  # noqa: PLC0415 - all else works without
    except ImportError as error:
        raise ImportError(f"arrays need numpy (pip install numpy): {error}") from error
    return needs_numpy


class Level(NamedTuple):
    """One price level, exact."""

    price: Decimal
    qty: Decimal


class Levels(Sequence[Level]):
    """Price levels of one side, best first, as they were when they were asked for.

    As a sequence they are exact decimals; `floats`, `mantissas` and `array` give them in other forms.
    """

    __slots__ = ("_raw", "units")

    def __init__(self, raw: bytes, units: Units) -> None:
        self._raw = raw
        self.units = units

    def __len__(self) -> int:
        return len(self._raw) // _PAIR.size

    def __iter__(self) -> Iterator[Level]:
        price_exponent, qty_exponent = self.units
        for price, qty in _PAIR.iter_unpack(self._raw):
            yield Level(decimal(price, price_exponent), decimal(qty, qty_exponent))

    @overload
    def __getitem__(self, index: int) -> Level: ...
    @overload
    def __getitem__(self, index: slice) -> Levels: ...
    def __getitem__(self, index: int | slice) -> Level | Levels:
        if isinstance(index, slice):
            chosen = range(len(self))[index]
            return Levels(b"".join(self._raw[16 * at : 16 * at + 16] for at in chosen), self.units)
        at = range(len(self))[index]
        price, qty = _PAIR.unpack_from(self._raw, _PAIR.size * at)
        return Level(decimal(price, self.units.price_exponent), decimal(qty, self.units.qty_exponent))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Levels) and self.units == other.units and self._raw == other._raw

    def __hash__(self) -> int:
        return hash((self._raw, self.units))

    def __repr__(self) -> str:
        shown = ", ".join(f"{price:f} x {qty:f}" for price, qty in self[:3]) if self.units != UNKNOWN else "units unknown"
        return f"<{len(self)} levels: {shown}{', …' if len(self) > 3 else ''}>"

    def mantissas(self) -> list[tuple[int, int]]:
        """Price and quantity as integers, in `units`."""
        return list(_PAIR.iter_unpack(self._raw))

    def floats(self) -> list[tuple[float, float]]:
        """Price and quantity as the nearest floats."""
        price_exponent, qty_exponent = self.units
        return [(nearest_float(price, price_exponent), nearest_float(qty, qty_exponent)) for price, qty in self.mantissas()]

    @overload
    def array(self) -> npt.NDArray[np.float64]: ...
    @overload
    def array(self, form: Literal["float"]) -> npt.NDArray[np.float64]: ...
    @overload
    def array(self, form: Literal["mantissa"]) -> npt.NDArray[np.int64]: ...
    def array(self, form: Literal["float", "mantissa"] = "float") -> npt.NDArray[np.float64] | npt.NDArray[np.int64]:
        """A numpy array of two columns, price and quantity: float64, or the int64 mantissas."""
        pairs: npt.NDArray[np.int64] = arrays().mantissas(self._raw)
        if form == "mantissa":
            return pairs
        values: npt.NDArray[np.float64] = arrays().floats(pairs, self.units)
        return values
