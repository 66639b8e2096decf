"""cryptofeed: its feed classes of several venues, from the text of a recorded message to its callbacks, without a socket.

Arguments: a folder of frames, which our own measuring program writes for all. Speaks `block NAME NS`.
"""

import asyncio
import gc
import inspect
import json
import logging
import sys
import time
from pathlib import Path
from statistics import median_high
from types import SimpleNamespace

from cryptofeed.defines import L2_BOOK, TICKER, TRADES
from cryptofeed.exchanges import OKX, Binance, Bybit, Coinbase, Deribit, Kraken
from cryptofeed.exchanges.binance_delivery import BinanceDelivery
from cryptofeed.exchanges.binance_futures import BinanceFutures
from cryptofeed.symbols import Symbols

# By a row's name up to its comma.
FEEDS = {
    "Binance COIN-M": BinanceDelivery,
    "Binance USDT-M": BinanceFutures,
    "Binance spot": Binance,
    "Bybit": Bybit,
    "Coinbase": Coinbase,
    "Deribit": Deribit,
    "Kraken": Kraken,
    "OKX": OKX,
}


def symbols_of(frames):
    """The venue's names in the messages."""
    keys = ['"s":"', '"symbol":"', '"instId":"', '"instrument_name":"', '"product_id":"']
    found = set()
    for text in frames:
        for key in keys:
            if key in text:
                found.add(text.split(key, 1)[1].split('"', 1)[0])
                break
    return sorted(found)


class Recording:
    def __init__(self, path, cls):
        self.cls = cls
        self.lines = []
        self.snapshots = {}
        connections = {}
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if "address" in entry:
                connections[entry["conn"]] = entry["address"]
            elif "book" in entry:
                self.snapshots[entry["symbol"]] = entry["book"]
            elif not entry["data"].startswith("["):
                # Arrays are of Kraken's v1, which the feed no longer reads.
                self.lines.append((entry["data"], connections[entry["conn"]], entry["ts"], entry["counts"]))
        self.frames = sum(counts for *_, counts in self.lines)
        names = symbols_of([text for text, *_ in self.lines])
        if cls is Bybit:
            # It tells spot from futures of the same name by a slash.
            names += [cls.convert_to_spot_name(cls, name) for name in names]
        Symbols.set(cls.id, {name: name for name in names}, {
            "tick_size": {name: "0.00000001" for name in names},
            "instrument_type": {name: "spot" for name in names},
        })
        self.names = names

    def connections(self, feed):
        """What a handler asks of the socket's."""
        made = {}
        for _, address, *_ in self.lines:
            made[address] = SimpleNamespace(address=address, uuid=address, subscription=feed.subscription)
        return made

    def feed(self):
        """A feed that begins anew."""
        self.events = 0

        async def callback(*_):
            self.events += 1

        channels = (L2_BOOK, TRADES, TICKER)
        feed = self.cls(
            subscription={channel: self.names for channel in channels},
            callbacks={channel: callback for channel in channels},
        )
        # Of these each class has its own selection; those that ask for a connection forget what it had, and there was none.
        for name in ("_ensure_symbol_mapping", "_apply_symbol_mapping", "_reset", f"_{self.cls.__name__}__reset"):
            prepare = getattr(feed, name, None)
            if prepare is not None and not inspect.signature(prepare).parameters:
                prepare()
        snapshots = self.snapshots

        class Stored:
            async def read(self, url, *_, **__):
                return snapshots[url.split("symbol=")[1].split("&")[0]]

        feed.http_conn = Stored()
        return feed

    def one_pass(self):
        """ns of CPU time a frame."""
        feed = self.feed()

        made = self.connections(feed)

        async def play():
            handler, spent, since = feed.message_handler, 0, None
            for text, address, timestamp, counts in self.lines:
                if counts and since is None:
                    since = time.process_time_ns()
                elif not counts and since is not None:
                    spent += time.process_time_ns() - since
                    since = None
                await handler(text, made[address], timestamp)
            return spent + (time.process_time_ns() - since if since is not None else 0)

        gc.collect()
        spent = asyncio.run(play())
        if self.events == 0:
            raise RuntimeError("no event was called back")
        return spent / self.frames


def block(recording, ns):
    passes, spent = [], 0.0
    while not passes or spent < ns:
        each = recording.one_pass()
        spent += each * recording.frames
        passes.append(each)
    return {"ns_per_frame": median_high(passes), "passes": len(passes), "events": recording.events}


def main():
    folder, recordings = Path(sys.argv[1]), {}
    feeds = {}
    for path in sorted(folder.glob("*.jsonl")):
        feeds |= {path.stem: feed for name, feed in FEEDS.items() if path.stem.split(",")[0] == name}
    print(json.dumps({"names": list(feeds)}), flush=True)
    for line in sys.stdin:
        name, ns = line.strip().removeprefix("block ").rsplit(" ", 1)
        try:
            if name not in recordings:
                recordings[name] = Recording(folder / f"{name}.jsonl", feeds[name])
            answer = block(recordings[name], float(ns))
        except Exception as error:  # Whatever a peer throws is the reason of its row.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


logging.disable(logging.CRITICAL)
main()
