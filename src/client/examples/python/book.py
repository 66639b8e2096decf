"""Follows one book of a gateway over FlatBuffers, proves it with every message, and prints its best levels.

Needs the packages `flatbuffers` and `websockets`; `tickring_wire.py` is generated from `src/model/wire.fbs`.

    python book.py ws://127.0.0.1:8080/ws book.sim.BTCUSDT [messages]
"""

from __future__ import annotations

import json
import sys

import tickring_wire as wire
from websockets.sync.client import connect
from websockets.typing import Subprotocol

MASK = (1 << 64) - 1


def share(is_ask: bool, price: int, qty: int) -> int:
    """What a level adds to the hash of its book (native/wire/README.md)."""
    p = (price & MASK) ^ (is_ask << 63)
    q = (qty * 0xD6E8FEB86659FD93) & MASK
    m = ((p * 0x9E3779B97F4A7C15) & MASK) ^ ((q << 32 | q >> 32) & MASK)
    m = ((m ^ m >> 32) * 0xFF51AFD7ED558CCD) & MASK
    return m ^ m >> 29


class Book:
    """Levels of both sides, the hash over them, and the number of the last message."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.clear()

    def clear(self) -> None:
        """Holds no level."""
        self.sides: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.hash = 0

    def set(self, is_ask: bool, price: int, qty: int) -> None:
        """Sets the quantity at a price; 0 removes the level."""
        side = self.sides[is_ask]
        held = side.pop(price, 0)
        if held:
            self.hash -= share(is_ask, price, held)
        if qty:
            side[price] = qty
            self.hash += share(is_ask, price, qty)
        self.hash &= MASK

    def follow(self, message: wire.Message) -> None:
        """Applies one message; ends the program where it does not fit."""
        if self.seq is not None and message.PrevSeq() not in (self.seq, message.Seq()):
            sys.exit(f"a message is missing: {message.PrevSeq()} after {self.seq}")
        self.seq = message.Seq()
        body = {wire.Body.BookSnapshot: wire.BookSnapshot, wire.Body.BookDelta: wire.BookDelta}.get(message.BodyType())
        if body is None:
            return
        if body is wire.BookSnapshot:
            self.clear()
        book = body()
        book.Init(message.Body().Bytes, message.Body().Pos)
        for index in range(book.BidsLength()):
            self.set(False, book.Bids(index).Price(), book.Bids(index).Qty())
        for index in range(book.AsksLength()):
            self.set(True, book.Asks(index).Price(), book.Asks(index).Qty())
        if self.hash != book.Hash():
            sys.exit(f"the book's hash is {self.hash}, the message says {book.Hash()}")


def main(url: str, topic: str, count: str = "20") -> None:
    """Prints the best levels after each of so many messages."""
    book = Book()
    with connect(url, subprotocols=[Subprotocol("tickring.fb.v1")], max_size=None) as socket:
        socket.send(json.dumps({"op": "subscribe", "topics": [topic]}))
        left = int(count)
        while left > 0:
            data = socket.recv()
            if isinstance(data, str):
                reply = json.loads(data)
                if reply["type"] == "error":
                    sys.exit(reply["message"])
                continue
            message = wire.Message.GetRootAs(data)
            book.follow(message)
            left -= 1
            bids, asks = book.sides
            if bids and asks:
                scale = 10.0 ** message.PriceExponent()
                best = f"{max(bids) * scale:.8g} / {min(asks) * scale:.8g}"
                print(f"{message.Symbol().decode()} {best} proven at {book.seq}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
