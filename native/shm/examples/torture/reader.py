"""A reader of the torture in Python: reader.py ROOT NAME.

Checks every word of every record (content.rs says what each is), follows every generation to the orderly end, and prints what
it counted as one line of JSON.
"""

import json
import sys
import time

import tickring
from tickring import Lapped, Stalled, WriterState

MASK = 2**64 - 1


def mix(number: int) -> int:
    """Scramble a number, modulo 2^64."""
    mixed = ((number ^ (number >> 31)) * 0x9E3779B97F4A7C15) & MASK
    return mixed ^ (mixed >> 29)


def is_whole(record: tickring.Record) -> bool:
    """Whether every word of the record is that of its sequence."""
    sequence, mixed = record.sequence, mix(record.sequence)
    price, kind = mixed >> 1, sequence % 8
    ts_event = (record.ts_recv // 1000 - sequence % 1000) * 1000 + (kind == 7)
    if (record.frame_seq, record.instrument, record.ts_event) != (sequence, mixed & 0xFFFFFFFF, ts_event):
        return False
    match record:
        case tickring.Quote() if kind in (4, 5):
            ask = (price + sequence % 1000 + 2**63) % 2**64 - 2**63
            quote = (record.bid_price_mantissa, record.bid_qty_mantissa, record.ask_price_mantissa, record.ask_qty_mantissa)
            return quote == (price, sequence, ask, mixed >> 17)
        case tickring.BookDelta() if kind == 6:
            count = (mixed >> 4) % 129 if mixed % 16 == 0 else (mixed >> 4) % 8
            levels = [((mixed >> 33) + index, (mixed + index) & 0xFFFFFFFF) for index in range(count)]
            ids = (record.prev_update_id, record.last_update_id, len(record.bids))
            return ids == (sequence, mixed, count // 2) and record.bids.mantissas() + record.asks.mantissas() == levels
        case tickring.Trade() if kind < 4 or kind == 7:
            return (record.price_mantissa, record.qty_mantissa, record.trade_id) == (price, sequence, sequence)
    return False


class Counts:
    """What was read and lost."""

    def __init__(self, reader: tickring.Reader) -> None:
        self.reader = reader
        self.first = self.next = reader.info().next_sequence or 0
        self.delivered = self.lost = self.torn = self.unexplained = self.laps = self.stalls = 0

    def poll(self) -> bool:
        """Take the next records; `False` if there are none."""
        batch = self.reader.poll_batch(64)
        for record in batch:
            match record:
                case Stalled():
                    self.stalls += 1
                    return False
                case Lapped(lost=lost):
                    self.lost, self.next, self.laps = self.lost + lost, self.next + lost, self.laps + 1
                case _:
                    self.take(record)
        return bool(batch)

    def take(self, record: tickring.Record) -> None:
        """Count a record."""
        if self.next == 0:
            self.first = self.next = record.sequence
        self.unexplained += record.sequence != self.next
        self.next = record.sequence + 1
        self.delivered += 1
        if not isinstance(record, tickring.EpochStart) and not is_whole(record):
            self.torn += 1
            print("torn:", record, file=sys.stderr)


def main(root: str, name: str) -> None:
    """Read to the orderly end."""
    with tickring.Reader(name, root=root) as reader:
        counts = Counts(reader)
        while True:
            if counts.poll():
                continue
            told = reader.liveness()
            if told.state == WriterState.CLOSED and told.final_sequence == counts.next - 1:
                break
            if told.state == WriterState.SUPERSEDED:
                # What was published between the last poll and this look is read first.
                while counts.poll():
                    pass
                reader.reopen()
            time.sleep(0)
    del counts.reader
    print(json.dumps(vars(counts)))


if __name__ == "__main__":
    main(*sys.argv[1:])
