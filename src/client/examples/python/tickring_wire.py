# Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

# namespace: wire

import flatbuffers
from flatbuffers.compat import import_numpy
np = import_numpy()

# State of a subscription or book.
class State(object):
    Unknown = 0
    Connected = 1
    Disconnected = 2
    Resync = 3
    Live = 4
    Stale = 5
    Crossed = 6
    Quarantined = 7
    Subscribed = 8
    SubscribeFailed = 9
    Removed = 10
    Silent = 11
    Suspect = 12

# Which of the venue's numberings a gap is about.
class GapStream(object):
    Unknown = 0
    Book = 1
    Trade = 2

# Why the venue's ids are missing.
class GapReason(object):
    Unknown = 0
    Sequence = 1
    Disconnect = 2
    Rollback = 3
    BufferFull = 4
    Quarantined = 5

# Whether an instrument trades.
class TradingState(object):
    Unknown = 0
    Trading = 1
    Halted = 2
    Delisted = 3

# The taker's side of a trade.
class Aggressor(object):
    Unknown = 0
    Buy = 1
    Sell = 2

# Why messages or records were passed over.
class SkipReason(object):
    Unknown = 0
    # The client read too slowly; `from..to` are `seq` numbers of the topic.
    SlowClient = 1
    # The gateway was lapped by the ring; `from..to` are record sequences of the shard.
    Lapped = 2
    # The engine restarted; `from..to` are record sequences of the old epoch, as far as they can be known.
    Restarted = 3
    # A delta did not follow the book; `from..to` are the venue's update ids on either side.
    OutOfSync = 4
    # The message did not fit the gateway's buffer; `from..to` is its own `seq`.
    TooLarge = 5
    # What a resume token asked for is not kept any more; `from..to` are `seq` numbers, all 0 where nobody can know them.
    Resume = 6

# Side of a liquidation's order.
class Side(object):
    Unknown = 0
    Buy = 1
    Sell = 2

# What may be done in a market.
class MarketState(object):
    Unknown = 0
    Trading = 1
    Halt = 2
    Auction = 3
    PreOpen = 4
    PostOnly = 5
    LimitOnly = 6
    CancelOnly = 7
    ReduceOnly = 8
    Maintenance = 9
    Settling = 10
    Closed = 11
    Delisted = 12
    # A word that the venue invented later.
    Other = 13

class Body(object):
    NONE = 0
    BookSnapshot = 1
    BookDelta = 2
    Trade = 3
    Quote = 4
    Status = 5
    Gap = 6
    Stats24h = 7
    Instrument = 8
    Skipped = 9
    Bar = 10
    MarkPrice = 11
    IndexPrice = 12
    Funding = 13
    OpenInterest = 14
    Liquidation = 15
    TradingStatus = 16
    Kline = 17

# One price level: absolute quantity, 0 removes it.
class Level(object):
    __slots__ = ['_tab']

    @classmethod
    def SizeOf(cls):
        return 16

    # Level
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Level
    def Price(self): return self._tab.Get(flatbuffers.number_types.Int64Flags, self._tab.Pos + flatbuffers.number_types.UOffsetTFlags.py_type(0))
    # Level
    def Qty(self): return self._tab.Get(flatbuffers.number_types.Int64Flags, self._tab.Pos + flatbuffers.number_types.UOffsetTFlags.py_type(8))

def CreateLevel(builder, price, qty):
    builder.Prep(8, 16)
    builder.PrependInt64(qty)
    builder.PrependInt64(price)
    return builder.Offset()

# Levels a side, from the best on, up to which a fetched book is known, as counted within the last seconds. Of worse prices it has those
# alone that have changed since it was fetched.
class ValidDepth(object):
    __slots__ = ['_tab']

    @classmethod
    def SizeOf(cls):
        return 8

    # ValidDepth
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # ValidDepth
    def Bids(self): return self._tab.Get(flatbuffers.number_types.Uint32Flags, self._tab.Pos + flatbuffers.number_types.UOffsetTFlags.py_type(0))
    # ValidDepth
    def Asks(self): return self._tab.Get(flatbuffers.number_types.Uint32Flags, self._tab.Pos + flatbuffers.number_types.UOffsetTFlags.py_type(4))

