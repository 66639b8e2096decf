from decimal import Decimal, localcontext

import pytest
from conftest import Engine

import tickring
from tickring import Lapped, Units


def test_each_kind_arrives_with_its_members(engine: Engine, reader: tickring.Reader) -> None:
    engine("tables")
    reader.seek_newest()
    engine("kinds")
    trade, quote, delta, snapshot, stats, definition, status, gap, *figures = reader.poll_batch()
    units = Units(-8, -3)
    assert isinstance(trade, tickring.Trade)
    assert trade[1:3] == (77, 0)
    assert trade.flags == tickring.Flag.LAST | tickring.Flag.STALE
    assert (trade.ts_event, trade.ts_recv) == (1_700_000_000_000_000_001, 1_700_000_000_000_000_500)
    assert trade.ts_out > trade.ts_recv
    assert trade[-4:] == (-123, 456, 789, units)
    assert (trade.price, trade.qty, trade.aggressor) == (Decimal("-0.00000123"), Decimal("0.456"), "buy")
    assert (trade.price_float, trade.qty_float) == (-0.00000123, 0.456)
    assert isinstance(quote, tickring.Quote)
    assert quote[-5:] == (11, 12, 13, 14, units)
    assert (quote.bid_price, quote.ask_qty, quote.spread) == (Decimal("11E-8"), Decimal("0.014"), Decimal("2E-8"))
    assert isinstance(delta, tickring.BookDelta)
    assert isinstance(snapshot, tickring.BookSnapshot)
    assert (delta.prev_update_id, delta.last_update_id, delta.part, delta.parts) == (30, 31, 1, 2)
    assert snapshot.prev_update_id == 40
    assert delta.bids.mantissas() == [(1000, 5), (999, 2**63 - 1)]
    assert snapshot.asks.mantissas() == [(-(2**63), 0)]
    assert isinstance(stats, tickring.Stats24h)
    assert stats[-7:-1] == (1, 2, 3, 4, 5, 6)
    assert (stats.high, stats.volume) == (Decimal("2E-8"), Decimal("0.005"))
    assert isinstance(definition, tickring.Definition)
    assert definition[8:] == (2, tickring.TradingState.HALTED, 10, 20, 30, "BTCUSDT", units)
    assert isinstance(status, tickring.Status)
    assert status[8:] == (tickring.State.QUARANTINED, 3, 3, 17)
    assert tickring.code_name(status.code) == "FRAME_NOT_JSON"
    assert isinstance(gap, tickring.Gap)
    assert gap[8:] == (tickring.GapStream.TRADE, tickring.GapReason.ROLLBACK, 40, 50)
    others = (trade, quote, delta, snapshot, stats, definition, status, gap)
    sequences = [getattr(record, "sequence", None) for record in (*others, *figures)]
    assert sequences == list(range(trade.sequence, trade.sequence + 15))
    assert [record[8:] for record in figures] == [
        (21, -1),
        (-22, -18),
        (-23, 24, -6, 28_800),
        (25, 26, -3, -2),
        (27, 28, 29, -4, -3, tickring.Side.SELL),
        (tickring.MarketState.POST_ONLY,),
        (31, 34, 30, 32, 35, 36, 37, 60_000_000_000, 60_000_000_000, -1, -3, -4, 1),
    ]
    mark, index, funding, open_interest, liquidation, state, bar = figures
    assert isinstance(mark, tickring.MarkPrice)
    assert isinstance(index, tickring.IndexPrice)
    assert (mark.price, index.price) == (Decimal("2.1"), Decimal("-2.2E-17"))
    assert isinstance(funding, tickring.Funding)
    assert (funding.rate, funding.next_ts, funding.interval_s) == (Decimal("-0.000023"), 24, 28_800)
    assert isinstance(open_interest, tickring.OpenInterest)
    assert (open_interest.qty, open_interest.value) == (Decimal("0.025"), Decimal("0.26"))
    assert isinstance(liquidation, tickring.Liquidation)
    assert (liquidation.price, liquidation.qty, liquidation.id) == (Decimal("0.0027"), Decimal("0.028"), 29)
    assert isinstance(state, tickring.TradingStatus)
    assert isinstance(bar, tickring.Bar)
    assert (bar.open, bar.high, bar.low, bar.close) == (Decimal("3.1"), Decimal("3.4"), Decimal("3.0"), Decimal("3.2"))
    assert (bar.volume, bar.turnover, bar.count, bar.closed) == (Decimal("0.035"), Decimal("0.0036"), 37, 1)


