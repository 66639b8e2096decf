"""A strategy's eyes: spread and order-flow imbalance by instrument, once a second: spread.py NAME [SECONDS [ROOT]].

Order-flow imbalance after Cont, Kukanov and Stoikov (2014): what was added to the best bid and taken from the best ask, less
the opposite, summed over the quotes of the second.
"""

import sys
import time

import tickring


class Market:
    """What was seen of an instrument."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.last: tickring.Quote | None = None
        self.quotes = 0
        self.flow = 0

    def take(self, quote: tickring.Quote) -> None:
        """Add the next quote; quantities are mantissas until they are shown."""
        last, self.last = self.last, quote
        self.quotes += 1
        if last is None or last.units != quote.units:
            return
        if quote.bid_price_mantissa >= last.bid_price_mantissa:
            self.flow += quote.bid_qty_mantissa
        if quote.bid_price_mantissa <= last.bid_price_mantissa:
            self.flow -= last.bid_qty_mantissa
        if quote.ask_price_mantissa <= last.ask_price_mantissa:
            self.flow -= quote.ask_qty_mantissa
        if quote.ask_price_mantissa >= last.ask_price_mantissa:
            self.flow += last.ask_qty_mantissa

    def show(self) -> None:
        """Print a line, and begin the next second."""
        if self.last is not None:
            flow = self.flow * 10.0**self.last.units.qty_exponent
            print(
                f"{self.name:<24} spread {float(self.last.spread):8.4f}  flow {flow:+12.4f}  quotes {self.quotes}", flush=True
            )
        self.flow = 0


def main(name: str = "tickring", seconds: str = "0", root: str | None = None) -> None:
    """Print for so many seconds; for ever if 0."""
    with tickring.Reader(name, root=root) as reader:
        markets = {row.id: Market(row.name) for row in reader.instruments()}
        due, printed = time.monotonic() + 1, 0
        while int(seconds) == 0 or printed < int(seconds):
            for record in reader.poll_batch():
                if isinstance(record, tickring.Quote) and record.instrument in markets:
                    markets[record.instrument].take(record)
                elif isinstance(record, tickring.Lapped):
                    print(f"lost {record.lost} records", file=sys.stderr)
            reader.wait(max(0, due - time.monotonic()))
            if time.monotonic() >= due:
                for market in markets.values():
                    market.show()
                due, printed = due + 1, printed + 1
                if reader.liveness().state == tickring.WriterState.SUPERSEDED:
                    reader.reopen()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except tickring.TickringError as error:
        sys.exit(f"spread: {error.code}: {error}")
    except KeyboardInterrupt:
        pass
