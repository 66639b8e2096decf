"""What opening and following have in common, of one shard or of all."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

from . import _abi
from ._abi import WriterState
from .errors import ArgumentError
from .shard import Shard

DEFAULT_ROOT = "/dev/shm/tickring"
_JOINS_MAX = 8
# How often the writer's life is looked at, and how long an interrupt of the keyboard may have to wait.
_LOOK_EVERY_S = 0.05
_FOR_EVER_NS = 2**62
WAITS = {
    "block": _abi.tkr_waiting(spin_ns=50_000, yield_ns=200_000, sleep_ns=200_000, flags=_abi.WaitFlag.BLOCK),
    "sleep": _abi.tkr_waiting(sleep_ns=200_000),
    "yield": _abi.tkr_waiting(yield_ns=_FOR_EVER_NS),
    "spin": _abi.tkr_waiting(spin_ns=_FOR_EVER_NS),
}
_ENDINGS = (WriterState.CLOSED, WriterState.DEAD, WriterState.SUPERSEDED)

Wait = Literal["block", "sleep", "yield", "spin"]
Value = TypeVar("Value")


def checked_place(name: str, root: str | os.PathLike[str] | None) -> str:
    """The directory of all engines, if it and the engine's name are texts that the system can take."""
    place = os.fspath(root) if root is not None else DEFAULT_ROOT
    for what, value in (("name", name), ("root", place)):
        if "\0" in value:
            raise ArgumentError("ARGUMENT_RANGE", f"{what} {value!r} has a zero byte")
    return place


def options_of(owner: int | str | None) -> _abi.tkr_options:
    """Options that trust this user, by name or number; otherwise the one who runs this."""
    options = _abi.tkr_options(struct_size=_abi.SIZES["tkr_options"])
    if owner is not None:
        options.flags, options.owner_uid = _abi.OpenFlag.OWNED_BY, _uid(owner)
    return options


def _uid(owner: int | str) -> int:
    if isinstance(owner, str):
        try:
            return pwd.getpwnam(owner).pw_uid
        except KeyError:
            raise ArgumentError("ARGUMENT_RANGE", f"owner {owner!r} is no user of this system") from None
    if not 0 <= owner < 2**32:
        raise ArgumentError("ARGUMENT_RANGE", f"owner {owner} is not 0 to 4294967295")
    return owner


def join(shards: list[Shard], to_newest: Callable[[], None]) -> None:
    """Goes to the newest records, with tables that are right there: no definition changed while they were read."""
    found = [shard._table() for shard in shards]
    for _ in range(_JOINS_MAX):
        to_newest()
        before, found = found, [shard._table() for shard in shards]
        if before == found:
            for shard, table in zip(shards, found, strict=True):
                shard._units.join(table)
                shard._break()
            return
    for shard in shards:
        shard._moved()


def follow(
    shards: Callable[[], list[Shard]],
    poll: Callable[[], Value | None],
    wait: Callable[[float, Wait], bool],
    timeout: float | None,
    how: Wait,
) -> Iterator[Value]:
    """What `poll` gives, over restarts of writers; ends after a silence of `timeout` seconds, or with the last writer."""
    quiet_since, look_at = time.monotonic(), 0.0
    seen: list[tuple[Shard, WriterState]] = []
    while True:
        value = poll()
        if value is not None:
            yield value
            quiet_since = time.monotonic()
            continue
        # What writers wrote before their ends has been polled since the ends were seen.
        replaced = [shard for shard, state in seen if state == WriterState.SUPERSEDED]
        for shard in replaced:
            shard.reopen()
        if replaced:
            seen = []
            continue
        if timeout is None and seen and all(state in _ENDINGS for _, state in seen):
            return
        now = time.monotonic()
        if now >= look_at:
            look_at = now + _LOOK_EVERY_S
            seen = [(shard, shard.liveness().state) for shard in shards()]
            if any(state in _ENDINGS for _, state in seen):
                continue
        left = _LOOK_EVERY_S if timeout is None else quiet_since + timeout - now
        if left <= 0:
            return
        wait(min(left, _LOOK_EVERY_S), how)
