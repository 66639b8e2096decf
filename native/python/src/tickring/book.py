"""A full-depth book of one instrument: joined from an image in shared memory, then kept by the reader's own records."""

from __future__ import annotations

from ctypes import byref
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from . import _abi
from ._abi import BookState
from ._html import book_table, plain
from ._library import LIBRARY, BookHandle, Room, check
from .levels import Level, Levels, Units

if TYPE_CHECKING:
    from .shard import Shard
    from .tables import Instrument

_LEVEL = _abi.SIZES["tkr_level"]


class Applied(IntEnum):
    """What `Book.apply` did."""

    NOTHING = int(_abi.Result.UNCHANGED)
    CHANGED = int(_abi.Result.CHANGED)
    REBUILT = int(_abi.Result.REBUILT)
    LOST = int(_abi.Result.LOST)


class Book:
    """Made by `Reader.book` or `Merged.book`, and kept by the reader as it polls, whichever way.

    After a lap, a seek or another generation it is built again by itself; its hash is compared with the engine's whenever an
    image passes by.
    """

    def __init__(self, reader: Shard, instrument: Instrument) -> None:
        self.instrument = instrument
        self._reader = reader
        self._handle = BookHandle()
        self._info = _abi.tkr_book_info()
        self._fresh = False
        self._due = False
        self._room(256)
        check(LIBRARY.tkr_book_open(reader._handle, instrument.slot, byref(self._handle)))

    def _room(self, levels: int) -> None:
        self._capacity = levels
        self._bids, self._asks = Room(levels * _LEVEL), Room(levels * _LEVEL)

    def _apply(self, record: Any) -> int:
        """Takes a record that the library has put at this place."""
        self._fresh = False
        result: int = check(LIBRARY.tkr_book_apply(self._handle, self._reader._handle, record))
        self._due = False
        return result

    def _broken(self) -> None:
        """Records were lost: the book is built again when it is looked at, or with its next record."""
        self._fresh, self._due = False, True

    def join(self) -> bool:
        """Builds the book anew, as new as the reader stands; `False` if there is no image of it yet.

        Costs a copy of the image and a look at each record since, at most half of the ring. It is done by itself when due.
        """
        self._fresh, self._due = False, False
        return check(LIBRARY.tkr_book_join(self._handle, self._reader._handle)) != _abi.Result.NONE

    def _read(self, depth: int | None = 0) -> _abi.tkr_book_info:
        """The newest info, with at least so many levels copied; `None` for all."""
        if self._due:
            self.join()
        info = self._info
        if self._fresh and depth == 0:
            return info
        while True:
            wanted = self._capacity if depth is None else min(depth, self._capacity)
            check(LIBRARY.tkr_book_read(self._handle, byref(info), self._bids.start, self._asks.start, wanted))
            self._fresh = True
            most = max(info.bid_levels, info.ask_levels)
            if most <= self._capacity or (depth is not None and depth <= self._capacity):
                return info
            self._room(most + most // 4)

    def _levels(self, depth: int | None) -> tuple[Levels, Levels]:
        info = self._read(depth)
        units = Units(info.price_exponent, info.qty_exponent)
        bids = Levels(bytes(self._bids.memory[: info.bid_count * _LEVEL]), units)
        return bids, Levels(bytes(self._asks.memory[: info.ask_count * _LEVEL]), units)

    def top(self, depth: int) -> tuple[Levels, Levels]:
        """The best bids and asks, at most so many of each."""
        return self._levels(max(0, depth))

    @property
    def bids(self) -> Levels:
        """All bids, best first."""
        return self._levels(None)[0]

    @property
    def asks(self) -> Levels:
        """All asks, best first."""
        return self._levels(None)[1]

    @property
    def best_bid(self) -> Level | None:
        """The best bid, if there is one."""
        return next(iter(self.top(1)[0]), None)

    @property
    def best_ask(self) -> Level | None:
        """The best ask, if there is one."""
        return next(iter(self.top(1)[1]), None)

    @property
    def spread(self) -> Decimal | None:
        """Best ask less best bid; below 0 where the venue sends a crossed book."""
        bids, asks = self.top(1)
        return asks[0].price - bids[0].price if bids and asks else None

    @property
    def mid(self) -> Decimal | None:
        """The middle of best bid and best ask, exact."""
        bids, asks = self.top(1)
        return (asks[0].price + bids[0].price) / 2 if bids and asks else None

    @property
    def state(self) -> BookState:
        """`LIVE`: proven in sync. `STALE`: the last proven one. `WAITING`: none yet, and no levels."""
        return BookState(self._read().state)

    @property
    def units(self) -> Units:
        """Exponents of its mantissas; an engine that meets a finer price makes them finer."""
        info = self._read()
        return Units(info.price_exponent, info.qty_exponent)

    @property
    def last_update_id(self) -> int:
        """The venue's update id of the book."""
        return int(self._read().last_update_id)

    @property
    def sequence(self) -> int:
        """Sequence of the last record that the book contains."""
        return int(self._read().sequence)

    @property
    def joins(self) -> int:
        """How often the book was built from an image."""
        return int(self._read().joins)

    @property
    def checks(self) -> int:
        """How often its hash was compared with the engine's."""
        return int(self._read().checks)

    @property
    def failures(self) -> int:
        """How often they differed; the book was then built again."""
        return int(self._read().failures)

    def hash(self) -> int:
        """The hash over all levels, the same for equal books in every language."""
        self._read()
        return int(LIBRARY.tkr_book_hash(self._handle))

    def __len__(self) -> int:
        """Levels of both sides."""
        info = self._read()
        return int(info.bid_levels) + int(info.ask_levels)

    def __bool__(self) -> bool:
        """Whether there is a book at all, be it an empty one."""
        return self.state != BookState.WAITING

    def __repr__(self) -> str:
        bid, ask = self.best_bid, self.best_ask
        sides = f"{plain(bid and bid.price)} / {plain(ask and ask.price)}"
        return f"<Book {self.instrument.name} {self.state.name} {sides}, {len(self)} levels, update {self.last_update_id}>"

    def _repr_html_(self) -> str:
        return book_table(self)
