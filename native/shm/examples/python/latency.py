"""A latency recorder: from the engine's ring to this process, in percentiles: latency.py NAME [RECORDS [ROOT]].

Measures `ts_out` (the engine puts the input's first record on its ring) to now, with the same clock on both sides. What a
garbage collection, or another process on this core, takes is in the figures.
"""

import sys
import time

import tickring

SHARES = (0.5, 0.9, 0.99, 0.999)


def main(name: str = "tickring", records: str = "10000", root: str | None = None) -> None:
    """Wait for so many records."""
    ages: list[int] = []
    lost = 0
    with tickring.Reader(name, root=root) as reader:
        for record in reader.follow(timeout=60, wait="spin"):
            now = time.time_ns()
            if isinstance(record, tickring.Lapped):
                lost += record.lost
                continue
            ages.append(now - record.ts_out)
            if len(ages) == int(records):
                break
        state = reader.liveness().state.name
    if not ages:
        sys.exit(f"latency: no record within a minute; the engine is {state}")
    ages.sort()
    told = ", ".join(f"p{100 * share:g} {ages[int(share * (len(ages) - 1))]} ns" for share in SHARES)
    print(f"{len(ages)} records, {lost} lost, {told}, max {ages[-1]} ns")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except tickring.TickringError as error:
        sys.exit(f"latency: {error.code}: {error}")
    except KeyboardInterrupt:
        pass