def CreateValidDepth(builder, bids, asks):
    builder.Prep(4, 8)
    builder.PrependUint32(asks)
    builder.PrependUint32(bids)
    return builder.Offset()

# The whole book or the best of it, best levels first. Replaces what the client holds.
class BookSnapshot(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = BookSnapshot()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsBookSnapshot(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def BookSnapshotBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # BookSnapshot
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # BookSnapshot
    def LastUpdateId(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # BookSnapshot
    def Bids(self, j):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            x = self._tab.Vector(o)
            x += flatbuffers.number_types.UOffsetTFlags.py_type(j) * 16
            obj = Level()
            obj.Init(self._tab.Bytes, x)
            return obj
        return None

    # BookSnapshot
    def BidsLength(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.VectorLen(o)
        return 0

    # BookSnapshot
    def BidsIsNone(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        return o == 0

    # BookSnapshot
    def Asks(self, j):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            x = self._tab.Vector(o)
            x += flatbuffers.number_types.UOffsetTFlags.py_type(j) * 16
            obj = Level()
            obj.Init(self._tab.Bytes, x)
            return obj
        return None

    # BookSnapshot
    def AsksLength(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.VectorLen(o)
        return 0

    # BookSnapshot
    def AsksIsNone(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        return o == 0

    # Hash of the levels above: native/wire/README.md says how it is computed.
    # BookSnapshot
    def Hash(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Levels a side at most, 0 for the whole book.
    # BookSnapshot
    def Depth(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(12))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint16Flags, o + self._tab.Pos)
        return 0

    # Absent where the book is known to its end, or nothing was counted yet.
    # BookSnapshot
    def ValidDepth(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(14))
        if o != 0:
            x = o + self._tab.Pos
            obj = ValidDepth()
            obj.Init(self._tab.Bytes, x)
            return obj
        return None

def BookSnapshotStart(builder):
    builder.StartObject(6)

def BookSnapshotAddLastUpdateId(builder, lastUpdateId):
    builder.PrependUint64Slot(0, lastUpdateId, 0)

def BookSnapshotAddBids(builder, bids):
    builder.PrependUOffsetTRelativeSlot(1, flatbuffers.number_types.UOffsetTFlags.py_type(bids), 0)

def BookSnapshotStartBidsVector(builder, numElems):
    return builder.StartVector(16, numElems, 8)

def BookSnapshotCreateBidsVector(builder, data):
    data = list(data)
    builder.StartVector(16, len(data), 8)
    for item in reversed(data):
        item.Pack(builder)
    return builder.EndVector()

def BookSnapshotAddAsks(builder, asks):
    builder.PrependUOffsetTRelativeSlot(2, flatbuffers.number_types.UOffsetTFlags.py_type(asks), 0)

def BookSnapshotStartAsksVector(builder, numElems):
    return builder.StartVector(16, numElems, 8)

def BookSnapshotCreateAsksVector(builder, data):
    data = list(data)
    builder.StartVector(16, len(data), 8)
    for item in reversed(data):
        item.Pack(builder)
    return builder.EndVector()

def BookSnapshotAddHash(builder, hash):
    builder.PrependUint64Slot(3, hash, 0)

def BookSnapshotAddDepth(builder, depth):
    builder.PrependUint16Slot(4, depth, 0)

def BookSnapshotAddValidDepth(builder, validDepth):
    builder.PrependStructSlot(5, flatbuffers.number_types.UOffsetTFlags.py_type(validDepth), 0)

def BookSnapshotEnd(builder):
    return builder.EndObject()

# Levels that changed, to be applied as a whole.
class BookDelta(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = BookDelta()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsBookDelta(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def BookDeltaBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # BookDelta
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # BookDelta
    def PrevUpdateId(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # BookDelta
    def LastUpdateId(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # BookDelta
    def Bids(self, j):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            x = self._tab.Vector(o)
            x += flatbuffers.number_types.UOffsetTFlags.py_type(j) * 16
            obj = Level()
            obj.Init(self._tab.Bytes, x)
            return obj
        return None

    # BookDelta
    def BidsLength(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.VectorLen(o)
        return 0

    # BookDelta
    def BidsIsNone(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        return o == 0

    # BookDelta
    def Asks(self, j):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            x = self._tab.Vector(o)
            x += flatbuffers.number_types.UOffsetTFlags.py_type(j) * 16
            obj = Level()
            obj.Init(self._tab.Bytes, x)
            return obj
        return None

    # BookDelta
    def AsksLength(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.VectorLen(o)
        return 0

    # BookDelta
    def AsksIsNone(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        return o == 0

    # Hash of the whole book after these levels.
    # BookDelta
    def Hash(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(12))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Absent where it is as the message before said.
    # BookDelta
    def ValidDepth(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(14))
        if o != 0:
            x = o + self._tab.Pos
            obj = ValidDepth()
            obj.Init(self._tab.Bytes, x)
            return obj
        return None

def BookDeltaStart(builder):
    builder.StartObject(6)

def BookDeltaAddPrevUpdateId(builder, prevUpdateId):
    builder.PrependUint64Slot(0, prevUpdateId, 0)

def BookDeltaAddLastUpdateId(builder, lastUpdateId):
    builder.PrependUint64Slot(1, lastUpdateId, 0)

def BookDeltaAddBids(builder, bids):
    builder.PrependUOffsetTRelativeSlot(2, flatbuffers.number_types.UOffsetTFlags.py_type(bids), 0)

def BookDeltaStartBidsVector(builder, numElems):
    return builder.StartVector(16, numElems, 8)

def BookDeltaCreateBidsVector(builder, data):
    data = list(data)
    builder.StartVector(16, len(data), 8)
    for item in reversed(data):
        item.Pack(builder)
    return builder.EndVector()

def BookDeltaAddAsks(builder, asks):
    builder.PrependUOffsetTRelativeSlot(3, flatbuffers.number_types.UOffsetTFlags.py_type(asks), 0)

def BookDeltaStartAsksVector(builder, numElems):
    return builder.StartVector(16, numElems, 8)

def BookDeltaCreateAsksVector(builder, data):
    data = list(data)
    builder.StartVector(16, len(data), 8)
    for item in reversed(data):
        item.Pack(builder)
    return builder.EndVector()

def BookDeltaAddHash(builder, hash):
    builder.PrependUint64Slot(4, hash, 0)

def BookDeltaAddValidDepth(builder, validDepth):
    builder.PrependStructSlot(5, flatbuffers.number_types.UOffsetTFlags.py_type(validDepth), 0)

def BookDeltaEnd(builder):
    return builder.EndObject()

# One trade print.
class Trade(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Trade()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsTrade(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def TradeBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Trade
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Trade
    def Price(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Trade
    def Qty(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Trade
    def TradeId(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Trade
    def Aggressor(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint8Flags, o + self._tab.Pos)
        return 0

def TradeStart(builder):
    builder.StartObject(4)

def TradeAddPrice(builder, price):
    builder.PrependInt64Slot(0, price, 0)

def TradeAddQty(builder, qty):
    builder.PrependInt64Slot(1, qty, 0)

def TradeAddTradeId(builder, tradeId):
    builder.PrependUint64Slot(2, tradeId, 0)

def TradeAddAggressor(builder, aggressor):
    builder.PrependUint8Slot(3, aggressor, 0)

def TradeEnd(builder):
    return builder.EndObject()

# Best bid and ask as the venue publishes them.
class Quote(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Quote()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsQuote(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def QuoteBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Quote
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Quote
    def BidPrice(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Quote
    def BidQty(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Quote
    def AskPrice(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Quote
    def AskQty(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

def QuoteStart(builder):
    builder.StartObject(4)

def QuoteAddBidPrice(builder, bidPrice):
    builder.PrependInt64Slot(0, bidPrice, 0)

def QuoteAddBidQty(builder, bidQty):
    builder.PrependInt64Slot(1, bidQty, 0)

def QuoteAddAskPrice(builder, askPrice):
    builder.PrependInt64Slot(2, askPrice, 0)

def QuoteAddAskQty(builder, askQty):
    builder.PrependInt64Slot(3, askQty, 0)

def QuoteEnd(builder):
    return builder.EndObject()

# A new state of the subscription or book.
class Status(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Status()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsStatus(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def StatusBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Status
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Status
    def State(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint8Flags, o + self._tab.Pos)
        return 0

    # Status
    def Connection(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint16Flags, o + self._tab.Pos)
        return 0

    # Name from the table of codes; absent where no code says why.
    # Status
    def Code(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.String(o + self._tab.Pos)
        return None

    # Status
    def Detail(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

def StatusStart(builder):
    builder.StartObject(4)

def StatusAddState(builder, state):
    builder.PrependUint8Slot(0, state, 0)

def StatusAddConnection(builder, connection):
    builder.PrependUint16Slot(1, connection, 0)

def StatusAddCode(builder, code):
    builder.PrependUOffsetTRelativeSlot(2, flatbuffers.number_types.UOffsetTFlags.py_type(code), 0)

def StatusAddDetail(builder, detail):
    builder.PrependUint64Slot(3, detail, 0)

def StatusEnd(builder):
    return builder.EndObject()

# Venue ids that were never received: exactly `first..=last`.
class Gap(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Gap()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsGap(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def GapBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Gap
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Gap
    def Stream(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint8Flags, o + self._tab.Pos)
        return 0

    # Gap
    def Reason(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint8Flags, o + self._tab.Pos)
        return 0

    # Gap
    def First(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Gap
    def Last(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

def GapStart(builder):
    builder.StartObject(4)

def GapAddStream(builder, stream):
    builder.PrependUint8Slot(0, stream, 0)

def GapAddReason(builder, reason):
    builder.PrependUint8Slot(1, reason, 0)

def GapAddFirst(builder, first):
    builder.PrependUint64Slot(2, first, 0)

def GapAddLast(builder, last):
    builder.PrependUint64Slot(3, last, 0)

def GapEnd(builder):
    return builder.EndObject()

# Rolling 24-hour figures from the trades seen.
class Stats24h(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Stats24h()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsStats24h(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def Stats24hBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Stats24h
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Stats24h
    def Open(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Stats24h
    def High(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Stats24h
    def Low(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Stats24h
    def Close(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Stats24h
    def Volume(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(12))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Stats24h
    def Count(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(14))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

def Stats24hStart(builder):
    builder.StartObject(6)

def Stats24hAddOpen(builder, open):
    builder.PrependInt64Slot(0, open, 0)

def Stats24hAddHigh(builder, high):
    builder.PrependInt64Slot(1, high, 0)

def Stats24hAddLow(builder, low):
    builder.PrependInt64Slot(2, low, 0)

def Stats24hAddClose(builder, close):
    builder.PrependInt64Slot(3, close, 0)

def Stats24hAddVolume(builder, volume):
    builder.PrependInt64Slot(4, volume, 0)

def Stats24hAddCount(builder, count):
    builder.PrependUint64Slot(5, count, 0)

def Stats24hEnd(builder):
    return builder.EndObject()

# Definition of the instrument, sent when it changes.
class Instrument(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Instrument()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsInstrument(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def InstrumentBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Instrument
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Instrument
    def TickSize(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Instrument
    def LotSize(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Instrument
    def TradingState(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint8Flags, o + self._tab.Pos)
        return 0

    # Instrument
    def ChangeCount(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint32Flags, o + self._tab.Pos)
        return 0

def InstrumentStart(builder):
    builder.StartObject(4)

def InstrumentAddTickSize(builder, tickSize):
    builder.PrependInt64Slot(0, tickSize, 0)

def InstrumentAddLotSize(builder, lotSize):
    builder.PrependInt64Slot(1, lotSize, 0)

def InstrumentAddTradingState(builder, tradingState):
    builder.PrependUint8Slot(2, tradingState, 0)

def InstrumentAddChangeCount(builder, changeCount):
    builder.PrependUint32Slot(3, changeCount, 0)

def InstrumentEnd(builder):
    return builder.EndObject()

# What this topic's stream passed over. On a book topic the client's book is void until the next BookSnapshot.
class Skipped(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Skipped()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsSkipped(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def SkippedBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Skipped
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Skipped
    def Reason(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint8Flags, o + self._tab.Pos)
        return 0

    # Skipped
    def From(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Skipped
    def To(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Skipped
    def Count(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

def SkippedStart(builder):
    builder.StartObject(4)

def SkippedAddReason(builder, reason):
    builder.PrependUint8Slot(0, reason, 0)

def SkippedAddFrom(builder, from_):
    builder.PrependUint64Slot(1, from_, 0)

def SkippedAddTo(builder, to):
    builder.PrependUint64Slot(2, to, 0)

def SkippedAddCount(builder, count):
    builder.PrependUint64Slot(3, count, 0)

def SkippedEnd(builder):
    return builder.EndObject()

# A candle of our own trades as it is now; each message of it replaces the one before.
class Bar(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Bar()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsBar(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def BarBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Bar
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Length of its interval.
    # Bar
    def Seconds(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint32Flags, o + self._tab.Pos)
        return 0

    # Beginning of its interval, ns since the UNIX epoch.
    # Bar
    def Start(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Bar
    def Open(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Bar
    def High(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Bar
    def Low(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(12))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Bar
    def Close(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(14))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Bar
    def Volume(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(16))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Bar
    def Count(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(18))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Trades among them that came after it was closed.
    # Bar
    def Late(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(20))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint32Flags, o + self._tab.Pos)
        return 0

    # Bar
    def Closed(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(22))
        if o != 0:
            return bool(self._tab.Get(flatbuffers.number_types.BoolFlags, o + self._tab.Pos))
        return False

def BarStart(builder):
    builder.StartObject(10)

def BarAddSeconds(builder, seconds):
    builder.PrependUint32Slot(0, seconds, 0)

def BarAddStart(builder, start):
    builder.PrependUint64Slot(1, start, 0)

def BarAddOpen(builder, open):
    builder.PrependInt64Slot(2, open, 0)

def BarAddHigh(builder, high):
    builder.PrependInt64Slot(3, high, 0)

def BarAddLow(builder, low):
    builder.PrependInt64Slot(4, low, 0)

def BarAddClose(builder, close):
    builder.PrependInt64Slot(5, close, 0)

def BarAddVolume(builder, volume):
    builder.PrependInt64Slot(6, volume, 0)

def BarAddCount(builder, count):
    builder.PrependUint64Slot(7, count, 0)

def BarAddLate(builder, late):
    builder.PrependUint32Slot(8, late, 0)

def BarAddClosed(builder, closed):
    builder.PrependBoolSlot(9, closed, 0)

def BarEnd(builder):
    return builder.EndObject()

# The price that positions are valued at. Exponents of this and the next four are their own, not those of the message.
class MarkPrice(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = MarkPrice()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsMarkPrice(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def MarkPriceBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # MarkPrice
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # MarkPrice
    def Price(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # MarkPrice
    def Exponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

def MarkPriceStart(builder):
    builder.StartObject(2)

def MarkPriceAddPrice(builder, price):
    builder.PrependInt64Slot(0, price, 0)

def MarkPriceAddExponent(builder, exponent):
    builder.PrependInt8Slot(1, exponent, 0)

def MarkPriceEnd(builder):
    return builder.EndObject()

# The price of the underlying.
class IndexPrice(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = IndexPrice()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsIndexPrice(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def IndexPriceBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # IndexPrice
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # IndexPrice
    def Price(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # IndexPrice
    def Exponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

def IndexPriceStart(builder):
    builder.StartObject(2)

def IndexPriceAddPrice(builder, price):
    builder.PrependInt64Slot(0, price, 0)

def IndexPriceAddExponent(builder, exponent):
    builder.PrependInt8Slot(1, exponent, 0)

def IndexPriceEnd(builder):
    return builder.EndObject()

# What holders of a perpetual future pay each other.
class Funding(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Funding()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsFunding(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def FundingBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Funding
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Funding
    def Rate(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Funding
    def Exponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

    # Length of the interval, s; 0 where the venue does not tell it.
    # Funding
    def IntervalS(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint32Flags, o + self._tab.Pos)
        return 0

    # When it is paid next, ns since the UNIX epoch; 0 where the venue does not tell it.
    # Funding
    def NextTs(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

def FundingStart(builder):
    builder.StartObject(4)

def FundingAddRate(builder, rate):
    builder.PrependInt64Slot(0, rate, 0)

def FundingAddExponent(builder, exponent):
    builder.PrependInt8Slot(1, exponent, 0)

def FundingAddIntervalS(builder, intervalS):
    builder.PrependUint32Slot(2, intervalS, 0)

def FundingAddNextTs(builder, nextTs):
    builder.PrependUint64Slot(3, nextTs, 0)

def FundingEnd(builder):
    return builder.EndObject()

# Contracts that are open.
class OpenInterest(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = OpenInterest()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsOpenInterest(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def OpenInterestBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # OpenInterest
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # OpenInterest
    def Qty(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # OpenInterest
    def QtyExponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

    # Worth in the quote currency; 0 where the venue does not tell it.
    # OpenInterest
    def Value(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # OpenInterest
    def ValueExponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

def OpenInterestStart(builder):
    builder.StartObject(4)

def OpenInterestAddQty(builder, qty):
    builder.PrependInt64Slot(0, qty, 0)

def OpenInterestAddQtyExponent(builder, qtyExponent):
    builder.PrependInt8Slot(1, qtyExponent, 0)

def OpenInterestAddValue(builder, value):
    builder.PrependInt64Slot(2, value, 0)

def OpenInterestAddValueExponent(builder, valueExponent):
    builder.PrependInt8Slot(3, valueExponent, 0)

def OpenInterestEnd(builder):
    return builder.EndObject()

# An order that closes a position without margin.
class Liquidation(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Liquidation()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsLiquidation(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def LiquidationBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Liquidation
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Liquidation
    def Price(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Liquidation
    def PriceExponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

    # Liquidation
    def Qty(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Liquidation
    def QtyExponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

    # The venue's id; 0 where it tells none.
    # Liquidation
    def Id(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(12))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Liquidation
    def Side(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(14))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint8Flags, o + self._tab.Pos)
        return 0

def LiquidationStart(builder):
    builder.StartObject(6)

def LiquidationAddPrice(builder, price):
    builder.PrependInt64Slot(0, price, 0)

def LiquidationAddPriceExponent(builder, priceExponent):
    builder.PrependInt8Slot(1, priceExponent, 0)

def LiquidationAddQty(builder, qty):
    builder.PrependInt64Slot(2, qty, 0)

def LiquidationAddQtyExponent(builder, qtyExponent):
    builder.PrependInt8Slot(3, qtyExponent, 0)

def LiquidationAddId(builder, id):
    builder.PrependUint64Slot(4, id, 0)

def LiquidationAddSide(builder, side):
    builder.PrependUint8Slot(5, side, 0)

def LiquidationEnd(builder):
    return builder.EndObject()

# Whether the market trades.
class TradingStatus(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = TradingStatus()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsTradingStatus(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def TradingStatusBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # TradingStatus
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # TradingStatus
    def State(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint8Flags, o + self._tab.Pos)
        return 0

def TradingStatusStart(builder):
    builder.StartObject(1)

def TradingStatusAddState(builder, state):
    builder.PrependUint8Slot(0, state, 0)

def TradingStatusEnd(builder):
    return builder.EndObject()

# A bar as the venue counts it, with exponents of its own; each one replaces the one before with the same `start_ts`.
class Kline(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Kline()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsKline(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def KlineBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Kline
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Kline
    def Open(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Kline
    def High(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Kline
    def Low(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Kline
    def Close(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Kline
    def Volume(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(12))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Worth of the volume; 0 where the venue does not tell it.
    # Kline
    def Turnover(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(14))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int64Flags, o + self._tab.Pos)
        return 0

    # Number of trades; 0 where the venue does not tell it.
    # Kline
    def Count(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(16))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Beginning and length of its interval, ns.
    # Kline
    def StartTs(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(18))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Kline
    def IntervalNs(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(20))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Kline
    def PriceExponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(22))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

    # Kline
    def QtyExponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(24))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

    # Kline
    def TurnoverExponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(26))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

    # It is final.
    # Kline
    def Closed(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(28))
        if o != 0:
            return bool(self._tab.Get(flatbuffers.number_types.BoolFlags, o + self._tab.Pos))
        return False

def KlineStart(builder):
    builder.StartObject(13)

def KlineAddOpen(builder, open):
    builder.PrependInt64Slot(0, open, 0)

def KlineAddHigh(builder, high):
    builder.PrependInt64Slot(1, high, 0)

def KlineAddLow(builder, low):
    builder.PrependInt64Slot(2, low, 0)

def KlineAddClose(builder, close):
    builder.PrependInt64Slot(3, close, 0)

def KlineAddVolume(builder, volume):
    builder.PrependInt64Slot(4, volume, 0)

def KlineAddTurnover(builder, turnover):
    builder.PrependInt64Slot(5, turnover, 0)

def KlineAddCount(builder, count):
    builder.PrependUint64Slot(6, count, 0)

def KlineAddStartTs(builder, startTs):
    builder.PrependUint64Slot(7, startTs, 0)

def KlineAddIntervalNs(builder, intervalNs):
    builder.PrependUint64Slot(8, intervalNs, 0)

def KlineAddPriceExponent(builder, priceExponent):
    builder.PrependInt8Slot(9, priceExponent, 0)

def KlineAddQtyExponent(builder, qtyExponent):
    builder.PrependInt8Slot(10, qtyExponent, 0)

def KlineAddTurnoverExponent(builder, turnoverExponent):
    builder.PrependInt8Slot(11, turnoverExponent, 0)

def KlineAddClosed(builder, closed):
    builder.PrependBoolSlot(12, closed, 0)

def KlineEnd(builder):
    return builder.EndObject()

# One message of one topic.
class Message(object):
    __slots__ = ['_tab']

    @classmethod
    def GetRootAs(cls, buf, offset=0):
        n = flatbuffers.encode.Get(flatbuffers.packer.uoffset, buf, offset)
        x = Message()
        x.Init(buf, n + offset)
        return x

    @classmethod
    def GetRootAsMessage(cls, buf, offset=0):
        """This method is deprecated. Please switch to GetRootAs."""
        return cls.GetRootAs(buf, offset)
    @classmethod
    def MessageBufferHasIdentifier(cls, buf, offset, size_prefixed=False):
        return flatbuffers.util.BufferHasIdentifier(buf, offset, b"\x54\x4B\x52\x31", size_prefixed=size_prefixed)

    # Message
    def Init(self, buf, pos):
        self._tab = flatbuffers.table.Table(buf, pos)

    # Message
    def Topic(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(4))
        if o != 0:
            return self._tab.String(o + self._tab.Pos)
        return None

    # Message
    def Venue(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(6))
        if o != 0:
            return self._tab.String(o + self._tab.Pos)
        return None

    # Message
    def Symbol(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(8))
        if o != 0:
            return self._tab.String(o + self._tab.Pos)
        return None

    # Message
    def Instrument(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(10))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint32Flags, o + self._tab.Pos)
        return 0

    # Writer epoch of the record that this message was made of.
    # Message
    def Epoch(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(12))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # `seq` of the topic's message before this one; equal to `seq` in a snapshot made for one client.
    # Message
    def PrevSeq(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(14))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Number of this message within its topic, +1 each.
    # Message
    def Seq(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(16))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Ring sequence of the record within its shard.
    # Message
    def Sequence(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(18))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Message
    def TsEvent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(20))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Message
    def TsRecv(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(22))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Message
    def TsOut(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(24))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Message
    def PriceExponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(26))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

    # Message
    def QtyExponent(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(28))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Int8Flags, o + self._tab.Pos)
        return 0

    # Bits of the record flags: 3 stale, 4 crossed, 5 locked, 6 recovered, 7 bad_ts, 8 no_ts_event, 9 aggressor_sell,
    # 10 aggregated, 11 partial.
    # Message
    def Flags(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(30))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint32Flags, o + self._tab.Pos)
        return 0

    # Message
    def BodyType(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(32))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint8Flags, o + self._tab.Pos)
        return 0

    # Message
    def Body(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(34))
        if o != 0:
            from flatbuffers.table import Table
            obj = Table(bytearray(), 0)
            self._tab.Union(obj, o)
            return obj
        return None

    # Shard whose stream `epoch`, `sequence`, `frame_seq` and `index` belong to.
    # Message
    def Shard(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(36))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint16Flags, o + self._tab.Pos)
        return 0

    # Number of the input within the shard, and index of the event among those of its input.
    # Message
    def FrameSeq(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(38))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint64Flags, o + self._tab.Pos)
        return 0

    # Message
    def Index(self):
        o = flatbuffers.number_types.UOffsetTFlags.py_type(self._tab.Offset(40))
        if o != 0:
            return self._tab.Get(flatbuffers.number_types.Uint32Flags, o + self._tab.Pos)
        return 0

def MessageStart(builder):
    builder.StartObject(19)

def MessageAddTopic(builder, topic):
    builder.PrependUOffsetTRelativeSlot(0, flatbuffers.number_types.UOffsetTFlags.py_type(topic), 0)

def MessageAddVenue(builder, venue):
    builder.PrependUOffsetTRelativeSlot(1, flatbuffers.number_types.UOffsetTFlags.py_type(venue), 0)

def MessageAddSymbol(builder, symbol):
    builder.PrependUOffsetTRelativeSlot(2, flatbuffers.number_types.UOffsetTFlags.py_type(symbol), 0)

def MessageAddInstrument(builder, instrument):
    builder.PrependUint32Slot(3, instrument, 0)

def MessageAddEpoch(builder, epoch):
    builder.PrependUint64Slot(4, epoch, 0)

def MessageAddPrevSeq(builder, prevSeq):
    builder.PrependUint64Slot(5, prevSeq, 0)

def MessageAddSeq(builder, seq):
    builder.PrependUint64Slot(6, seq, 0)

def MessageAddSequence(builder, sequence):
    builder.PrependUint64Slot(7, sequence, 0)

def MessageAddTsEvent(builder, tsEvent):
    builder.PrependUint64Slot(8, tsEvent, 0)

def MessageAddTsRecv(builder, tsRecv):
    builder.PrependUint64Slot(9, tsRecv, 0)

def MessageAddTsOut(builder, tsOut):
    builder.PrependUint64Slot(10, tsOut, 0)

def MessageAddPriceExponent(builder, priceExponent):
    builder.PrependInt8Slot(11, priceExponent, 0)

def MessageAddQtyExponent(builder, qtyExponent):
    builder.PrependInt8Slot(12, qtyExponent, 0)

def MessageAddFlags(builder, flags):
    builder.PrependUint32Slot(13, flags, 0)

def MessageAddBodyType(builder, bodyType):
    builder.PrependUint8Slot(14, bodyType, 0)

def MessageAddBody(builder, body):
    builder.PrependUOffsetTRelativeSlot(15, flatbuffers.number_types.UOffsetTFlags.py_type(body), 0)

def MessageAddShard(builder, shard):
    builder.PrependUint16Slot(16, shard, 0)

def MessageAddFrameSeq(builder, frameSeq):
    builder.PrependUint64Slot(17, frameSeq, 0)

def MessageAddIndex(builder, index):
    builder.PrependUint32Slot(18, index, 0)

def MessageEnd(builder):
    return builder.EndObject()
