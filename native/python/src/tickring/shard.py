"""What is known of one shard, whoever polls it: its tables, its life, the books that are kept of it."""

from __future__ import annotations

from ctypes import byref, c_double, c_uint64
from typing import Any

from . import _abi, tables
from ._abi import Kind, Stage, WriterState
from ._html import shard_table
from ._library import LIBRARY, LaneHandle, ReaderHandle, Room, check
from .book import Book
from .errors import TickringError, UnknownInstrumentError
from .records import Lapped
from .tables import Histogram, Info, Instrument, Latest, Liveness
from .units import UnitsInOrder

_NONE = int(_abi.Result.NONE)
_LEVEL = _abi.SIZES["tkr_level"]


class Shard:
    """One shard of an engine, as a `Reader` or a `Merged` has it open."""

    def __init__(self, name: str, shard: int, root: str, handle: ReaderHandle | LaneHandle) -> None:
        self.name, self.shard, self.root = name, shard, root
        self._handle: ReaderHandle | LaneHandle | None = handle
        self._books: list[Book] = []
        self._slots: dict[tuple[str, str | None], Instrument] = {}
        self._info = _abi.tkr_info()
        self._units = UnitsInOrder(self._table, self.info().slots)

    def _lapped(self) -> Lapped:
        """Some records were lost."""
        self._units.lapped()
        self._break()
        return Lapped(LIBRARY.tkr_lost(self._handle))

    def _break(self) -> None:
        """Books are to be built again."""
        for book in self._books:
            book._broken()

    def _apply(self, instrument: int, memory: memoryview, place: Any, at: int) -> None:
        """Gives a record to the books that it is about."""
        kind = memory[at + _KIND_AT]
        if kind not in _NOT_OF_BOOKS:
            for book in self._books:
                # A book looks for its slot of a new generation when any instrument is defined there.
                if book.instrument.id == instrument or kind == _DEFINITION:
                    book._apply(place)

    def _moved(self) -> None:
        """The reader stands elsewhere, where the table need not be that of its place."""
        self._units.moved(self.info().slots)
        self._break()

    def reopen(self) -> None:
        """Opens the generation that a newer writer made, at its first record; no effect where there is none.

        Poll the older one until there is nothing new first: what stays unread is told as lost.
        """
        before = self.info().epoch
        check(LIBRARY.tkr_reopen(self._handle))
        if self.info().epoch != before:
            self._slots.clear()
            self._moved()

    def info(self) -> Info:
        """Where the reader stands, and what it reads. Costs the writer's core a cache line: not for each record."""
        raw = self._info
        check(LIBRARY.tkr_read_info(self._handle, byref(raw)))
        return Info(
            epoch=raw.epoch,
            generation=raw.generation,
            position=raw.position,
            next_sequence=raw.next_sequence or None,
            lag=raw.lag,
            slots=raw.slots,
            skipped=raw.skipped,
            writer_pid=raw.writer_pid,
            instrument_slots=raw.instrument_slots,
            depth=raw.depth,
        )

    @property
    def lag(self) -> int:
        """Slots published and not read yet; above `info().slots` the reader has been lapped."""
        return self.info().lag

    def liveness(self) -> Liveness:
        """How the writer is doing, judged by this process's own clock; meant for when there is nothing new."""
        raw = _abi.tkr_liveness()
        check(LIBRARY.tkr_check_liveness(self._handle, byref(raw)))
        state = WriterState(raw.state)
        return Liveness(
            state=state,
            age_ns=None if raw.age_ns == tables.NEVER_NS else raw.age_ns,
            epoch=raw.epoch,
            newer_epoch=raw.newer_epoch if state == WriterState.SUPERSEDED else None,
            final_sequence=raw.final_sequence if state == WriterState.CLOSED else None,
        )

    def instruments(self) -> list[Instrument]:
        """The instrument table, by slot."""
        row = _abi.tkr_instrument()
        rows = []
        for slot in range(self.info().instrument_slots):
            if check(LIBRARY.tkr_read_instrument(self._handle, slot, byref(row))) != _NONE:
                rows.append(tables.instrument(row))
        return rows

    def _table(self) -> dict[int, Instrument]:
        return {row.id: row for row in self.instruments()}

    def instrument(self, symbol: str, venue: str | None = None) -> Instrument:
        """The instrument of that spelling, as `BTCUSDT` or `binance-spot:BTCUSDT`."""
        if venue is None and ":" in symbol:
            venue, symbol = symbol.split(":", 1)
        rows = self.instruments()
        found = [row for row in rows if row.symbol == symbol and venue in (None, row.venue)]
        if len(found) == 1:
            return found[0]
        wanted, place = f"{venue}:{symbol}" if venue else symbol, f"shard {self.shard} of {self.root}/{self.name}"
        if found:
            names = ", ".join(row.name for row in found)
            raise UnknownInstrumentError("INSTRUMENT_AMBIGUOUS", f"{wanted} is more than one instrument in {place}: {names}")
        known = ", ".join(row.name for row in rows[:20]) or "none"
        raise UnknownInstrumentError("INSTRUMENT_UNKNOWN", f"{wanted} is no instrument in {place}; known are {known}")

    def latest(self, symbol: str, venue: str | None = None) -> Latest | None:
        """The newest state of an instrument, whatever the reader has polled; `None` where there is none yet."""
        key = (symbol, venue)
        of = self._slots.get(key) or self._slots.setdefault(key, self.instrument(symbol, venue))
        depth = self._info.depth
        bids, asks, row = Room(max(1, depth) * _LEVEL), Room(max(1, depth) * _LEVEL), _abi.tkr_latest()
        result = check(LIBRARY.tkr_read_latest(self._handle, of.slot, byref(row), bids.start, asks.start, depth))
        if result == _NONE or row.instrument != of.id:
            del self._slots[key]
            return None
        return tables.latest(row, bids.memory, asks.memory)

    def counters(self) -> dict[str, int]:
        """Counters of the shard by name."""
        read = LIBRARY.tkr_read_counters
        return tables.counted(
            LIBRARY.tkr_counter_name, lambda values, capacity, count: read(self._handle, values, capacity, count)
        )

    def instrument_counters(self, symbol: str, venue: str | None = None) -> dict[str, int]:
        """Counters of an instrument by name."""
        slot, read = self.instrument(symbol, venue).slot, LIBRARY.tkr_read_instrument_counters
        names = LIBRARY.tkr_instrument_counter_name
        return tables.counted(names, lambda values, capacity, count: read(self._handle, slot, values, capacity, count))

    def histogram(self, stage: Stage, shares: tuple[float, ...] = (0.5, 0.99, 0.999)) -> Histogram:
        """A latency histogram of the writer, with the value in ns that each share of all values does not exceed, to 1/64."""
        raw, wanted, values = _abi.tkr_histogram(), (c_double * len(shares))(*shares), (c_uint64 * len(shares))()
        check(LIBRARY.tkr_read_histogram(self._handle, stage, byref(raw), wanted, values, len(shares)))
        return Histogram(raw.count, raw.sum, raw.max, dict(zip(shares, values, strict=True)))

    def book(self, symbol: str, venue: str | None = None) -> Book:
        """The full-depth book of an instrument, which this reader keeps from now on as it polls."""
        of = self.instrument(symbol, venue)
        for book in self._books:
            if book.instrument.id == of.id:
                return book
        book = Book(self, of)
        self._books.append(book)
        return book

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._handle is None

    def __repr__(self) -> str:
        place = f"{self.root}/{self.name} shard {self.shard}"
        if self.closed:
            return f"<{type(self).__name__} of {place}, closed>"
        try:
            state, info = self.liveness().state.name, self.info()
        except TickringError as error:
            return f"<{type(self).__name__} of {place}: {error}>"
        return f"<{type(self).__name__} of {place}, {state}, generation {info.generation}, epoch {info.epoch}, lag {info.lag}>"

    def _repr_html_(self) -> str:
        return repr(self).replace("<", "&lt;") if self.closed else shard_table(self)


_NOT_OF_BOOKS, _DEFINITION = (int(Kind.TRADE), int(Kind.QUOTE)), int(Kind.INSTRUMENT)
_KIND_AT = _abi.tkr_record_head.kind.offset
