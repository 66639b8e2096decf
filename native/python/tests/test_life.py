import os
import threading
from pathlib import Path
from typing import Literal

import pytest
from conftest import Engine

import tickring
from tickring import WriterState

WATCHDOG_S = 60


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("nobody", "SHM_NOT_FOUND", "nothing is published at"),
        ("a/b", "SHM_NAME", "a/b"),
        ("corrupt", "SHM_CORRUPT", "100"),
        ("version", "SHM_VERSION", "99"),
        ("writable", "SHM_PERMISSION", "770"),
        ("x" * 65, "SHM_NAME", "64"),
        ("a\0b", "ARGUMENT_RANGE", "zero byte"),
    ],
)
def test_refusal_has_a_code_and_a_sentence(engine: Engine, name: str, code: str, says: str) -> None:
    with pytest.raises(tickring.TickringError, match=says) as caught:
        tickring.Reader(name, root=engine.root)
    assert caught.value.code == code
    assert isinstance(caught.value, tickring.NotPublishedError) == (code == "SHM_NOT_FOUND")


@pytest.mark.parametrize("shard", [-1, 2**16, 2**40])
def test_shard_out_of_range_is_refused(engine: Engine, shard: int) -> None:
    with pytest.raises(ValueError, match=f"shard {shard} is not 0 to 65535"):
        tickring.Reader("test", shard, engine.root)


@pytest.mark.parametrize("owner", [-1, 2**32, "no such user"])
def test_owner_that_cannot_be_one_is_refused(engine: Engine, owner: int | str) -> None:
    with pytest.raises(tickring.ArgumentError, match="owner"):
        tickring.Reader("test", root=engine.root, owner=owner)


def test_files_of_others_are_refused(engine: Engine) -> None:
    """Root is always trusted, so this tells nothing when root runs it: then the files are given away."""
    me, other = os.getuid(), 65_534
    if me == 0:
        for path in [Path(engine.root), *Path(engine.root).rglob("*")]:
            os.chown(path, other, -1)
        with tickring.Reader("test", root=engine.root, owner=other) as reader:
            assert reader.poll() is None
        with pytest.raises(tickring.TickringError, match="belongs to") as caught:
            tickring.Reader("test", root=engine.root)
    else:
        with pytest.raises(tickring.TickringError, match="belongs to") as caught:
            tickring.Reader("test", root=engine.root, owner=other)
    assert caught.value.code == "SHM_PERMISSION"


def test_closed_reader_says_so(engine: Engine) -> None:
    with engine.open() as reader:
        pass
    assert reader.closed
    reader.close()
    for call in (
        reader.poll,
        reader.poll_batch,
        reader.info,
        reader.liveness,
        reader.instruments,
        reader.seek_oldest,
        reader.reopen,
    ):
        with pytest.raises(tickring.ArgumentError, match="the reader is closed"):
            call()
    assert "closed" in repr(reader)
    assert "closed" in reader._repr_html_()


def test_writers_life_is_told(engine: Engine, reader: tickring.Reader) -> None:
    assert reader.liveness().state == WriterState.LIVE
    engine("kinds")
    engine("close")
    told = reader.liveness()
    assert (told.state, told.final_sequence, told.newer_epoch) == (WriterState.CLOSED, 16, None)


def test_follow_ends_with_the_writer_after_its_last_record(engine: Engine, reader: tickring.Reader) -> None:
    engine("kinds")
    engine("close")
    assert len(list(reader)) == 15
    assert list(reader.follow(wait="sleep")) == []


def test_follow_ends_after_a_silence(engine: Engine, reader: tickring.Reader) -> None:
    engine("kinds")
    assert len(list(reader.follow(timeout=0.01, wait="spin"))) == 15
    assert list(reader.follow(timeout=0)) == []


def test_what_a_broken_off_loop_has_not_seen_is_still_there(engine: Engine, reader: tickring.Reader) -> None:
    engine("kinds")
    first = next(reader.follow())
    assert isinstance(first, tickring.Trade)
    assert len(reader.poll_batch()) == 14


def test_follow_goes_over_to_the_next_generation(engine: Engine, reader: tickring.Reader) -> None:
    engine("tables")
    book = reader.book("BTCUSDT")
    engine("kinds")
    engine("close")
    engine("restart")
    engine("tables")
    engine("whole book")
    kinds = [type(record).__name__ for record in reader.follow(timeout=1)]
    assert kinds[15:] == ["EpochStart", "BookSnapshot", "Status"]
    assert (reader.info().generation, reader.info().epoch) == (2, 2)
    assert book.bids.mantissas() == [(10, 100), (9, 90), (8, 80)]
    reader.reopen()
    assert reader.info().generation == 2


def test_loss_across_generations_is_exact(engine: Engine, reader: tickring.Reader) -> None:
    engine("kinds")
    assert reader.poll() is not None
    engine("close")
    engine("restart")
    reader.reopen()
    assert reader.poll() == tickring.Lapped(14)


def test_removed_engine_is_an_error_of_reopen_alone(engine: Engine, reader: tickring.Reader) -> None:
    engine("kinds")
    engine("remove")
    with pytest.raises(tickring.NotPublishedError):
        reader.reopen()
    assert len(reader.poll_batch()) == 15


def poll_for_ever(reader: tickring.Reader, started: threading.Event) -> None:
    while True:
        reader.seek_oldest()
        reader.poll_batch()
        started.set()


@pytest.mark.parametrize("how", ["block", "sleep", "yield", "spin"])
def test_waiting_ends_with_the_next_record(engine: Engine, reader: tickring.Reader, how: Literal["block", "sleep"]) -> None:
    assert not reader.wait(0.001, how)
    timer = threading.Timer(0.05, engine, ["kinds"])
    timer.start()
    assert reader.wait(WATCHDOG_S, how)
    timer.join(WATCHDOG_S)
    assert reader.poll() is not None
    assert reader.wait(0, how)


def test_waiting_reader_is_closed_to_other_threads(engine: Engine, reader: tickring.Reader) -> None:
    thread = threading.Thread(target=reader.wait, args=(WATCHDOG_S, "sleep"))
    thread.start()
    while not reader.closed:
        pass
    with pytest.raises(tickring.ArgumentError, match="the reader is closed"):
        reader.poll()
    engine("kinds")
    thread.join(WATCHDOG_S)
    assert reader.poll() is not None


def test_reader_closed_while_it_waits_stays_closed(engine: Engine, reader: tickring.Reader) -> None:
    thread = threading.Thread(target=reader.wait, args=(WATCHDOG_S, "sleep"))
    thread.start()
    while not reader.closed:
        pass
    reader.close()
    engine("kinds")
    thread.join(WATCHDOG_S)
    assert reader.closed


def test_closing_during_another_threads_polls_harms_nobody(engine: Engine) -> None:
    """The mapping stays until the call within it has ended."""
    engine("lap")
    for _ in range(200):
        reader = engine.open()
        polled = threading.Event()

        def poll(opened: tickring.Reader = reader, started: threading.Event = polled) -> None:
            with pytest.raises(tickring.ArgumentError, match="closed"):
                poll_for_ever(opened, started)

        thread = threading.Thread(target=poll)
        thread.start()
        assert polled.wait(WATCHDOG_S)
        reader.close()
        thread.join(WATCHDOG_S)
        assert not thread.is_alive()
