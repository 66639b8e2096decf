"""Reads Tickring's shared-memory market data: events, latest states and full-depth books.

import tickring

with tickring.Reader("tickring") as reader:
book = reader.book("BTCUSDT")
for record in reader.follow(timeout=10):
if isinstance(record, tickring.Trade):
print(record.price, record.qty, record.aggressor, book.spread)
elif isinstance(record, tickring.Lapped):
print("lost", record.lost)
"""

from ._abi import (
    BookState,
    Counter,
    EpochReason,
    Flag,
    GapReason,
    GapStream,
    InstrumentCounter,
    Kind,
    MarketState,
    Side,
    Stage,
    State,
    TradingState,
    Venue,
    WriterState,
)
from ._library import LIBRARY, text
from ._version import VERSION as __version__
from .book import Applied, Book
from .discovery import engines, shards
from .errors import (
    ArgumentError,
    LibraryError,
    NotPublishedError,
    TickringError,
    UnknownInstrumentError,
    UnknownUnitsError,
)
from .figures import Bar, Figure, Funding, IndexPrice, Liquidation, MarkPrice, OpenInterest, TradingStatus
from .levels import Level, Levels, Units
from .merged import Merged
from .opening import DEFAULT_ROOT
from .reader import Reader
from .records import (
    BookDelta,
    BookSnapshot,
    Definition,
    EpochStart,
    Gap,
    Lapped,
    Other,
    Quote,
    Record,
    Stalled,
    Stats24h,
    Status,
    Trade,
)
from .shard import Shard
from .tables import Histogram, Info, Instrument, Latest, Liveness

__all__ = [
    "DEFAULT_ROOT",
    "Applied",
    "ArgumentError",
    "Bar",
    "Book",
    "BookDelta",
    "BookSnapshot",
    "BookState",
    "Counter",
    "Definition",
    "EpochReason",
    "EpochStart",
    "Figure",
    "Flag",
    "Funding",
    "Gap",
    "GapReason",
    "GapStream",
    "Histogram",
    "IndexPrice",
    "Info",
    "Instrument",
    "InstrumentCounter",
    "Kind",
    "Lapped",
    "Latest",
    "Level",
    "Levels",
    "LibraryError",
    "Liquidation",
    "Liveness",
    "MarkPrice",
    "MarketState",
    "Merged",
    "NotPublishedError",
    "OpenInterest",
    "Other",
    "Quote",
    "Reader",
    "Record",
    "Shard",
    "Side",
    "Stage",
    "Stalled",
    "State",
    "Stats24h",
    "Status",
    "TickringError",
    "Trade",
    "TradingState",
    "TradingStatus",
    "Units",
    "UnknownInstrumentError",
    "UnknownUnitsError",
    "Venue",
    "WriterState",
    "__version__",
    "code_name",
    "engines",
    "library",
    "shards",
]


def code_name(code: int) -> str:
    """Name of a code in a `Status` record."""
    return text(LIBRARY.tkr_code_name(code))


def library() -> str:
    """Which library is in use: its file, its version, and the version of the segments that it reads."""
    version, abi = text(LIBRARY.tkr_version()), LIBRARY.tkr_abi_version()
    return f"{LIBRARY._name}, version {version}, segments {abi >> 16}.{abi & 0xFFFF}"
