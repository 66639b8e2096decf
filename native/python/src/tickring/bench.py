"""What reading costs: `python -m tickring.bench [NAME] [--root DIR] [--shard N] [--rounds N]`.

Question   How long does a record take, from the ring to Python, by each way of polling?
Includes   the library's copy and checks, the call, and what is made of the record.
Excludes   waiting: the ring is read from its oldest record to its newest, again and again, while the engine runs or after.
Read       the least of all rounds, ways in turns. Compare only figures of one run.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Callable

from . import Reader, TickringError, library
from .records import Lapped, Stalled

_BATCH = 256


def _poll(reader: Reader) -> int:
    count = 0
    while reader.poll() is not None:
        count += 1
    return count


def _poll_batch(reader: Reader) -> int:
    count = 0
    while batch := reader.poll_batch(_BATCH):
        count += len(batch)
    return count


def _read(reader: Reader) -> int:
    return len(reader.read(1 << 24))


def _ways() -> dict[str, Callable[[Reader], int]]:
    ways: dict[str, Callable[[Reader], int]] = {"poll": _poll, f"poll_batch({_BATCH})": _poll_batch}
    return {**ways, "read (numpy)": _read} if importlib.util.find_spec("numpy") else ways


def _rounds(reader: Reader, ways: dict[str, Callable[[Reader], int]], rounds: int) -> dict[str, float]:
    """Least time of a record in ns, by way."""
    least = dict.fromkeys(ways, float("inf"))
    for number in range(rounds):
        for name, way in list(ways.items())[:: 1 if number % 2 else -1]:
            reader.seek_oldest()
            start = time.perf_counter_ns()
            count = way(reader)
            took = time.perf_counter_ns() - start
            if count > 0:
                least[name] = min(least[name], took / count)
    return least


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tickring.bench", description="What reading costs.")
    parser.add_argument("name", nargs="?", default="tickring")
    parser.add_argument("--root")
    parser.add_argument("--shard", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args(arguments)
    try:
        reader = Reader(asked.name, asked.shard, asked.root)
        reader.seek_oldest()
        kinds: Counter[str] = Counter()
        for record in iter(reader.poll, None):
            if not isinstance(record, (Lapped, Stalled)):
                kinds[type(record).__name__] += 1
        if not kinds:
            print(f"bench: {reader!r} holds no record", file=sys.stderr)
            return 1
        least = _rounds(reader, _ways(), asked.rounds)
    except TickringError as error:
        print(f"bench: {error.code}: {error}", file=sys.stderr)
        return 1
    print(f"{library()}, Python {sys.version.split()[0]}")
    print(", ".join(f"{count} {name}" for name, count in kinds.most_common()))
    for name, ns in least.items():
        print(f"{name:<20} {ns:8.0f} ns a record")
    return 0


if __name__ == "__main__":
    sys.exit(main())
