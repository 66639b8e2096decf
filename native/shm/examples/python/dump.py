"""Trades and quotes as CSV, with exact decimals: dump.py NAME [RECORDS [ROOT]]."""

import csv
import sys

import tickring

COLUMNS = ("kind", "venue", "symbol", "sequence", "ts_event", "ts_recv", "price", "qty", "ask_price_or_side", "ask_qty")


def main(name: str = "tickring", records: str = "0", root: str | None = None) -> None:
    """Write so many records; for ever if 0."""
    left = int(records) or -1
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    with tickring.Reader(name, root=root) as reader:
        names = {row.id: (row.venue, row.symbol) for row in reader.instruments()}
        for record in reader:
            match record:
                case tickring.Trade():
                    kind, values = "trade", [f"{record.price:f}", f"{record.qty:f}", record.aggressor, ""]
                case tickring.Quote(bid_price=bid, bid_qty=bid_qty, ask_price=ask, ask_qty=ask_qty):
                    kind, values = "quote", [f"{number:f}" for number in (bid, bid_qty, ask, ask_qty)]
                case tickring.Definition():
                    row = reader.instrument(record.symbol)
                    names[row.id] = (row.venue, row.symbol)
                    continue
                case tickring.Lapped():
                    print(f"dump: lost {record.lost} records", file=sys.stderr)
                    continue
                case _:
                    continue
            writer.writerow([kind, *names[record.instrument], record.sequence, record.ts_event, record.ts_recv, *values])
            left -= 1
            if left == 0:
                break


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except tickring.TickringError as error:
        sys.exit(f"dump: {error.code}: {error}")
    except (KeyboardInterrupt, BrokenPipeError):
        pass