def test_poll_and_poll_batch_give_the_same(engine: Engine) -> None:
    with engine.open() as one, engine.open() as many:
        engine("kinds")
        engine("refused")
        singly = list(iter(one.poll, None))
        assert [record for batch in iter(lambda: many.poll_batch(3), []) for record in batch] == singly
        assert len(singly) == 15 + 7 + 1


def test_batch_has_no_more_than_asked_for(engine: Engine, reader: tickring.Reader) -> None:
    engine("kinds")
    assert [len(reader.poll_batch(count)) for count in (0, -1, 1, 5, 100, 100)] == [0, 0, 1, 5, 9, 0]


def test_lap_is_a_value_with_the_exact_loss(engine: Engine, reader: tickring.Reader) -> None:
    engine("refused")
    first = reader.poll()
    engine("lap")
    assert isinstance(first, tickring.Trade)
    lapped, following = reader.poll(), reader.poll()
    assert isinstance(lapped, Lapped)
    assert isinstance(following, tickring.Trade)
    assert lapped.lost == following.sequence - first.sequence - 1 > 1000


def test_refused_record_is_a_loss_of_one(engine: Engine, reader: tickring.Reader) -> None:
    engine("refused")
    assert [value.lost for value in reader.poll_batch() if isinstance(value, Lapped)] == [1]


def test_half_written_slot_is_stalled_and_then_nothing(engine: Engine, reader: tickring.Reader) -> None:
    engine("half")
    assert reader.poll_batch() == [tickring.Stalled()]
    assert isinstance(reader.poll(), tickring.Stalled | None)


def test_seek_oldest_gives_what_the_ring_holds(engine: Engine, reader: tickring.Reader) -> None:
    engine("kinds")
    reader.seek_oldest()
    first, *others = reader.poll_batch()
    assert isinstance(first, tickring.EpochStart)
    assert (first.sequence, first.reason) == (1, tickring.EpochReason.FIRST)
    assert len(others) == 15


def test_price_is_refused_where_its_exponent_cannot_be_known(engine: Engine, reader: tickring.Reader) -> None:
    engine("kinds")
    engine("kinds")
    early, late = [record for record in reader.poll_batch() if isinstance(record, tickring.Trade)]
    assert early.price_mantissa == -123
    for ask in (lambda: early.price, lambda: early.price_float):
        with pytest.raises(tickring.UnknownUnitsError, match="exponent here is not known"):
            ask()
    assert late.price == Decimal("-0.00000123")
    engine("tables")
    reader.seek_oldest()
    # The table has the exponents, and that the definition has changed since the engine started.
    early, late = [record for record in reader.poll_batch() if isinstance(record, tickring.Trade)]
    assert (early.units == late.units, late.units) == (False, Units(-8, -3))


def test_units_that_were_known_before_a_lap_are_known_after_it(engine: Engine, reader: tickring.Reader) -> None:
    engine("tables")
    reader.seek_newest()
    engine("lap")
    lapped, *trades = reader.poll_batch()
    assert isinstance(lapped, Lapped)
    assert {trade.units for trade in trades if isinstance(trade, tickring.Trade)} == {Units(-8, -3)}


def test_numbers_are_exact_in_every_context() -> None:
    with localcontext() as context:
        context.prec = 3
        level = tickring.Levels((2**63 - 1).to_bytes(8, "little") + (7).to_bytes(8, "little"), Units(-9, 2))[0]
    assert level == (Decimal("9223372036.854775807"), Decimal(700))


def test_levels_come_in_every_form() -> None:
    raw = b"".join(number.to_bytes(8, "little", signed=True) for number in (101, 5, 100, 6, 99, -7))
    levels = tickring.Levels(raw, Units(-1, 1))
    exact = [("10.1", "5E+1"), ("10.0", "6E+1"), ("9.9", "-7E+1")]
    assert [(str(level.price), str(level.qty)) for level in levels] == exact
    assert levels.floats() == [(10.1, 50.0), (10.0, 60.0), (9.9, -70.0)]
    assert (levels[-1].price, len(levels[1:]), levels[::2].mantissas()) == (Decimal("9.9"), 2, [(101, 5), (99, -7)])
    assert levels == tickring.Levels(raw, Units(-1, 1)) != levels[:2]
    assert repr(levels[:2]) == "<2 levels: 10.1 x 50, 10.0 x 60>"
    with pytest.raises(IndexError):
        levels[3]
