"""What notebooks show."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .book import Book
    from .shard import Shard

_DEPTH = 10


def plain(number: Decimal | None) -> str:
    """An exact number without an exponent."""
    return "-" if number is None else f"{number:f}"


def table(head: list[str], rows: list[list[str]], caption: str) -> str:
    """A table of texts."""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><caption>{escape(caption)}</caption><tr>{titles}</tr>{body}</table>"


def book_table(book: Book) -> str:
    """The best levels, bids on the left."""
    bids, asks = book.top(_DEPTH)
    rows: list[list[str]] = []
    for bid, ask in zip_longest(bids, asks):
        left = [plain(bid.qty), plain(bid.price)] if bid else ["", ""]
        rows.append(left + ([plain(ask.price), plain(ask.qty)] if ask else ["", ""]))
    caption = f"{book.instrument.name} · {book.state.name.lower()} · update {book.last_update_id} · {len(book)} levels"
    return table(["quantity", "bid", "ask", "quantity"], rows, caption)


def shard_table(shard: Shard) -> str:
    """The shard's instruments."""
    rows = [[row.venue, row.symbol, str(row.id), plain(row.tick_size), plain(row.lot_size)] for row in shard.instruments()]
    return table(["venue", "symbol", "id", "tick", "lot"], rows, repr(shard).strip("<>"))
