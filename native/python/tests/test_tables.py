from decimal import Decimal

import pytest
from conftest import Engine

import tickring
from tickring import Stage, TradingState, Units


@pytest.fixture
def filled(engine: Engine, reader: tickring.Reader) -> tickring.Reader:
    engine("tables")
    return reader


def test_instruments_are_found_by_their_spelling(filled: tickring.Reader) -> None:
    long, btc = filled.instruments()
    assert (btc.slot, btc.id, btc.name, btc.units) == (2, 77, "binance-usdm:BTCUSDT", Units(-8, -3))
    assert (btc.state, btc.tick_size, btc.lot_size) == (TradingState.HALTED, Decimal("1E-7"), Decimal("0.020"))
    assert long.symbol == "x" * 64
    for spelling in ("BTCUSDT", "binance-usdm:BTCUSDT"):
        assert filled.instrument(spelling) == btc
    assert filled.instrument("BTCUSDT", "binance-usdm") == btc


@pytest.mark.parametrize("symbol", ["BTCUSD", "binance-spot:BTCUSDT", "", "btcusdt"])
def test_unknown_symbol_is_told_with_the_known_ones(filled: tickring.Reader, symbol: str) -> None:
    with pytest.raises(tickring.UnknownInstrumentError, match=r"no instrument in shard 0 of .*/test; known are .*BTCUSDT$"):
        filled.book(symbol)
    with pytest.raises(LookupError):
        filled.latest(symbol)


def test_latest_state_is_read_whole(filled: tickring.Reader) -> None:
    latest = filled.latest("BTCUSDT")
    assert latest is not None
    assert (latest.instrument, latest.last_update_id, latest.flags) == (77, 4, tickring.Flag.CROSSED)
    assert latest.bids.mantissas() == [(10, 100), (9, 90)]
    assert latest.asks.mantissas() == [(price, 10 * price) for price in range(11, 16)]
    assert (latest.bid_levels, latest.ask_levels) == (2, 7)
    assert (latest.trade_price, latest.trade_qty, latest.trade_id) == (Decimal("5E-8"), Decimal("0.006"), 7)
    assert (latest.price(latest.high_mantissa), latest.volume, latest.trades) == (Decimal("2E-8"), Decimal("0.005"), 6)
    assert not latest.is_stale


def test_instrument_without_a_state_has_none(filled: tickring.Reader) -> None:
    assert filled.latest("x" * 64) is None


def test_counters_go_by_name(filled: tickring.Reader) -> None:
    counters = filled.counters()
    assert (counters["inputs"], counters["widened"], counters["ring_records"]) == (3, 9, 1)
    assert set(counters) >= {counter.name.lower() for counter in tickring.Counter}
    assert filled.instrument_counters("x" * 64)["trades"] == 8


def test_histogram_gives_the_shares_asked_for(filled: tickring.Reader) -> None:
    histogram = filled.histogram(Stage.RECEIVE_TO_RING, (0.5, 1.0))
    assert (histogram.count, histogram.sum, histogram.max) == (100, 5_050_000, 100_000)
    assert histogram.percentiles[1.0] == 100_000
    assert abs(histogram.percentiles[0.5] - 50_000) <= 50_000 / 64


def test_engines_and_shards_are_listed(engine: Engine) -> None:
    assert tickring.engines(engine.root) == ["corrupt", "test", "version", "writable"]
    assert tickring.shards("test", engine.root) == [0]
    with pytest.raises(tickring.NotPublishedError):
        tickring.shards("nobody", engine.root)
    with pytest.raises(tickring.NotPublishedError):
        tickring.engines("/dev/shm/no such root")


def test_info_says_where_the_reader_stands(engine: Engine, reader: tickring.Reader) -> None:
    assert (reader.info().epoch, reader.info().slots, reader.info().depth, reader.lag) == (1, 1024, 5, 0)
    engine("kinds")
    assert reader.lag > 8
    reader.poll_batch()
    assert (reader.lag, reader.info().next_sequence) == (0, 17)


def test_notebook_shows_instruments(filled: tickring.Reader) -> None:
    assert "<td>BTCUSDT</td><td>77</td><td>0.00000010</td><td>0.020</td>" in filled._repr_html_()
    assert "LIVE" in repr(filled)
