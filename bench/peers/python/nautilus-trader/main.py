"""nautilus_trader's adapter for the venue in Python: typed decoding, deltas, order book."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import msgspec
from nautilus_trader.adapters.binance.common.schemas.market import BinanceOrderBookMsg
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import BookOrder, OrderBookDelta
from nautilus_trader.model.enums import BookAction, BookType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price, Quantity
from protocol import TOP_LEVELS, Contender, serve


class Decode(Contender):
    """Typed decoding alone: prices stay text."""

    def __init__(self, _corpus):
        self.frame = msgspec.json.Decoder(BinanceOrderBookMsg).decode


class Book(Contender):
    def __init__(self, corpus):
        self.decode = msgspec.json.Decoder(BinanceOrderBookMsg).decode
        self.instrument = InstrumentId.from_str(f"{corpus.symbol.upper()}-PERP.BINANCE")
        self.snapshot = corpus.snapshot

    def begin(self):
        last = self.snapshot["lastUpdateId"]
        self.book = OrderBook(self.instrument, BookType.L2_MBP)
        self.last, self.joined = last, False
        for levels, side in ((self.snapshot["bids"], OrderSide.BUY), (self.snapshot["asks"], OrderSide.SELL)):
            for price, qty in levels:
                order = BookOrder(side, Price.from_str(price), Quantity.from_str(qty), 0)
                self.book.apply_delta(OrderBookDelta(self.instrument, BookAction.ADD, order, 0, last, 0, 0))

    def frame(self, frame):
        data = self.decode(frame).data
        follows = data.pu == self.last if self.joined else data.U <= self.last <= data.u
        if not follows:
            raise RuntimeError(f"a hole before update id {data.U}")
        self.last, self.joined = data.u, True
        self.book.apply_deltas(data.parse_to_order_book_deltas(instrument_id=self.instrument, ts_init=1))
        self.best = (self.book.best_bid_price(), self.book.best_ask_price())

    def top(self):
        sides = (self.book.bids(), self.book.asks())
        return [[[str(level.price), repr(level.size())] for level in side[:TOP_LEVELS]] for side in sides]


serve(lambda corpus: {"nautilus-trader-parse": Decode(corpus), "nautilus-trader": Book(corpus)})
