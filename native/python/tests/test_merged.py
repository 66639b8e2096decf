import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
from conftest import Engine

import tickring
from tickring import BookState, WriterState

WATCHDOG_S = 60


@pytest.fixture
def merged(engine: Engine) -> Iterator[tickring.Merged]:
    engine("second shard")
    engine("tables")
    with tickring.Merged("test", engine.root) as opened:
        yield opened


def trades(merged: tickring.Merged) -> list[tuple[int, int]]:
    """Shard and number of every trade that is there."""
    found = []
    while (next_one := merged.poll()) is not None:
        shard, value = next_one
        if isinstance(value, tickring.Trade):
            found.append((shard, value.trade_id))
    return found


def test_records_of_all_shards_come_by_their_times(engine: Engine, merged: tickring.Merged) -> None:
    assert [shard.shard for shard in merged.shards] == [0, 1]
    engine("both shards")
    assert trades(merged) == [(0, 1), (1, 2), (0, 3)]
    engine("both shards")
    merged.seek_newest()
    assert merged.poll() is None
    merged.seek_oldest()
    assert trades(merged) == [(0, 1), (1, 2), (0, 3)] * 2


def test_loss_is_told_with_its_shard(engine: Engine, merged: tickring.Merged) -> None:
    engine("lap")
    first = merged.poll()
    assert first is not None
    shard, lapped = first
    assert shard == 0
    assert isinstance(lapped, tickring.Lapped)
    assert lapped.lost + len(trades(merged)) == 5000


def test_shard_that_appears_later_is_read_from_its_start(engine: Engine) -> None:
    with tickring.Merged("test", engine.root) as merged:
        engine("second shard")
        engine("both shards")
        assert merged.rescan() == 1
        assert merged.rescan() == 0
        assert trades(merged) == [(0, 1), (1, 2), (0, 3)]


def test_tables_and_books_are_found_in_whichever_shard(engine: Engine, merged: tickring.Merged) -> None:
    book = merged.book("BTCUSDT")
    engine("whole book")
    while merged.poll() is not None:
        pass
    assert book.state == BookState.LIVE
    assert book.spread == Decimal("0.00000001")
    for _ in range(2):
        latest = merged.latest("BTCUSDT")
        assert latest is not None
        assert latest.bids.mantissas() == book.bids.mantissas()
    assert merged.shard(0).counters()["inputs"] == 3
    assert len(merged.instruments()) == 2
    with pytest.raises(tickring.UnknownInstrumentError, match="NONE is no instrument"):
        merged.book("NONE")
    with pytest.raises(tickring.ArgumentError, match="shard 7 is none of 0, 1"):
        merged.shard(7)


def test_follow_goes_over_generations_and_ends_with_the_last_writer(engine: Engine, merged: tickring.Merged) -> None:
    found: list[tuple[int, object]] = []

    def read() -> None:
        found.extend(merged.follow())

    for request in ("both shards", "close", "restart", "whole", "close", "close second"):
        engine(request)
    # The name of the current generation is looked at once in 250 ms.
    time.sleep(0.3)
    reading = threading.Thread(target=read)
    reading.start()
    reading.join(WATCHDOG_S)
    assert not reading.is_alive()
    told = [(shard, value.trade_id) for shard, value in found if isinstance(value, tickring.Trade)]
    assert told == [(0, 1), (1, 2), (0, 3), (0, 1)]
    assert merged.shard(0).liveness().state == WriterState.CLOSED
    assert merged.shard(0).info().epoch == 2


def test_waiting_ends_with_the_next_record_of_any_shard(engine: Engine, merged: tickring.Merged) -> None:
    assert not merged.wait(0.001)
    engine("both shards")
    assert merged.wait(WATCHDOG_S)
    assert merged.poll() is not None
    assert merged.wait(0)


def test_closed_one_says_so_and_so_do_its_shards(engine: Engine, merged: tickring.Merged) -> None:
    shard, book = merged.shard(0), merged.book("BTCUSDT")
    assert "shards 0, 1" in repr(merged)
    merged.close()
    merged.close()
    assert merged.closed
    assert shard.closed
    for call in (merged.poll, merged.seek_oldest, merged.seek_newest, merged.rescan, shard.info, book.join):
        with pytest.raises(tickring.ArgumentError, match="closed"):
            call()
    with pytest.raises(tickring.ArgumentError, match="closed"):
        merged.wait(0)
    assert "closed" in repr(merged)


def test_shard_keeps_what_it_reads_until_nobody_holds_it(engine: Engine) -> None:
    engine("second shard")
    shard = tickring.Merged("test", engine.root).shard(1)
    assert shard.info().slots > 0
