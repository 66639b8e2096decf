import gc
from decimal import Decimal

import pytest
from conftest import Engine

import tickring
from tickring import BookState, Units

WHOLE = [(10, 100), (9, 90), (8, 80)]
CHANGED = [(9, 90), (8, 80), (3, 30)]


@pytest.fixture
def book(engine: Engine, reader: tickring.Reader) -> tickring.Book:
    engine("tables")
    reader.seek_newest()
    return reader.book("BTCUSDT")


def test_book_follows_the_reader(engine: Engine, reader: tickring.Reader, book: tickring.Book) -> None:
    engine("whole book")
    assert not book or book.joins
    reader.poll_batch()
    assert (book.state, book.last_update_id, book.units) == (BookState.LIVE, 14, Units(-8, -3))
    assert (book.bids.mantissas(), len(book.asks)) == (WHOLE, 4)
    engine("book change")
    assert book.bids.mantissas() == WHOLE
    reader.poll()
    assert book.bids.mantissas() == CHANGED
    assert book.asks.mantissas()[0] == (11, 500)
    assert (book.best_bid, book.best_ask) == ((Decimal("9E-8"), Decimal("0.09")), (Decimal("11E-8"), Decimal("0.5")))
    assert (book.spread, book.mid, len(book)) == (Decimal("2E-8"), Decimal("1E-7"), 7)
    assert [side.mantissas() for side in book.top(1)] == [[(9, 90)], [(11, 500)]]
    assert book.top(0) == book.top(-1)


def test_book_is_joined_without_polling(engine: Engine, reader: tickring.Reader, book: tickring.Book) -> None:
    engine("whole book")
    reader.poll_batch()
    with engine.open() as late:
        joined = late.book("BTCUSDT")
        assert (joined.joins, joined.hash(), joined.bids) == (1, book.hash(), book.bids)
        assert late.book("BTCUSDT") is joined


def test_every_way_of_polling_gives_the_same_book(engine: Engine) -> None:
    engine("tables")
    with engine.open() as one, engine.open() as many:
        books = [reader.book("BTCUSDT") for reader in (one, many)]
        for request in ("whole book", *["book change"] * 50):
            engine(request)
        while one.poll() is not None:
            pass
        many.poll_batch(1000)
        assert books[0].last_update_id == books[1].last_update_id
        assert books[0].hash() == books[1].hash() != 0


def test_book_is_whole_again_after_a_lap(engine: Engine, reader: tickring.Reader, book: tickring.Book) -> None:
    engine("whole book")
    reader.poll_batch()
    engine("lap")
    engine("whole book")
    assert isinstance(reader.poll(), tickring.Lapped)
    reader.poll_batch(10_000)
    assert (book.state, book.bids.mantissas(), book.last_update_id) == (BookState.LIVE, WHOLE, 24)
    assert book.failures == 0


def test_levels_stay_as_they_were_asked_for(engine: Engine, reader: tickring.Reader, book: tickring.Book) -> None:
    engine("whole book")
    reader.poll_batch()
    before = book.bids
    engine("book change")
    reader.poll_batch()
    assert before.mantissas() == WHOLE


def test_notebook_shows_the_best_levels(engine: Engine, reader: tickring.Reader, book: tickring.Book) -> None:
    assert "WAITING - / -" in repr(book)
    engine("whole book")
    reader.poll_batch()
    assert repr(book) == "<Book binance-usdm:BTCUSDT LIVE 0.00000010 / 0.00000011, 7 levels, update 14>"
    html = book._repr_html_()
    assert "<td>0.100</td><td>0.00000010</td><td>0.00000011</td><td>0.110</td>" in html
    assert "<td></td><td></td><td>0.00000014</td><td>0.140</td>" in html


def test_book_outlives_its_reader(engine: Engine, reader: tickring.Reader, book: tickring.Book) -> None:
    engine("whole book")
    reader.poll_batch()
    reader.close()
    gc.collect()
    assert book.bids.mantissas() == WHOLE
    with pytest.raises(tickring.ArgumentError, match="the reader is closed"):
        book.join()
