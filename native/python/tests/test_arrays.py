import pytest
from conftest import Engine

import tickring

np = pytest.importorskip("numpy")
from tickring.arrays import price, qty, scale  # noqa: E402


def test_arrays_hold_what_records_hold(engine: Engine) -> None:
    engine("tables")
    with engine.open() as objects, engine.open() as arrays:
        for request in ("kinds", "refused", "kinds", "kinds"):
            engine(request)
        records = [record for record in objects.poll_batch(1000) if not isinstance(record, tickring.Lapped)]
        batch = arrays.read()
        assert (len(batch), batch.lost, batch.stalled) == (len(records), 1, False)
        assert [tuple(head)[1:] for head in batch.heads.tolist()] == [tuple(record[:8]) for record in records]
        trades = [record for record in records if isinstance(record, tickring.Trade)]
        assert [(*row[:11], tickring.Units(*row[11:])) for row in batch.trades.tolist()] == trades
        quotes = [record for record in records if isinstance(record, tickring.Quote)]
        assert [(*row[:12], tickring.Units(*row[12:])) for row in batch.quotes.tolist()] == quotes
        assert price(batch.trades).tolist() == [trade.price_float for trade in trades]
        assert qty(batch.quotes, "ask_qty").tolist() == [float(quote.ask_qty) for quote in quotes]
        assert len(arrays.read()) == 0


def test_exponents_hold_from_their_definition_on(engine: Engine, reader: tickring.Reader) -> None:
    engine("kinds")
    engine("kinds")
    trades = reader.read().trades
    assert trades["price_exponent"].tolist() == [127, -8]
    assert np.isnan(price(trades)[0])
    assert price(trades)[1] == -0.00000123


def test_arrays_hold_no_more_than_asked_for(engine: Engine, reader: tickring.Reader) -> None:
    engine("lap")
    assert [len(reader.read(count)) for count in (0, 1, 3)] == [0, 1, 3]
    sequences = reader.read(100_000).heads["sequence"]
    assert (np.diff(sequences.astype(np.int64)) == 1).all()


def test_lap_is_counted(engine: Engine, reader: tickring.Reader) -> None:
    before = reader.info().next_sequence
    engine("lap")
    batch = reader.read()
    assert batch.lost == int(batch.heads["sequence"][0]) - (before or 0)
    assert repr(batch) == f"<Batch of {len(batch)} records, {len(batch)} trades, 0 quotes, {batch.lost} lost>"


def test_half_written_slot_is_told(engine: Engine, reader: tickring.Reader) -> None:
    engine("half")
    assert reader.read().stalled


def test_books_are_kept_by_reading_arrays(engine: Engine, reader: tickring.Reader) -> None:
    engine("tables")
    book = reader.book("BTCUSDT")
    for request in ("whole book", "book change", "book change"):
        engine(request)
    reader.read()
    assert (book.last_update_id, book.bids.mantissas()[0]) == (16, (9, 90))
    assert book.bids.array("mantissa").tolist() == [[9, 90], [8, 80], [3, 30]]
    assert book.bids.array().tolist() == [list(level) for level in book.bids.floats()]


@pytest.mark.parametrize("exponent", [-12, -8, -1, 0, 3])
def test_scaled_numbers_are_the_nearest_floats(exponent: int) -> None:
    mantissas = np.array([1, 3, 7, 123_456_789, 2**53 - 1, -999_999_999_999], dtype=np.int64)
    exact = [float(m * 10**exponent) if exponent >= 0 else m / 10**-exponent for m in mantissas.tolist()]
    assert scale(mantissas, exponent).tolist() == exact
