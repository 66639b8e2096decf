"""What is published on this host."""

from __future__ import annotations

import os
from collections.abc import Callable
from ctypes import byref, c_size_t, c_uint16
from typing import Any

from . import _abi
from ._library import LIBRARY, check

_ROOM = 64


def listed(of: Any, read: Callable[[Any, int, Any], int]) -> list[Any]:
    """All that there is, however much."""
    count, room = c_size_t(), _ROOM
    while True:
        values = (of * room)()
        check(read(values, room, byref(count)))
        if count.value <= room:
            return list(values[: count.value])
        room = count.value + _ROOM


def engines(root: str | os.PathLike[str] | None = None) -> list[str]:
    """Names of the engines that publish, or have published, below `root`."""
    place, read = None if root is None else os.fsencode(root), LIBRARY.tkr_list_engines
    return [name.text.decode() for name in listed(_abi.tkr_name, lambda *to: read(place, *to))]


def shards(name: str, root: str | os.PathLike[str] | None = None) -> list[int]:
    """Numbers of an engine's shards; each has a `Reader` of its own."""
    place, read = None if root is None else os.fsencode(root), LIBRARY.tkr_list_shards
    return listed(c_uint16, lambda *to: read(place, name.encode(), *to))
