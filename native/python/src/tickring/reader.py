"""The reader of one shard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from ctypes import byref, c_size_t
from types import TracebackType
from typing import TYPE_CHECKING

from . import _abi
from ._abi import Result
from ._library import LIBRARY, WAIT, ReaderHandle, Room, check
from .errors import ArgumentError
from .levels import arrays
from .opening import WAITS, Wait, checked_place, follow, join, options_of
from .records import Lapped, Record, Stalled, decode
from .shard import Shard

if TYPE_CHECKING:
    from .arrays import ArrayReader, Batch

_RECORD = int(Result.RECORD)
_OK = int(Result.OK)
_EMPTY = int(Result.EMPTY)
_LAPPED = int(Result.LAPPED)
_SIZE = _abi.RECORD_SIZE
_CHUNK = 256
_STALLED = Stalled()


class Reader(Shard):
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
        if not 0 <= shard < 2**16:
            raise ArgumentError("ARGUMENT_RANGE", f"shard {shard} is not 0 to 65535")
        place, options = checked_place(name, root), options_of(owner)
        handle = ReaderHandle()
        check(LIBRARY.tkr_open(os.fsencode(place), name.encode(), shard, byref(options), byref(handle)))
        super().__init__(name, shard, place, handle)
        self._waiting = False
        self._one = Room(_SIZE)
        self._many: Room | None = None
        self._arrays: ArrayReader | None = None
        self._count = c_size_t()
        join([self], self._to_newest)

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
        return follow(lambda: [self], self._next, self.wait, timeout, wait)

    def _next(self) -> Record | Lapped | None:
        value = self.poll()
        return None if isinstance(value, Stalled) else value

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
            return check(WAIT(handle, byref(WAITS[how]), max(0, int(timeout * 1e9)))) == _OK
        finally:
            if self._waiting:
                self._handle, self._waiting = handle, False

    def _other(self, result: int) -> Lapped | Stalled:
        """The value for what is neither a record nor nothing."""
        check(result)
        return self._lapped() if result == _LAPPED else _STALLED

    # Places.

    def seek_oldest(self) -> None:
        """Goes back to the oldest record that the ring still holds; nothing counts as lost by it.

        Where an instrument's units have changed since the engine started, prices are refused (`UnknownUnitsError`) until its
        next definition comes by; mantissas are as the engine wrote them.
        """
        check(LIBRARY.tkr_seek_oldest(self._handle))
        self._moved()

    def seek_newest(self) -> None:
        """Goes behind the newest record; nothing counts as lost by it."""
        join([self], self._to_newest)

    def _to_newest(self) -> None:
        check(LIBRARY.tkr_seek_newest(self._handle))

    # Life.

    def close(self) -> None:
        """Unmaps what it read. Once is enough; a `with` block does it."""
        self._handle, self._waiting = None, False

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Iterator[Record | Lapped]:
        """As `follow`."""
        return self.follow()
