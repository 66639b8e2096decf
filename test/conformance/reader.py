"""The conformance suite's reader in Python: requests on stdin and outcomes on stdout, one a line; a dot behind each answer."""

# Its methods are the requests of the suite, described there.
# ruff: noqa: D102

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import tickring
from tickring import Kind, Lapped, Levels, Stalled, Venue, WriterState

KINDS = {
    "Trade": Kind.TRADE,
    "Quote": Kind.QUOTE,
    "BookDelta": Kind.BOOK_DELTA,
    "BookSnapshot": Kind.BOOK_SNAPSHOT,
    "Stats24h": Kind.STATS_24H,
    "Definition": Kind.INSTRUMENT,
    "Status": Kind.STATUS,
    "Gap": Kind.GAP,
    "EpochStart": Kind.EPOCH_START,
    "MarkPrice": Kind.MARK_PRICE,
    "IndexPrice": Kind.INDEX_PRICE,
    "Funding": Kind.FUNDING,
    "OpenInterest": Kind.OPEN_INTEREST,
    "Liquidation": Kind.LIQUIDATION,
    "TradingStatus": Kind.TRADING_STATUS,
    "Bar": Kind.BAR,
}


def payload(record: Any) -> list[Any]:
    """What is particular to the record's kind."""
    *fields, last = record[8:]
    if isinstance(record, tickring.Definition):
        *numbers, changes, symbol = fields
        venue, state, tick, lot = numbers
        return [venue, state, *last, tick, lot, changes, symbol]
    values = fields if isinstance(last, tickring.Units) else [*fields, last]
    return [value.mantissas() if isinstance(value, Levels) else value for value in values]


def outcome(record: Any, shard: int) -> dict[str, Any]:
    """A record in the form of all languages."""
    return {
        "kind": KINDS[type(record).__name__],
        "shard": shard,
        "flags": record.flags,
        "instrument": record.instrument,
        "index": record.frame_index,
        "sequence": record.sequence,
        "frame_seq": record.frame_seq,
        "ts_event": record.ts_event,
        "ts_recv": record.ts_recv,
        "ts_out": record.ts_out,
        "payload": payload(record),
    }


class Session:
    """A reader and what it has told."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.reader: tickring.Reader | tickring.Merged
        self.books: list[tickring.Book] = []
        self.told: dict[int, WriterState] = {}

    def open(self, name: str, shard: str, *options: str) -> Iterator[Any]:
        owner = next((int(option.removeprefix("owner=")) for option in options if option.startswith("owner=")), None)
        self.books, self.told = [], {}
        if shard == "all":
            self.reader = tickring.Merged(name, self.root, owner)
        else:
            self.reader = tickring.Reader(name, int(shard), self.root, owner)
        if "oldest" in options:
            self.reader.seek_oldest()
        yield {"open": True}

    def drain(self, most: str | None = None) -> Iterator[Any]:
        for told in count():
            if most is not None and told >= int(most):
                return
            shard, value = self.poll()
            if isinstance(value, Lapped):
                yield {"lapped": value.lost, "shard": shard}
            elif value is not None and not isinstance(value, Stalled):
                yield outcome(value, shard)
            else:
                if value is not None:
                    yield {"poll": "stalled"}
                change = self.look()
                if change is None:
                    return
                yield change

    def poll(self) -> tuple[int, Any]:
        """What comes next, and of which shard."""
        if isinstance(self.reader, tickring.Merged):
            return self.reader.poll() or (0, None)
        return self.reader.shard, self.reader.poll()

    def shards(self) -> list[tickring.Shard]:
        return self.reader.shards if isinstance(self.reader, tickring.Merged) else [self.reader]

    @property
    def first(self) -> tickring.Shard:
        """The shard whose tables are asked for."""
        return self.shards()[0]

    def look(self) -> Any:
        """How the writers are doing, if that has changed; goes over to the next generation."""
        for shard in self.shards():
            told = shard.liveness()
            if told.state == WriterState.SUPERSEDED:
                shard.reopen()
                self.told.pop(shard.shard, None)
                return {"generation": [told.epoch, shard.info().epoch], "shard": shard.shard}
            before, self.told[shard.shard] = self.told.get(shard.shard, WriterState.LIVE), told.state
            if before != told.state:
                return {"writer": told.state.name.lower(), "shard": shard.shard}
        return None

    def seek(self, where: str) -> Iterator[Any]:
        if where == "oldest":
            self.reader.seek_oldest()
        else:
            self.reader.seek_newest()
        yield from ()

    def info(self) -> Iterator[Any]:
        info, state = self.first.info(), self.first.liveness().state.name.lower()
        next_sequence = info.next_sequence or 0
        where = {"position": info.position, "next": next_sequence, "lag": info.lag, "slots": info.slots}
        yield {"state": state, "epoch": info.epoch, **where}

    def instruments(self) -> Iterator[Any]:
        for row in self.first.instruments():
            venue = Venue[row.venue.upper().replace("-", "_")]
            numbers = [row.tick_size_mantissa, row.lot_size_mantissa, row.change_count]
            yield [row.id, [venue, row.state, *row.units, *numbers, row.symbol]]

    def latest(self, symbol: str) -> Iterator[Any]:
        of = self.reader.latest(symbol)
        if of is None:
            yield None
            return
        yield [
            [of.instrument, of.flags, of.ts_event, of.ts_recv, of.last_update_id],
            [*of.units, of.bid_levels, of.ask_levels],
            [of.trade_price_mantissa, of.trade_qty_mantissa, of.trade_id, of.trade_ts_event, of.trade_flags],
            [of.open_mantissa, of.high_mantissa, of.low_mantissa, of.close_mantissa, of.volume_mantissa, of.trades],
            of.bids.mantissas(),
            of.asks.mantissas(),
        ]

    def counters(self) -> Iterator[Any]:
        yield from self.first.counters().items()

    def instrument_counters(self, symbol: str) -> Iterator[Any]:
        yield from self.first.instrument_counters(symbol).items()

    def histograms(self) -> Iterator[Any]:
        for stage in tickring.Stage:
            of = self.first.histogram(stage, (0.0, 0.5, 0.99, 1.0))
            yield [stage.name.lower(), of.count, of.sum, of.max, list(of.percentiles.values())]

    def lists(self, name: str) -> Iterator[Any]:
        yield tickring.engines(self.root)
        yield tickring.shards(name, self.root)

    def final(self) -> Iterator[Any]:
        yield self.first.liveness().final_sequence

    def book(self, symbol: str) -> Iterator[Any]:
        self.books.append(self.reader.book(symbol))
        yield {"book": True}

    def show_books(self) -> Iterator[Any]:
        for book in self.books:
            sides = [book.bids.mantissas(), book.asks.mantissas()]
            counts = [book.joins, book.checks, book.failures]
            yield [book.state.name.lower(), book.last_update_id, *book.units, book.hash(), counts, *sides]

    def wait(self, ms: str) -> Iterator[Any]:
        yield {"there": self.reader.wait(int(ms) / 1000)}


def main() -> None:
    """Answers until stdin ends."""
    session = Session(sys.argv[1])
    for request in sys.stdin:
        name, *args = request.split()
        try:
            answer = session.show_books() if name == "books" else getattr(session, name)(*args)
            for value in answer:
                print(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        except tickring.TickringError as error:
            print(json.dumps({"error": error.code, "says": str(error)}, ensure_ascii=False, separators=(",", ":")))
        print(".", flush=True)


if __name__ == "__main__":
    main()
