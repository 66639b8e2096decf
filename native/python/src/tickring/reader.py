"""The reader of one shard."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator
from ctypes import byref, c_double, c_size_t, c_uint64
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from . import _abi, tables
from ._abi import Kind, Result, Stage, WriterState
from ._html import reader_table
from ._library import LIBRARY, WAIT, ReaderHandle, Room, check
from .book import Book
from .errors import ArgumentError, TickringError, UnknownInstrumentError
from .levels import arrays
from .records import Lapped, Record, Stalled, decode
from .tables import Histogram, Info, Instrument, Latest, Liveness
from .units import UnitsInOrder

if TYPE_CHECKING:
    from .arrays import ArrayReader, Batch

DEFAULT_ROOT = "/dev/shm/tickring"
_RECORD = int(Result.RECORD)
_OK = int(Result.OK)
_EMPTY = int(Result.EMPTY)
_LAPPED = int(Result.LAPPED)
_NONE = int(Result.NONE)
_SIZE = _abi.RECORD_SIZE
_LEVEL = _abi.SIZES["tkr_level"]
_CHUNK = 256
_STALLED = Stalled()
_JOINS_MAX = 8
# How often the writer's life is looked at, and how long an interrupt of the keyboard may have to wait.
_LOOK_EVERY_S = 0.05
_FOR_EVER_NS = 2**62
_WAITS = {
    "block": _abi.tkr_waiting(spin_ns=50_000, yield_ns=200_000, sleep_ns=200_000, flags=_abi.WaitFlag.BLOCK),
    "sleep": _abi.tkr_waiting(sleep_ns=200_000),
    "yield": _abi.tkr_waiting(yield_ns=_FOR_EVER_NS),
    "spin": _abi.tkr_waiting(spin_ns=_FOR_EVER_NS),
}

Wait = Literal["block", "sleep", "yield", "spin"]


class Reader:
    """Reads shard `shard` of the engine `name`, from what is published after it was opened.

    `root` is the directory of all engines, `/dev/shm/tickring` unless given. `owner`, a user's name or number, is whose files
    are trusted beside root's; otherwise this process's user's. A reader belongs to one thread at a time.

    Records are tuples with names (`Trade`, `Quote`, `BookDelta`, …). `Lapped(lost)` is one of the values that polling gives, as
    losing records is normal for a slow reader; exceptions are for what should not happen.
    """

    def __init__(
        self,
        name: str = "tickring",
        shard: int = 0,
        root: str | os.PathLike[str] | None = None,
        owner: int | str | None = None,
    ) -> None:
        self.name, self.shard = name, shard
        self.root = os.fspath(root) if root is not None else DEFAULT_ROOT
        if not 0 <= shard < 2**16:
            raise ArgumentError("ARGUMENT_RANGE", f"shard {shard} is not 0 to 65535")
        for what, value in (("name", name), ("root", self.root)):
            if "\0" in value:
                raise ArgumentError("ARGUMENT_RANGE", f"{what} {value!r} has a zero byte")
        options = _abi.tkr_options(struct_size=_abi.SIZES["tkr_options"])
        if owner is not None:
            options.flags, options.owner_uid = _abi.OpenFlag.OWNED_BY, _uid(owner)
        self._handle: ReaderHandle | None = ReaderHandle()
        check(LIBRARY.tkr_open(os.fsencode(self.root), name.encode(), shard, byref(options), byref(self._handle)))
        self._waiting = False
        self._one = Room(_SIZE)
        self._many: Room | None = None
        self._arrays: ArrayReader | None = None
        self._count = c_size_t()
        self._books: list[Book] = []
        self._slots: dict[tuple[str, str | None], Instrument] = {}
        self._info = _abi.tkr_info()
        self._units = UnitsInOrder(self._table, self.info().slots)
        self._join()

    # Polling.

    def poll(self) -> Record | Lapped | Stalled | None:
        """The next record; `None` if there is nothing new."""
        one = self._one
        result = LIBRARY.tkr_poll(self._handle, one.start)
        if result == _RECORD:
            record = decode(one.memory, 0, self._units)
            if self._books:
                self._apply(record.instrument, one.memory, one.start, 0)
            return record
        return None if result == _EMPTY else self._other(result)

    def poll_batch(self, count_max: int = _CHUNK) -> list[Record | Lapped | Stalled]:
        """The next records, at most so many, oldest first; an empty list if there is nothing new."""
        room = self._many = self._many or Room(_CHUNK * _SIZE)
        memory, units, count = room.memory, self._units, self._count
        out: list[Record | Lapped | Stalled] = []
        while (left := count_max - len(out)) > 0:
            result = LIBRARY.tkr_poll_batch(self._handle, room.start, min(left, _CHUNK), byref(count))
            if result == _RECORD:
                end = count.value * _SIZE
                out += [decode(memory, at, units) for at in range(0, end, _SIZE)]
                if self._books:
                    for at in range(0, end, _SIZE):
                        instrument = int.from_bytes(memory[at + 8 : at + 12], "little")
                        self._apply(instrument, memory, room.at(at), at)
            elif result == _EMPTY:
                break
            else:
                value = self._other(result)
                out.append(value)
                if value is _STALLED:
                    break
        return out

    def read(self, count_max: int = 65536) -> Batch:
        """The next records as numpy arrays, at most so many, without a Python object for each. Needs numpy."""
        if self._arrays is None:
            self._arrays = arrays().ArrayReader(self)
        return self._arrays.read(count_max)

    def follow(self, timeout: float | None = None, wait: Wait = "block") -> Iterator[Record | Lapped]:
        """Every record from now on, as it comes; goes over to the next generation when a newer writer takes over.

        Ends after `timeout` seconds without a record; without one, when the writer has closed or died (`liveness` tells which).
        How it waits when there is nothing new: see `wait`.
        """
        quiet_since, look_at = time.monotonic(), 0.0
        ending: WriterState | None = None
        while True:
            value = self.poll()
            if value is not None and value is not _STALLED:
                yield value  # type: ignore[misc]
                quiet_since = time.monotonic()
                continue
            # What the writer wrote before its end has been polled since the end was seen.
            if ending == WriterState.SUPERSEDED:
                self.reopen()
                ending = None
                continue
            if ending is not None and timeout is None:
                return
            now = time.monotonic()
            if now >= look_at:
                look_at = now + _LOOK_EVERY_S
                state = self.liveness().state
                ending = state if state in _ENDINGS else None
                if ending is not None:
                    continue
            left = _LOOK_EVERY_S if timeout is None else quiet_since + timeout - now
            if left <= 0:
                return
            self.wait(min(left, _LOOK_EVERY_S), wait)

    def wait(self, timeout: float, how: Wait = "block") -> bool:
        """Wait until there is something to poll, at most so many seconds; `False` if there is nothing then.

        `block`: 50 µs of spinning, 200 µs of yielding, then blocked until the engine publishes, or asleep where it cannot wake
        readers. `sleep`: looks every 200 µs, for the least use of the processor. `yield`, `spin`: less delay, at a whole core.
        Other Python threads run meanwhile; to them the reader is closed.
        """
        # A reader belongs to one thread at a time, and this call lets others run.
        handle, self._handle = self._handle, None
        self._waiting = True
        try:
            return check(WAIT(handle, byref(_WAITS[how]), max(0, int(timeout * 1e9)))) == _OK
        finally:
            if self._waiting:
                self._handle, self._waiting = handle, False

    def _other(self, result: int) -> Lapped | Stalled:
        """The value for what is neither a record nor nothing."""
        check(result)
        return self._lapped() if result == _LAPPED else _STALLED

    def _lapped(self) -> Lapped:
        self._units.lapped()
        self._break()
        return Lapped(LIBRARY.tkr_lost(self._handle))

    def _break(self) -> None:
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

    # Places.

    def seek_oldest(self) -> None:
        """Goes back to the oldest record that the ring still holds; nothing counts as lost by it.

        Where an instrument's units have changed since the engine started, prices are refused (`UnknownUnitsError`) until its
        next definition comes by; mantissas are as the engine wrote them.
        """
        check(LIBRARY.tkr_seek_oldest(self._handle))
        self._units.moved(self.info().slots)
        self._break()

    def seek_newest(self) -> None:
        """Goes behind the newest record; nothing counts as lost by it."""
        self._join()
        self._break()

    def reopen(self) -> None:
        """Opens the generation that a newer writer made, at its first record; no effect where there is none.

        Poll the older one until there is nothing new first: what stays unread is told as lost.
        """
        before = self.info().epoch
        check(LIBRARY.tkr_reopen(self._handle))
        if self.info().epoch != before:
            self._units.moved(self.info().slots)
            self._slots.clear()
            self._break()

    def _join(self) -> None:
        """Goes to the newest record, with a table that is right there: no definition changed while it was read."""
        table = self._table()
        for _ in range(_JOINS_MAX):
            check(LIBRARY.tkr_seek_newest(self._handle))
            before, table = table, self._table()
            if before == table:
                self._units.join(table)
                return
        self._units.moved(self.info().slots)

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

    # Tables.

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

    # Books.

    def book(self, symbol: str, venue: str | None = None) -> Book:
        """The full-depth book of an instrument, which this reader keeps from now on as it polls."""
        of = self.instrument(symbol, venue)
        for book in self._books:
            if book.instrument.id == of.id:
                return book
        book = Book(self, of)
        self._books.append(book)
        return book

    # Life.

    def close(self) -> None:
        """Unmaps what it read. Once is enough; a `with` block does it."""
        self._handle, self._waiting = None, False

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._handle is None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Iterator[Record | Lapped]:
        """As `follow`."""
        return self.follow()

    def __repr__(self) -> str:
        place = f"{self.root}/{self.name} shard {self.shard}"
        if self.closed:
            return f"<Reader of {place}, closed>"
        try:
            state, info = self.liveness().state.name, self.info()
        except TickringError as error:
            return f"<Reader of {place}: {error}>"
        return f"<Reader of {place}, {state}, generation {info.generation}, epoch {info.epoch}, lag {info.lag}>"

    def _repr_html_(self) -> str:
        return repr(self).replace("<", "&lt;") if self.closed else reader_table(self)


_ENDINGS = (WriterState.CLOSED, WriterState.DEAD, WriterState.SUPERSEDED)
_NOT_OF_BOOKS, _DEFINITION = (int(Kind.TRADE), int(Kind.QUOTE)), int(Kind.INSTRUMENT)
_KIND_AT = _abi.tkr_record_head.kind.offset


def _uid(owner: int | str) -> int:
    if isinstance(owner, str):
        try:
            return pwd.getpwnam(owner).pw_uid
        except KeyError:
            raise ArgumentError("ARGUMENT_RANGE", f"owner {owner!r} is no user of this system") from None
    if not 0 <= owner < 2**32:
        raise ArgumentError("ARGUMENT_RANGE", f"owner {owner} is not 0 to 4294967295")
    return owner
