"""An engine that publishes what a test asks for, in a directory of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

import pytest

import tickring


class Engine:
    """The engine of the C tests (`native/capi/examples/live_engine.rs`), named `test`."""

    def __init__(self) -> None:
        program = os.environ["TICKRING_LIVE_ENGINE"]
        self.root = tempfile.mkdtemp(prefix="tickring-python-", dir="/dev/shm")
        os.chmod(self.root, 0o750)
        self.process = subprocess.Popen([program, self.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self("beat")

    def __call__(self, request: str) -> None:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{request}\n")
        stdin.flush()
        assert stdout.readline() == "\n"

    def open(self) -> tickring.Reader:
        return tickring.Reader("test", root=self.root)

    def end(self) -> None:
        self.process.communicate()
        shutil.rmtree(self.root, ignore_errors=True)


@pytest.fixture
def engine() -> Iterator[Engine]:
    running = Engine()
    yield running
    running.end()


@pytest.fixture
def reader(engine: Engine) -> Iterator[tickring.Reader]:
    with engine.open() as opened:
        yield opened
