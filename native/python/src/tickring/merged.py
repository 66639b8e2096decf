"""All shards of an engine, read as one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from ctypes import byref, c_size_t, c_uint16
from types import TracebackType

from . import _abi
from ._abi import Result
from ._library import LIBRARY, WAIT_MERGED, LaneHandle, MergedHandle, Room, check
from .book import Book
from .discovery import listed
from .errors import ArgumentError, UnknownInstrumentError
from .opening import WAITS, Wait, checked_place, follow, join, options_of
from .records import Lapped, Record, Stalled, decode
from .shard import Shard
from .tables import Instrument, Latest

_RECORD = int(Result.RECORD)
_OK = int(Result.OK)
_EMPTY = int(Result.EMPTY)
_LAPPED = int(Result.LAPPED)
_STALLED = Stalled()
# How often `follow` looks for shards that have begun to publish since.
_RESCAN_EVERY_S = 1.0


class Merged:
    """Reads all shards of the engine `name`, from what is published after it was opened; arguments as those of `Reader`.

    Polling gives pairs of a shard's number and what `Reader.poll` gives. Records of one shard keep their order; those of
    different shards come by `ts_out`, as far as they are there when asked for. It belongs to one thread at a time.
    """

    def __init__(
        self, name: str = "tickring", root: str | os.PathLike[str] | None = None, owner: int | str | None = None
    ) -> None:
        place, options = checked_place(name, root), options_of(owner)
        self.name, self.root = name, place
        self._handle: MergedHandle | None = MergedHandle()
        check(LIBRARY.tkr_merged_open(os.fsencode(place), name.encode(), byref(options), byref(self._handle)))
        self._lanes: dict[int, Shard] = {}
        self._holders: dict[tuple[str, str | None], Shard] = {}
        self._waiting = False
        self._one = Room(_abi.RECORD_SIZE)
        self._of = c_uint16()
        self._scanned = time.monotonic()
        self._add_lanes()
        join(self.shards, self._to_newest)

    def _add_lanes(self) -> None:
        """Makes a shard of each that the library has opened."""
        read = LIBRARY.tkr_merged_shards
        for number in listed(c_uint16, lambda *to: read(self._handle, *to)):
            lane = None if number in self._lanes else LIBRARY.tkr_merged_reader(self._handle, number)
            if lane is not None and self._handle is not None:
                self._lanes[number] = Shard(self.name, number, self.root, LaneHandle(self._handle, lane))

    # Polling.

    def poll(self) -> tuple[int, Record | Lapped | Stalled] | None:
        """The next record of any shard, with the shard's number; `None` if there is nothing new."""
        one = self._one
        result = LIBRARY.tkr_merged_poll(self._handle, one.start, byref(self._of))
        if result == _EMPTY:
            return None
        check(result)
        number = self._of.value
        lane = self._lanes[number]
        if result == _LAPPED:
            return number, lane._lapped()
        if result != _RECORD:
            return number, _STALLED
        record = decode(one.memory, 0, lane._units)
        if lane._books:
            lane._apply(record.instrument, one.memory, one.start, 0)
        return number, record

    def follow(self, timeout: float | None = None, wait: Wait = "block") -> Iterator[tuple[int, Record | Lapped]]:
        """Every record from now on, as `Reader.follow`, those of shards that appear meanwhile among them.

        Without a `timeout` it ends when every writer has closed or died.
        """
        return follow(self._all, self._next, self.wait, timeout, wait)

    def _next(self) -> tuple[int, Record | Lapped] | None:
        found = self.poll()
        if found is None:
            return None
        number, value = found
        return None if isinstance(value, Stalled) else (number, value)

    def _all(self) -> list[Shard]:
        """All shards; looks for new ones now and then."""
        if time.monotonic() >= self._scanned + _RESCAN_EVERY_S:
            self.rescan()
        return self.shards

    def wait(self, timeout: float, how: Wait = "block") -> bool:
        """Wait until there is something to poll, as `Reader.wait`; with more than one shard, `block` looks every 200 µs."""
        # It belongs to one thread at a time, and this call lets others run: to them it is closed.
        handle, self._handle = self._handle, None
        lanes = [(lane, lane._handle) for lane in self.shards]
        for lane, _ in lanes:
            lane._handle = None
        self._waiting = True
        try:
            return check(WAIT_MERGED(handle, byref(WAITS[how]), max(0, int(timeout * 1e9)))) == _OK
        finally:
            if self._waiting:
                self._handle, self._waiting = handle, False
                for lane, of in lanes:
                    lane._handle = of

    # Places.

    def seek_oldest(self) -> None:
        """Goes back to the oldest records that the rings still hold; see `Reader.seek_oldest`."""
        check(LIBRARY.tkr_merged_seek_oldest(self._handle))
        for lane in self.shards:
            lane._moved()

    def seek_newest(self) -> None:
        """Goes behind the newest records; nothing counts as lost by it."""
        join(self.shards, self._to_newest)

    def _to_newest(self) -> None:
        check(LIBRARY.tkr_merged_seek_newest(self._handle))

    def rescan(self) -> int:
        """Opens shards that have begun to publish since, at their first records, and gives their number."""
        self._scanned = time.monotonic()
        count = c_size_t()
        try:
            check(LIBRARY.tkr_merged_rescan(self._handle, byref(count)))
        finally:
            # Some may have been opened before one failed.
            if self._handle is not None:
                self._add_lanes()
        return count.value

    # Shards.

    @property
    def shards(self) -> list[Shard]:
        """The shards: tables, counters and life of each."""
        return list(self._lanes.values())

    def shard(self, number: int) -> Shard:
        """The shard of that number."""
        if number in self._lanes:
            return self._lanes[number]
        known = ", ".join(str(known) for known in self._lanes)
        raise ArgumentError("ARGUMENT_RANGE", f"shard {number} is none of {known}")

    def instruments(self) -> list[Instrument]:
        """The instruments of all shards."""
        return [row for lane in self.shards for row in lane.instruments()]

    def latest(self, symbol: str, venue: str | None = None) -> Latest | None:
        """The newest state of an instrument, in whichever shard it is; see `Reader.latest`."""
        key = (symbol, venue)
        lane = self._holders.pop(key, None) or self._holder(symbol, venue)
        found = lane.latest(symbol, venue)
        if found is not None:
            self._holders[key] = lane
        return found

    def book(self, symbol: str, venue: str | None = None) -> Book:
        """The full-depth book of an instrument, in whichever shard it is; see `Reader.book`."""
        return self._holder(symbol, venue).book(symbol, venue)

    def _holder(self, symbol: str, venue: str | None) -> Shard:
        """The shard that holds an instrument."""
        holders, unknown = [], None
        for lane in self.shards:
            try:
                lane.instrument(symbol, venue)
                holders.append(lane)
            except UnknownInstrumentError as error:
                if error.code == "INSTRUMENT_AMBIGUOUS":
                    raise
                unknown = error
        if len(holders) == 1:
            return holders[0]
        if unknown is not None and not holders:
            raise unknown
        numbers = " and ".join(str(lane.shard) for lane in holders)
        raise UnknownInstrumentError("INSTRUMENT_AMBIGUOUS", f"{symbol} is an instrument of shards {numbers}: name its venue")

    # Life.

    def close(self) -> None:
        """Unmaps what it read, and closes its shards. Once is enough; a `with` block does it."""
        self._handle, self._waiting = None, False
        for lane in self.shards:
            lane._handle = None

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._handle is None

    def __enter__(self) -> Merged:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Iterator[tuple[int, Record | Lapped]]:
        """As `follow`."""
        return self.follow()

    def __repr__(self) -> str:
        numbers = ", ".join(str(number) for number in self._lanes)
        return f"<Merged of {self.root}/{self.name} shards {numbers}{', closed' if self.closed else ''}>"
