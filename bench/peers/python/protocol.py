"""The driver's protocol in Python: see ../README.md, and crates/harness/src/protocol.rs for its words."""

import gc
import json
import struct
import sys
import time
from pathlib import Path
from statistics import median_high

TOP_LEVELS = 20


class Corpus:
    """Frames as bytes, the snapshot as text and parsed."""

    def __init__(self, directory, symbol):
        data = Path(directory, f"{symbol}.frames").read_bytes()
        self.symbol = symbol
        self.frames = []
        at = 0
        while at < len(data):
            _, length = struct.unpack_from("<QI", data, at)
            self.frames.append(data[at + 12 : at + 12 + length])
            at += 12 + length
        self.snapshot_text = Path(directory, f"{symbol}.snapshot.json").read_text()
        self.snapshot = json.loads(self.snapshot_text)


class Contender:
    """Something that is measured: `begin` takes the snapshot, `run` the frames, `top` gives the sides or None."""

    def begin(self):
        pass

    def run(self, frames):
        for frame in frames:
            self.frame(frame)

    def top(self):
        return None


def one_pass(contender, frames):
    """ns a frame. The first frame, at which book and snapshot join, is not timed."""
    contender.begin()
    contender.run(frames[:1])
    gc.collect()
    start = time.process_time_ns()
    contender.run(frames[1:])
    return (time.process_time_ns() - start) / (len(frames) - 1)


def block(contender, frames, ns):
    passes = []
    spent = 0.0
    while not passes or spent < ns:
        each = one_pass(contender, frames)
        spent += each * len(frames)
        passes.append(each)
    return {"ns_per_frame": median_high(passes), "passes": len(passes)}


def serve(open_contenders):
    """Answers until stdin ends. `open_contenders(corpus)` gives contenders by name."""
    corpus = Corpus(*sys.argv[1:3])
    contenders = open_contenders(corpus)

    def say(value):
        print(json.dumps(value), flush=True)

    say({"names": list(contenders)})
    for line in sys.stdin:
        word, name, *rest = line.split()
        try:
            if word == "block":
                say(block(contenders[name], corpus.frames, float(rest[0])))
            else:
                one_pass(contenders[name], corpus.frames)
                say({"top": contenders[name].top()})
        except Exception as error:  # Whatever a peer throws is the reason of its row.
            say({"error": f"{type(error).__name__}: {error}"})
