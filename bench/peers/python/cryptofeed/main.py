"""cryptofeed: its feed class for USDT-M futures, from the text of a message to its callback, without a socket."""

import asyncio
import json
import logging
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from cryptofeed.defines import L2_BOOK
from cryptofeed.exchanges.binance_futures import BinanceFutures
from cryptofeed.symbols import Symbols
from protocol import TOP_LEVELS, Contender, serve

TICK_SIZES = {"BTC": "0.10", "ETH": "0.01"}


def listing(base):
    """What the venue's list of instruments would say."""
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": TICK_SIZES[base], "minPrice": "0.1", "maxPrice": "1000000"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "1000"},
    ]
    names = {"symbol": f"{base}USDT", "pair": f"{base}USDT", "baseAsset": base, "quoteAsset": "USDT", "marginAsset": "USDT"}
    dates = {"deliveryDate": 4133404800000, "onboardDate": 1569398400000}
    state = {"contractType": "PERPETUAL", "status": "TRADING", "contractStatus": "TRADING"}
    return {"symbols": [{**names, **dates, **state, "filters": filters}], "rateLimits": []}


class SnapshotOnly:
    """Stands in for the REST connection."""

    def __init__(self, text):
        self.text = text

    async def read(self, *_, **__):
        return self.text


class Feed(Contender):
    def __init__(self, corpus):
        base = corpus.symbol[:3].upper()
        self.symbol = corpus.symbol.upper()
        self.pair = f"{base}-USDT-PERP"
        self.count = 0
        Symbols.set(BinanceFutures.id, *BinanceFutures._parse_symbol_data(listing(base)))

        async def callback(_book, _timestamp):
            self.count += 1

        self.feed = BinanceFutures(subscription={L2_BOOK: [self.pair]}, callbacks={L2_BOOK: callback})
        self.feed.http_conn = SnapshotOnly(corpus.snapshot_text)
        for name in ("_ensure_symbol_mapping", "_apply_symbol_mapping"):
            if hasattr(self.feed, name):
                getattr(self.feed, name)()
        self.last = json.loads(corpus.frames[-1])["data"]["u"]
        # A socket gives it text.
        self.texts = {frame: frame.decode() for frame in corpus.frames}

    def begin(self):
        self.feed._reset()
        asyncio.run(self.feed._snapshot(self.symbol))

    def run(self, frames):
        texts = [self.texts[frame] for frame in frames]

        async def play():
            handler = self.feed.message_handler
            for text in texts:
                await handler(text, None, 1.0)

        self.count = 0
        asyncio.run(play())
        if self.count != len(frames):
            raise RuntimeError(f"{self.count} callbacks of {len(frames)} frames")

    def top(self):
        book = self.feed._l2_book[self.pair].book
        if self.feed.last_update_id[self.pair] != self.last:
            raise RuntimeError("not at the last update id")
        return [[[str(cell) for cell in side.index(at)] for at in range(TOP_LEVELS)] for side in (book.bids, book.asks)]


logging.disable(logging.CRITICAL)
serve(lambda corpus: {"cryptofeed": Feed(corpus)})
