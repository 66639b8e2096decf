"""Reads the quotes of bench/native's serve-ring in Python: reader.py ROOT.

The line "seek" goes behind the newest record; "START COUNT" is a block: polls until so many were seen, then answers with the
median of visible - due, ns, and what was lost.
"""

import sys
import time

import tickring


def block(reader: tickring.Reader, start: int, count: int) -> str:
    """One block."""
    late: list[int] = []
    lost = 0
    poll, clock = reader.poll, time.monotonic_ns
    while len(late) + lost < count:
        record = poll()
        if isinstance(record, tickring.Quote):
            late.append(clock() - start - record.bid_qty_mantissa)
        elif isinstance(record, tickring.Lapped):
            lost += record.lost
    late.sort()
    return f'{{"p50":{late[len(late) // 2] if late else 0},"lost":{lost}}}'


with tickring.Reader("bench", root=sys.argv[1]) as ring:
    for line in sys.stdin:
        if line.startswith("seek"):
            ring.seek_newest()  # others read the blocks in between
            print("{}", flush=True)
        else:
            began, wanted = line.split()
            print(block(ring, int(began), int(wanted)), flush=True)
