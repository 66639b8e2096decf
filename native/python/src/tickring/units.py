"""Which units hold at the reader's place in the ring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .levels import UNKNOWN, Units

if TYPE_CHECKING:
    from .tables import Instrument


class UnitsInOrder:
    """Units by instrument: those of the last definition before the reader's place.

    The instrument table has the newest definition, which may be ahead of a reader that was lapped or went back. Exponents
    only ever become finer, so the table is right where it says that nothing has changed, where it says what was known before
    the lap, and once the reader has passed what the ring held when the table was read. Elsewhere the units are unknown until
    a definition comes by, and a price is refused rather than given wrong by a power of ten.
    """

    def __init__(self, read_table: Callable[[], Mapping[int, Instrument]], slots: int) -> None:
        self.known: dict[int, Units] = {}
        self.version = 0
        self._before: dict[int, Units] = {}
        self._read_table = read_table
        self._table: Mapping[int, Instrument] | None = None
        self._slots = slots
        self._certain_from = 0

    def join(self, table: Mapping[int, Instrument]) -> None:
        """The reader is at the newest record, and this is the table there."""
        self.known = {number: row.units for number, row in table.items()}
        self._before, self._table = {}, None
        self.version += 1

    def lapped(self) -> None:
        """Some records were not seen."""
        self._before.update(self.known)
        self.known, self._table = {}, None
        self.version += 1

    def moved(self, slots: int) -> None:
        """The reader went back, or to another generation, of a ring of so many slots."""
        self._slots = slots
        self.known, self._before, self._table = {}, {}, None
        self.version += 1

    def define(self, instrument: int, units: Units) -> Units:
        """A definition came by."""
        self.known[instrument] = units
        self.version += 1
        return units

    def find(self, instrument: int, sequence: int) -> Units:
        """Units of an instrument that is not among the known ones."""
        if self._table is None:
            self._table = self._read_table()
            # The ring holds no more than this, a batch that was copied before the table among it.
            self._certain_from = sequence + 2 * self._slots
        row = self._table.get(instrument)
        if row is None:
            return UNKNOWN
        if row.change_count == 0 or self._before.get(instrument) == row.units or sequence >= self._certain_from:
            return self.define(instrument, row.units)
        return UNKNOWN
