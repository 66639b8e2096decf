"""Compares books of a running engine: one kept by polling, and at each turn one that joins then; books.py NAME ROOT."""

import sys
import time

import tickring

TURNS, TURN_S, WATCHDOG_S = 20, 0.1, 30


def poll_until_equal(readers: list[tickring.Reader], books: list[tickring.Book], deadline: float) -> None:
    """Poll whichever is behind until both books are of the same update."""
    while books[0].last_update_id != books[1].last_update_id:
        behind = readers[0] if books[0].last_update_id < books[1].last_update_id else readers[1]
        if behind.poll() is None:
            behind.wait(0.01)
        if time.monotonic() > deadline:
            sys.exit(f"watchdog: {books[0]!r} did not meet {books[1]!r}")


def main(name: str, root: str) -> None:
    """Compare, and say how often."""
    with tickring.Reader(name, root=root) as reader:
        books = [reader.book(row.name) for row in reader.instruments()]
        for turn in range(TURNS):
            due = time.monotonic() + TURN_S
            while time.monotonic() < due:
                reader.poll_batch()
                reader.wait(0.01)
            kept = books[turn % len(books)]
            with tickring.Reader(name, root=root) as late:
                joined = late.book(kept.instrument.name)
                poll_until_equal([reader, late], [kept, joined], time.monotonic() + WATCHDOG_S)
                same = joined.hash() == kept.hash() and joined.bids == kept.bids and joined.asks == kept.asks
                if not same or joined.state != tickring.BookState.LIVE:
                    sys.exit(f"{kept!r} is not {joined!r}")
        checks, failures = sum(book.checks for book in books), sum(book.failures for book in books)
    print(f"{TURNS} comparisons, {checks} hash checks, {failures} failures")


if __name__ == "__main__":
    main(*sys.argv[1:])
